//! The connection.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::{self, context::ContextBuilder};
use async_nats::{Client, Event};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Config;
use super::fault::{self, chain, refusal};
use crate::{BusError, Class};

/// How long to wait before a server that did not answer is tried again.
pub(super) const AGAIN: Duration = Duration::from_millis(250);
/// Answers that may be awaited at once: above what all publishers together can have in flight, because one that
/// waited for room while it holds answers back would wait for itself.
const IN_FLIGHT: usize = 1 << 17;
/// One attempt to connect.
const ATTEMPT: Duration = Duration::from_secs(5);
/// What headers add to a record at most: names, batch headers, and the encoding of key and id.
const HEADERS: usize = 8 << 10;

/// A connection that is made again whenever it is lost, until it is closed.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) jetstream: jetstream::Context,
    /// Ends with the bus.
    pub(super) closed: CancellationToken,
    servers: Arc<str>,
    connections: watch::Receiver<u64>,
    /// How long one answer may take.
    pub(super) ack_timeout: Duration,
    /// Until then what is needed to begin is tried again.
    patient_until: Instant,
}

impl Link {
    /// Connects, and tries for as long as the configuration says.
    pub(super) async fn connect(config: &Config) -> Result<Self, BusError> {
        config.check()?;
        let deadline = Instant::now() + config.connect_timeout;
        let servers: Arc<str> = config.servers.join(",").into();
        loop {
            let (counter, connections) = watch::channel(0);
            let error = match attempt(config, counter).await? {
                Ok(client) => {
                    let jetstream = ContextBuilder::new()
                        .timeout(config.ack_timeout)
                        .max_ack_inflight(IN_FLIGHT)
                        .build(client.clone());
                    let closed = CancellationToken::new();
                    let ack_timeout = config.ack_timeout;
                    let link = Self {
                        client,
                        jetstream,
                        closed,
                        servers,
                        connections,
                        ack_timeout,
                        patient_until: deadline,
                    };
                    return link.check(config).map(|()| link);
                }
                Err(error) => error,
            };
            let what = "connecting (see nats.servers, nats.tls and nats.login)";
            let class = fault::class_of_connecting(&error);
            if class == Class::Permanent || Instant::now() + AGAIN >= deadline {
                return Err(broker(&servers, what, &chain(&error), class));
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Counts connections: a change means that what was in flight may be lost.
    pub(super) fn connections(&self) -> watch::Receiver<u64> {
        let mut connections = self.connections.clone();
        connections.mark_unchanged();
        connections
    }

    /// A name that no other connection has.
    pub(super) fn session(&self) -> Arc<str> {
        let inbox = self.client.new_inbox();
        inbox.rsplit('.').next().unwrap_or(&inbox).into()
    }

    /// Whether there is a connection now.
    pub(super) fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Whether what is needed to begin may be tried again after this error, as of a cluster that is still finding
    /// itself together; waits a little then.
    pub(super) async fn is_patient(&self, error: &BusError) -> bool {
        let passes = matches!(error.class(), Class::Transient(_));
        if !passes || Instant::now() + AGAIN >= self.patient_until {
            return false;
        }
        tracing::info!(%error, "tried again");
        tokio::time::sleep(AGAIN).await;
        true
    }

    /// Waits until there is a connection, but no longer than for one answer; says whether there is one.
    pub(super) async fn ready(&self) -> bool {
        if self.is_connected() {
            return true;
        }
        let mut connections = self.connections();
        let connected = async {
            // The count may have gone up just before the state is told, or be told late.
            while !self.is_connected() {
                let _ = tokio::time::timeout(AGAIN, connections.changed()).await;
            }
        };
        self.in_time(connected).await.is_some()
    }

    /// The outcome, if it is there as soon as an answer has to be.
    pub(super) async fn in_time<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.ack_timeout, future).await.ok()
    }

    /// An error of this broker.
    pub(super) fn error(&self, what: &str, reason: &str, class: Class) -> BusError {
        if self.closed.is_cancelled() {
            return BusError::Closed;
        }
        broker(&self.servers, what, reason, class)
    }

    /// An error of a call that changes nothing, or nothing that a repetition would not set right. What the server
    /// refuses, it will refuse again.
    pub(super) fn transient<K>(&self, what: &str, error: &async_nats::error::Error<K>) -> BusError
    where
        K: Clone + std::fmt::Debug + std::fmt::Display + PartialEq + 'static,
    {
        let is_final = |refusal: jetstream::Error| {
            (400..429).contains(&refusal.code()) || fault::is_without_jetstream(refusal.error_code())
        };
        let refused = refusal(error).is_some_and(is_final);
        let class = if refused { Class::Permanent } else { Class::Transient(AGAIN) };
        self.error(what, &chain(error), class)
    }

    fn check(&self, config: &Config) -> Result<(), BusError> {
        let most = self.client.max_payload();
        if config.max_record_bytes.in_memory().saturating_add(HEADERS) > most {
            return Err(BusError::Config(format!(
                "nats.max_record_bytes is {}, but {} takes messages of {most} bytes with headers: lower it, or raise \
                 the server's max_payload",
                config.max_record_bytes, self.servers
            )));
        }
        Ok(())
    }
}

fn broker(servers: &str, what: &str, reason: &str, class: Class) -> BusError {
    BusError::Broker { server: servers.into(), what: what.into(), reason: reason.into(), class }
}

async fn attempt(
    config: &Config,
    counter: watch::Sender<u64>,
) -> Result<Result<Client, async_nats::ConnectError>, BusError> {
    let counter = Arc::new(counter);
    let servers: Arc<str> = config.servers.join(",").into();
    let options = config.tls.protect(config.login.options()?);
    let options = options
        .name(&config.name)
        .connection_timeout(ATTEMPT.min(config.connect_timeout))
        .request_timeout(Some(config.ack_timeout))
        .event_callback(move |event| {
            note(&event, &servers, &counter);
            std::future::ready(())
        });
    Ok(options.connect(&config.servers).await)
}

fn note(event: &Event, servers: &str, counter: &watch::Sender<u64>) {
    match event {
        Event::Connected => {
            counter.send_modify(|count| *count += 1);
            tracing::info!(servers, "connected to NATS");
        }
        Event::Disconnected => tracing::warn!(servers, "the connection to NATS is lost; it is made again"),
        Event::LameDuckMode => tracing::info!(servers, "the NATS server is about to stop"),
        Event::SlowConsumer(_) => {
            tracing::warn!(servers, "messages of NATS were dropped; they are read again")
        }
        Event::ServerError(error) => tracing::warn!(servers, %error, "NATS"),
        Event::ClientError(error) => tracing::warn!(servers, %error, "NATS client"),
        Event::Draining | Event::Closed => {}
    }
}
