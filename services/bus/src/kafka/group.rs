//! A consumer's group: where the cluster keeps its positions. Nobody ever joins it.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::asker::setting_refused;
use super::client::{self, EndsAside, Listener};
use super::{Config, failure};
use crate::{BusError, Class};

/// A coordinator that is not there yet is asked again after this.
const AGAIN: Duration = Duration::from_millis(100);

/// One group, by a client that stays connected to its coordinator: to find that takes a new client half a second.
pub(super) struct Group {
    client: EndsAside<BaseConsumer<Listener>>,
    server: String,
    timeout: Duration,
}

/// The group that keeps the positions of this consumer.
pub(super) fn name(config: &Config, consumer: &str) -> String {
    format!("{}.{consumer}", config.prefix)
}

impl Group {
    pub(super) fn new(config: &Config, consumer: &str) -> Result<Self, BusError> {
        let server = config.server();
        let mut settings = client::settings(config)?;
        settings.set("group.id", name(config, consumer)).set("enable.auto.commit", "false");
        let client = settings
            .create_with_context(Listener::new("positions"))
            .map_err(|error| setting_refused(&server, &error))?;
        Ok(Self { client: EndsAside::new(client), server, timeout: config.connect_timeout })
    }

    /// The position that is kept for a topic. Blocks.
    pub(super) fn kept(&self, topic: &str) -> Result<Option<u64>, BusError> {
        let ask = || -> Result<Offset, KafkaError> {
            let mut list = TopicPartitionList::new();
            list.add_partition(topic, 0);
            let kept = self.client.committed_offsets(list, self.timeout)?;
            let found = kept.find_partition(topic, 0);
            found.map_or(Ok(Offset::Invalid), |element| element.error().map(|()| element.offset()))
        };
        let end = Instant::now() + self.timeout;
        let kept = loop {
            let error = match ask() {
                Ok(kept) => break kept,
                Err(error) => error,
            };
            let what = format!("asking for a kept position of {topic}");
            let failed = failure::refused(&self.server, what, &error);
            // A broker that has just become the coordinator does not know at once.
            if failed.class() == Class::Permanent || Instant::now() > end {
                return Err(failed);
            }
            std::thread::sleep(AGAIN);
        };
        match kept {
            Offset::Offset(offset) => Ok(u64::try_from(offset).ok()),
            Offset::Beginning | Offset::End | Offset::Stored | Offset::Invalid | Offset::OffsetTail(_) => {
                Ok(None)
            }
        }
    }

    /// Keeps a position. Blocks. The offset of the next record to be read is the sequence of the last one.
    pub(super) fn keep(&self, topic: &str, position: u64) -> Result<(), BusError> {
        let keep = || -> Result<(), KafkaError> {
            let mut list = TopicPartitionList::new();
            let offset = Offset::Offset(i64::try_from(position).unwrap_or(i64::MAX));
            list.add_partition_offset(topic, 0, offset)?;
            self.client.commit(&list, CommitMode::Sync)
        };
        keep()
            .map_err(|error| failure::refused(&self.server, format!("keeping a position of {topic}"), &error))
    }

    /// Hears what librdkafka has to say.
    pub(super) fn attend(&self) {
        client::attend(&self.client);
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").field("server", &self.server).finish_non_exhaustive()
    }
}
