//! A complete answer.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use url::Url;

use super::CallError;
use crate::problem;

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked.
    pub url: Url,
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// When the head of the answer was here.
    pub first_byte_at: SystemTime,
    /// From sending until the body was complete.
    pub took: Duration,
}

impl Answer {
    /// This answer, if its status is one of `expected`.
    ///
    /// # Errors
    /// [`CallError::Refused`] with what the peer says.
    pub fn expect(self, expected: &[StatusCode]) -> Result<Self, CallError> {
        if expected.contains(&self.status) { Ok(self) } else { Err(self.refusal()) }
    }

    /// This answer as a refusal.
    pub fn refusal(&self) -> CallError {
        CallError::Refused {
            url: self.url.to_string(),
            status: self.status,
            said: problem::explain(&self.body),
            retry_after: self.retry_after(),
        }
    }

    /// The body as JSON; it may borrow from this answer.
    ///
    /// # Errors
    /// [`CallError::Malformed`].
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|source| CallError::Malformed {
            url: self.url.to_string(),
            status: self.status,
            source,
        })
    }

    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        // An hour is more than any core is overloaded for; a larger number is a mistake.
        Some(Duration::from_secs(seconds).min(Duration::from_secs(3600)))
    }
}
