//! Two clocks that must never be mixed up: ours and the network's.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An instant of our own clock, in microseconds since 1970-01-01T00:00:00Z. JSON: that number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Microseconds since the Unix epoch.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Milliseconds since the Unix epoch, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// The time that passed since `earlier`; zero if `earlier` lies ahead (clocks step back).
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// This instant plus `span`, at most the end of time.
    pub fn plus(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = i64::try_from(self.0).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_microsecond(micros) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

/// An instant of the network's clock (`ueLocationTimestamp` of TS 29.571, or the report's `timeStamp` of
/// TS 29.518), in microseconds since the Unix epoch. Only compared with others of its kind: the core's clock
/// need not agree with ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReportedAt(u64);

impl ReportedAt {
    /// Microseconds since the Unix epoch, by the network's clock.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch, by the network's clock.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Reads an RFC 3339 date-time with up to nine fraction digits, as TS 29.571 `DateTime` has it.
    pub fn parse(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(instant.as_microsecond()).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_fraction_digits_are_read() {
        let read = ReportedAt::parse("2026-11-23T06:36:33.407390961Z").expect("valid");
        assert_eq!(read.as_micros() % 1_000_000, 407_390);
    }

    #[test]
    fn a_clock_that_steps_back_gives_no_negative_span() {
        assert_eq!(Timestamp::from_micros(1).since(Timestamp::from_micros(5)), Duration::ZERO);
    }

    #[test]
    fn shown_as_rfc_3339() {
        assert_eq!(Timestamp::from_micros(1_500).to_string(), "1970-01-01T00:00:00.001Z");
    }
}
