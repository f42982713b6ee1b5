//! How long to wait before an attempt is repeated.

use std::time::Duration;

use crate::{Class, Plan};

/// The wait after the first failure.
pub const SHORTEST_WAIT: Duration = Duration::from_millis(250);
/// No wait is longer, unless the other side asked for it.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The wait after the `attempt`-th failure, from 1: doubles from [`SHORTEST_WAIT`] up to [`LONGEST_WAIT`]. It
/// depends on the attempt alone, so that a replayed log waits alike; sagas are spread by the orders themselves.
pub fn back_off(attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    LONGEST_WAIT.min(SHORTEST_WAIT * (1 << doublings))
}

/// The wait after a failure of this class; `None` where repeating does not help.
pub(crate) fn wait(plan: &Plan, class: Class, attempt: u32) -> Option<Duration> {
    match class {
        Class::Transient(after) => Some(after.max(back_off(attempt))),
        // A request whose reply was lost may still be at work on the other side.
        Class::Unknown => Some(plan.settle.max(back_off(attempt))),
        Class::Permanent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<_> = (1..=8).map(|n| back_off(n).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        assert_eq!(back_off(u32::MAX), LONGEST_WAIT);
    }
}
