//! What was measured last between one UE and one site: each figure by itself, with its own time.

use std::array;

use model::{Measured, QosTarget, SiteQuality, Timestamp};
use serde::{Deserialize, Serialize};

use crate::policy::{told, whole};

/// The figures: round trip and jitter in microseconds, loss as a part of all, and whether QoS is guaranteed (1 or 0).
const COUNT: usize = 4;
const GUARANTEED: usize = 3;

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Reading {
    value: f64,
    at: Timestamp,
    /// Since when it has been too high, without a better one in between.
    bad_since: Option<Timestamp>,
}

/// What was measured last of one site. A source's report replaces the figures that it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures([Option<Reading>; COUNT]);

impl Figures {
    /// Takes in what was measured `at` that time; whether any of it is news: younger than what is known, still valid,
    /// and with a limit.
    pub(crate) fn hear(
        &mut self,
        target: &QosTarget,
        measured: &Measured,
        at: Timestamp,
        now: Timestamp,
    ) -> bool {
        if !valid(target, at, now) {
            return false;
        }
        let guaranteed = measured.guaranteed.map(|guaranteed| f64::from(u8::from(guaranteed)));
        let values = [
            measured.round_trip_us().map(f64::from),
            measured.jitter_us.map(f64::from),
            measured.loss,
            guaranteed,
        ];
        let limits = limits(target);
        let mut news = false;
        for (number, value) in values.into_iter().enumerate() {
            let Some(value) = value.filter(|_| number == GUARANTEED || limits[number].is_some()) else {
                continue;
            };
            let before = self.0[number].filter(|before| valid(target, before.at, now));
            if before.is_some_and(|before| at <= before.at) {
                continue;
            }
            let bad = if number == GUARANTEED { value < 1.0 } else { limits[number] < Some(value) };
            let bad_since = bad.then(|| before.and_then(|before| before.bad_since).unwrap_or(at));
            self.0[number] = Some(Reading { value, at, bad_since });
            news = true;
        }
        news
    }

    /// The figures that are still valid.
    fn valid(&self, target: &QosTarget, now: Timestamp) -> [Option<Reading>; COUNT] {
        self.0.map(|reading| reading.filter(|reading| valid(target, reading.at, now)))
    }

    /// Since when a limit has been exceeded, if one is. That QoS is not guaranteed counts where a limit has no figure.
    pub(crate) fn violated_since(&self, target: &QosTarget, now: Timestamp) -> Option<Timestamp> {
        let valid = self.valid(target, now);
        let limits = limits(target);
        let unmeasured = limits.iter().zip(&valid).any(|(limit, value)| limit.is_some() && value.is_none());
        let counts = |(number, reading): (usize, &Option<Reading>)| {
            reading.filter(|_| number != GUARANTEED || unmeasured)?.bad_since
        };
        valid.iter().enumerate().filter_map(counts).min()
    }

    /// Whether it is measured, and as good as wanted.
    pub(crate) fn is_good(&self, target: &QosTarget, now: Timestamp) -> bool {
        let measured = self.valid(target, now)[..GUARANTEED].iter().any(Option::is_some);
        measured && self.violated_since(target, now).is_none()
    }

    /// When it says something else if nothing is measured meanwhile.
    pub(crate) fn next(&self, target: &QosTarget, now: Timestamp) -> Option<Timestamp> {
        let valid = self.valid(target, now);
        let ends = valid.iter().flatten().map(|reading| reading.at.plus(target.valid_for));
        let due = self.violated_since(target, now).map(|since| overdue(target, since));
        ends.chain(due).filter(|at| *at > now).min()
    }

    /// Drops what is no longer valid; whether anything is left.
    pub(crate) fn drop_old(&mut self, target: &QosTarget, now: Timestamp) -> bool {
        self.0 = self.valid(target, now);
        self.0.iter().any(Option::is_some)
    }

    /// When the youngest figure was measured.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.0.iter().flatten().map(|reading| reading.at).max()
    }

    /// In the words of `model`.
    pub(crate) fn told(&self, target: &QosTarget, now: Timestamp) -> SiteQuality {
        let [rtt, jitter, loss, guaranteed] = self.valid(target, now).map(|reading| Some(reading?.value));
        SiteQuality {
            rtt_us: rtt.map(|micros| micros as u32),
            jitter_us: jitter.map(|micros| micros as u32),
            loss,
            guaranteed: guaranteed.map(|value| value >= 1.0),
            violated_ms: self.violated_since(target, now).map(|since| told(now.since(since))),
        }
    }
}

