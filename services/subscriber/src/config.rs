//! What the subscriber is told by `edgeroam.yaml`.

mod qos;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::required as span;
use model::PlmnId;
use sbi::oauth2::Mode;
use sbi::{HttpVersion, TlsFiles};
use serde::Deserialize;
use url::Url;

use crate::byte_size::ByteSize;

pub use qos::{Enabled, QosConfig, Slice};

/// The 5G core, and how it is listened to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Root of the NRF's APIs. Without it nothing is registered or discovered, and `amfs` must name the AMFs.
    pub nrf: Option<Url>,
    /// Roots of AMFs' APIs, beside those that are discovered.
    pub amfs: Vec<Url>,
    /// Where notifications are received.
    pub callback: CallbackConfig,
    /// How AMFs are polled.
    pub poll: PollConfig,
    /// How AMFs are found.
    pub discovery: DiscoveryConfig,
    /// Whether AMFs are also asked to notify. A push is a speed-up; the poll stays the truth.
    pub push: bool,
    /// How SMFs are asked for packet delays.
    pub qos: QosConfig,
    /// Which HTTP is spoken towards the core.
    pub http: HttpVersion,
    /// Certificates towards the core.
    pub tls: TlsFiles,
    /// Whether access tokens are used.
    pub oauth2: Mode,
    /// What we register as.
    pub nf: NfConfig,
    /// Into how many parts replicas cut the UEs, on a bus that several processes share; the same in each of them.
    pub parts: u16,
}

/// Where notifications are received.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallbackConfig {
    /// Address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Root under which the core reaches us; by default the listening address, or, where that is every address,
    /// the one from which the core is reached.
    pub advertise: Option<Url>,
    /// The largest notification that is read.
    pub max_body: ByteSize,
    /// How many connections are served at once.
    pub max_connections: usize,
    /// How many notifications of one HTTP/2 connection are served at once.
    pub max_streams: u32,
    /// For how long a body may take.
    #[serde(with = "span")]
    pub body_timeout: Duration,
    /// Our certificate, where notifications come over TLS.
    pub tls: TlsFiles,
}

/// How AMFs are polled.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PollConfig {
    /// The least time between two polls of an AMF.
    #[serde(with = "span")]
    pub min_interval: Duration,
    /// Times the last poll's duration that pass between two polls.
    pub factor: u32,
    /// For how long a poll may take.
    #[serde(with = "span")]
    pub timeout: Duration,
    /// How many polls a second all AMFs together may get.
    pub requests_per_second: u32,
    /// How many bytes a second all answers together may have.
    pub bytes_per_second: ByteSize,
    /// The largest answer that is read.
    pub max_answer: ByteSize,
    /// In how many complete answers in a row a UE must be missing before it counts as gone.
    pub gone_after: u8,
    /// An idle UE that the network has not heard of for this long counts as gone: its deregistration failed.
    /// Longer than the core's periodic registration timer (T3512, TS 24.501) and its implicit deregistration.
    #[serde(with = "span")]
    pub idle_gone_after: Duration,
}

/// How AMFs are found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiscoveryConfig {
    /// The time between two discoveries.
    #[serde(with = "span")]
    pub interval: Duration,
    /// An AMF that is no longer discovered is forgotten when it has not answered for this long.
    #[serde(with = "span")]
    pub forget_after: Duration,
}

/// What we register as.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NfConfig {
    /// NF type, from the closed list of TS 29.510 clause 6.1.6.3.3.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name shown to operators of the core.
    pub name: Option<String>,
    /// Heartbeat interval that is proposed to the NRF; its own answer wins.
    #[serde(with = "span")]
    pub heartbeat: Duration,
    /// Networks that we say we serve; the NRF's own where empty.
    pub plmns: Vec<PlmnId>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            nrf: None,
            amfs: Vec::new(),
            callback: CallbackConfig::default(),
            poll: PollConfig::default(),
            discovery: DiscoveryConfig::default(),
            push: true,
            qos: QosConfig::default(),
            http: HttpVersion::default(),
            tls: TlsFiles::default(),
            oauth2: Mode::default(),
            nf: NfConfig::default(),
            parts: 16,
        }
    }
}

impl Default for CallbackConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 9091)),
            advertise: None,
            max_body: ByteSize::mib(1),
            max_connections: 512,
            max_streams: 256,
            body_timeout: Duration::from_secs(10),
            tls: TlsFiles::default(),
        }
    }
}

