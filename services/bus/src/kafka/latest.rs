//! The last value of every key.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::Stream;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::asker::{beside, setting_refused};
use super::bus::Shared;
use super::client::Listener;
use super::opening;
use super::{delivery, failure, headers};
use crate::dedup::Dedup;
use crate::{BusError, Delivery, Sequence};

/// Events of librdkafka are looked for this often.
const LOOK: Duration = Duration::from_millis(100);

/// Reads a compacted topic from its beginning to what is its end now, and keeps the last record of every key. A
/// record without data takes its key away; a repetition of an earlier record changes nothing.
pub(super) async fn read(
    shared: &Arc<Shared>,
    stream: Stream,
) -> Result<(Vec<Delivery>, Sequence), BusError> {
    let (newest, oldest) = shared.reach(stream).await?;
    if newest + 1 == oldest {
        return Ok((Vec::new(), Sequence(newest)));
    }
    let mut settings = opening::settings(&shared.config, "latest")?;
    // After compaction the end may carry no record that could be waited for.
    settings.set("enable.partition.eof", "true").set("auto.offset.reset", "earliest");
    // Nothing that holds the bus: a thread must not be the last to let go of it.
    let (server, closed) = (shared.server.clone(), shared.closed.clone());
    let (topic, patience) = (shared.topic(stream), shared.config.connect_timeout);
    let read = beside(move || {
        let client: BaseConsumer<Listener> = settings
            .create_with_context(Listener::new("latest"))
            .map_err(|error| setting_refused(&server, &error))?;
        let mut list = TopicPartitionList::new();
        let placed = list.add_partition_offset(&topic, 0, Offset::Beginning);
        let refused = |error| failure::refused(&server, format!("reading {topic}"), &error);
        placed.and_then(|()| client.assign(&list)).map_err(refused)?;
        let mut values = Values::default();
        let mut heard = Instant::now();
        while values.at < newest {
            if closed.is_cancelled() {
                return Err(BusError::Closed);
            }
            match client.poll(LOOK) {
                Some(Ok(message)) => {
                    // What comes after the position that is given is for a reader from there on.
                    if delivery::sequence(&message).0 > newest {
                        break;
                    }
                    values.fold(&message);
                    heard = Instant::now();
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                Some(Err(error)) if heard.elapsed() > patience => {
                    return Err(failure::refused(&server, format!("reading {topic}"), &error));
                }
                None if heard.elapsed() > patience => {
                    let error = KafkaError::NoMessageReceived;
                    return Err(failure::refused(&server, format!("reading {topic}"), &error));
                }
                Some(Err(_)) | None => {}
            }
        }
        Ok(values)
    });
    let values = read.await?;
    Ok((values.in_order(), Sequence(newest)))
}

#[derive(Debug, Default)]
struct Values {
    at: u64,
    seen: Dedup,
    by_key: HashMap<Box<str>, Delivery>,
}

impl Values {
    fn fold(&mut self, message: &impl Message) {
        let sequence = delivery::sequence(message).0;
        self.at = sequence;
        if headers::id(message).is_some_and(|id| self.seen.first(id, sequence).is_some()) {
            return;
        }
        match delivery::of(message) {
            Some(value) => self.by_key.insert(value.key.clone(), value),
            None => self.by_key.remove(&delivery::key(message)),
        };
    }

    fn in_order(self) -> Vec<Delivery> {
        let mut values: Vec<_> = self.by_key.into_values().collect();
        values.sort_unstable_by_key(|value| value.sequence);
        values
    }
}
