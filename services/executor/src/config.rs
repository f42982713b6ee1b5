//! Settings of the executor; what differs by app is in the app's own entry.

use std::time::Duration;

use serde::Deserialize;

/// Settings of the executor.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Into how many parts replicas cut the instances, on a bus that they share: at least as many as there are
    /// replicas, and the same for all of them.
    pub parts: u16,
    /// The wait between two status queries while something is expected to happen soon.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub poll_min: Duration,
    /// What that wait grows to.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub poll_max: Duration,
    /// How long a request to EMCO whose reply was lost may still be under way there; at least 2 s is taken.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub settle: Duration,
    /// How long undoing may take before an operator is asked for, drains not counted.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub undo_deadline: Duration,
    /// How often an app that lacks something in EMCO is looked at again.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub recheck: Duration,
    /// The wait before a deployment intent group that is left over is tried again.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub leftover_min: Duration,
    /// What that wait grows to.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub leftover_max: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            parts: 8,
            poll_min: Duration::from_millis(250),
            poll_max: Duration::from_secs(2),
            settle: Duration::from_secs(2),
            undo_deadline: Duration::from_secs(300),
            recheck: Duration::from_secs(30),
            leftover_min: Duration::from_secs(60),
            leftover_max: Duration::from_secs(1_800),
        }
    }
}

/// EMCO answers an action within 70 to 160 ms, and longer under load; nothing shorter is safe to wait.
const SHORTEST_SETTLE: Duration = Duration::from_secs(2);

impl Config {
    /// [`parts`](Self::parts), never none.
    pub(crate) fn parts(&self) -> u16 {
        self.parts.max(1)
    }

    /// [`settle`](Self::settle), never too short.
    pub(crate) fn settle(&self) -> Duration {
        self.settle.max(SHORTEST_SETTLE)
    }
}
