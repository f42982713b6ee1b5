//! The journal on stream `sagas`: everything of an instance is one record under the epoch of the part's owner.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use model::{InstanceId, Stream};
use relocation::fence::{Heritage, Verdict};
use tokio::sync::Mutex;

use super::journal::Lapse;
use super::watched::{self, Watched};
use super::{End, Value};
use crate::broker::{Body, Broker, Record, Session, Trouble, publish};
use crate::clockwork::Owner;
use crate::scene::Scene;
use crate::setting::Breach;

/// How long a record whose publication was not answered is waited for on the stream.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Slot {
    value: Value,
    attempt: u64,
    /// A record is on its way. Where this is found set, its sender gave up, and its fate is not known.
    sent: bool,
    /// Epochs of earlier owners of whom records stand on the stream.
    older: Vec<u64>,
}

/// The journal of the owner of one part.
pub(crate) struct OnBus {
    scene: Rc<Scene>,
    session: Session,
    epoch: u64,
    pub(super) watched: Rc<Watched>,
    slots: RefCell<BTreeMap<InstanceId, Rc<Mutex<Slot>>>>,
}

fn key(instance: &InstanceId, epoch: u64) -> String {
    format!("instance/{instance}/{epoch}")
}

/// What a record of the stream keeps of which instance, and the epoch under which it stands.
pub(crate) fn kept(record: &Record) -> Option<(InstanceId, u64, &Rc<Value>)> {
    let Body::Value(value) = &record.body else { return None };
    let mut words = record.key.split('/').skip(1);
    let instance = InstanceId::new(words.next()?).ok()?;
    Some((instance, words.next()?.parse().ok()?, value))
}

/// Claims a part and takes over what stands in it.
pub(super) async fn claim(
    scene: &Rc<Scene>,
    replica: usize,
    part: u16,
    ours: impl Fn(&InstanceId) -> bool,
) -> Result<(OnBus, Vec<(InstanceId, Value)>), Trouble> {
    let session = Session::new();
    let claim = Record { key: format!("claim/{part}").into(), id: None, body: Body::Claim(part) };
    let at = publish(scene, &session, Stream::Sagas, vec![claim]).await?;
    let epoch = at.first().copied().ok_or(Trouble::Unknown)?;
    let (latest, at) = Broker::latest(scene, Stream::Sagas).await?;
    let mut newest = 0;
    let mut left: BTreeMap<InstanceId, Heritage<Rc<Value>>> = BTreeMap::new();
    for entry in &latest {
        match &entry.record.body {
            Body::Claim(of) if *of == part => newest = entry.at,
            Body::Value(_) => {
                if let Some((instance, epoch, value)) = kept(&entry.record).filter(|(of, ..)| ours(of)) {
                    left.entry(instance).or_default().add(epoch, Rc::clone(value));
                }
            }
            Body::Claim(_)
            | Body::Emptied
            | Body::Ue(_)
            | Body::Order(_)
            | Body::Outcome(_)
            | Body::Instance(_) => {}
        }
    }
    if newest != epoch || at < epoch {
        return Err(Trouble::Transient);
    }
    scene.note(|| format!("executor {replica} claims part {part}, epoch {epoch}"));
    let watched = Watched::new(at);
    let (mut slots, mut found) = (BTreeMap::new(), Vec::new());
    for (instance, heritage) in left {
        let Some((value, older)) = heritage.take() else { continue };
        let value = Rc::unwrap_or_clone(value);
        found.push((instance.clone(), value.clone()));
        slots.insert(instance, Rc::new(Mutex::new(Slot { value, older, ..Slot::default() })));
    }
    let owner = Owner::Part(replica, part);
    scene.spawn(owner, watched::follow(Rc::clone(scene), part, Rc::clone(&watched), at));
    let bus = OnBus { scene: Rc::clone(scene), session, epoch, watched, slots: RefCell::new(slots) };
    // Nothing is done about an instance before its value stands under our epoch.
    let slots = bus.slots.borrow().clone();
    let writes = slots.iter().map(|(instance, slot)| {
        let bus = &bus;
        async move {
            let mut slot = slot.lock().await;
            if slot.value.is_at_work() {
                let value = slot.value.clone();
                bus.write(instance, &mut slot, value).await?;
            }
            Ok::<_, Lapse>(())
        }
    });
    futures_util::future::try_join_all(writes).await.map_err(|_| Trouble::Transient)?;
    Ok((bus, found))
}

