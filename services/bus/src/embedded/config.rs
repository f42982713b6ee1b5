//! Settings of the embedded bus.

use std::time::Duration;

use serde::Deserialize;

use crate::{BusError, ByteSize, Retentions};

/// Settings of the embedded bus.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What an acknowledged record survives.
    pub durability: Durability,
    /// How long a commit may wait for as much company as the last one had; at most 2 ms, and no wait at all for a
    /// publisher that is alone. None by default: what queues up during one sync is the next group anyway.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub group_commit_max_wait: Duration,
    /// A segment that has reached this size is sealed and a new one begun. Retention works on sealed segments.
    pub segment_bytes: ByteSize,
    /// How much of the newest records is kept in memory for consumers.
    pub memory_bytes: ByteSize,
    /// The largest record: key, id and data together.
    pub max_record_bytes: ByteSize,
    /// How much of each stream is kept.
    pub retention: Retentions,
}

/// What an acknowledged record survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// A power failure: records are acknowledged after an fdatasync.
    Sync,
    /// A crash of this process, not one of the machine: records are acknowledged once the kernel has them.
    Os,
}

/// A commit waits for others no longer than this, whatever is configured.
const LONGEST_WAIT: Duration = Duration::from_millis(2);

impl Default for Config {
    fn default() -> Self {
        Self {
            durability: Durability::Sync,
            group_commit_max_wait: Duration::ZERO,
            segment_bytes: ByteSize::mib(64),
            memory_bytes: ByteSize::mib(32),
            max_record_bytes: ByteSize::mib(1),
            retention: Retentions::default(),
        }
    }
}

impl Config {
    /// Checks that every setting is within its bounds.
    ///
    /// # Errors
    /// [`BusError::Config`] names the first setting that is not, and its bounds.
    pub fn check(&self) -> Result<(), BusError> {
        let within = |name: &str, size: ByteSize, least: ByteSize, most: ByteSize| {
            if (least..=most).contains(&size) {
                Ok(())
            } else {
                Err(BusError::Config(format!("{name} is {size}, it must be between {least} and {most}")))
            }
        };
        if self.group_commit_max_wait > LONGEST_WAIT {
            let wait = self.group_commit_max_wait;
            return Err(BusError::Config(format!(
                "group_commit_max_wait is {wait:?}, it must be at most 2ms"
            )));
        }
        within("segment_bytes", self.segment_bytes, ByteSize::kib(4), ByteSize::mib(1_024))?;
        within("memory_bytes", self.memory_bytes, ByteSize::kib(4), ByteSize::mib(16_384))?;
        within("max_record_bytes", self.max_record_bytes, ByteSize::kib(1), ByteSize::mib(16))
    }
}

#[cfg(test)]
mod tests {
    use model::Stream;

    use super::*;

    #[test]
    fn settings_are_read_as_text_and_unknown_ones_refused() {
        let text = r#"{"durability":"os","segment_bytes":"128KiB","group_commit_max_wait":"1ms",
            "retention":{"ue-events":{"max_bytes":"1MiB","max_age":"36h"}}}"#;
        let config: Config = serde_json::from_str(text).expect("valid");
        assert_eq!(config.durability, Durability::Os);
        assert_eq!(config.segment_bytes, ByteSize::kib(128));
        assert_eq!(config.retention.of(Stream::UeEvents).max_age, Duration::from_secs(36 * 3_600));
        assert_eq!(config.retention.of(Stream::Orders), Retentions::default().orders);
        config.check().expect("within bounds");
        assert!(serde_json::from_str::<Config>(r#"{"segment_size":"1MiB"}"#).is_err());
        assert!(serde_json::from_str::<Config>(r#"{"retention":{"events":{}}}"#).is_err());
    }

    #[test]
    fn settings_out_of_bounds_are_named() {
        let refused = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.check().expect_err("out of bounds").to_string()
        };
        assert!(
            refused(|c| c.group_commit_max_wait = Duration::from_millis(3)).contains("group_commit_max_wait")
        );
        assert!(refused(|c| c.segment_bytes = ByteSize(1)).contains("segment_bytes"));
        assert!(refused(|c| c.max_record_bytes = ByteSize::mib(64)).contains("max_record_bytes"));
        Config::default().check().expect("the defaults are within bounds");
    }
}
