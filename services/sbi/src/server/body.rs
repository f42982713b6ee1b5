//! Bounded bodies.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use thiserror::Error;

use crate::Class;

/// Why there is no body.
#[derive(Debug, Error)]
pub enum BodyError {
    /// It is larger than is read.
    #[error("the body has more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// It did not come in time.
    #[error("the body did not come within {after:?}")]
    TooSlow {
        /// The time it had.
        after: Duration,
    },
    /// The connection broke.
    #[error("the body broke off: {0}")]
    Broken(String),
}

impl BodyError {
    /// What the peer may do about it.
    pub fn class(&self) -> Class {
        match self {
            Self::TooLarge { .. } => Class::Permanent,
            Self::TooSlow { .. } | Self::Broken(_) => Class::Transient(None),
        }
    }
}

/// The whole body, of at most `limit` bytes, within `time`.
///
/// # Errors
/// [`BodyError`].
pub async fn read_body(body: Incoming, limit: usize, time: Duration) -> Result<Bytes, BodyError> {
    // A length that is announced is refused before anything is read.
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyError::TooLarge { limit });
    }
    match tokio::time::timeout(time, Limited::new(body, limit).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge { limit }),
        Ok(Err(error)) => Err(BodyError::Broken(error.to_string())),
        Err(_) => Err(BodyError::TooSlow { after: time }),
    }
}
