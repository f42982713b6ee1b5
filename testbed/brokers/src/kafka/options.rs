//! How a broker is set up.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::ports::Ports;
use super::shown;

/// How a broker is set up. By default it listens in the clear only.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What its second listener asks of clients.
    pub security: Option<Security>,
    /// More lines of server.properties.
    pub properties: Vec<(String, String)>,
}

/// What a listener asks of clients. Certificates are files in PEM: the key store holds the key (PKCS #8) and then the
/// certificate.
#[derive(Debug, Clone)]
pub enum Security {
    /// Encryption and a login; these users have these passwords, in every mechanism.
    SaslSsl {
        /// Key and certificate of the broker.
        key_store: PathBuf,
        /// Names and passwords.
        users: Vec<(String, String)>,
    },
    /// Encryption, and a certificate of the client's that this authority vouches for.
    MutualTls {
        /// Key and certificate of the broker.
        key_store: PathBuf,
        /// Who vouches for clients.
        trust_store: PathBuf,
    },
    /// A login in the clear.
    SaslPlaintext {
        /// Names and passwords.
        users: Vec<(String, String)>,
    },
}

/// Quick for tests: retention and compaction look often, groups form at once, internal topics are small.
const QUICK: [(&str, &str); 18] = [
    ("process.roles", "broker,controller"),
    ("node.id", "1"),
    ("controller.listener.names", "CONTROLLER"),
    ("inter.broker.listener.name", "PLAINTEXT"),
    ("num.partitions", "1"),
    ("auto.create.topics.enable", "false"),
    ("offsets.topic.replication.factor", "1"),
    ("offsets.topic.num.partitions", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("transaction.state.log.num.partitions", "1"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("log.retention.check.interval.ms", "200"),
    ("log.initial.task.delay.ms", "100"),
    ("log.segment.delete.delay.ms", "100"),
    ("log.cleaner.backoff.ms", "200"),
    ("log.cleaner.dedupe.buffer.size", "2097152"),
    ("controlled.shutdown.enable", "true"),
];

impl Options {
    pub(crate) fn properties(&self, ports: Ports, data: &Path) -> String {
        let mut text = String::new();
        for (name, value) in QUICK {
            line(&mut text, name, value);
        }
        let Ports { plain, secured, controller } = ports;
        line(&mut text, "log.dirs", &shown(data));
        line(&mut text, "controller.quorum.voters", &format!("1@127.0.0.1:{controller}"));
        let mut listeners = format!("PLAINTEXT://127.0.0.1:{plain}");
        let protocol = self.security.as_ref().map_or("PLAINTEXT", Security::protocol);
        if self.security.is_some() {
            listeners += &format!(",SECURED://127.0.0.1:{secured}");
        }
        line(&mut text, "advertised.listeners", &listeners);
        line(&mut text, "listeners", &format!("{listeners},CONTROLLER://127.0.0.1:{controller}"));
        let map = format!("CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:{protocol}");
        line(&mut text, "listener.security.protocol.map", &map);
        if let Some(security) = &self.security {
            security.properties(&mut text);
        }
        for (name, value) in &self.properties {
            line(&mut text, name, value);
        }
        text
    }

    /// Users as the storage tool takes them.
    pub(crate) fn scram(&self) -> Vec<String> {
        let users = match &self.security {
            Some(Security::SaslSsl { users, .. } | Security::SaslPlaintext { users }) => users.as_slice(),
            Some(Security::MutualTls { .. }) | None => &[],
        };
        let mechanisms = ["SCRAM-SHA-256", "SCRAM-SHA-512"];
        let scram = |(name, password): &(String, String)| {
            mechanisms.map(|mechanism| format!("{mechanism}=[name={name},password={password}]"))
        };
        users.iter().flat_map(scram).collect()
    }
}

impl Security {
    const fn protocol(&self) -> &'static str {
        match self {
            Self::SaslSsl { .. } => "SASL_SSL",
            Self::MutualTls { .. } => "SSL",
            Self::SaslPlaintext { .. } => "SASL_PLAINTEXT",
        }
    }

    fn properties(&self, text: &mut String) {
        const LISTENER: &str = "listener.name.secured";
        if let Self::SaslSsl { key_store, .. } | Self::MutualTls { key_store, .. } = self {
            line(text, &format!("{LISTENER}.ssl.keystore.type"), "PEM");
            line(text, &format!("{LISTENER}.ssl.keystore.location"), &shown(key_store));
        }
        if let Self::MutualTls { trust_store, .. } = self {
            line(text, &format!("{LISTENER}.ssl.truststore.type"), "PEM");
            line(text, &format!("{LISTENER}.ssl.truststore.location"), &shown(trust_store));
            line(text, &format!("{LISTENER}.ssl.client.auth"), "required");
        }
        let (Self::SaslSsl { users, .. } | Self::SaslPlaintext { users }) = self else { return };
        line(text, "sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512");
        let known: String =
            users.iter().map(|(name, password)| format!(" user_{name}=\"{password}\"")).collect();
        let plain = "org.apache.kafka.common.security.plain.PlainLoginModule";
        line(text, &format!("{LISTENER}.plain.sasl.jaas.config"), &format!("{plain} required{known};"));
        for mechanism in ["scram-sha-256", "scram-sha-512"] {
            let scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
            line(text, &format!("{LISTENER}.{mechanism}.sasl.jaas.config"), scram);
        }
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{name}={value}");
}
