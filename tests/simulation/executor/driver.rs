//! Drives one saga to its end: asks it what to do, and does it.

use std::pin::Pin;
use std::rc::Rc;

use model::{InstanceState, Order, OutcomeKind, Placement, Step};
use relocation::{Action, Entry, Event, Notice, NoticeKind, Saga};
use tokio::sync::oneshot;

use super::leftovers::{self, Leftover, Side};
use super::part::Part;
use super::registry::{Live, Signals};
use super::steps::Work;
use crate::setting::Breach;

/// What a saga whose pivot is behind it makes of its instance.
pub(super) fn verified(saga: &Saga) -> Option<InstanceState> {
    let (at, plan) = (saga.succeeded_at(Step::Verify)?, saga.plan());
    Some(InstanceState {
        app: plan.app.clone(),
        instance: plan.instance.clone(),
        generation: plan.generation,
        serving: placement(saga),
        at,
    })
}

fn placement(saga: &Saga) -> Option<Placement> {
    saga.output(Step::Ready).and_then(|output| serde_json::from_value(output.clone()).ok())
}

type Running = Pin<Box<dyn Future<Output = Event>>>;

/// One saga and all that its driver holds.
pub(super) struct Driver {
    part: Rc<Part>,
    order: Rc<Order>,
    source: Option<Placement>,
    saga: Saga,
    signals: Rc<Signals>,
    /// Publications that must be out before the log may be closed.
    pending: Vec<oneshot::Receiver<()>>,
}

impl Driver {
    /// Makes a driver, and makes it known.
    pub(super) fn new(part: &Rc<Part>, order: Rc<Order>, source: Option<Placement>, saga: Saga) -> Self {
        let signals = Rc::<Signals>::default();
        part.registry.begin(Live { order: Rc::clone(&order), signals: Rc::clone(&signals) });
        Self { part: Rc::clone(part), order, source, saga, signals, pending: Vec::new() }
    }

    pub(super) async fn run(mut self) {
        if self.admit().await {
            self.drive().await;
        }
        for out in self.pending.drain(..) {
            let _ = out.await;
        }
        let (part, instance) = (Rc::clone(&self.part), &self.order.instance);
        part.keep(instance).await;
        // Where it fails the log stays open, and is told again after the next start, which changes nothing.
        let _ = part.journal.change(instance, |value| value.close(self.order.relocation)).await;
        part.registry.end(&self.order);
        self.signals.release();
    }

    /// Waits until older orders have let the instance go, then looks whether this one still starts from where it is.
    async fn admit(&mut self) -> bool {
        if !self.saga.is_untouched() {
            return true;
        }
        for older in self.part.registry.predecessors(&self.order) {
            older.signals.supersede(self.order.generation);
            older.signals.released().await;
        }
        let instance = &self.order.instance;
        let serving = self.part.registry.serving(instance);
        if serving == self.source {
            return true;
        }
        let kind = OutcomeKind::Fenced {
            newest: self.part.registry.fact(instance).0,
            serving: serving.map(|placement| placement.site),
        };
        self.part.registry.ended(&self.order, "fenced", &kind);
        self.pending.push(self.part.tell(&self.order, self.part.scene.now(), "fenced", kind));
        false
    }

    async fn drive(&mut self) {
        let scene = Rc::clone(&self.part.scene);
        let mut running: Option<Running> = None;
        loop {
            if !self.saga.is_waiting_for_result() {
                running = None;
            }
            let action = self.saga.next_action(scene.now());
            if !matches!(action, Action::Publish(_)) && self.saga.is_past_pivot() {
                self.signals.release();
            }
            match action {
                Action::Publish(notice) => {
                    self.tell(notice).await;
                    self.saga.told();
                }
                Action::Append(Event::Started { step, attempt })
                    if scene.setting.is(Breach::ActBeforeAppend) =>
                {
                    let early = self.step(step, attempt > 1, false).await;
                    self.append(Event::Started { step, attempt }).await;
                    running = Some(Box::pin(async move { early }));
                    let _ = self.saga.next_action(scene.now());
                }
                Action::Append(event) => self.append(event).await,
                Action::Run { step, doubtful, .. } => running = Some(self.step(step, doubtful, false)),
                Action::Undo { step, doubtful, .. } => running = Some(self.step(step, doubtful, true)),
                Action::SleepUntil(then) => {
                    let result = async {
                        match &mut running {
                            Some(running) => running.await,
                            None => std::future::pending().await,
                        }
                    };
                    let event = tokio::select! {
                        biased;
                        event = result => Some(event),
                        by = self.signals.newer() => {
                            let fits = self.saga.can_be_superseded() && by > self.order.generation;
                            fits.then_some(Event::Superseded { by })
                        }
                        () = scene.sleep(then.since(scene.now())) => None,
                    };
                    if let Some(event) = event {
                        running = None;
                        self.append(event).await;
                    }
                }
                Action::Finish(ended) => {
                    scene.note(|| {
                        format!("saga {} #{} ended {ended:?}", self.order.instance, self.order.generation)
                    });
                    return;
                }
            }
        }
    }

