//! Settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::login::{Login, Tls};
use crate::{BusError, ByteSize, Create, Retention, Retentions};

/// Settings of the bus on NATS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where it is: `nats://HOST:PORT` or `tls://HOST:PORT`, any of a cluster.
    pub servers: Vec<String>,
    /// What this connection is called in the server's monitoring.
    pub name: String,
    /// Who this is.
    pub login: Login,
    /// How the connection is protected.
    pub tls: Tls,
    /// How long the first connection is tried for. Later ones are tried for ever.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub connect_timeout: Duration,
    /// Who makes what EdgeRoam needs there.
    pub create: Create,
    /// What the names of streams and buckets begin with; subjects begin with the same in small letters.
    pub prefix: String,
    /// On how many servers each stream is kept.
    pub replicas: usize,
    /// How long ids of records are remembered. NATS counts time, not ids: at 10,000 records a second two minutes are
    /// 1.2 million ids in the server's memory.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub duplicate_window: Duration,
    /// The largest record: key, id and data together. The server's `max_payload` must leave room for headers.
    pub max_record_bytes: ByteSize,
    /// How many calls may wait for a stream's publisher before the next ones are held back.
    pub queue: usize,
    /// How long an answer is waited for before a record is sent again.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub ack_timeout: Duration,
    /// How long records are sent again before their publisher is told that their fate is unknown.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub retry_for: Duration,
    /// How long a replica may be silent before others take its share of the work.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub lease: Duration,
    /// How much of each stream is kept. The server counts headers and subjects too. What is kept per key is kept for
    /// ever: limits of such streams have no effect here.
    pub retention: Retentions,
    /// How much of the public events is kept.
    pub public_retention: Retention,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            name: "edgeroam".into(),
            login: Login::default(),
            tls: Tls::default(),
            connect_timeout: Duration::from_secs(30),
            create: Create::default(),
            prefix: "EDGEROAM".into(),
            replicas: 1,
            duplicate_window: Duration::from_secs(120),
            max_record_bytes: ByteSize::kib(896),
            queue: 4_096,
            ack_timeout: Duration::from_secs(5),
            retry_for: Duration::from_secs(30),
            lease: Duration::from_secs(5),
            retention: Retentions::default(),
            public_retention: Retention {
                max_bytes: ByteSize::mib(1_024),
                max_age: Duration::from_secs(7 * 24 * 3_600),
            },
        }
    }
}

impl Config {
    /// At this address, with everything else at its default.
    pub fn at(address: &str) -> Self {
        Self { servers: vec![address.to_owned()], ..Self::default() }
    }

    /// With relative paths taken from this folder.
    #[must_use]
    pub fn relative_to(mut self, base: &Path) -> Self {
        let files = self.login.files().into_iter().chain(self.tls.files());
        for file in files.map(|(_, file)| file) {
            *file = base.join(&*file);
        }
        self
    }

