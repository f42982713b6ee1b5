//! How many reports are taken in a second.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many a second from all together, and as many at once. Whoever is let in may report more than is left: the next
/// ones wait for it.
#[derive(Debug)]
pub(super) struct Rate {
    per_second: f64,
    left: Mutex<Left>,
}

#[derive(Debug)]
struct Left {
    reports: f64,
    at: Instant,
}

impl Rate {
    pub(super) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, left: Mutex::new(Left { reports: per_second, at: now }) }
    }

    /// Whether a report may come in now.
    ///
    /// # Errors
    /// For how long none may.
    pub(super) fn may(&self, now: Instant) -> Result<(), Duration> {
        let left = self.refilled(now, 0.0);
        if left >= 1.0 { Ok(()) } else { Err(Duration::from_secs_f64((1.0 - left) / self.per_second)) }
    }

    /// Counts reports that came in.
    pub(super) fn count(&self, now: Instant, reports: usize) {
        // Bodies are bounded, so that a double holds their count exactly.
        self.refilled(now, reports as f64);
    }

    fn refilled(&self, now: Instant, taken: f64) -> f64 {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.saturating_duration_since(left.at).as_secs_f64();
        left.reports = (left.reports + since * self.per_second).min(self.per_second) - taken;
        left.at = now;
        left.reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_worth_comes_at_once_and_what_is_over_is_waited_for() {
        let begun = Instant::now();
        let after = |millis| begun + Duration::from_millis(millis);
        let rate = Rate::new(10, begun);
        assert_eq!(rate.may(begun), Ok(()));
        rate.count(begun, 10);
        assert_eq!(rate.may(begun), Err(Duration::from_millis(100)));
        assert_eq!(rate.may(after(100)), Ok(()));
        rate.count(after(100), 21);
        assert_eq!(rate.may(after(100)), Err(Duration::from_millis(2_100)));
        rate.count(after(60_000), 9);
        assert_eq!(
            rate.may(after(60_000)),
            Ok(()),
            "a minute without reports gives no more than a second's worth"
        );
        rate.count(after(60_000), 1);
        assert!(rate.may(after(60_000)).is_err());
    }
}