impl OnBus {
    pub(super) async fn change(
        &self,
        instance: &InstanceId,
        change: impl FnOnce(&mut Value),
    ) -> Result<(), Lapse> {
        let slot = Rc::clone(self.slots.borrow_mut().entry(instance.clone()).or_default());
        let mut slot = slot.lock().await;
        let mut value = slot.value.clone();
        change(&mut value);
        self.write(instance, &mut slot, value).await
    }

    /// Makes sure that nobody has claimed the part up to the end that the stream has now.
    pub(super) async fn is_ours(&self) -> Result<(), Lapse> {
        let newest = Broker::newest(&self.scene, Stream::Sagas).await.map_err(|_| Lapse::Transient)?;
        self.confirm(newest).await
    }

    async fn write(&self, instance: &InstanceId, slot: &mut Slot, value: Value) -> Result<(), Lapse> {
        if slot.sent {
            return Err(self.unsure());
        }
        slot.attempt += 1;
        let key = key(instance, self.epoch);
        let id: Rc<str> = format!("{key}/{}", slot.attempt).into();
        let body = Body::Value(Rc::new(value.clone()));
        let record = Record { key: key.into(), id: Some(Rc::clone(&id)), body };
        slot.sent = true;
        self.watched.expect(&id);
        let at = self.publish(&id, record).await;
        self.watched.forget(&id);
        let at = match at {
            Err(Lapse::Transient) => {
                slot.sent = false;
                return Err(Lapse::Transient);
            }
            at => at?,
        };
        self.confirm(at).await?;
        slot.sent = false;
        self.scene.judge.holds(&self.scene, instance, Some(at), &value);
        slot.value = value;
        self.clear(instance, std::mem::take(&mut slot.older)).await;
        Ok(())
    }

    /// The position of a record, also where its publication was not answered.
    async fn publish(&self, id: &str, record: Record) -> Result<u64, Lapse> {
        match publish(&self.scene, &self.session, Stream::Sagas, vec![record]).await {
            Ok(at) => return at.first().copied().ok_or(Lapse::Transient),
            Err(Trouble::Transient) => return Err(Lapse::Transient),
            // It is never sent again: what comes late must not replace what came after it.
            Err(Trouble::Unknown) => {}
        }
        tokio::select! {
            biased;
            at = self.watched.position(id) => at.ok_or(Lapse::Over),
            () = self.scene.sleep(PATIENCE) => Err(self.unsure()),
        }
    }

    /// Waits until it is certain that what stands there holds.
    async fn confirm(&self, at: u64) -> Result<(), Lapse> {
        if self.scene.setting.is(Breach::NoFence) {
            return Ok(());
        }
        match self.watched.verdict(at).await {
            Verdict::Effective => Ok(()),
            Verdict::Fenced | Verdict::Open => Err(Lapse::Over),
        }
    }

    /// Empties the records of earlier owners.
    async fn clear(&self, instance: &InstanceId, epochs: Vec<u64>) {
        let empty = |epoch| Record { key: key(instance, epoch).into(), id: None, body: Body::Emptied };
        let records: Vec<_> = epochs.into_iter().map(empty).collect();
        if !records.is_empty() {
            let _ = publish(&self.scene, &self.session, Stream::Sagas, records).await;
        }
    }

    fn unsure(&self) -> Lapse {
        self.watched.give_up(End::Unsure);
        Lapse::Over
    }
}
