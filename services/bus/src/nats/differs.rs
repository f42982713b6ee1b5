//! What a stream at the broker has other than it should.

use std::fmt::Debug;

use async_nats::jetstream::stream::{Config, Source};

/// The settings that matter here and differ, each with both values.
pub(super) fn between(there: &Config, wanted: &Config) -> Vec<String> {
    let mut found = Vec::new();
    note(&mut found, "subjects", &there.subjects, &wanted.subjects);
    note(&mut found, "sources", &sources(there), &sources(wanted));
    note(&mut found, "retention", &there.retention, &wanted.retention);
    note(&mut found, "discard", &there.discard, &wanted.discard);
    note(&mut found, "storage", &there.storage, &wanted.storage);
    note(&mut found, "num_replicas", &there.num_replicas, &wanted.num_replicas);
    note(&mut found, "max_age", &there.max_age, &wanted.max_age);
    note(&mut found, "duplicate_window", &there.duplicate_window, &wanted.duplicate_window);
    note(&mut found, "max_bytes", &limit(there.max_bytes), &limit(wanted.max_bytes));
    note(&mut found, "max_msgs", &limit(there.max_messages), &limit(wanted.max_messages));
    let (is, should) = (there.max_messages_per_subject, wanted.max_messages_per_subject);
    note(&mut found, "max_msgs_per_subject", &limit(is), &limit(should));
    found
}

/// Notes a setting that differs.
pub(super) fn note<T: PartialEq + Debug>(found: &mut Vec<String>, setting: &str, is: &T, should: &T) {
    if is != should {
        found.push(format!("{setting} is {is:?} and must be {should:?}"));
    }
}

/// No limit is written in several ways.
fn limit(value: i64) -> Option<i64> {
    (value > 0).then_some(value)
}

fn sources(config: &Config) -> Vec<(&str, Option<&str>)> {
    let mut all: Vec<_> = config.sources.iter().flatten().map(named).collect();
    all.sort_unstable();
    all
}

fn named(source: &Source) -> (&str, Option<&str>) {
    (&source.name, source.filter_subject.as_deref())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_setting_that_differs_is_named_with_both_values() {
        let wanted = Config { max_bytes: -1, max_age: Duration::from_secs(60), ..Config::default() };
        let there = Config { max_bytes: 0, max_messages: -1, ..wanted.clone() };
        assert!(between(&there, &wanted).is_empty(), "no limit is no limit");
        let there = Config { max_bytes: 7, max_age: Duration::from_secs(1), ..there };
        assert_eq!(
            between(&there, &wanted),
            ["max_age is 1s and must be 60s", "max_bytes is Some(7) and must be None"]
        );
    }
}
