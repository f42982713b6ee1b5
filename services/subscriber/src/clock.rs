//! Our own clock, in the model's terms.

use std::time::{SystemTime, UNIX_EPOCH};

use model::Timestamp;

/// `at` as the model has it; the epoch for anything before it.
pub(crate) fn timestamp(at: SystemTime) -> Timestamp {
    let micros = at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_micros());
    Timestamp::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// Now.
pub(crate) fn now() -> Timestamp {
    timestamp(SystemTime::now())
}