impl Default for PollConfig {
    fn default() -> Self {
        Self {
            min_interval: Duration::from_millis(200),
            factor: 4,
            timeout: Duration::from_secs(10),
            requests_per_second: 20,
            bytes_per_second: ByteSize::mib(64),
            max_answer: ByteSize::mib(1024),
            gone_after: 2,
            idle_gone_after: Duration::from_secs(75 * 60),
        }
    }
}

impl Default for DiscoveryConfig {
    fn default() -> Self {
        Self { interval: Duration::from_secs(5), forget_after: Duration::from_secs(60) }
    }
}

impl Default for NfConfig {
    fn default() -> Self {
        Self { kind: "AF".into(), name: None, heartbeat: Duration::from_secs(10), plmns: Vec::new() }
    }
}

impl Config {
    /// The same, with certificates and keys named relative to `base` where they are not absolute: the directory of
    /// the file that this was read from.
    #[must_use]
    pub fn relative_to(mut self, base: &Path) -> Self {
        for tls in [&mut self.tls, &mut self.callback.tls] {
            for file in [&mut tls.ca_file, &mut tls.cert_file, &mut tls.key_file].into_iter().flatten() {
                *file = base.join(&file);
            }
        }
        self
    }

    /// Everything that is wrong, each with the setting's name; empty where all is well.
    pub fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut must = |holds: bool, problem: &str| {
            if !holds {
                wrong.push(problem.to_owned());
            }
        };
        must(self.nrf.is_some() || !self.amfs.is_empty(), "nrf: give the NRF's URL, or the AMFs' in amfs");
        for url in self.nrf.iter().chain(&self.amfs).chain(&self.callback.advertise) {
            let usable = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
            must(usable, &format!("{url}: is not the root of an API (http or https, a host, no query)"));
        }
        let poll = &self.poll;
        must(!poll.min_interval.is_zero(), "poll.min_interval: must not be zero");
        must(poll.factor > 0, "poll.factor: must be at least 1");
        must(poll.timeout >= poll.min_interval, "poll.timeout: must not be less than poll.min_interval");
        must(poll.requests_per_second > 0, "poll.requests_per_second: must be at least 1");
        must(poll.bytes_per_second.bytes() > 0, "poll.bytes_per_second: must not be zero");
        must(poll.max_answer.bytes() > 0, "poll.max_answer: must not be zero");
        must((1..=7).contains(&poll.gone_after), "poll.gone_after: must be 1 to 7");
        must(self.parts > 0, "parts: must be at least 1");
        must(!self.discovery.interval.is_zero(), "discovery.interval: must not be zero");
        must(self.callback.max_body.bytes() > 0, "callback.max_body: must not be zero");
        must(self.callback.max_connections > 0, "callback.max_connections: must be at least 1");
        must(self.callback.max_streams > 0, "callback.max_streams: must be at least 1");
        must(!self.nf.kind.is_empty(), "nf.type: must not be empty");
        let heartbeat = self.nf.heartbeat.as_secs();
        must((1..=3600).contains(&heartbeat), "nf.heartbeat: must be 1s to 1h");
        wrong.extend(self.qos.problems(self.nrf.is_some()).into_iter().map(str::to_owned));
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_with_units_and_unknown_ones_are_refused() {
        let text = r#"{"nrf":"http://127.0.0.10:8000","poll":{"min_interval":"100ms","bytes_per_second":"8MiB"},
            "nf":{"plmns":[{"mcc":"208","mnc":"93"}]},"http":"2","oauth2":"off"}"#;
        let config: Config = serde_json::from_str(text).expect("valid");
        assert_eq!(config.poll.min_interval, Duration::from_millis(100));
        assert_eq!(config.poll.bytes_per_second.bytes(), 8 << 20);
        assert_eq!(config.http, HttpVersion::Http2);
        assert!(config.problems().is_empty(), "{:?}", config.problems());
        assert!(serde_json::from_str::<Config>(r#"{"nfr":"http://a"}"#).is_err());
    }

    #[test]
    fn every_problem_is_told_not_the_first() {
        let mut config = Config::default();
        config.poll.factor = 0;
        config.callback.advertise = Some("ftp://x/".parse().expect("URL"));
        let problems = config.problems().join("\n");
        for part in ["nrf:", "poll.factor", "ftp://x/"] {
            assert!(problems.contains(part), "{problems}");
        }
    }
}
