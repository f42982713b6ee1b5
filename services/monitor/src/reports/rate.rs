//! How many reports are taken in a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

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
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, left: Mutex::new(Left { reports: per_second, at: Instant::now() }) }
    }

    /// Whether a report may come in now.
    ///
    /// # Errors
    /// For how long none may.
    pub(super) fn may(&self) -> Result<(), Duration> {
        let left = self.refilled(0.0);
        if left >= 1.0 { Ok(()) } else { Err(Duration::from_secs_f64((1.0 - left) / self.per_second)) }
    }

    /// Counts reports that came in.
    pub(super) fn count(&self, reports: usize) {
        // Bodies are bounded, so that a double holds their count exactly.
        self.refilled(reports as f64);
    }

    fn refilled(&self, taken: f64) -> f64 {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let since = now.duration_since(left.at).as_secs_f64();
        left.reports = (left.reports + since * self.per_second).min(self.per_second) - taken;
        left.at = now;
        left.reports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_worth_comes_at_once_and_what_is_over_is_waited_for() {
        let rate = Rate::new(10);
        assert_eq!(rate.may(), Ok(()));
        rate.count(10);
        assert_eq!(rate.may(), Err(Duration::from_millis(100)));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(rate.may(), Ok(()));
        rate.count(21);
        assert_eq!(rate.may(), Err(Duration::from_millis(2_100)));
        tokio::time::advance(Duration::from_secs(60)).await;
        rate.count(9);
        assert_eq!(rate.may(), Ok(()), "a minute without reports gives no more than a second's worth");
        rate.count(1);
        assert!(rate.may().is_err());
    }
}
