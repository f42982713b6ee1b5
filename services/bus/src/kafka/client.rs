//! What every client of ours at a cluster has in common: its settings, and where librdkafka's words go.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::Config;
use crate::BusError;

/// What the adapter's promises hang on, and what has a setting of its own. Each entry also stands for everything
/// that begins with it where it ends with a dot.
const OWN: [&str; 39] = [
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "auto.commit.",
    "bootstrap.servers",
    "delivery.",
    "dr_",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "group.",
    "heartbeat.interval.ms",
    "isolation.level",
    "log.queue",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "max.poll.interval.ms",
    "message.max.bytes",
    "message.send.max.retries",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "queuing.strategy",
    "request.required.acks",
    "retries",
    "sasl.mechanism",
    "sasl.mechanisms",
    "security.protocol",
    "session.timeout.ms",
    "transactional.id",
    "transaction.timeout.ms",
    "sasl.username",
    "sasl.password",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
];

/// Whether a property of librdkafka is ours to set.
pub(super) fn is_own(property: &str) -> bool {
    OWN.iter().any(|own| property == *own || (own.ends_with(['.', '_']) && property.starts_with(own)))
}

/// Settings of every client; each adds its own.
pub(super) fn settings(config: &Config) -> Result<ClientConfig, BusError> {
    let mut client = ClientConfig::new();
    client
        .set_log_level(RDKafkaLogLevel::Info)
        .set("client.id", "edgeroam")
        .set("log.connection.close", "false")
        .set("socket.keepalive.enable", "true")
        // A broker that is back is found within this time.
        .set("reconnect.backoff.max.ms", "1000");
    for (name, value) in &config.properties {
        client.set(name, value);
    }
    client.set("bootstrap.servers", config.brokers.join(",")).set("allow.auto.create.topics", "false");
    config.security_protocol.apply(config.sasl.as_ref(), &config.tls, &mut client)?;
    Ok(client)
}

/// Hears what librdkafka has queued for a client that nobody reads with: its log lines and complaints.
pub(super) fn attend(client: &BaseConsumer<Listener>) {
    // With no time at all it would hear one of them.
    while client.poll(Duration::from_millis(1)).is_some() {}
}

/// A client that ends on a thread of its own: ending takes a while and would hold a runtime's.
#[derive(Debug)]
pub(super) struct EndsAside<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> EndsAside<T> {
    pub(super) const fn new(client: T) -> Self {
        Self(Some(client))
    }
}

impl<T: Send + 'static> std::ops::Deref for EndsAside<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("taken only when it is dropped")
    }
}

impl<T: Send + 'static> Drop for EndsAside<T> {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            std::thread::spawn(move || drop(client));
        }
    }
}

/// Listens to one client of librdkafka.
#[derive(Debug)]
pub(super) struct Listener {
    role: &'static str,
    last: Mutex<Option<(RDKafkaErrorCode, String)>>,
}

impl Listener {
    pub(super) fn new(role: &'static str) -> Self {
        Self { role, last: Mutex::new(None) }
    }

    /// The last thing that went wrong, and that only once.
    pub(super) fn complaint(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientContext for Listener {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        let role = self.role;
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::error!(target: "librdkafka", role, facility, "{line}");
            }
            // What it calls an error is mostly a connection that it is about to make again.
            RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => {
                tracing::warn!(target: "librdkafka", role, facility, "{line}");
            }
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "librdkafka", role, facility, "{line}");
            }
            RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", role, facility, "{line}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(mut code) = error.rdkafka_error_code() else { return };
        // With TLS 1.3 a broker refuses a client's certificate after the handshake, and librdkafka sees a connection
        // that broke.
        if code == RDKafkaErrorCode::BrokerTransportFailure && reason.contains("SSL alert number") {
            code = RDKafkaErrorCode::SSL;
        }
        tracing::debug!(role = self.role, ?code, reason, "librdkafka complains");
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // "All brokers are down" follows the reason why they are.
        if code != RDKafkaErrorCode::AllBrokersDown || last.is_none() {
            *last = Some((code, reason.to_owned()));
        }
    }
}

impl ConsumerContext for Listener {}
