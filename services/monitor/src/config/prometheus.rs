//! The section `monitor.prometheus`.

use std::path::PathBuf;
use std::time::Duration;

use bus::ByteSize;
use jiff::fmt::serde::unsigned_duration::friendly::compact::{optional as some_span, required as span};
use serde::Deserialize;
use url::Url;

use super::Musts;

/// The most queries of a configuration.
const MOST_QUERIES: usize = 100;
/// The longest query, in bytes.
const LONGEST_QUERY: usize = 16 << 10;

/// What is asked of a Prometheus, or of whatever has its HTTP API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrometheusConfig {
    /// Root of its API: what comes before `/api/v1/query`.
    pub url: Url,
    /// File with the token that it wants; read again at every round.
    #[serde(default)]
    pub bearer_token_file: Option<PathBuf>,
    /// Authorities that its certificate must chain to; the system's where absent.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The time between two rounds of all queries.
    #[serde(default = "interval", with = "span")]
    pub interval: Duration,
    /// For how long a query may take.
    #[serde(default = "timeout", with = "span")]
    pub timeout: Duration,
    /// The longest answer that is read.
    #[serde(default = "max_answer")]
    pub max_answer: ByteSize,
    /// For how long a load is valid; four intervals where absent.
    #[serde(default, with = "some_span")]
    pub load_valid_for: Option<Duration>,
    /// The queries.
    pub queries: Vec<QueryConfig>,
}

/// One query, and what its samples say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryConfig {
    /// What its samples say.
    pub what: What,
    /// PromQL that gives an instant vector.
    pub query: String,
    /// The label that has the site's id; `site` where neither this nor `cluster_label` is given.
    #[serde(default)]
    pub site_label: Option<String>,
    /// The label that has the site's EMCO cluster as `provider/cluster`.
    #[serde(default)]
    pub cluster_label: Option<String>,
    /// The label that has the SUPI; for `qos.…` only.
    #[serde(default)]
    pub ue_label: Option<String>,
    /// The label that has the app; for `qos.…` only, and where absent the sample is of whatever app.
    #[serde(default)]
    pub app_label: Option<String>,
    /// Of which resource this is the load: several queries of `load` with a resource each give the greatest as the load.
    #[serde(default)]
    pub resource: Option<String>,
    /// What each value is multiplied by.
    #[serde(default = "scale")]
    pub scale: f64,
    /// For conditions: what a site means that has no sample in a good answer.
    #[serde(default)]
    pub absent: Absent,
}

/// What samples say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub enum What {
    /// Of a site: how much of what it can bear it bears, 1 is full.
    #[serde(rename = "load")]
    Load,
    /// Of a UE and a site: the round trip in seconds.
    #[serde(rename = "qos.rtt")]
    Rtt,
    /// Of a UE and a site: how much the delay varies, in seconds.
    #[serde(rename = "qos.jitter")]
    Jitter,
    /// Of a UE and a site: the share of packets that are lost.
    #[serde(rename = "qos.loss")]
    Loss,
    /// Of a site: another value than 0 says that it takes no more instances.
    #[serde(rename = "cordoned")]
    Cordoned,
    /// Of a site: another value than 0 says that it is to be left.
    #[serde(rename = "draining")]
    Draining,
    /// Of a site: another value than 0 says that it is expected to fail.
    #[serde(rename = "degraded")]
    Degraded,
    /// Of a site: another value than 0 says that it does not serve.
    #[serde(rename = "failed")]
    Failed,
}

impl What {
    /// The word for it, as in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Rtt => "qos.rtt",
            Self::Jitter => "qos.jitter",
            Self::Loss => "qos.loss",
            Self::Cordoned => "cordoned",
            Self::Draining => "draining",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        }
    }

    /// Whether it is of a UE.
    pub const fn is_qos(self) -> bool {
        matches!(self, Self::Rtt | Self::Jitter | Self::Loss)
    }
}

/// What a site means that has no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absent {
    /// Nothing is known of it: what was said last holds.
    #[default]
    Unknown,
    /// The condition does not hold: the query is a comparison that leaves out whoever is well.
    Clear,
}

fn interval() -> Duration {
    Duration::from_secs(15)
}

fn timeout() -> Duration {
    Duration::from_secs(10)
}

fn max_answer() -> ByteSize {
    ByteSize::mib(8)
}

fn scale() -> f64 {
    1.0
}

impl PrometheusConfig {
    /// For how long a load is valid.
    pub fn valid_for(&self) -> Duration {
        self.load_valid_for.unwrap_or(self.interval * 4)
    }

    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.bearer_token_file.iter_mut().chain(&mut self.ca_file)
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut must = Musts::new();
        let url = &self.url;
        let usable = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none();
        must.hold(usable, format!("prometheus.url: {url}: is not http or https with a host and no query"));
        must.hold(!self.interval.is_zero(), "prometheus.interval: must not be zero");
        must.hold(!self.timeout.is_zero(), "prometheus.timeout: must not be zero");
        must.hold(self.max_answer.in_memory() > 0, "prometheus.max_answer: must not be zero");
        must.hold(
            self.valid_for() >= self.interval * 2,
            "prometheus.load_valid_for: must be at least twice prometheus.interval",
        );
        must.hold(
            (1..=MOST_QUERIES).contains(&self.queries.len()),
            format!("prometheus.queries: must be 1 to {MOST_QUERIES}"),
        );
        for (at, query) in self.queries.iter().enumerate() {
            query.hold(&format!("prometheus.queries[{at}]"), &mut must);
        }
        must.wrong
    }
}

impl QueryConfig {
    fn hold(&self, at: &str, must: &mut Musts) {
        let what = self.what.as_str();
        let sized = !self.query.trim().is_empty() && self.query.len() <= LONGEST_QUERY;
        must.hold(sized, format!("{at}.query: must be PromQL of 1 to {LONGEST_QUERY} bytes"));
        must.hold(
            self.site_label.is_none() || self.cluster_label.is_none(),
            format!("{at}: site_label and cluster_label are two ways to name the site; give one"),
        );
        must.hold(
            self.what.is_qos() || (self.ue_label.is_none() && self.app_label.is_none()),
            format!("{at}: ue_label and app_label are for qos.rtt, qos.jitter and qos.loss, not for {what}"),
        );
        must.hold(
            self.resource.is_none() || self.what == What::Load,
            format!("{at}.resource: is for load, not for {what}"),
        );
        must.hold(
            self.absent == Absent::Unknown || (!self.what.is_qos() && self.what != What::Load),
            format!("{at}.absent: is for conditions, not for {what}"),
        );
        must.hold(self.scale.is_finite() && self.scale > 0.0, format!("{at}.scale: must be a number over 0"));
        let labels = [&self.site_label, &self.cluster_label, &self.ue_label, &self.app_label];
        for label in labels.into_iter().flatten() {
            must.hold(!label.is_empty(), format!("{at}: a label's name must not be empty"));
        }
    }
}
