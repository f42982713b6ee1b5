//! Reads public events.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures_util::FutureExt;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};

use super::asker::{Asker, setting_refused};
use super::client::{EndsAside, Listener};
use super::failure::Reading;
use super::{Config, event, failure, opening, topics};
use crate::BusError;
use crate::public::{Inlet, Interest, PublicEvent, Topic};

/// A batch takes no more events.
const MOST: usize = 1_000;
/// A batch that has reached this many bytes takes no more events.
const ENOUGH: usize = 4 << 20;

/// Reads public events. It joins no group and keeps no position; partitions that are added later are not seen.
pub struct KafkaInlet {
    client: EndsAside<StreamConsumer<Listener>>,
    asker: Asker,
    /// The offset that is read next, by partition.
    next: BTreeMap<(Topic, i32), u64>,
    /// The client reads nothing, because what it wanted is no longer there.
    displaced: bool,
    held: Option<BusError>,
}

impl KafkaInlet {
    /// Reaches the cluster and begins to read.
    ///
    /// # Errors
    /// [`BusError::Config`] names the setting, [`BusError::Broker`] the cluster and the topic that it lacks.
    pub async fn connect(config: &Config, interest: &Interest) -> Result<Box<dyn Inlet>, BusError> {
        config.check()?;
        let asker = Asker::new(config)?;
        asker.reach().await?;
        let wanted = if interest.topics.is_empty() { &Topic::ALL[..] } else { &interest.topics };
        let there = asker.metadata().await?;
        let mut next = BTreeMap::new();
        for topic in wanted {
            let name = topics::public(*topic);
            let found = there.topics().iter().find(|topic| topic.name() == name && topic.error().is_none());
            let partitions = found.map_or(0, |topic| topic.partitions().len());
            if partitions == 0 {
                let code = RDKafkaErrorCode::UnknownTopicOrPartition;
                let what = format!("reading topic {name}");
                return Err(failure::complaint(asker.server(), &what, code, "it is not there"));
            }
            for partition in (0..).take(partitions) {
                let (low, high) = asker.watermarks(&name, partition).await?;
                next.insert((*topic, partition), if interest.from_oldest { low } else { high });
            }
        }
        let client: StreamConsumer<Listener> = opening::settings(config, "inlet")?
            .create_with_context(Listener::new("inlet"))
            .map_err(|error| setting_refused(asker.server(), &error))?;
        let inlet = Self { client: EndsAside::new(client), asker, next, displaced: false, held: None };
        inlet.place()?;
        Ok(Box::new(inlet))
    }

    /// Has the client read on from where this reader is.
    fn place(&self) -> Result<(), BusError> {
        let mut list = TopicPartitionList::new();
        let placed = self.next.iter().try_for_each(|((topic, partition), next)| {
            let offset = Offset::Offset(i64::try_from(*next).unwrap_or(i64::MAX));
            list.add_partition_offset(&topics::public(*topic), *partition, offset)
        });
        placed
            .and_then(|()| self.client.assign(&list))
            .map_err(|error| failure::refused(self.asker.server(), "reading public topics", &error))
    }

    /// Goes on where each partition begins now. The first one that had to is told.
    async fn replace(&mut self) -> Result<(), BusError> {
        let mut fell = None;
        for ((topic, partition), next) in &mut self.next {
            let (low, high) = self.asker.watermarks(&topics::public(*topic), *partition).await?;
            if *next < low {
                fell.get_or_insert(BusError::FellBehind {
                    stream: topic.name(),
                    consumer: format!("inlet, partition {partition}"),
                    wanted: *next + 1,
                    oldest: low + 1,
                });
            }
            *next = (*next).clamp(low, high);
        }
        self.place()?;
        self.displaced = false;
        fell.map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Inlet for KafkaInlet {
    async fn next(&mut self) -> Result<Vec<PublicEvent>, BusError> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        loop {
            if let Some(error) = self.held.take() {
                return Err(error);
            }
            if self.displaced {
                self.replace().await?;
            }
            let mut received = self.client.recv().await;
            // From here on nothing waits, so that a call that is given up has taken nothing.
            loop {
                match &received {
                    Ok(message) => {
                        let name = message.topic();
                        let known = Topic::ALL.into_iter().find(|topic| topics::public(*topic) == name);
                        let offset = u64::try_from(message.offset()).unwrap_or(0);
                        if let Some(topic) = known {
                            self.next.insert((topic, message.partition()), offset + 1);
                            if let Some(event) = event::decode(topic, message) {
                                bytes += event.data.len();
                                batch.push(event);
                            }
                        }
                    }
                    Err(error) => match failure::while_reading(error) {
                        Reading::Displaced => self.displaced = true,
                        Reading::Ended => {
                            self.held =
                                Some(failure::refused(self.asker.server(), "reading public topics", error));
                        }
                        Reading::Continues => {
                            tracing::debug!(%error, "reading goes on when the cluster is back")
                        }
                    },
                }
                if batch.len() >= MOST || bytes >= ENOUGH || self.held.is_some() || self.displaced {
                    break;
                }
                match self.client.recv().now_or_never() {
                    Some(next) => received = next,
                    None => break,
                }
            }
            if !batch.is_empty() {
                return Ok(batch);
            }
        }
    }
}
