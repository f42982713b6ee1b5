//! What can go wrong.

use std::time::Duration;

use relocation::Class;
use thiserror::Error;

/// Why the executor does not come up. EMCO or DNS being away is no reason.
#[derive(Debug, Error)]
pub enum StartError {
    /// The store cannot be read.
    #[error("the store cannot be read: {0}")]
    Store(#[from] store::StoreError),
    /// The bus cannot be read.
    #[error("the bus cannot be read: {0}")]
    Bus(#[from] bus::BusError),
    /// A log that was kept is none of ours, or of a newer version.
    #[error("the log of saga {saga} cannot be understood: {reason}")]
    Log {
        /// The saga.
        saga: String,
        /// What is wrong.
        reason: String,
    },
    /// A part of the instances cannot be taken over. Another replica may have it by now.
    #[error("part {part} of the instances cannot be taken over: {reason}")]
    Part {
        /// The part.
        part: u16,
        /// Why.
        reason: String,
    },
    /// No HTTP client for probes.
    #[error("no HTTP client for probes: {0}")]
    Http(String),
}

/// A step that did not get done.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{reason}")]
pub(crate) struct StepError {
    pub class: Class,
    pub reason: String,
    /// The reason without what differs from one relocation to the next.
    pub cause: String,
}

impl StepError {
    pub(crate) fn permanent(reason: impl Into<String>) -> Self {
        Self::new(Class::Permanent, reason.into())
    }

    pub(crate) fn transient(reason: impl Into<String>) -> Self {
        Self::new(Class::Transient(Duration::ZERO), reason.into())
    }

    fn new(class: Class, reason: String) -> Self {
        Self { class, cause: reason.clone(), reason }
    }
}

impl From<emco::EmcoError> for StepError {
    fn from(error: emco::EmcoError) -> Self {
        let class = match error.class() {
            emco::Class::Transient(after) => Class::Transient(after),
            emco::Class::Permanent => Class::Permanent,
            emco::Class::Unknown => Class::Unknown,
        };
        Self { class, reason: error.to_string(), cause: error.reason.to_string() }
    }
}

impl From<crate::journal::JournalError> for StepError {
    fn from(error: crate::journal::JournalError) -> Self {
        Self::new(error.class(), error.to_string())
    }
}

impl From<crate::SteerError> for StepError {
    fn from(error: crate::SteerError) -> Self {
        Self::new(error.class, error.reason)
    }
}
