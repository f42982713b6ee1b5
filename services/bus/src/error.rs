//! What can go wrong on a bus.

use std::time::Duration;

use thiserror::Error;

/// What may be done about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It did not happen and may be repeated, not sooner than after this.
    Transient(Duration),
    /// It did not happen and repeating it does not help.
    Permanent,
    /// It may have happened. Records with ids may be published again once the bus has been opened anew.
    Unknown,
}

/// What can go wrong on a bus.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BusError {
    /// The reader's next record is no longer kept.
    #[error(
        "consumer `{consumer}` of `{stream}` fell behind: {wanted} is no longer kept, the oldest is {oldest}"
    )]
    FellBehind {
        /// The stream.
        stream: &'static str,
        /// The consumer.
        consumer: String,
        /// The position it would have read next.
        wanted: u64,
        /// The oldest position kept.
        oldest: u64,
    },
    /// The bus has stopped.
    #[error("the bus is closed")]
    Closed,
    /// The record is larger than the bus takes.
    #[error("a record of {bytes} bytes is over the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The stream keeps no latest values.
    #[error("stream `{0}` keeps no latest value per key")]
    NotLatestPerKey(&'static str),
    /// The disk failed; nothing more is accepted, because what was acknowledged must stay true.
    #[error("{what} {path}: {source}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On which file.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A file is damaged in a place where no crash can have damaged it.
    #[error("{path} is damaged at byte {offset}: {reason}; move it away to start without it")]
    Damaged {
        /// The file.
        path: String,
        /// Where.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// Another process (or another handle of this one) has the directory open.
    #[error("the bus directory {dir} is in use by another process; stop it first, or give each its own")]
    InUse {
        /// The directory.
        dir: String,
    },
    /// A broker refused, failed or did not answer.
    #[error("{server}: {what}: {reason}")]
    Broker {
        /// Which broker or cluster, as it is configured.
        server: String,
        /// What was attempted, on which stream, topic or group.
        what: String,
        /// Its answer, and what an operator can do about it.
        reason: String,
        /// What may be done about it.
        class: Class,
    },
    /// A setting of the bus is out of its bounds.
    #[error("bus: {0}")]
    Config(String),
}

impl BusError {
    /// What may be done about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Broker { class, .. } => *class,
            Self::InUse { .. } => Class::Transient(Duration::from_secs(1)),
            Self::Io { .. } => Class::Unknown,
            Self::FellBehind { .. }
            | Self::Closed
            | Self::TooLarge { .. }
            | Self::NotLatestPerKey(_)
            | Self::Damaged { .. }
            | Self::Config(_) => Class::Permanent,
        }
    }
}
