//! What an answer of the server means.

use std::time::Duration;

use async_nats::jetstream::context::{PublishError, PublishErrorKind};

use crate::Class;
use crate::nats::fault::{chain, refusal};

/// Why a message is not known to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) class: Class,
}

/// What to do after an attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was not stored; again, after a pause.
    Again(String),
    /// It may have been stored; again.
    InDoubt(String),
    /// A message of the batch is there already, so none of it was stored.
    Duplicates,
    /// A part of the batch did not arrive, so none of it was stored.
    Incomplete,
    /// It was not stored, and will not be.
    Refused(String),
}

// Error codes of JetStream that async-nats does not name.
const DUPLICATE_IN_PROCESS: u64 = 10_158;
const BATCH_INCOMPLETE: u64 = 10_176;
const BATCH_HAS_DUPLICATE: u64 = 10_201;

impl Verdict {
    pub(super) fn of(error: &PublishError) -> Self {
        let text = chain(error);
        if let Some(refusal) = refusal(error) {
            return match (refusal.error_code().0, refusal.code()) {
                (BATCH_HAS_DUPLICATE, _) => Self::Duplicates,
                (BATCH_INCOMPLETE, _) => Self::Incomplete,
                (DUPLICATE_IN_PROCESS, _) | (_, 429 | 500..) => Self::Again(text),
                _ => Self::Refused(text),
            };
        }
        match error.kind() {
            PublishErrorKind::StreamNotFound => {
                Self::Again("no stream takes it: JetStream is not ready, or the stream is gone".into())
            }
            PublishErrorKind::MaxPayloadExceeded => Self::Refused(text),
            PublishErrorKind::TimedOut
            | PublishErrorKind::BrokenPipe
            | PublishErrorKind::Other
            | PublishErrorKind::WrongLastMessageId
            | PublishErrorKind::WrongLastSequence
            | PublishErrorKind::MaxAckPending => Self::InDoubt(text),
        }
    }
}

impl Failure {
    /// After the time for repetitions has passed.
    pub(super) fn given_up(reason: &str, in_doubt: bool) -> Self {
        let class = if in_doubt { Class::Unknown } else { Class::Transient(Duration::from_secs(1)) };
        Self { reason: reason.into(), class }
    }

    pub(super) fn refused(reason: &str) -> Self {
        Self { reason: reason.into(), class: Class::Permanent }
    }
}
