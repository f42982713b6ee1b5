//! The section `decider` of `edgeroam.yaml`.

use std::time::Duration;

use serde::Deserialize;

/// How the decider runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How often the engine is written to the store, if anything happened. A start has to read again what came
    /// after the last time.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub snapshot_interval: Duration,
    /// How often a replica that stands by takes in what is new on the bus.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub standby_interval: Duration,
    /// The most records of a stream that are taken at once, 1 to 65536.
    pub batch: usize,
}

/// No timer runs faster than this.
const SHORTEST: Duration = Duration::from_millis(10);

impl Config {
    pub(crate) fn snapshot_interval(&self) -> Duration {
        self.snapshot_interval.max(SHORTEST)
    }

    pub(crate) fn standby_interval(&self) -> Duration {
        self.standby_interval.max(SHORTEST)
    }

    /// The batch size within its limits.
    pub(crate) fn batch(&self) -> usize {
        self.batch.clamp(1, 65_536)
    }
}

impl Default for Config {
    /// 30 s, 500 ms, 512 records.
    fn default() -> Self {
        Self {
            snapshot_interval: Duration::from_secs(30),
            standby_interval: Duration::from_millis(500),
            batch: 512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_text_and_unknown_fields_are_refused() {
        let read: Config = serde_json::from_str(r#"{"snapshot_interval":"2m"}"#).expect("valid");
        assert_eq!(read, Config { snapshot_interval: Duration::from_secs(120), ..Config::default() });
        assert!(serde_json::from_str::<Config>(r#"{"snapshots":"2m"}"#).is_err());
    }
}