    /// Checks that every setting is within its bounds and that every file is there.
    ///
    /// # Errors
    /// [`BusError::Config`] names the first setting that is not right, and what it must be.
    pub fn check(&self) -> Result<(), BusError> {
        let wrong = |text: String| Err(BusError::Config(format!("nats.{text}")));
        if self.servers.is_empty() {
            return wrong("servers is empty, write nats://HOST:PORT".into());
        }
        if self.servers.iter().any(|server| server.contains('@')) {
            return wrong(
                "servers has a user or token in an address, which logs would show: use login".into(),
            );
        }
        let named = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        if self.prefix.is_empty() || self.prefix.len() > 64 || !self.prefix.chars().all(named) {
            return wrong(format!("prefix is `{}`, write 1 to 64 of A-Z, 0-9, _ and -", self.prefix));
        }
        if !(1..=5).contains(&self.replicas) {
            return wrong(format!("replicas is {}, it must be 1 to 5", self.replicas));
        }
        if !(1..=1 << 20).contains(&self.queue) {
            return wrong(format!("queue is {}, it must be 1 to 1048576", self.queue));
        }
        let (least, most) = (ByteSize::kib(1), ByteSize::mib(16));
        if !(least..=most).contains(&self.max_record_bytes) {
            let size = self.max_record_bytes;
            return wrong(format!("max_record_bytes is {size}, it must be between {least} and {most}"));
        }
        let shortest = self.retention.shortest_age().min(self.public_retention.max_age);
        for (setting, value, least, most) in [
            ("connect_timeout", self.connect_timeout, Duration::from_millis(100), HOUR),
            ("ack_timeout", self.ack_timeout, Duration::from_millis(100), HOUR),
            ("retry_for", self.retry_for, Duration::ZERO, HOUR),
            ("lease", self.lease, Duration::from_secs(1), HOUR),
            ("duplicate_window", self.duplicate_window, Duration::from_secs(1), shortest),
        ] {
            if !(least..=most).contains(&value) {
                return wrong(format!("{setting} is {value:?}, it must be between {least:?} and {most:?}"));
            }
        }
        self.login.check().or_else(wrong)?;
        let (mut login, mut tls) = (self.login.clone(), self.tls.clone());
        for (setting, file) in login.files().into_iter().chain(tls.files()) {
            is_there(setting, file)?;
        }
        if self.tls.cert_file.is_some() != self.tls.key_file.is_some() {
            return wrong("tls needs both of cert_file and key_file, or neither".into());
        }
        Ok(())
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

fn is_there(setting: &str, file: &PathBuf) -> Result<(), BusError> {
    std::fs::metadata(file)
        .map(drop)
        .map_err(|error| BusError::Config(format!("nats.{setting} {}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_text_and_unknown_ones_refused() {
        let text = r#"{"servers":["nats://h:4222"],"create":"verify","duplicate_window":"10m","lease":"3s",
            "max_record_bytes":"128KiB","tls":{"required":true},"public_retention":{"max_bytes":"2GiB","max_age":"48h"},
            "retention":{"ue-events":{"max_bytes":"1MiB","max_age":"36h"}}}"#;
        let config: Config = serde_json::from_str(text).expect("valid");
        assert_eq!(config.create, Create::Verify);
        assert_eq!(config.duplicate_window, Duration::from_secs(600));
        assert_eq!(config.max_record_bytes, ByteSize::kib(128));
        assert!(config.tls.required);
        config.check().expect("within bounds");
        for unknown in [r#"{"server":[]}"#, r#"{"tls":{"ca":"x"}}"#, r#"{"login":{"pass":"x"}}"#] {
            assert!(serde_json::from_str::<Config>(unknown).is_err(), "{unknown}");
        }
    }

    #[test]
    fn settings_out_of_bounds_are_named() {
        let refused = |change: fn(&mut Config)| {
            let mut config = Config::at("nats://h:4222");
            change(&mut config);
            config.check().expect_err("out of bounds").to_string()
        };
        assert!(refused(|c| c.servers.clear()).contains("nats.servers"));
        let told = refused(|c| c.servers = vec!["nats://u:secret@h:4222".into()]);
        assert!(told.contains("login") && !told.contains("secret"), "{told}");
        assert!(refused(|c| c.prefix = "edge.roam".into()).contains("nats.prefix"));
        assert!(refused(|c| c.replicas = 9).contains("nats.replicas"));
        assert!(refused(|c| c.queue = 0).contains("nats.queue"));
        assert!(refused(|c| c.lease = Duration::ZERO).contains("nats.lease"));
        assert!(refused(|c| c.duplicate_window = HOUR * 25).contains("nats.duplicate_window"));
        assert!(refused(|c| c.max_record_bytes = ByteSize::mib(64)).contains("nats.max_record_bytes"));
        assert!(
            refused(|c| c.tls.ca_file = Some("/not/there".into())).contains("nats.tls.ca_file /not/there")
        );
        assert!(refused(|c| c.login.user = Some("u".into())).contains("password_file"));
        Config::at("nats://h:4222").check().expect("the defaults are within bounds");
    }

    #[test]
    fn paths_are_taken_from_the_folder_of_the_file() {
        let mut config = Config::at("nats://h:4222");
        config.login.creds_file = Some("a.creds".into());
        config.tls.ca_file = Some("/etc/ca.pem".into());
        let config = config.relative_to(Path::new("/srv"));
        assert_eq!(config.login.creds_file.as_deref(), Some(Path::new("/srv/a.creds")));
        assert_eq!(config.tls.ca_file.as_deref(), Some(Path::new("/etc/ca.pem")));
    }
}
