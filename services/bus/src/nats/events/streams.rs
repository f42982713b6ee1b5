//! The streams of public events.

use async_nats::jetstream::stream::{Config as StreamConfig, Source};

use super::subject;
use crate::nats::link::Link;
use crate::nats::{Config, setup};
use crate::public::{NATS_LATEST_STREAM, NATS_STREAM, PREFIX, Topic};

/// The stream of all events.
pub(super) fn all(link: &Link, config: &Config) -> StreamConfig {
    let wanted = StreamConfig {
        name: NATS_STREAM.into(),
        subjects: vec![format!("{PREFIX}.>")],
        ..setup::base(link, config)
    };
    setup::kept(wanted, config.public_retention)
}

/// The stream of the last events, which the broker fills from the other one.
pub(super) fn latest(link: &Link, config: &Config) -> StreamConfig {
    let topics: Vec<_> = Topic::ALL.into_iter().filter(|topic| topic.latest_per_key()).collect();
    let source =
        |filter| Source { name: NATS_STREAM.into(), filter_subject: Some(filter), ..Source::default() };
    StreamConfig {
        name: NATS_LATEST_STREAM.into(),
        sources: Some(subject::filters(&topics).into_iter().map(source).collect()),
        max_messages_per_subject: 1,
        allow_atomic_publish: false,
        ..setup::base(link, config)
    }
}
