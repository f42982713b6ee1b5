//! A reader of one stream.

use std::sync::Arc;

use async_trait::async_trait;

use super::disk;
use super::index::Place;
use super::slots::Slot;
use super::state::Shared;
use super::view::Next;
use crate::{BusError, Consumer, Delivery, Sequence};

/// A batch that has reached this many bytes takes no more records.
const ENOUGH: usize = 4 << 20;

/// A reader of one stream. Dropping a call of [`Consumer::next`] loses nothing: the records come with the next one.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) shared: Arc<Shared>,
    pub(super) slot: Slot,
    pub(super) stream: &'static str,
    pub(super) name: Box<str>,
    /// Key of its position.
    pub(super) key: Box<str>,
    /// The last sequence that was delivered.
    pub(super) behind: u64,
    /// The last sequence that this reader acknowledged.
    pub(super) acknowledged: u64,
    /// Where the record after `behind` begins or is found by reading on.
    pub(super) place: Option<Place>,
}

#[async_trait]
impl Consumer for Reader {
    async fn next(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        let max = max.max(1);
        let shared = self.shared.clone();
        let arrived = &shared.arrived[self.slot.index()];
        loop {
            // Registered before the look, so that no arrival is missed.
            let mut notified = std::pin::pin!(arrived.notified());
            notified.as_mut().enable();
            let ended = shared.ended();
            let next = shared.view().next(self.slot, self.behind, max, ENOUGH);
            match next {
                Next::Memory(frames) => {
                    self.place = None;
                    let deliveries: Vec<_> = frames.iter().filter_map(disk::from_frame).collect();
                    if let Some(last) = deliveries.last() {
                        self.behind = last.sequence.0;
                        return Ok(deliveries);
                    }
                }
                Next::Disk(found) => {
                    let deliveries = self.read(found, max).await?;
                    if !deliveries.is_empty() {
                        return Ok(deliveries);
                    }
                }
                Next::FellBehind { oldest } => return Err(self.fell_behind(oldest)),
                Next::Wait => match ended {
                    Some(error) => return Err(error),
                    None => notified.await,
                },
            }
        }
    }

    async fn ack(&mut self, sequence: Sequence) -> Result<(), BusError> {
        // What was not delivered cannot be acknowledged: it would be skipped unseen.
        let sequence = sequence.0.min(self.behind);
        if sequence <= self.acknowledged {
            return Ok(());
        }
        let mut pending = self.shared.pending();
        pending.check()?;
        pending.positions.set(&self.key, sequence);
        self.acknowledged = sequence;
        let wake = pending.wakes_anyway();
        drop(pending);
        if wake {
            self.shared.work.notify_one();
        }
        Ok(())
    }
}

impl Reader {
    pub(super) fn fell_behind(&self, oldest: u64) -> BusError {
        BusError::FellBehind {
            stream: self.stream,
            consumer: self.name.to_string(),
            wanted: self.behind + 1,
            oldest,
        }
    }

    /// Reads on from the files; empty where the segment has no more of the stream.
    async fn read(&mut self, found: Place, max: usize) -> Result<Vec<Delivery>, BusError> {
        let place = match self.place.take() {
            Some(place) if place.segment.header == found.segment.header => {
                Place { offset: place.offset, ..found }
            }
            _ => found,
        };
        let (slot, wanted) = (self.slot, self.behind + 1);
        let (place, batch) = tokio::task::spawn_blocking(move || {
            let batch = disk::read(&place, slot, wanted, max, ENOUGH);
            (place, batch)
        })
        .await
        .map_err(|_| BusError::Closed)?;
        let batch = batch?;
        self.behind = match batch.deliveries.last() {
            Some(last) => last.sequence.0,
            // Only values that later ones replaced can be missing here.
            None => place.last.max(self.behind),
        };
        self.place = Some(Place { offset: batch.offset, ..place });
        Ok(batch.deliveries)
    }
}
