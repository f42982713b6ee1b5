//! A reader of one stream.

use std::sync::Arc;

use async_trait::async_trait;

use super::feed::{Feed, Found};
use super::positions::Positions;
use super::record;
use crate::{BusError, Consumer, Delivery, Sequence};

/// A batch that has reached this many bytes takes no more records.
const ENOUGH: usize = 4 << 20;

/// A reader of one stream. Dropping a call of [`Consumer::next`] loses nothing.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) feed: Feed,
    pub(super) positions: Arc<Positions>,
    pub(super) stream: &'static str,
    pub(super) name: Box<str>,
    /// Key of its position.
    pub(super) key: Box<str>,
    /// Whether every position must be there: of a log only retention takes some away.
    pub(super) is_log: bool,
    /// The last position that was delivered.
    pub(super) behind: u64,
    /// The last position that this reader acknowledged.
    pub(super) acknowledged: u64,
}

#[async_trait]
impl Consumer for Reader {
    async fn next(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        let first = self.feed.next().await?;
        self.gap(&first)?;
        let mut deliveries = Vec::new();
        let mut bytes = 0;
        let mut found = Some(first);
        while let Some(Found { sequence, message, .. }) = found.take() {
            self.behind = sequence;
            bytes += message.payload.len();
            deliveries.push(record::delivery(sequence, message));
            if deliveries.len() >= max || bytes >= ENOUGH {
                break;
            }
            found = self.feed.next_ready();
            if found.as_ref().is_some_and(|found| self.is_gap(found)) {
                // What was found so far is delivered first; the gap is told by the next call.
                self.feed.rewind(self.behind + 1);
                break;
            }
        }
        Ok(deliveries)
    }

    async fn ack(&mut self, sequence: Sequence) -> Result<(), BusError> {
        // What was not delivered cannot be acknowledged: it would be skipped unseen.
        let sequence = sequence.0.min(self.behind);
        if sequence > self.acknowledged {
            self.feed.check()?;
            self.positions.set(&self.key, sequence);
            self.acknowledged = sequence;
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

    fn gap(&mut self, found: &Found) -> Result<(), BusError> {
        if self.is_gap(found) {
            self.feed.rewind(self.behind + 1);
            return Err(self.fell_behind(found.sequence));
        }
        if found.sequence <= self.behind {
            let (stream, behind, at) = (self.stream, self.behind, found.sequence);
            tracing::warn!(stream, consumer = %self.name, behind, at, "the stream has lost its newest records");
        }
        Ok(())
    }

    fn is_gap(&self, found: &Found) -> bool {
        self.is_log && found.sequence > self.behind + 1
    }
}
