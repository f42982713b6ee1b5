//! What can go wrong when traffic is steered.

use std::time::Duration;

use thiserror::Error;

/// Whether an operation that failed may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing was done; the same may succeed after this long.
    Transient(Duration),
    /// Nothing was done, and nothing will be until somebody changes something.
    Permanent,
    /// It may or may not have been done: look before doing it again.
    Unknown,
}

/// What can go wrong when traffic is steered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SteeringError {
    /// The configuration cannot be used.
    #[error("dns.{field}: {reason}")]
    Config {
        /// The member of the `dns` section.
        field: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A name that cannot be a name of the zone.
    #[error("`{name}` cannot be a name in zone {zone}: {reason}")]
    Name {
        /// The name, as it was given.
        name: String,
        /// The zone.
        zone: String,
        /// What is wrong.
        reason: String,
    },
    /// No connection to the server, so nothing was sent.
    #[error("DNS server {server} cannot be reached: {source}")]
    Unreachable {
        /// The server, as configured.
        server: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The request was sent and no usable answer came.
    #[error("DNS server {server} was sent the request and gave no answer: {reason}")]
    NoAnswer {
        /// The server, as configured.
        server: String,
        /// What happened instead.
        reason: String,
    },
    /// An answer came that nobody who has the key has signed, so it says nothing.
    #[error("the answer of DNS server {server} cannot be trusted: {reason}")]
    Unverified {
        /// The server, as configured.
        server: String,
        /// What is wrong with its signature.
        reason: String,
    },
    /// The server refused.
    #[error("DNS server {server} answered {rcode} to {what}: {advice}")]
    Refused {
        /// The server, as configured.
        server: String,
        /// What was asked.
        what: String,
        /// The response code, by its name.
        rcode: String,
        /// What to look at.
        advice: String,
    },
    /// The server cannot at the moment.
    #[error("DNS server {server} answered {rcode} to {what}; its own log says why")]
    Busy {
        /// The server, as configured.
        server: String,
        /// What was asked.
        what: String,
        /// The response code, by its name.
        rcode: String,
    },
}

impl SteeringError {
    /// Whether trying again makes sense; the only thing that a retry may look at.
    pub fn class(&self) -> Class {
        match self {
            Self::Config { .. } | Self::Name { .. } | Self::Refused { .. } => Class::Permanent,
            Self::Unreachable { .. } => Class::Transient(Duration::from_millis(500)),
            Self::Busy { .. } => Class::Transient(Duration::from_secs(1)),
            Self::NoAnswer { .. } | Self::Unverified { .. } => Class::Unknown,
        }
    }
}
