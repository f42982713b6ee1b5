//! Reads the stream `sagas` behind a claim: what others do, and whether what we wrote holds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Consumer, Delivery, Sequence, Start};
use emco::CompositeApp;
use model::{AppId, InstanceId, Stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Value;
use super::keys::About;
use crate::fence::{Fence, Verdict};
use crate::names::Names;
use crate::parcel::Parcel;

const BATCH: usize = 256;
/// The wait before a bus that could not be read is read again.
const WAIT: Duration = Duration::from_millis(500);

/// Hears what replicas keep of instances of other parts, and of charts.
pub(crate) trait Onlooker: Send + Sync + 'static {
    /// What its owner keeps of an instance.
    fn instance(&self, app: &AppId, instance: &InstanceId, at: At, value: &Value);
    /// What was seen of a chart.
    fn names(&self, app: &CompositeApp, names: Names);
}

/// Where a record stands that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    pub at: u64,
    /// Of the owner who wrote it.
    pub epoch: u64,
    /// Where reading began: everything up to there was known.
    pub began: u64,
    /// From here on no record was missing.
    pub whole_since: u64,
}

/// Why a claim is over before it was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Somebody else has claimed the part.
    Fenced,
    /// It is not known what became of a record.
    Unsure,
}

/// What was read so far.
#[derive(Debug)]
pub(super) struct Reading {
    fence: Fence,
    end: Option<End>,
    /// Records whose publication was not answered, with their positions once they were read.
    awaited: BTreeMap<Box<str>, Option<u64>>,
}

/// What was read so far; those who wait for it share it.
#[derive(Debug, Clone)]
pub(crate) struct Watched(Arc<watch::Sender<Reading>>);

impl Watched {
    pub(super) fn new(at: Sequence) -> Self {
        let reading = Reading { fence: Fence::new(at.0), end: None, awaited: BTreeMap::new() };
        Self(Arc::new(watch::Sender::new(reading)))
    }

    /// Waits until it is known what became of an append.
    pub(super) async fn verdict(&self, at: u64) -> Verdict {
        let mut reading = self.0.subscribe();
        let known =
            reading.wait_for(|reading| reading.end.is_some() || reading.fence.verdict(at) != Verdict::Open);
        // The sender is in `self`.
        known.await.map_or(Verdict::Fenced, |reading| reading.fence.verdict(at))
    }

    /// The position of a record with this id will be asked for.
    pub(super) fn expect(&self, id: &str) {
        self.0.send_if_modified(|reading| {
            reading.awaited.insert(id.into(), None);
            false
        });
    }

    pub(super) fn forget(&self, id: &str) {
        self.0.send_if_modified(|reading| {
            reading.awaited.remove(id);
            false
        });
    }

    /// Waits until a record that is expected was read.
    pub(super) async fn position(&self, id: &str) -> Option<u64> {
        let mut reading = self.0.subscribe();
        let seen = |reading: &Reading| reading.awaited.get(id).copied().flatten();
        let known = reading.wait_for(|reading| reading.end.is_some() || seen(reading).is_some()).await;
        known.ok().and_then(|reading| seen(&reading))
    }

    /// Ends the claim, unless it is over.
    pub(super) fn give_up(&self, why: End) {
        self.0.send_modify(|reading| reading.end = reading.end.or(Some(why)));
    }

    /// Why the claim is over, if it is.
    pub(crate) fn end(&self) -> Option<End> {
        self.0.borrow().end
    }
}

/// Reads the stream behind a claim.
pub(super) struct Follower {
    pub bus: Arc<dyn Bus>,
    pub parcel: Parcel,
    pub onlooker: Arc<dyn Onlooker>,
    pub watched: Watched,
    /// Cancelled when the claim is over.
    pub stop: CancellationToken,
    /// Where reading begins.
    pub began: Sequence,
    /// From here on no record was missing.
    pub whole_since: u64,
    /// The last position that was read.
    pub after: Sequence,
}

impl Follower {
    pub(super) async fn run(mut self) {
        let stop = self.stop.clone();
        let end = tokio::select! {
            () = stop.cancelled() => return,
            end = self.follow() => end,
        };
        self.watched.give_up(end);
        stop.cancel();
    }

    async fn follow(&mut self) -> End {
        let name = format!("executor-fence-{}", self.parcel.part);
        let mut from = self.after;
        loop {
            let opened = self.bus.consume(Stream::Sagas, &name, Start::After(from.max(self.after))).await;
            let error = match opened {
                Ok(mut consumer) => match self.read(consumer.as_mut()).await {
                    Ok(end) => return end,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if matches!(error, BusError::Closed) {
                return End::Unsure;
            }
            if let BusError::FellBehind { oldest, .. } = error {
                // What is missing is made up for as any gap is.
                from = Sequence(oldest.saturating_sub(1));
            } else {
                tracing::warn!(%error, "cannot read stream `sagas`; trying again");
            }
            tokio::time::sleep(WAIT).await;
        }
    }

    /// Reads until the claim is over.
    async fn read(&mut self, consumer: &mut dyn Consumer) -> Result<End, BusError> {
        loop {
            if self.watched.0.borrow().fence.asks() {
                let newest = self.bus.newest(Stream::Sagas).await?;
                self.watched.0.send_modify(|reading| reading.fence.ends(newest.0));
            }
            let deliveries = consumer.next(BATCH).await?;
            let abouts: Vec<_> = deliveries.iter().map(|delivery| About::of(&delivery.key)).collect();
            for (delivery, about) in deliveries.iter().zip(&abouts) {
                if delivery.sequence.0 != self.after.0 + 1 {
                    self.whole_since = delivery.sequence.0;
                }
                self.after = delivery.sequence;
                self.hear(delivery, about.as_ref());
            }
            let mut lost = false;
            self.watched.0.send_modify(|reading| {
                for (delivery, about) in deliveries.iter().zip(&abouts) {
                    if let Some(place) = delivery.id.as_ref().and_then(|id| reading.awaited.get_mut(id)) {
                        *place = Some(delivery.sequence.0);
                    }
                    // Our own claim stands before everything that is read here.
                    reading.fence.read(delivery.sequence.0, *about == Some(About::Claim(self.parcel.part)));
                }
                lost = reading.fence.is_lost();
            });
            if lost {
                return Ok(End::Fenced);
            }
        }
    }

    fn hear(&self, delivery: &Delivery, about: Option<&About>) {
        match about {
            Some(About::Names(app)) => self.onlooker.names(app, Names::from_bytes(&delivery.data)),
            Some(About::Instance { app, instance, epoch }) => {
                if self.parcel.holds(&format!("{app}/{instance}")) || delivery.data.is_empty() {
                    return;
                }
                match Value::read(&delivery.data) {
                    Ok(value) => {
                        let (at, began) = (delivery.sequence.0, self.began.0);
                        let at = At { at, epoch: *epoch, began, whole_since: self.whole_since };
                        self.onlooker.instance(app, instance, at, &value);
                    }
                    Err(reason) => tracing::debug!(key = %delivery.key, reason, "not understood"),
                }
            }
            Some(About::Claim(_)) | None => {}
        }
    }
}
