//! Puts records on topics, in order, whatever fails.
//!
//! librdkafka repeats what a broker did not acknowledge, for ever, without changing order and without a second copy
//! (`enable.idempotence`). When that has taken too long, or a record was refused for good, the producer is broken as
//! a whole: everything that is queued behind is thrown out and fails too, its connections are closed, and only then
//! a new one begins. So what reaches a partition before a failure is always a prefix of what was handed in, and
//! nothing overtakes.

mod current;
mod delivered;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{Producer as _, PurgeConfig, ThreadedProducer};
use smallvec::SmallVec;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

use current::{Current, Halt};
use delivered::Delivered;

use super::Config;
use super::asker::{beside, setting_refused};
use super::client::{self, Listener};
use super::failure;
use super::fate::{self, Failure, Fate};
use crate::BusError;

/// Room in a full queue is looked for this often.
const ROOM: Duration = Duration::from_millis(5);

/// What is thrown out of a broken producer is told within this time.
const LAST_ANSWERS: Duration = Duration::from_secs(30);

/// What there is one of for each record of a call; most calls have one record.
pub(super) type Few<T> = SmallVec<[T; 1]>;

/// A record on its way to a topic.
#[derive(Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) topic: &'a str,
    /// The partition that the key's hash gives, where it is absent.
    pub(super) partition: Option<i32>,
    pub(super) key: &'a str,
    pub(super) headers: Option<OwnedHeaders>,
    pub(super) data: &'a [u8],
}

/// Puts records on topics. Calls that are made at the same time are on their way at the same time.
#[derive(Debug)]
pub(super) struct Producer {
    settings: ClientConfig,
    server: Box<str>,
    patience: Duration,
    current: Mutex<Current>,
    /// Held by whoever exchanges a broken producer, until that has ended.
    exchange: Arc<tokio::sync::Mutex<()>>,
    progress: Arc<Notify>,
}

impl Producer {
    pub(super) fn new(config: &Config) -> Result<Self, BusError> {
        let mut settings = client::settings(config)?;
        settings
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // What stands behind a refused record is not sent.
            .set("enable.gapless.guarantee", "true")
            // Patience is ours: librdkafka would give up single records and send those behind them.
            .set("message.timeout.ms", "0")
            .set("message.max.bytes", config.max_message_bytes().to_string())
            // As Java's clients do, so that a key is in the same partition whoever writes it.
            .set("partitioner", "murmur2_random");
        let defaults = [
            // Records that come while five requests are on their way share the sixth anyway.
            ("linger.ms", "0"),
            ("queue.buffering.max.kbytes", "65536"),
        ];
        for (name, value) in defaults.into_iter().filter(|(name, _)| !config.properties.contains_key(*name)) {
            settings.set(name, value);
        }
        let server = config.server();
        let producer = Self {
            settings,
            server: server.into(),
            patience: config.delivery_timeout,
            current: Mutex::new(Current { producer: None, generation: 0, closed: false }),
            exchange: Arc::default(),
            progress: Arc::new(Notify::new()),
        };
        let first = producer.begin()?;
        producer.current().producer = Some(first);
        Ok(producer)
    }

    /// Puts the records where they belong and returns their offsets once enough brokers have them.
    ///
    /// # Errors
    /// [`crate::Class::Unknown`] where some may have arrived; [`crate::Class::Permanent`] where a broker refuses one.
    pub(super) async fn send(&self, mut records: Few<Outgoing<'_>>) -> Result<Few<i64>, BusError> {
        let Some(topic) = records.first().map(|record| record.topic) else { return Ok(Few::new()) };
        let fates: Few<Arc<Fate>> = records.iter().map(|_| Arc::default()).collect();
        let end = Instant::now() + self.patience;
        let (present, halted) = self.current().queue(None, &fates, &mut records, 0)?;
        // Calls are many at once: what is rare takes its room only when it happens.
        let generation = match halted {
            Ok(()) => present,
            Err(halt) => Box::pin(self.insist(halt, present, &fates, &mut records, end)).await?,
        };
        match timeout_at(end, fate::all(&fates)).await {
            Ok(Ok(offsets)) => Ok(offsets),
            Ok(Err(failure)) => Box::pin(self.failed(generation, failure)).await,
            Err(_) => Box::pin(self.late(generation, &fates, topic)).await,
        }
    }

