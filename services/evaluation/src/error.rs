//! Why policies could not be compared.

use placement::{AppError, TopologyError};
use thiserror::Error;

/// Why policies could not be compared.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// Sites or cells are listed twice.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// There is no site to be at.
    #[error("no site has a position: there is nothing to choose from")]
    NoSites,
    /// The engine does not take a policy.
    #[error("policy `{name}`: {source}")]
    Policy {
        /// Its name.
        name: String,
        /// What the engine says.
        source: AppError,
    },
    /// Events and cells have nothing in common.
    #[error(
        "none of the {events} events has a cell that is among the {cells} cells: do the files belong together, and \
         are MCC and MNC written alike (\"01\" is another network than \"001\")?"
    )]
    NoKnownCell {
        /// How many events there are.
        events: usize,
        /// How many cells.
        cells: usize,
    },
    /// A time between samples that is none.
    #[error("the time between two samples must be at least a microsecond")]
    Sample,
    /// The engine left a UE without a site although it was on a known cell: a mistake in this program.
    #[error("policy `{name}` left UE `{ue}` without a site at {at} s; please report this")]
    Unserved {
        /// The policy.
        name: String,
        /// The UE.
        ue: String,
        /// When, in seconds of the input.
        at: String,
    },
    /// Whoever was told how far it is wanted no more.
    #[error("stopped before the end")]
    Stopped,
}
