//! Complaints that are made once and then seldom.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// How often a complaint that goes on is repeated.
const REPEAT: Duration = Duration::from_secs(30);

/// One thing that fails again and again, and what was said about it.
#[derive(Debug)]
pub(crate) struct Complaint {
    what: String,
    failing: Option<Failing>,
}

#[derive(Debug)]
struct Failing {
    since: Instant,
    said: Instant,
    reason: String,
    times: u64,
}

impl Complaint {
    /// About `what`, for example `polling http://…`.
    pub(crate) fn about(what: impl Into<String>) -> Self {
        Self { what: what.into(), failing: None }
    }

    /// It failed: says so at first, when the reason changes, and then at intervals.
    pub(crate) fn failed(&mut self, reason: &dyn Display) {
        let (now, reason) = (Instant::now(), reason.to_string());
        match &mut self.failing {
            Some(failing) if failing.reason == reason && now.duration_since(failing.said) < REPEAT => {
                failing.times += 1;
            }
            Some(failing) => {
                failing.times += 1;
                tracing::warn!(what = %self.what, %reason, times = failing.times, "still failing");
                failing.said = now;
                failing.reason = reason;
            }
            None => {
                tracing::warn!(what = %self.what, %reason, "failed; it is tried again");
                self.failing = Some(Failing { since: now, said: now, reason, times: 1 });
            }
        }
    }

    /// It works: says so if it did not before.
    pub(crate) fn works(&mut self) {
        if let Some(failing) = self.failing.take() {
            let after = failing.since.elapsed();
            tracing::info!(what = %self.what, times = failing.times, ?after, "works again");
        }
    }
}
