//! The topics that EdgeRoam needs, and how each must be.

use std::time::Duration;

use model::Stream;

use super::Config;
use crate::public::{PREFIX, Topic};
use crate::{ByteSize, Retention};

/// A topic and what must hold of it. Where `enforced` is false a setting is given to a topic that is made and not
/// looked at afterwards: it changes cost, not meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) partitions: i32,
    pub(super) replication_factor: Option<u16>,
    pub(super) settings: Vec<Setting>,
}

/// One setting of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) enforced: bool,
}

/// Segments are no smaller than Kafka takes, and no larger than its own default.
const SEGMENT: (u64, u64) = (1 << 20, 1 << 30);
/// Retention and compaction never touch the segment that is written to: a limit is cut into this many.
const SEGMENTS: u32 = 8;

/// The topic of an internal stream.
pub(super) fn internal(prefix: &str, stream: Stream) -> String {
    format!("{prefix}.internal.{}", stream.name())
}

/// The topic of public events.
pub(super) fn public(topic: Topic) -> String {
    format!("{PREFIX}.{}", topic.name())
}

/// The topic whose partitions are the parts of some work, and the group that shares them. It carries nothing.
pub(super) fn work(prefix: &str, work: &str) -> String {
    format!("{prefix}.work.{work}")
}

impl Wanted {
    /// One partition for each internal stream: offsets are positions, and order is total.
    pub(super) fn internal(config: &Config) -> Vec<Self> {
        let wanted = |stream: Stream| {
            let name = internal(&config.prefix, stream);
            Self::new(config, name, 1, stream.latest_per_key(), config.retention.of(stream))
        };
        Stream::ALL.into_iter().map(wanted).collect()
    }

    /// The public topics.
    pub(super) fn public(config: &Config) -> Vec<Self> {
        let wanted = |topic: Topic| {
            let partitions = i32::from(config.public_partitions);
            Self::new(config, public(topic), partitions, topic.latest_per_key(), config.public_retention)
        };
        Topic::ALL.into_iter().map(wanted).collect()
    }

    /// The topic of some work.
    pub(super) fn work(config: &Config, work: &str, parts: u16) -> Self {
        let keep = Retention { max_bytes: ByteSize::mib(1), max_age: Duration::from_secs(3_600) };
        Self::new(config, self::work(&config.prefix, work), i32::from(parts), false, keep)
    }

    fn new(config: &Config, name: String, partitions: i32, latest_per_key: bool, keep: Retention) -> Self {
        let mut settings = vec![
            Setting::must("cleanup.policy", if latest_per_key { "compact" } else { "delete" }),
            // Age counts from when the broker had the record; a publisher's clock may be wrong.
            Setting::must("message.timestamp.type", "LogAppendTime"),
            Setting::may("max.message.bytes", config.max_message_bytes()),
            Setting::may(
                "segment.bytes",
                (keep.max_bytes.0 / u64::from(SEGMENTS)).clamp(SEGMENT.0, SEGMENT.1),
            ),
            Setting::may("segment.ms", (keep.max_age / SEGMENTS).as_millis().max(1)),
        ];
        if latest_per_key {
            // Half of the log may be superseded records by default; readers read those in vain.
            settings.push(Setting::may("min.cleanable.dirty.ratio", "0.2"));
            settings.push(Setting::may("delete.retention.ms", keep.max_age.as_millis()));
        } else {
            settings.push(Setting::must("retention.bytes", keep.max_bytes.0));
            settings.push(Setting::must("retention.ms", keep.max_age.as_millis()));
        }
        if let Some(replicas) = config.min_insync_replicas {
            settings.push(Setting::must("min.insync.replicas", replicas));
        }
        Self { name, partitions, replication_factor: config.replication_factor, settings }
    }
}

impl Setting {
    fn must(name: &'static str, value: impl ToString) -> Self {
        Self { name, value: value.to_string(), enforced: true }
    }

    fn may(name: &'static str, value: impl ToString) -> Self {
        Self { name, value: value.to_string(), enforced: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(wanted: &'a Wanted, name: &str) -> Option<&'a str> {
        wanted.settings.iter().find(|setting| setting.name == name).map(|setting| &*setting.value)
    }

    #[test]
    fn streams_of_last_values_are_compacted_and_logs_are_limited() {
        let wanted = Wanted::internal(&Config::default());
        assert_eq!(wanted.len(), Stream::ALL.len());
        for (wanted, stream) in wanted.iter().zip(Stream::ALL) {
            assert_eq!((wanted.partitions, &*wanted.name), (1, &*internal("edgeroam", stream)));
            let policy = if stream.latest_per_key() { "compact" } else { "delete" };
            assert_eq!(value(wanted, "cleanup.policy"), Some(policy));
            assert_eq!(value(wanted, "retention.bytes").is_none(), stream.latest_per_key());
        }
        assert_eq!(wanted[0].name, "edgeroam.internal.ue-events");
        assert_eq!(value(&wanted[0], "retention.bytes"), Some("536870912"));
        assert_eq!(value(&wanted[0], "segment.bytes"), Some("67108864"));
    }

    #[test]
    fn public_topics_have_the_names_of_the_contract() {
        let config = Config { public_partitions: 3, ..Config::default() };
        let wanted = Wanted::public(&config);
        let names: Vec<_> = wanted.iter().map(|wanted| &*wanted.name).collect();
        assert_eq!(names[0], "edgeroam.v1.ue-location");
        assert!(names.contains(&"edgeroam.v1.instances"));
        assert!(wanted.iter().all(|wanted| wanted.partitions == 3));
    }

    #[test]
    fn settings_of_replication_are_asked_for_only_where_they_are_given() {
        let config =
            Config { min_insync_replicas: Some(2), replication_factor: Some(3), ..Config::default() };
        let wanted = Wanted::work(&config, "executor", 4);
        assert_eq!(value(&wanted, "min.insync.replicas"), Some("2"));
        assert_eq!((wanted.replication_factor, wanted.partitions), (Some(3), 4));
        assert_eq!(value(&Wanted::work(&Config::default(), "executor", 4), "min.insync.replicas"), None);
    }
}
