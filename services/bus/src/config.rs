//! Which bus: the section `bus` of the configuration.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use crate::embedded::EmbeddedBus;
use crate::kafka::{KafkaBus, KafkaInlet, KafkaOutlet};
use crate::nats::{NatsBus, NatsInlet, NatsOutlet};
use crate::public::{ContentMode, Inlet, Interest, Outlet};
use crate::{Bus, BusError, embedded, kafka, nats};

/// The bus that EdgeRoam runs on, by the one key of this section.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a process has one of it")]
pub enum Config {
    /// In this process, on this disk.
    Embedded(embedded::Config),
    /// NATS JetStream.
    Nats(nats::Config),
    /// Apache Kafka.
    Kafka(kafka::Config),
}

impl Default for Config {
    fn default() -> Self {
        Self::Embedded(embedded::Config::default())
    }
}

impl Config {
    /// The bus behind `nats://HOST:PORT`, `tls://HOST:PORT` (NATS) or `kafka://HOST:PORT` with everything else at its
    /// default; `embedded` is the one in this process.
    ///
    /// # Errors
    /// [`BusError::Config`] says what is understood.
    pub fn of_url(url: &str) -> Result<Self, BusError> {
        match url.split_once("://") {
            None if url == "embedded" => Ok(Self::default()),
            Some(("nats" | "tls", _)) => Ok(Self::Nats(nats::Config::at(url))),
            Some(("kafka", broker)) => Ok(Self::Kafka(kafka::Config::at(broker))),
            _ => Err(BusError::Config(format!(
                "`{url}` is no bus; write embedded, nats://HOST:PORT or kafka://HOST:PORT"
            ))),
        }
    }

    /// With relative paths taken from this folder.
    #[must_use]
    pub fn relative_to(self, base: &Path) -> Self {
        match self {
            Self::Embedded(config) => Self::Embedded(config),
            Self::Nats(config) => Self::Nats(config.relative_to(base)),
            Self::Kafka(config) => Self::Kafka(config.relative_to(base)),
        }
    }

    /// Where public events are put; the embedded bus has no such side.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn outlet(&self, mode: ContentMode) -> Result<Option<Arc<dyn Outlet>>, BusError> {
        Ok(match self {
            Self::Embedded(_) => None,
            Self::Nats(config) => Some(NatsOutlet::connect(config, mode).await?),
            Self::Kafka(config) => Some(KafkaOutlet::connect(config, mode).await?),
        })
    }

    /// A reader of public events.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`BusError::Config`] for the embedded bus.
    pub async fn inlet(&self, interest: &Interest) -> Result<Box<dyn Inlet>, BusError> {
        match self {
            Self::Embedded(_) => Err(BusError::Config("the embedded bus has no public events".into())),
            Self::Nats(config) => NatsInlet::connect(config, interest).await,
            Self::Kafka(config) => KafkaInlet::connect(config, interest).await,
        }
    }

    /// Opens it; the embedded one in this directory.
    ///
    /// # Errors
    /// What each says: a directory in use, a broker that cannot be reached or lacks what is needed.
    pub async fn open(&self, dir: &Path) -> Result<Arc<dyn Bus>, BusError> {
        match self {
            Self::Embedded(config) => Ok(EmbeddedBus::open(dir, config.clone())?),
            Self::Nats(config) => NatsBus::connect(config.clone()).await,
            Self::Kafka(config) => KafkaBus::connect(config.clone()).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_tells_which_bus() {
        assert!(matches!(Config::of_url("embedded"), Ok(Config::Embedded(_))));
        assert!(matches!(Config::of_url("nats://127.0.0.1:4222"), Ok(Config::Nats(_))));
        assert!(
            matches!(Config::of_url("kafka://127.0.0.1:9092"), Ok(Config::Kafka(c)) if c.brokers == ["127.0.0.1:9092"])
        );
        for wrong in ["", "amqp://x", "127.0.0.1:4222"] {
            assert!(Config::of_url(wrong).expect_err("refused").to_string().contains("nats://HOST:PORT"));
        }
    }

    #[test]
    fn the_section_has_one_key() {
        let read = |text: &str| serde_json::from_str::<Config>(text);
        assert!(matches!(read(r#"{"nats":{"servers":["nats://a"]}}"#), Ok(Config::Nats(_))));
        assert!(matches!(read(r#"{"embedded":{"durability":"os"}}"#), Ok(Config::Embedded(_))));
        assert!(read(r#"{"durability":"os"}"#).expect_err("refused").to_string().contains("embedded"));
    }
}
