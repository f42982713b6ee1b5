//! What can go wrong with the store.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

/// What may be done about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It did not happen and may be repeated, not sooner than after this.
    Transient(Duration),
    /// It did not happen and repeating it does not help.
    Permanent,
    /// It may have happened: open the file again and read before repeating.
    Unknown,
}

/// What can go wrong with the store.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process (or another handle of this one) has the file open.
    #[error("{path} is in use by another process; stop it first, or give each its own state directory")]
    InUse {
        /// The file.
        path: String,
    },
    /// The file's contents are not what a store can have written.
    #[error("{path} is damaged: {reason}; restore it, or move it away to start without it")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The file was written by a version that keeps it differently.
    #[error("{path} has schema version {found}, this program knows up to {known}; use the newer program")]
    Newer {
        /// The file.
        path: String,
        /// The version in the file.
        found: u64,
        /// The newest version that this program knows.
        known: u64,
    },
    /// The file cannot be reached.
    #[error("{what} {path}: {source}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On which file.
        path: String,
        /// The system's answer.
        source: Arc<std::io::Error>,
    },
    /// Reading failed.
    #[error("reading {path}: {reason}")]
    Read {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A commit failed: whether it is on disk is not known, and nothing more is accepted.
    #[error("writing {path}: {reason}; nothing more is accepted until it is opened again")]
    Write {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The saga was closed; its log takes no more entries.
    #[error("saga `{0}` is closed")]
    SagaClosed(String),
    /// A name or a value is larger than the store takes.
    #[error("{what} of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The writer has stopped.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// What may be done about it.
    pub fn class(&self) -> Class {
        match self {
            Self::InUse { .. } => Class::Transient(Duration::from_secs(1)),
            Self::Write { .. } => Class::Unknown,
            Self::Damaged { .. }
            | Self::Newer { .. }
            | Self::Io { .. }
            | Self::Read { .. }
            | Self::SagaClosed(_)
            | Self::TooLarge { .. }
            | Self::Closed => Class::Permanent,
        }
    }
}