/// When limits that have been exceeded since then have been for long enough.
pub(crate) fn overdue(target: &QosTarget, since: Timestamp) -> Timestamp {
    since.plus(whole(target.violated_for))
}

fn valid(target: &QosTarget, at: Timestamp, now: Timestamp) -> bool {
    now < at.plus(target.valid_for)
}

/// The limits of the figures that can have one.
fn limits(target: &QosTarget) -> [Option<f64>; GUARANTEED] {
    let delays = [target.rtt, target.jitter].map(|limit| limit.map(|limit| limit.as_micros() as f64));
    array::from_fn(|number| delays.get(number).copied().unwrap_or(target.loss))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// 20 ms and 1 %, for 5 s; valid for 30 s.
    fn target() -> QosTarget {
        QosTarget { rtt: Some(Duration::from_millis(20)), loss: Some(0.01), ..QosTarget::default() }
    }

    fn rtt(millis: u32) -> Measured {
        Measured { rtt_us: Some(millis * 1_000), ..Measured::default() }
    }

    fn guaranteed(guaranteed: bool) -> Measured {
        Measured { guaranteed: Some(guaranteed), ..Measured::default() }
    }

    fn heard(reports: &[(u64, Measured)]) -> Figures {
        let mut figures = Figures::default();
        for (time, measured) in reports {
            figures.hear(&target(), measured, at(*time), at(*time));
        }
        figures
    }

    #[test]
    fn a_limit_that_is_met_is_no_violation_and_a_good_report_ends_one() {
        let since = |figures: Figures, now| figures.violated_since(&target(), at(now));
        assert_eq!(since(heard(&[(1, rtt(20))]), 2), None);
        assert_eq!(since(heard(&[(1, rtt(21)), (3, rtt(40))]), 4), Some(at(1)));
        assert_eq!(since(heard(&[(1, rtt(21)), (3, rtt(9)), (4, rtt(21))]), 5), Some(at(4)));
        // Another figure's good report says nothing of this one.
        let loss = Measured { loss: Some(0.0), ..Measured::default() };
        assert_eq!(since(heard(&[(1, rtt(21)), (3, loss)]), 4), Some(at(1)));
        // What is no longer valid counts neither now nor as the beginning of what comes later.
        assert_eq!(since(heard(&[(1, rtt(21))]), 31), None);
        assert_eq!(since(heard(&[(1, rtt(21)), (40, rtt(21))]), 41), Some(at(40)));
    }

    #[test]
    fn an_older_report_and_the_same_again_are_no_news() {
        let mut figures = heard(&[(5, rtt(30))]);
        let before = figures;
        for time in [4, 5] {
            assert!(!figures.hear(&target(), &rtt(1), at(time), at(6)));
        }
        assert!(!figures.hear(
            &target(),
            &Measured { jitter_us: Some(9), ..Measured::default() },
            at(6),
            at(6)
        ));
        assert!(!Figures::default().hear(&target(), &rtt(1), at(5), at(35)));
        assert_eq!(figures, before);
    }

    #[test]
    fn qos_that_is_not_guaranteed_counts_where_a_limit_has_no_figure() {
        let since = |figures: &Figures, now| figures.violated_since(&target(), at(now));
        let half = heard(&[(1, guaranteed(false)), (2, rtt(9))]);
        assert_eq!(since(&half, 3), Some(at(1)));
        assert_eq!(half.next(&target(), at(3)), Some(at(6)));
        let measured = heard(&[(1, guaranteed(false)), (2, Measured { loss: Some(0.0), ..rtt(9) })]);
        assert_eq!((since(&measured, 3), measured.is_good(&target(), at(3))), (None, true));
        let again = heard(&[(1, guaranteed(false)), (2, guaranteed(true))]);
        assert_eq!((since(&again, 3), again.is_good(&target(), at(3))), (None, false));
        assert_eq!(since(&heard(&[(1, guaranteed(false))]), 31), None);
    }
}