    fn step(&self, step: Step, doubtful: bool, undo: bool) -> Running {
        let doubtful = doubtful && !self.part.scene.setting.is(Breach::NoReadBack);
        let work = Work {
            part: Rc::clone(&self.part),
            order: Rc::clone(&self.order),
            source: self.source.clone(),
            ready: placement(&self.saga),
            doubtful,
        };
        Box::pin(async move { if undo { work.undo(step).await } else { work.run(step).await } })
    }

    /// Appends durably, then lets the saga have it.
    async fn append(&mut self, event: Event) {
        let entry = Entry { at: self.part.scene.now(), event };
        assert!(
            self.saga.accepts(entry.at, &entry.event),
            "{:?} does not fit {:?}",
            entry.event,
            self.saga.stage()
        );
        let (instance, relocation) = (&self.order.instance, self.order.relocation);
        while self
            .part
            .journal
            .change(instance, |value| value.append(relocation, entry.clone()))
            .await
            .is_err()
        {
            self.part.rest().await;
        }
        self.part.scene.note(|| format!("saga {instance} #{}: {:?}", self.order.generation, entry.event));
        self.saga.handle(entry.at, entry.event).expect("it was asked for");
        relocation::check(&self.saga).expect("the rules of sagas hold");
    }

    /// Tells the world one thing.
    async fn tell(&mut self, notice: Notice) {
        let (at, mut id) = (notice.at, notice.sequence.to_string());
        let kind = match notice.kind {
            NoticeKind::Progress(step) => {
                id.push_str("/progress");
                OutcomeKind::Progress { step }
            }
            NoticeKind::Completed { took } => {
                self.switched().await;
                let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                OutcomeKind::Completed { serving: placement(&self.saga), took_ms }
            }
            NoticeKind::Undone { reason } => OutcomeKind::Undone { reason },
            NoticeKind::Failed { reason } => {
                // The name may still lead there, once it was turned.
                if self.order.target.is_some() && !self.saga.may_exist(Step::Steer) {
                    self.leave(Side::Target, self.order.relocation.release().to_string()).await;
                }
                OutcomeKind::Failed { reason }
            }
            NoticeKind::Retired => OutcomeKind::Retired,
            NoticeKind::Leftover { reason } => {
                if let Some(source) = &self.source {
                    self.leave(Side::Source, source.deployment_intent_group.clone()).await;
                }
                OutcomeKind::Leftover { reason }
            }
        };
        if kind.ends_order() {
            self.part.registry.ended(&self.order, &id, &kind);
        }
        self.pending.push(self.part.tell(&self.order, at, &id, kind));
    }

    async fn leave(&self, side: Side, group: String) {
        let (order, source) = (Rc::clone(&self.order), self.source.clone());
        let leftover = Leftover { order, source, side, group };
        leftovers::keep(&self.part, leftover).await;
    }

    /// The switch is verified: the registry, the journal and the stream `instances` learn of it, in this order.
    async fn switched(&mut self) {
        let Some(state) = verified(&self.saga) else { return };
        if !self.part.registry.verified(state.clone()) {
            return;
        }
        self.part.keep(&self.order.instance).await;
        self.pending.push(self.part.announce(&state, &self.order.relocation.to_string()));
    }
}
