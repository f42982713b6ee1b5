//! The journal on stream `sagas`: everything of an instance is one record under the epoch of the part's owner.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bus::{Bus, BusError, Class, Record};
use emco::CompositeApp;
use model::{AppId, InstanceId, Stream};
use tokio_util::sync::CancellationToken;

use super::follow::{End, Watched};
use super::{JournalError, Value, keys};
use crate::fence::Verdict;
use crate::names::Names;

/// How long a record whose publication was not answered is waited for on the stream.
const PATIENCE: Duration = Duration::from_secs(10);

type Key = (AppId, InstanceId);

/// What is kept of one instance, and how it stands on the stream.
#[derive(Debug, Default)]
pub(super) struct Slot {
    value: Value,
    /// Where it stands.
    at: u64,
    /// Counts attempts: an id is never used twice.
    attempt: u64,
    /// A record is on its way. Where this is found set, its sender gave up, and its fate is not known.
    sent: bool,
    /// Epochs of earlier owners of whom records stand on the stream.
    older: Vec<u64>,
}

impl Slot {
    pub(super) fn inherited(value: Value, older: Vec<u64>) -> Self {
        Self { value, older, ..Self::default() }
    }
}

/// The journal on stream `sagas`, of the owner of one part.
pub(crate) struct OnBus {
    bus: Arc<dyn Bus>,
    epoch: u64,
    watched: Watched,
    stop: CancellationToken,
    slots: Mutex<BTreeMap<Key, Arc<tokio::sync::Mutex<Slot>>>>,
}

impl OnBus {
    pub(super) fn new(bus: Arc<dyn Bus>, epoch: u64, watched: Watched, stop: CancellationToken) -> Self {
        Self { bus, epoch, watched, stop, slots: Mutex::default() }
    }

    pub(super) fn inherit(&self, app: &AppId, instance: &InstanceId, slot: Slot) {
        let slot = Arc::new(tokio::sync::Mutex::new(slot));
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((app.clone(), instance.clone()), slot);
    }

    /// Why the claim is over, if it is.
    pub(crate) fn end(&self) -> Option<End> {
        self.watched.end()
    }

    /// Writes every value about which something is to be done under our epoch, all at once.
    pub(super) async fn settle(&self) -> Result<(), JournalError> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let writes = slots.into_iter().map(|((app, instance), slot)| async move {
            let mut slot = slot.lock().await;
            if slot.value.is_at_work() {
                let value = slot.value.clone();
                self.write(&app, &instance, &mut slot, value).await?;
            }
            Ok(())
        });
        futures_util::future::try_join_all(writes).await.map(drop)
    }

    /// Changes what is kept of an instance.
    pub(super) async fn change(
        &self,
        app: &AppId,
        instance: &InstanceId,
        change: impl FnOnce(&mut Value) + Send,
    ) -> Result<(), JournalError> {
        let slot = self.slot(app, instance);
        let mut slot = slot.lock().await;
        let mut value = slot.value.clone();
        change(&mut value);
        self.write(app, instance, &mut slot, value).await
    }

    /// Looks at what is kept of an instance.
    pub(super) async fn look<T>(
        &self,
        app: &AppId,
        instance: &InstanceId,
        look: impl FnOnce(&Value) -> T + Send,
    ) -> T {
        let slot = self.slot(app, instance);
        let slot = slot.lock().await;
        look(&slot.value)
    }

    /// Where what is kept of an instance stands on the stream.
    pub(super) async fn stands_at(&self, app: &AppId, instance: &InstanceId) -> u64 {
        self.slot(app, instance).lock().await.at
    }

    pub(super) async fn keep_names(&self, app: &CompositeApp, names: Names) -> Result<(), JournalError> {
        let key = keys::names(app).into();
        let record = Record { key, id: None, data: names.as_bytes().to_vec().into() };
        self.bus.publish(Stream::Sagas, vec![record]).await?;
        Ok(())
    }

    /// Makes sure that nobody has claimed the part up to the end that the stream has now.
    pub(super) async fn is_ours(&self) -> Result<(), JournalError> {
        let newest = self.bus.newest(Stream::Sagas).await?;
        self.confirm(newest.0).await
    }

    fn slot(&self, app: &AppId, instance: &InstanceId) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry((app.clone(), instance.clone())).or_default())
    }

    async fn write(
        &self,
        app: &AppId,
        instance: &InstanceId,
        slot: &mut Slot,
        value: Value,
    ) -> Result<(), JournalError> {
        if slot.sent {
            return Err(self.unsure("a record was given up while it was under way".to_owned()));
        }
        let key = keys::instance(app, instance, self.epoch);
        slot.attempt += 1;
        let id = format!("{key}/{}", slot.attempt);
        let record = Record { key: key.into(), id: Some(id.clone().into()), data: value.write().into() };
        slot.sent = true;
        self.watched.expect(&id);
        let at = self.publish(&id, record).await;
        self.watched.forget(&id);
        let at = match at {
            // It did not happen.
            Err(error @ JournalError::Bus(_)) => {
                slot.sent = false;
                return Err(error);
            }
            at => at?,
        };
        self.confirm(at).await?;
        slot.sent = false;
        (slot.value, slot.at) = (value, at);
        self.clear(app, instance, std::mem::take(&mut slot.older)).await;
        Ok(())
    }

    /// The position of a record, also where its publication was not answered.
    async fn publish(&self, id: &str, record: Record) -> Result<u64, JournalError> {
        let published = tokio::select! {
            () = self.stop.cancelled() => return Err(JournalError::Fenced),
            published = self.bus.publish(Stream::Sagas, vec![record]) => published,
        };
        let error = match published {
            Ok(at) => return at.first().map(|at| at.0).ok_or(JournalError::Bus(BusError::Closed)),
            Err(error) if error.class() == Class::Unknown => error,
            Err(error) => return Err(error.into()),
        };
        // It is never sent again: what comes late must not replace what came after it.
        match tokio::time::timeout(PATIENCE, self.watched.position(id)).await {
            Ok(Some(at)) => Ok(at),
            Ok(None) => Err(JournalError::Fenced),
            Err(_) => Err(self.unsure(error.to_string())),
        }
    }

    /// Waits until it is certain that what stands there holds.
    async fn confirm(&self, at: u64) -> Result<(), JournalError> {
        tokio::select! {
            biased;
            verdict = self.watched.verdict(at) => match verdict {
                Verdict::Effective => Ok(()),
                Verdict::Fenced | Verdict::Open => Err(JournalError::Fenced),
            },
            () = self.stop.cancelled() => Err(JournalError::Fenced),
        }
    }

    /// Empties the records of earlier owners. One that stays because this fails is found by the next owner.
    async fn clear(&self, app: &AppId, instance: &InstanceId, epochs: Vec<u64>) {
        let empty = |epoch| Record {
            key: keys::instance(app, instance, epoch).into(),
            id: None,
            data: bytes::Bytes::new(),
        };
        let records: Vec<_> = epochs.into_iter().map(empty).collect();
        if records.is_empty() {
            return;
        }
        let emptied = self.stop.run_until_cancelled(self.bus.publish(Stream::Sagas, records)).await;
        if let Some(Err(error)) = emptied {
            tracing::debug!(%app, %instance, %error, "records of an earlier owner stay");
        }
    }

    fn unsure(&self, why: String) -> JournalError {
        self.watched.give_up(End::Unsure);
        self.stop.cancel();
        JournalError::Unsure(why)
    }
}
