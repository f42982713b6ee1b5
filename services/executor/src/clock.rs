//! The one place where this crate reads the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use model::Timestamp;

/// The longest sleep before the clock is read again: wall clocks are set.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Our clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// Sleeps until then, or a minute: callers look again afterwards.
pub(crate) async fn sleep_towards(then: Timestamp) {
    tokio::time::sleep(then.since(now()).min(LONGEST_SLEEP)).await;
}