    /// Queues what is left of a call, whatever that takes, and says which generation has it.
    async fn insist(
        &self,
        mut halt: Halt,
        mut generation: u64,
        fates: &[Arc<Fate>],
        records: &mut [Outgoing<'_>],
        end: Instant,
    ) -> Result<u64, BusError> {
        let topic = records.first().map_or("", |record| record.topic);
        loop {
            let progress = self.progress.notified();
            let queued = match halt {
                Halt::Full(so_far) => {
                    // Back-pressure: what is on its way makes room first. librdkafka counts a record out a moment
                    // after it has told of its delivery, so room is looked for without being told, too.
                    let _ = timeout(ROOM, progress).await;
                    if Instant::now() >= end {
                        give_up(&fates[so_far..], RDKafkaErrorCode::QueueFull, topic);
                        return Ok(generation);
                    }
                    so_far
                }
                // Nothing of the call is anywhere yet: the next producer takes it.
                Halt::Broken(0, error) if is_over(&error) && Instant::now() < end => {
                    self.discard(generation).await;
                    generation = self.ready().await?;
                    0
                }
                Halt::Broken(so_far, error) => {
                    let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
                    give_up(&fates[so_far..], code, topic);
                    return Ok(generation);
                }
            };
            let (_, halted) = self.current().queue(Some(generation), fates, records, queued)?;
            match halted {
                Ok(()) => return Ok(generation),
                Err(next) => halt = next,
            }
        }
    }

    /// A call whose records' fates did not come in time.
    async fn late(&self, generation: u64, fates: &[Arc<Fate>], topic: &str) -> Result<Few<i64>, BusError> {
        self.discard(generation).await;
        match timeout(self.patience, fate::all(fates)).await {
            Ok(Ok(offsets)) => Ok(offsets),
            Ok(Err(failure)) => self.failed(generation, failure).await,
            // Of a producer that ended without a word nothing more is heard.
            Err(_) => self.failed(generation, (RDKafkaErrorCode::PurgeInflight, topic.into())).await,
        }
    }

    /// A call that failed: the producer is not used any more.
    async fn failed(&self, generation: u64, (code, topic): Failure) -> Result<Few<i64>, BusError> {
        self.discard(generation).await;
        Err(failure::undelivered(&self.server, &topic, code))
    }

    /// Waits for what is on its way, then ends.
    pub(super) async fn close(&self) {
        let producer = {
            let mut current = self.current();
            current.closed = true;
            current.producer.take()
        };
        let patience = self.patience;
        let ending = beside(move || {
            if let Some(producer) = producer
                && let Err(error) = producer.flush(patience)
            {
                tracing::warn!(%error, "records were on their way when the bus was closed");
            }
            Ok(())
        });
        // Fails only where the runtime is going away.
        let _ = ending.await;
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> Result<ThreadedProducer<Delivered>, BusError> {
        let context = Delivered { listener: Listener::new("producer"), progress: self.progress.clone() };
        self.settings.create_with_context(context).map_err(|error| setting_refused(&self.server, &error))
    }

    /// The generation that takes records, a new one where the last one is broken.
    async fn ready(&self) -> Result<u64, BusError> {
        let usable = |current: &Current| match (current.closed, &current.producer) {
            (true, _) => Err(BusError::Closed),
            (false, Some(_)) => Ok(Some(current.generation)),
            (false, None) => Ok(None),
        };
        if let Some(generation) = usable(&self.current())? {
            return Ok(generation);
        }
        let _exchange = self.exchange.lock().await;
        if let Some(generation) = usable(&self.current())? {
            return Ok(generation);
        }
        let next = self.begin()?;
        let mut current = self.current();
        current.producer = Some(next);
        Ok(current.generation)
    }

    /// Ends a broken producer: what it holds fails, and its connections are closed before another one begins.
    async fn discard(&self, generation: u64) {
        let exchange = self.exchange.clone().lock_owned().await;
        let broken = {
            let mut current = self.current();
            if current.generation != generation {
                return;
            }
            current.generation += 1;
            current.producer.take()
        };
        let Some(broken) = broken else { return };
        tracing::warn!(server = self.server, "the producer is begun anew; what it held counts as lost");
        let ending = beside(move || {
            broken.purge(PurgeConfig::default().queue().inflight());
            // Hands out the answers that the purge has made.
            if let Err(error) = broken.flush(LAST_ANSWERS) {
                tracing::warn!(%error, "not every record's fate was told");
            }
            drop(broken);
            // Held until here, also where the publisher that began this has gone away.
            drop(exchange);
            Ok(())
        });
        // Fails only where the runtime is going away.
        let _ = ending.await;
        self.progress.notify_waiters();
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        // Ending takes a while and would hold a runtime's thread.
        if let Some(producer) = self.current().producer.take() {
            std::thread::spawn(move || drop(producer));
        }
    }
}

/// Whether this producer is the reason, not the record.
fn is_over(error: &KafkaError) -> bool {
    matches!(error.rdkafka_error_code(), Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::Fatal))
}

/// Tells the fate of records that were never queued.
fn give_up(fates: &[Arc<Fate>], code: RDKafkaErrorCode, topic: &str) {
    fates.iter().for_each(|fate| fate.tell(Err((code, topic))));
}
