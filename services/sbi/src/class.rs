//! What may be done about an error.

use std::time::Duration;

use http::StatusCode;

/// What may be done about an error; retries look at nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing happened on the other side; it may work later, not before this long where the peer said so.
    Transient(Option<Duration>),
    /// It will fail again the same way.
    Permanent,
    /// It may or may not have happened: ask before it is repeated, unless repeating does no harm.
    Unknown,
}

impl Class {
    /// The class of an answer with this status (TS 29.500 clause 5.2.7.2); `retry_after` is its header.
    pub fn of_status(status: StatusCode, retry_after: Option<Duration>) -> Self {
        match status.as_u16() {
            401 | 408 | 425 | 429 | 503 => Self::Transient(retry_after),
            500..=599 => Self::Unknown,
            _ => Self::Permanent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_producer_leaves_open_what_happened() {
        assert_eq!(Class::of_status(StatusCode::INTERNAL_SERVER_ERROR, None), Class::Unknown);
        assert_eq!(Class::of_status(StatusCode::FORBIDDEN, None), Class::Permanent);
        let later = Some(Duration::from_secs(3));
        assert_eq!(Class::of_status(StatusCode::SERVICE_UNAVAILABLE, later), Class::Transient(later));
    }
}
