//! What can go wrong on a bus.

use thiserror::Error;

/// What can go wrong on a bus.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BusError {
    /// The reader's next record is no longer kept.
    #[error("consumer `{consumer}` of `{stream}` fell behind: {wanted} is no longer kept, the oldest is {oldest}")]
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
}
