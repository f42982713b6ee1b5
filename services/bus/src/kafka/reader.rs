//! A reader of one stream.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::FutureExt;
use model::Stream;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};

use super::bus::Shared;
use super::client::{EndsAside, Listener};
use super::failure::Reading;
use super::positions::Position;
use super::{delivery, failure, headers};
use crate::dedup::{Dedup, REMEMBERED};
use crate::{BusError, Consumer, Delivery, Sequence};

/// A batch that has reached this many bytes takes no more records.
const ENOUGH: usize = 4 << 20;
/// Kafka forgets a position that was not committed for `offsets.retention.minutes` (7 days by default): a reader
/// repeats its own this often.
const REPEAT: Duration = Duration::from_secs(3_600);

/// A reader of one stream, with a client of its own. Dropping a call of [`Consumer::next`] loses nothing.
///
/// It begins to read before its position, where there is something, and remembers the ids that it finds: so
/// repetitions are told from first records, whoever published them.
pub(super) struct Reader {
    shared: Arc<Shared>,
    client: Arc<EndsAside<StreamConsumer<Listener>>>,
    topic: String,
    position: Arc<Position>,
    stream: Stream,
    name: Box<str>,
    seen: Dedup,
    /// The last position that was delivered or is not to be.
    behind: u64,
    acknowledged: u64,
    committed: Instant,
    /// The client reads nothing, because what it wanted is not there (any more).
    displaced: bool,
    /// What goes wrong behind records that are delivered first.
    held: Option<BusError>,
}

impl Reader {
    pub(super) fn new(
        shared: Arc<Shared>,
        client: EndsAside<StreamConsumer<Listener>>,
        position: Arc<Position>,
        (stream, name): (Stream, &str),
        behind: u64,
        acknowledged: u64,
    ) -> Self {
        Self {
            topic: shared.topic(stream),
            shared,
            client: Arc::new(client),
            position,
            stream,
            name: name.into(),
            seen: Dedup::default(),
            behind,
            acknowledged,
            committed: Instant::now(),
            displaced: false,
            held: None,
        }
    }

    /// Has the client read on after `behind`, of a stream with these ends.
    pub(super) fn place(&mut self, newest: u64, oldest: u64) -> Result<(), BusError> {
        // Of a stream of last values nothing that was read in order is missing.
        if self.behind + 1 < oldest && !self.stream.latest_per_key() {
            return Err(BusError::FellBehind {
                stream: self.stream.name(),
                consumer: self.name.to_string(),
                wanted: self.behind + 1,
                oldest,
            });
        }
        if self.behind > newest {
            let (stream, consumer, behind) = (self.stream.name(), &*self.name, self.behind);
            tracing::error!(stream, consumer, behind, newest, "the cluster has lost records that it had");
            self.behind = newest;
        }
        let first = self.behind.saturating_sub(REMEMBERED as u64).max(oldest - 1);
        let mut list = TopicPartitionList::new();
        let offset = Offset::Offset(i64::try_from(first).unwrap_or(i64::MAX));
        let placed = list.add_partition_offset(&self.topic, 0, offset);
        placed.and_then(|()| self.client.assign(&list)).map_err(|error| self.refused(&error))?;
        self.displaced = false;
        Ok(())
    }

    fn refused(&self, error: &KafkaError) -> BusError {
        failure::refused(&self.shared.server, format!("reading {}", self.topic), error)
    }

    /// The record, unless it is to be passed over.
    fn take(&mut self, message: &BorrowedMessage<'_>) -> Option<Delivery> {
        let sequence = delivery::sequence(message).0;
        let first = headers::id(message).and_then(|id| self.seen.first(id, sequence));
        if sequence <= self.behind {
            return None;
        }
        self.behind = sequence;
        if let Some(first) = first.filter(|first| *first != sequence) {
            tracing::debug!(stream = self.stream.name(), sequence, first, "a repetition is passed over");
            return None;
        }
        delivery::of(message)
    }

    /// Whether reading cannot go on; everything else librdkafka tries again by itself.
    fn failed(&mut self, error: &KafkaError) -> Option<BusError> {
        match failure::while_reading(error) {
            Reading::Displaced => self.displaced = true,
            Reading::Ended => return Some(self.refused(error)),
            Reading::Continues => {
                tracing::debug!(stream = self.stream.name(), %error, "reading goes on when the cluster is back");
            }
        }
        None
    }
}

#[async_trait]
impl Consumer for Reader {
    async fn next(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        let max = max.max(1);
        let client = self.client.clone();
        let closed = self.shared.closed.clone();
        let mut batch = Vec::new();
        let mut bytes = 0;
        loop {
            self.shared.check()?;
            if let Some(error) = self.held.take() {
                return Err(error);
            }
            if self.displaced {
                let (newest, oldest) = self.shared.reach(self.stream).await?;
                self.place(newest, oldest)?;
            }
            if self.acknowledged > 0 && self.committed.elapsed() > REPEAT {
                self.committed = Instant::now();
                self.position.keep(self.acknowledged)?;
            }
            let first = tokio::select! {
                () = closed.cancelled() => return Err(BusError::Closed),
                received = tokio::time::timeout(REPEAT, client.recv()) => received,
            };
            let Ok(mut received) = first else { continue };
            // From here on nothing waits, so that a call that is given up has taken nothing.
            loop {
                match &received {
                    Ok(message) => {
                        if let Some(delivery) = self.take(message) {
                            bytes += delivery.data.len();
                            batch.push(delivery);
                        }
                    }
                    Err(error) => self.held = self.failed(error),
                }
                if batch.len() >= max || bytes >= ENOUGH || self.held.is_some() || self.displaced {
                    break;
                }
                match client.recv().now_or_never() {
                    Some(next) => received = next,
                    None => break,
                }
            }
            if !batch.is_empty() {
                return Ok(batch);
            }
        }
    }

    async fn ack(&mut self, sequence: Sequence) -> Result<(), BusError> {
        self.shared.check()?;
        // What was not delivered cannot be acknowledged: it would be skipped unseen.
        let sequence = sequence.0.min(self.behind);
        if sequence <= self.acknowledged {
            return Ok(());
        }
        self.acknowledged = sequence;
        self.committed = Instant::now();
        self.position.keep(sequence)
    }
}
