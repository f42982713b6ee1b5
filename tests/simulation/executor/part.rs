//! Everything that works on one part of the instances.

use std::rc::Rc;

use model::{InstanceId, InstanceState, Order, Outcome, OutcomeKind, Stream, Timestamp};
use relocation::Saga;
use tokio::sync::{mpsc, oneshot};

use super::driver::{Driver, verified};
use super::journal::Journal;
use super::outbox::{self, Letter};
use super::registry::Registry;
use super::{End, Value, intake, leftovers, on_bus};
use crate::broker::{Body, Broker, Record, Trouble};
use crate::clockwork::Owner;
use crate::scene::Scene;

/// What everything that works on a part works with.
pub(crate) struct Part {
    pub(super) scene: Rc<Scene>,
    pub(super) owner: Owner,
    pub(super) part: u16,
    pub(super) journal: Journal,
    pub(super) registry: Registry,
    outbox: mpsc::UnboundedSender<Letter>,
}

/// Works on a part until it turns out to be somebody else's.
pub(super) async fn work(scene: &Rc<Scene>, replica: usize, part: u16) -> End {
    match begin(scene, replica, part).await {
        Ok(part) => part.journal.over().await,
        Err(_) => End::NotTakenOver,
    }
}

async fn begin(scene: &Rc<Scene>, replica: usize, part: u16) -> Result<Rc<Part>, Trouble> {
    let owner = Owner::Part(replica, part);
    let parts = scene.setting.parts;
    let ours = |instance: &InstanceId| holds(instance, part, parts);
    let (journal, found) = if scene.setting.replicas == 1 {
        let kept = scene.disks.journal.borrow();
        let found: Vec<_> = kept.iter().map(|(instance, value)| (instance.clone(), value.clone())).collect();
        (Journal::File(Rc::clone(scene)), found)
    } else {
        let (bus, found) = on_bus::claim(scene, replica, part, ours).await?;
        (Journal::Bus(bus), found)
    };
    let (published, _) = Broker::latest(scene, Stream::Instances).await?;
    let (outbox, mailbox) = mpsc::unbounded_channel();
    scene.spawn(owner, outbox::deliver(Rc::clone(scene), mailbox));
    let part = Rc::new(Part {
        scene: Rc::clone(scene),
        owner,
        part,
        journal,
        registry: Registry::default(),
        outbox,
    });
    for (instance, value) in &found {
        part.registry.load(instance, value.newest, value.last.clone(), value.state.clone());
    }
    for entry in published {
        if let Body::Instance(state) = &entry.record.body
            && ours(&state.instance)
        {
            part.registry.load(&state.instance, state.generation, None, Some((**state).clone()));
        }
    }
    let mut drivers = Vec::new();
    let mut left = Vec::new();
    for (_, Value { sagas, leftovers, .. }) in found {
        left.extend(leftovers);
        for log in sagas {
            let recovered = Saga::recover((*log.plan).clone(), log.entries.iter().cloned());
            let mut saga = recovered.expect("what was appended can be replayed");
            saga.resume(scene.now());
            if let Some(state) = verified(&saga) {
                part.registry.verified(state);
            }
            drivers.push(Driver::new(&part, log.order, log.source, saga));
        }
    }
    // Nothing runs before all of them are known.
    for driver in drivers {
        scene.spawn(owner, driver.run());
    }
    for leftover in left {
        scene.spawn(owner, leftovers::try_again(Rc::clone(&part), leftover));
    }
    scene.spawn(owner, intake::run(Rc::clone(&part)));
    Ok(part)
}

/// Whether an instance belongs to a part.
pub(crate) fn holds(instance: &InstanceId, part: u16, parts: u16) -> bool {
    let number =
        instance.as_str().bytes().fold(0_u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    number % parts == part
}

impl Part {
    /// Publishes what became of an order. `id` tells outcomes of one order apart.
    pub(super) fn tell(
        &self,
        order: &Order,
        at: Timestamp,
        id: &str,
        kind: OutcomeKind,
    ) -> oneshot::Receiver<()> {
        let outcome = Outcome {
            relocation: order.relocation,
            app: order.app.clone(),
            instance: order.instance.clone(),
            generation: order.generation,
            source: order.source.clone(),
            target: order.target.clone(),
            at,
            kind,
        };
        let id = format!("{}/{id}", order.relocation);
        self.send(Stream::Outcomes, &order.instance, &id, Body::Outcome(Rc::new(outcome)))
    }

    /// Publishes where an instance serves.
    pub(super) fn announce(&self, state: &InstanceState, id: &str) -> oneshot::Receiver<()> {
        self.send(Stream::Instances, &state.instance, id, Body::Instance(Rc::new(state.clone())))
    }

    fn send(&self, stream: Stream, key: &InstanceId, id: &str, body: Body) -> oneshot::Receiver<()> {
        let (out, published) = oneshot::channel();
        let record = Record { key: key.as_str().into(), id: Some(id.into()), body };
        let _ = self.outbox.send(Letter { stream, record, out });
        published
    }

    /// Keeps what the registry knows of an instance; repeats while the journal cannot.
    pub(super) async fn keep(&self, instance: &InstanceId) {
        loop {
            let (newest, last, state) = self.registry.fact(instance);
            let keep = |value: &mut Value| value.keep(newest, last, state);
            if self.journal.change(instance, keep).await.is_ok() {
                return;
            }
            self.rest().await;
        }
    }

    pub(super) async fn rest(&self) {
        self.scene.sleep(std::time::Duration::from_secs(1)).await;
    }
}
