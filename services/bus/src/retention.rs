//! How much of each stream is kept.

use std::time::Duration;

use model::Stream;
use serde::Deserialize;

use crate::ByteSize;

/// How much of a stream is kept; a record leaves when it has passed either limit, never sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// This much of the newest records stays.
    pub max_bytes: ByteSize,
    /// Records younger than this stay, as far as `max_bytes` goes.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub max_age: Duration,
}

/// How much of each stream is kept. Of latest-per-key streams the last value of every key stays besides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each field is the stream of its name")]
pub struct Retentions {
    pub ue_events: Retention,
    pub sites: Retention,
    pub commands: Retention,
    pub decisions: Retention,
    pub orders: Retention,
    pub outcomes: Retention,
    pub instances: Retention,
    pub sagas: Retention,
    pub qos: Retention,
    pub dead_letter: Retention,
}

const HOUR: Duration = Duration::from_secs(3_600);

impl Default for Retentions {
    fn default() -> Self {
        let keep = |mib, hours| Retention { max_bytes: ByteSize::mib(mib), max_age: HOUR * hours };
        Self {
            ue_events: keep(512, 24),
            sites: keep(16, 24),
            // What was asked holds until it is taken back, however long ago that was.
            commands: keep(64, 10 * 366 * 24),
            decisions: keep(256, 7 * 24),
            orders: keep(256, 7 * 24),
            outcomes: keep(256, 7 * 24),
            instances: keep(64, 24),
            sagas: keep(64, 24),
            // Measurements lose their worth within minutes.
            qos: keep(64, 1),
            dead_letter: keep(64, 30 * 24),
        }
    }
}

impl Retentions {
    /// The limits of a stream.
    pub fn of(&self, stream: Stream) -> Retention {
        match stream {
            Stream::UeEvents => self.ue_events,
            Stream::Sites => self.sites,
            Stream::Commands => self.commands,
            Stream::Decisions => self.decisions,
            Stream::Orders => self.orders,
            Stream::Outcomes => self.outcomes,
            Stream::Instances => self.instances,
            Stream::Sagas => self.sagas,
            Stream::Qos => self.qos,
            Stream::DeadLetter => self.dead_letter,
        }
    }

    /// The shortest age that any stream is kept for.
    pub(crate) fn shortest_age(&self) -> Duration {
        Stream::ALL.iter().map(|stream| self.of(*stream).max_age).min().unwrap_or(HOUR)
    }
}
