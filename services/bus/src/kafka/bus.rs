//! The bus's handle.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use async_trait::async_trait;
use model::Stream;
use rdkafka::consumer::BaseConsumer;
use tokio_util::sync::CancellationToken;

use super::asker::Asker;
use super::client::{self, Listener};
use super::ids::Ids;
use super::opening;
use super::positions::{self, Positions, Table};
use super::producer::{Few, Outgoing, Producer};
use super::topics::{self, Wanted};
use super::{Config, headers, latest, member, setup};
use crate::{Bus, BusError, Consumer, Delivery, Record, Sequence, Share, Start};

/// What librdkafka says is heard this often.
const ATTEND: Duration = Duration::from_secs(1);

/// The bus on Kafka.
#[derive(Debug)]
pub struct KafkaBus {
    shared: Arc<Shared>,
    producer: Producer,
    /// For each stream its topic, and what was published there.
    logs: [(String, Ids); Stream::ALL.len()],
}

/// What readers and shares of a bus need of it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) server: String,
    pub(super) asker: Asker,
    pub(super) positions: Positions,
    pub(super) closed: CancellationToken,
}

impl KafkaBus {
    /// Reaches the cluster, and makes or checks the topics of the internal streams as `create` says.
    ///
    /// # Errors
    /// [`BusError::Config`] names the setting, [`BusError::Broker`] the cluster and what it lacks.
    pub async fn connect(config: Config) -> Result<Arc<dyn Bus>, BusError> {
        config.check()?;
        let asker = Asker::new(&config)?;
        asker.reach().await?;
        setup::topics(&config, &asker, Wanted::internal(&config)).await?;
        let producer = Producer::new(&config)?;
        let shared = Arc::new(Shared {
            server: config.server(),
            asker,
            positions: Positions::default(),
            closed: CancellationToken::new(),
            config,
        });
        let (client, table) = (shared.asker.client(), shared.positions.table());
        std::thread::Builder::new()
            .name("kafka-attend".into())
            .spawn(move || attend(&client, &table))
            .map_err(|source| BusError::Io {
                what: "starting a thread for",
                path: shared.server.clone(),
                source,
            })?;
        let logs = Stream::ALL.map(|stream| (shared.topic(stream), Ids::default()));
        Ok(Arc::new(Self { shared, producer, logs }))
    }

    /// Positions of records that are on the stream. A broker that had a record already, from an attempt whose answer
    /// was lost, does not always say where: it is not behind the newest record then.
    async fn positions(&self, stream: Stream, offsets: Few<i64>) -> Result<Few<Sequence>, BusError> {
        let newest =
            if offsets.iter().any(|offset| *offset < 0) { self.shared.reach(stream).await?.0 } else { 0 };
        let position = |offset: i64| u64::try_from(offset).map_or(newest, |offset| offset + 1);
        Ok(offsets.into_iter().map(|offset| Sequence(position(offset))).collect())
    }

    fn fits(&self, records: &[Record]) -> Result<(), BusError> {
        let limit = self.shared.config.max_record_bytes.in_memory();
        for record in records {
            let bytes = record.key.len() + record.id.as_deref().map_or(0, str::len) + record.data.len();
            if bytes > limit {
                return Err(BusError::TooLarge { bytes, limit });
            }
        }
        Ok(())
    }
}

impl Shared {
    pub(super) fn check(&self) -> Result<(), BusError> {
        if self.closed.is_cancelled() { Err(BusError::Closed) } else { Ok(()) }
    }

    pub(super) fn topic(&self, stream: Stream) -> String {
        topics::internal(&self.config.prefix, stream)
    }

    /// The newest position of a stream, and the oldest that is kept (one more where nothing is).
    pub(super) async fn reach(&self, stream: Stream) -> Result<(u64, u64), BusError> {
        let (low, high) = self.asker.watermarks(&self.topic(stream), 0).await?;
        Ok((high, low + 1))
    }
}

#[async_trait]
impl Bus for KafkaBus {
    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<Vec<Sequence>, BusError> {
        self.shared.check()?;
        self.fits(&records)?;
        let (topic, ids) = &self.logs[place(stream)];
        let claim = ids.claim(&records).await;
        let outgoing = claim.new_ones(&records).map(|record| Outgoing {
            topic,
            partition: Some(0),
            key: &record.key,
            headers: headers::with_id(record.id.as_deref()),
            data: &record.data,
        });
        let offsets = self.producer.send(outgoing.collect()).await?;
        let new = self.positions(stream, offsets).await?;
        Ok(claim.published(&new))
    }

    async fn consume(
        &self,
        stream: Stream,
        consumer: &str,
        start: Start,
    ) -> Result<Box<dyn Consumer>, BusError> {
        self.shared.check()?;
        let reader = opening::open(&self.shared, stream, consumer, start).await?;
        Ok(Box::new(reader))
    }

    async fn latest(&self, stream: Stream) -> Result<(Vec<Delivery>, Sequence), BusError> {
        if !stream.latest_per_key() {
            return Err(BusError::NotLatestPerKey(stream.name()));
        }
        self.shared.check()?;
        latest::read(&self.shared, stream).await
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn share(&self, work: &str, parts: u16) -> Result<Box<dyn Share>, BusError> {
        self.shared.check()?;
        let wanted = Wanted::work(&self.shared.config, work, parts);
        setup::topics(&self.shared.config, &self.shared.asker, vec![wanted]).await?;
        Ok(Box::new(member::join(&self.shared, work)?))
    }

    async fn close(&self) {
        self.shared.closed.cancel();
        self.producer.close().await;
        self.shared.positions.settle().await;
    }

    async fn newest(&self, stream: Stream) -> Result<Sequence, BusError> {
        self.shared.check()?;
        Ok(Sequence(self.shared.reach(stream).await?.0))
    }
}

/// Hears what librdkafka says while nobody asks anything, as long as the bus is there. The thread holds nothing of the
/// bus while it sleeps: whoever drops the bus last waits for its positions, and that must not be this thread.
fn attend(asker: &Weak<BaseConsumer<Listener>>, table: &Weak<Mutex<Table>>) {
    while let Some(asker) = asker.upgrade() {
        client::attend(&asker);
        positions::attend(table);
        drop(asker);
        std::thread::sleep(ATTEND);
    }
}

/// A stream's place in tables.
fn place(stream: Stream) -> usize {
    Stream::ALL.iter().position(|other| *other == stream).unwrap_or(0)
}
