//! The section `monitor.probes`.

use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::{optional as some_span, required as span};
use serde::Deserialize;

use super::Musts;

/// How each site's `ingress` is probed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbesConfig {
    /// The port that is connected to.
    pub port: u16,
    /// The path that is asked for over HTTP/1.1; an answer below 500 counts. Without it the connection is enough.
    #[serde(default)]
    pub path: Option<String>,
    /// The time between two looks at a site.
    #[serde(default = "interval", with = "span")]
    pub interval: Duration,
    /// For how long a probe may take.
    #[serde(default = "timeout", with = "span")]
    pub timeout: Duration,
    /// After how many probes in a row without an answer a site counts as failed.
    #[serde(default = "failed_after")]
    pub failed_after: u32,
    /// After how many good probes in a row it is in service again.
    #[serde(default = "back_after")]
    pub back_after: u32,
    /// A site that takes longer to connect to, as many times in a row as `failed_after`, is degraded. Connecting over TCP
    /// takes one round trip.
    #[serde(default, with = "some_span")]
    pub degraded_rtt: Option<Duration>,
}

fn interval() -> Duration {
    Duration::from_secs(5)
}

fn timeout() -> Duration {
    Duration::from_secs(2)
}

fn failed_after() -> u32 {
    3
}

fn back_after() -> u32 {
    2
}

impl ProbesConfig {
    pub(super) fn problems(&self) -> Vec<String> {
        let mut must = Musts::new();
        must.hold(self.port > 0, "probes.port: must be 1 to 65535");
        let path = self.path.as_deref().unwrap_or("/");
        let usable = path.starts_with('/') && path.parse::<http::Uri>().is_ok();
        must.hold(usable, "probes.path: must be a path as /healthz");
        must.hold(!self.interval.is_zero(), "probes.interval: must not be zero");
        must.hold(!self.timeout.is_zero(), "probes.timeout: must not be zero");
        must.hold(self.failed_after > 0, "probes.failed_after: must be at least 1");
        must.hold(self.back_after > 0, "probes.back_after: must be at least 1");
        let slow = self.degraded_rtt.is_none_or(|slow| !slow.is_zero() && slow < self.timeout);
        must.hold(slow, "probes.degraded_rtt: must be over zero and less than probes.timeout");
        must.wrong
    }
}
