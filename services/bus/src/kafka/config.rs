//! Settings.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::client;
use super::security::{Sasl, SecurityProtocol, Tls};
use crate::{BusError, ByteSize, Create, Retention, Retentions};

/// Settings of the bus on Kafka.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Addresses (`host:port`) of some brokers; they tell the others.
    pub brokers: Vec<String>,
    /// Whether the connection is encrypted and who logs in how.
    pub security_protocol: SecurityProtocol,
    /// The login, where the protocol has one.
    pub sasl: Option<Sasl>,
    /// Certificates, where the protocol is encrypted.
    pub tls: Tls,
    /// Who makes the topics.
    pub create: Create,
    /// What names of internal topics and of groups begin with.
    pub prefix: String,
    /// How many brokers keep each topic that is made; the cluster's default where it is absent.
    pub replication_factor: Option<u16>,
    /// How many brokers must have a record before it counts as published; the cluster's default where it is absent.
    pub min_insync_replicas: Option<u16>,
    /// How much of each stream is kept.
    pub retention: Retentions,
    /// Partitions of each public topic.
    pub public_partitions: u16,
    /// How much of each public topic is kept, in each partition.
    pub public_retention: Retention,
    /// The largest record: key, id and data together.
    pub max_record_bytes: ByteSize,
    /// A replica that has not been heard of for this long loses its share of work.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub lease: Duration,
    /// How long a first answer of a broker may take.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub connect_timeout: Duration,
    /// How long a publisher waits for a broker that does not take its records before their fate counts as unknown.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub delivery_timeout: Duration,
    /// Settings of librdkafka that have no name here, as its CONFIGURATION.md spells them.
    pub properties: BTreeMap<String, String>,
}

/// Room for a record's overhead: headers, lengths, varints.
const OVERHEAD: u64 = 1_024;
/// Kafka's limit is one of batches. This is the default of brokers, and above that of librdkafka's batches.
const BATCH: u64 = (1 << 20) + 12;

impl Default for Config {
    fn default() -> Self {
        Self {
            brokers: vec!["127.0.0.1:9092".to_owned()],
            security_protocol: SecurityProtocol::default(),
            sasl: None,
            tls: Tls::default(),
            create: Create::default(),
            prefix: "edgeroam".to_owned(),
            replication_factor: None,
            min_insync_replicas: None,
            retention: Retentions::default(),
            public_partitions: 8,
            public_retention: Retention {
                max_bytes: ByteSize::mib(512),
                max_age: Duration::from_secs(7 * 24 * 3_600),
            },
            max_record_bytes: ByteSize::mib(1),
            lease: Duration::from_secs(6),
            connect_timeout: Duration::from_secs(10),
            delivery_timeout: Duration::from_secs(60),
            properties: BTreeMap::new(),
        }
    }
}

impl Config {
    /// At this address (several are separated by commas), with everything else at its default.
    pub fn at(address: &str) -> Self {
        let brokers = address.split(',').map(|broker| broker.trim_end_matches('/').to_owned()).collect();
        Self { brokers, ..Self::default() }
    }

    /// With relative paths taken from this folder.
    #[must_use]
    pub fn relative_to(mut self, base: &Path) -> Self {
        self.tls.relative_to(base);
        if let Some(sasl) = &mut self.sasl {
            sasl.relative_to(base);
        }
        self
    }

