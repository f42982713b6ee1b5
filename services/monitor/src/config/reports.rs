//! The section `monitor.reports`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bus::ByteSize;
use jiff::fmt::serde::unsigned_duration::friendly::compact::required as span;
use serde::Deserialize;

use super::Musts;

/// Where apps and clients report what they measure.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportsConfig {
    /// Address to listen on; port 0 takes any free one.
    pub listen: SocketAddr,
    /// File with what whoever reports must show. Only a listener on loopback may do without.
    pub token_file: Option<PathBuf>,
    /// Our certificate, where reports come over TLS.
    pub tls: Option<Certificate>,
    /// The longest body that is read.
    pub max_body: ByteSize,
    /// The most reports in one body.
    pub max_reports: usize,
    /// How many connections are served at once.
    pub max_connections: usize,
    /// How many reports a second are taken from all together; as many may come at once.
    pub per_second: u32,
    /// For how long a body may take.
    #[serde(with = "span")]
    pub body_timeout: Duration,
    /// For how long the load of a site is valid where its report does not say.
    #[serde(with = "span")]
    pub load_valid_for: Duration,
}

/// A certificate with its key, both PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The certificate and its chain.
    pub cert_file: PathBuf,
    /// Its key.
    pub key_file: PathBuf,
}

impl Default for ReportsConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 9092)),
            token_file: None,
            tls: None,
            max_body: ByteSize::mib(1),
            max_reports: 1_000,
            max_connections: 512,
            per_second: 2_000,
            body_timeout: Duration::from_secs(10),
            load_valid_for: Duration::from_secs(60),
        }
    }
}

impl ReportsConfig {
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let tls = self.tls.iter_mut().flat_map(|tls| [&mut tls.cert_file, &mut tls.key_file]);
        self.token_file.iter_mut().chain(tls)
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut must = Musts::new();
        must.hold(
            self.token_file.is_some() || self.listen.ip().is_loopback(),
            format!("reports.token_file: is missing, and others can reach {}", self.listen),
        );
        must.hold(self.max_body.in_memory() > 0, "reports.max_body: must not be zero");
        must.hold(self.max_reports > 0, "reports.max_reports: must be at least 1");
        must.hold(self.max_connections > 0, "reports.max_connections: must be at least 1");
        must.hold(self.per_second > 0, "reports.per_second: must be at least 1");
        must.hold(!self.body_timeout.is_zero(), "reports.body_timeout: must not be zero");
        must.hold(!self.load_valid_for.is_zero(), "reports.load_valid_for: must not be zero");
        must.wrong
    }
}
