//! What can go wrong with the journal.

use std::time::Duration;

use relocation::Class;
use thiserror::Error;

/// Why something was not kept.
#[derive(Debug, Error)]
pub(crate) enum JournalError {
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The bus did not take it.
    #[error("stream `sagas`: {0}")]
    Bus(#[from] bus::BusError),
    /// Another replica has these instances, or we stop. What is under way here ends; it goes on there.
    #[error("these instances are another replica's now")]
    Fenced,
    /// The bus does not say what became of a record. The part is claimed anew, which settles it.
    #[error("stream `sagas`: it is not known whether a record was kept, the part is claimed anew: {0}")]
    Unsure(String),
}

impl JournalError {
    /// What may be done about it.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Store(error) => match error.class() {
                store::Class::Transient(after) => Class::Transient(after),
                store::Class::Permanent => Class::Permanent,
                store::Class::Unknown => Class::Unknown,
            },
            Self::Bus(error) => match error.class() {
                bus::Class::Transient(after) => Class::Transient(after),
                bus::Class::Permanent => Class::Permanent,
                bus::Class::Unknown => Class::Unknown,
            },
            // The cell ends; whoever has the part next tries again.
            Self::Fenced | Self::Unsure(_) => Class::Transient(Duration::ZERO),
        }
    }
}