    /// Checks that every setting is within its bounds and that this build can do what is asked for.
    ///
    /// # Errors
    /// [`BusError::Config`] names the first setting that is not, and what to do.
    pub fn check(&self) -> Result<(), BusError> {
        let refuse = |text: String| Err(BusError::Config(text));
        if self.brokers.is_empty() || self.brokers.iter().any(String::is_empty) {
            return refuse("brokers is empty, give at least one `host:port`".into());
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if self.prefix.is_empty() || self.prefix.len() > 100 || !self.prefix.chars().all(legal) {
            return refuse(format!(
                "prefix is `{}`, it must be 1 to 100 letters, digits, `.`, `_` and `-`",
                self.prefix
            ));
        }
        let (least, most) = (ByteSize::kib(1), ByteSize::mib(16));
        if !(least..=most).contains(&self.max_record_bytes) {
            let size = self.max_record_bytes;
            return refuse(format!("max_record_bytes is {size}, it must be between {least} and {most}"));
        }
        if self.public_partitions == 0 || self.replication_factor == Some(0) {
            return refuse("public_partitions and replication_factor must be at least 1".into());
        }
        if let (Some(replicas), Some(insync)) = (self.replication_factor, self.min_insync_replicas)
            && insync > replicas
        {
            return refuse(format!(
                "min_insync_replicas is {insync}, it must be at most replication_factor ({replicas})"
            ));
        }
        let (least, most) = (Duration::from_secs(1), Duration::from_secs(3_600));
        for (name, duration) in [
            ("lease", self.lease),
            ("connect_timeout", self.connect_timeout),
            ("delivery_timeout", self.delivery_timeout),
        ] {
            if !(least..=most).contains(&duration) {
                return refuse(format!("{name} is {duration:?}, it must be between 1s and 1h"));
            }
        }
        if let Some(name) = self.properties.keys().find(|name| client::is_own(name)) {
            return refuse(format!(
                "properties: `{name}` is set by EdgeRoam or has a setting of its own; leave it out"
            ));
        }
        self.security_protocol.check(self.sasl.as_ref(), &self.tls)
    }

    /// What a broker must take: a record with its overhead, and no less than a batch of small ones.
    pub(super) fn max_message_bytes(&self) -> u64 {
        (self.max_record_bytes.0 + OVERHEAD).max(BATCH)
    }

    /// The brokers in one line.
    pub(super) fn server(&self) -> String {
        format!("kafka://{}", self.brokers.join(","))
    }
}

#[cfg(test)]
mod tests {
    use model::Stream;

    use super::*;

    #[test]
    fn settings_are_read_as_text_and_unknown_ones_refused() {
        let text = r#"{"brokers":["a:1","b:2"],"security_protocol":"SASL_PLAINTEXT","replication_factor":3,
            "sasl":{"mechanism":"PLAIN","username":"er","password_file":"pw"},"create":"verify","lease":"10s",
            "max_record_bytes":"64KiB","properties":{"client.rack":"r1"},
            "retention":{"ue-events":{"max_bytes":"1MiB","max_age":"36h"}}}"#;
        let config: Config = serde_json::from_str(text).expect("valid");
        assert_eq!(config.server(), "kafka://a:1,b:2");
        assert_eq!((config.create, config.lease), (Create::Verify, Duration::from_secs(10)));
        assert_eq!(config.retention.of(Stream::UeEvents).max_bytes, ByteSize::mib(1));
        config.check().expect("within bounds");
        let moved = config.relative_to(Path::new("/etc/edgeroam"));
        assert_eq!(moved.sasl.expect("there").password_file, Path::new("/etc/edgeroam/pw"));
        assert!(serde_json::from_str::<Config>(r#"{"broker":"a:1"}"#).is_err());
        assert!(serde_json::from_str::<Config>(r#"{"sasl":{"password":"x"}}"#).is_err());
    }

    #[test]
    fn settings_out_of_bounds_are_named() {
        let refused = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.check().expect_err("out of bounds").to_string()
        };
        Config::default().check().expect("the defaults are within bounds");
        assert!(refused(|c| c.brokers.clear()).contains("brokers"));
        assert!(refused(|c| c.prefix = "a/b".into()).contains("prefix"));
        assert!(refused(|c| c.lease = Duration::ZERO).contains("lease"));
        assert!(refused(|c| c.max_record_bytes = ByteSize(1)).contains("max_record_bytes"));
        assert!(
            refused(|c| (c.replication_factor, c.min_insync_replicas) = (Some(1), Some(2)))
                .contains("min_insync_replicas")
        );
        assert!(refused(|c| c.public_partitions = 0).contains("public_partitions"));
        for own in ["acks", "bootstrap.servers", "request.required.acks", "sasl.password"] {
            let mut config = Config::default();
            config.properties.insert(own.into(), "x".into());
            assert!(config.check().expect_err("ours").to_string().contains(own));
        }
    }

    #[test]
    fn several_brokers_fit_into_an_address() {
        assert_eq!(Config::at("a:1,b:2/").brokers, ["a:1", "b:2"]);
    }
}
