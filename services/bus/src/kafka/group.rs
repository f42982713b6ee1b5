//! A consumer's group: where the cluster keeps its positions. Nobody ever joins it.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::asker::{patiently, setting_refused};
use super::client::{self, EndsAside, Listener};
use super::{Config, failure};
use crate::BusError;

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
        let ask = |left: Duration| -> Result<Offset, KafkaError> {
            let mut list = TopicPartitionList::new();
            list.add_partition(topic, 0);
            let kept = self.client.committed_offsets(list, left)?;
            let found = kept.find_partition(topic, 0);
            found.map_or(Ok(Offset::Invalid), |element| element.error().map(|()| element.offset()))
        };
        let kept = patiently(self.timeout, ask).map_err(|error| {
            failure::refused(&self.server, format!("asking for a kept position of {topic}"), &error)
        })?;
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
