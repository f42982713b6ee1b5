//! When to ask again: after a success within the budgets, after a failure ever later.

use std::time::Duration;

use crate::config::PollConfig;

/// The pace of polling one AMF.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// What the last answer took.
    last: Option<Duration>,
}

impl Pace {
    /// Time between the end of a poll and the start of the next: the minimum, the factor times what polls take, and
    /// this AMF's share of the request and byte budgets, whichever is longest. Polls take what the quicker of the last
    /// two took: an AMF that is slow is spared, one that stalled once is not left alone for four times its stall.
    pub(crate) fn after(
        &mut self,
        config: &PollConfig,
        took: Duration,
        bytes: usize,
        amfs: usize,
    ) -> Duration {
        let usual = self.last.replace(took).map_or(took, |last| last.min(took));
        let amfs = amfs.max(1) as f64;
        let requests = amfs / f64::from(config.requests_per_second.max(1));
        let volume = amfs * bytes as f64 / config.bytes_per_second.bytes().max(1) as f64;
        let budget = Duration::try_from_secs_f64(requests.max(volume)).unwrap_or(Duration::MAX);
        config.min_interval.max(usual.saturating_mul(config.factor)).max(budget)
    }
}

/// Doubling pauses after failures.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Pauses from `first` to `longest`.
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// The pause after one more failure, at least as long as the peer asked for.
    pub(crate) fn failed(&mut self, asked: Option<Duration>) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        doubled.min(self.longest).max(asked.unwrap_or_default())
    }

    /// Starts over.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_larger_of_the_minimum_and_four_times_what_polls_take() {
        let config = PollConfig::default();
        assert_eq!(Pace::default().after(&config, 3 * MS, 60_000, 1), 200 * MS);
        assert_eq!(Pace::default().after(&config, 100 * MS, 60_000, 1), 400 * MS);
    }

    #[test]
    fn one_stall_changes_nothing_and_lasting_slowness_does() {
        let (config, mut pace) = (PollConfig::default(), Pace::default());
        let pauses: Vec<_> =
            [3, 6_000, 4, 500, 600, 700].map(|took| pace.after(&config, took * MS, 60_000, 1)).into();
        assert_eq!(pauses, [200 * MS, 200 * MS, 200 * MS, 200 * MS, 2_000 * MS, 2_400 * MS]);
    }

    #[test]
    fn budgets_are_shared_by_the_amfs() {
        let config = PollConfig::default();
        assert_eq!(Pace::default().after(&config, MS, 0, 20), 1000 * MS);
        assert_eq!(Pace::default().after(&config, MS, 32 << 20, 4), 2000 * MS);
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_heed_the_peer() {
        let mut backoff = Backoff::new(200 * MS, 1000 * MS);
        let pauses: Vec<_> = (0..4).map(|_| backoff.failed(None)).collect();
        assert_eq!(pauses, [200 * MS, 400 * MS, 800 * MS, 1000 * MS]);
        assert_eq!(backoff.failed(Some(5000 * MS)), 5000 * MS);
        backoff.succeeded();
        assert_eq!(backoff.failed(None), 200 * MS);
    }
}
