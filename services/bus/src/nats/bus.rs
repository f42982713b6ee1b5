//! The bus's handle.

use std::collections::HashMap;
use std::sync::Arc;

use async_nats::jetstream::stream::State;
use async_trait::async_trait;
use model::Stream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::feed::{Feed, Source};
use super::link::Link;
use super::names::Names;
use super::positions::Positions;
use super::publish::{Options, Publisher};
use super::reader::Reader;
use super::record::{self, Writer};
use super::share::Shares;
use super::{Config, latest, setup};
use crate::{Bus, BusError, Class, Consumer, Delivery, Record, Sequence, Share, Start};

/// The bus on NATS JetStream.
#[derive(Debug)]
pub struct NatsBus {
    link: Link,
    writer: Writer,
    publishers: HashMap<Stream, Publisher>,
    positions: Arc<Positions>,
    shares: Shares,
    /// Ends what works in the background, once it has nothing left to do.
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl NatsBus {
    /// Connects, and makes or checks what EdgeRoam needs there, as [`Config::create`] says.
    ///
    /// # Errors
    /// [`BusError::Config`] names a setting, [`BusError::Broker`] the servers and the stream with what is wrong.
    pub async fn connect(config: Config) -> Result<Arc<dyn Bus>, BusError> {
        let bus: Arc<dyn Bus> = Arc::new(Box::pin(Self::open(config)).await?);
        Ok(bus)
    }

    async fn open(config: Config) -> Result<Self, BusError> {
        let link = Link::connect(&config).await?;
        let names = Names::new(&config.prefix);
        let session = link.session();
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        let mut publishers = HashMap::new();
        for stream in Stream::ALL {
            let wanted = setup::of_stream(&link, &config, &names, stream);
            let options = Options {
                stream: wanted.name.clone(),
                atomic: setup::stream(&link, config.create, wanted).await?,
                session: format!("{session}.{}", stream.name()).into(),
                queue: config.queue,
                retry_for: config.retry_for,
            };
            publishers.insert(stream, Publisher::start(&link, options, &closing, &tasks));
        }
        let bucket = setup::bucket(&link, config.create, setup::positions(&config, &names)).await?;
        let positions = Positions::new(&link, bucket);
        tasks.spawn(positions.clone().run(closing.clone(), config.ack_timeout));
        let bucket = setup::bucket(&link, config.create, setup::leases(&config, &names)).await?;
        let shares = Shares::new(&link, bucket, config.lease, closing.clone(), tasks.clone());
        let writer = Writer::new(names, session, config.max_record_bytes.in_memory());
        Ok(Self { link, writer, publishers, positions, shares, closing, tasks })
    }

    async fn state(&self, stream: Stream) -> Result<State, BusError> {
        self.check()?;
        let name = self.writer.names.stream(stream);
        let what = format!("asking about stream {name}");
        let handle = self.link.jetstream.get_stream_no_info(&name).await;
        let handle = handle.map_err(|error| self.link.transient(&what, &error))?;
        let info = handle.get_info().await.map_err(|error| self.link.transient(&what, &error))?;
        Ok(info.state)
    }

    fn check(&self) -> Result<(), BusError> {
        if self.closing.is_cancelled() { Err(BusError::Closed) } else { Ok(()) }
    }
}

impl Drop for NatsBus {
    /// What is queued is still handed over as long as the runtime is there; [`Bus::close`] waits for it.
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

#[async_trait]
impl Bus for NatsBus {
    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<Vec<Sequence>, BusError> {
        self.check()?;
        self.writer.check(&records)?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let messages = records.into_iter().map(|record| self.writer.message(stream, record)).collect();
        let Some(publisher) = self.publishers.get(&stream) else {
            return Err(self.link.error("publishing", "there is no such stream", Class::Permanent));
        };
        Ok(publisher.publish(messages).await?.into_iter().map(Sequence).collect())
    }

    async fn consume(
        &self,
        stream: Stream,
        consumer: &str,
        start: Start,
    ) -> Result<Box<dyn Consumer>, BusError> {
        record::name_fits(consumer.len())?;
        let key = Positions::key(stream, consumer);
        let stored = match start {
            Start::After(_) => None,
            Start::Oldest | Start::Newest => self.positions.get(&key).await?,
        };
        let state = self.state(stream).await?;
        let (oldest, newest) = (state.first_sequence, state.last_sequence);
        let behind = match (start, stored) {
            (Start::After(position), _) => position.0,
            (_, Some(stored)) => stored,
            (Start::Oldest, None) => oldest.saturating_sub(1),
            (Start::Newest, None) => newest,
        };
        if behind > newest {
            tracing::warn!(stream = stream.name(), consumer, behind, newest, "position ahead of the stream");
        }
        // A position that lies ahead must not hide what is published until it is reached.
        let behind = behind.min(newest);
        let source = Source { stream: self.writer.names.stream(stream), subjects: Vec::new() };
        let reader = Reader {
            feed: Feed::new(&self.link, source, behind + 1),
            positions: self.positions.clone(),
            stream: stream.name(),
            name: consumer.into(),
            key,
            is_log: !stream.latest_per_key(),
            behind,
            acknowledged: stored.unwrap_or(0),
        };
        if reader.is_log && behind + 1 < oldest {
            return Err(reader.fell_behind(oldest));
        }
        Ok(Box::new(reader))
    }

    async fn latest(&self, stream: Stream) -> Result<(Vec<Delivery>, Sequence), BusError> {
        if !stream.latest_per_key() {
            return Err(BusError::NotLatestPerKey(stream.name()));
        }
        let state = self.state(stream).await?;
        let name = self.writer.names.stream(stream);
        latest::values(&self.link, &name, state.last_sequence, state.messages == 0).await
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn share(&self, work: &str, parts: u16) -> Result<Box<dyn Share>, BusError> {
        self.check()?;
        record::name_fits(work.len())?;
        self.shares.join(work, parts).await
    }

    async fn close(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.link.closed.cancel();
        // Fails only where the connection is gone already.
        let _ = self.link.client.drain().await;
    }

    async fn newest(&self, stream: Stream) -> Result<Sequence, BusError> {
        Ok(Sequence(self.state(stream).await?.last_sequence))
    }
}
