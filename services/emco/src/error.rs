//! What can go wrong, and what may be done about it.

use std::time::Duration;

use thiserror::Error;

/// What may be done about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It did not happen and may be repeated, not sooner than after this.
    Transient(Duration),
    /// It did not happen and repeating it does not help.
    Permanent,
    /// It may have happened, or may still be under way: read before repeating.
    Unknown,
}

/// A call that did not give what was asked for.
#[derive(Debug, Error)]
#[error("EMCO {method} {path}: {reason}")]
pub struct EmcoError {
    /// HTTP method.
    pub method: &'static str,
    /// Path with query, without the base URL.
    pub path: String,
    /// What went wrong.
    pub reason: Reason,
}

/// What went wrong with a call.
#[derive(Debug, Error)]
pub enum Reason {
    /// No connection: nothing was sent.
    #[error("cannot connect to {0}")]
    Connect(String),
    /// The connection broke, or the time was over, after the request may have been sent.
    #[error("no answer from {0}")]
    NoAnswer(String),
    /// An answer that is not a success.
    #[error("{status} {text}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The answer's text, cut to 500 characters.
        text: String,
        /// `Retry-After`, where the answer has it.
        retry_after: Option<Duration>,
    },
    /// A success whose body is not what EMCO's API promises.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// The bearer token cannot be read.
    #[error("bearer token: {0}")]
    Token(String),
    /// A name that cannot be part of a path.
    #[error("`{0}` is no EMCO object name")]
    BadName(String),
}

/// How long to leave a service alone that answered 401 or 429 without saying.
const UNAUTHORISED_WAIT: Duration = Duration::from_secs(5);

impl EmcoError {
    /// What may be done about it. Reads change nothing, so that a lost reply to one is no more than a delay.
    pub fn class(&self) -> Class {
        let read = self.method == "GET";
        let lost = if read { Class::Transient(Duration::ZERO) } else { Class::Unknown };
        match &self.reason {
            Reason::Connect(_) => Class::Transient(Duration::ZERO),
            Reason::NoAnswer(_) => lost,
            Reason::Token(_) => Class::Transient(UNAUTHORISED_WAIT),
            Reason::BadName(_) => Class::Permanent,
            // A success was answered; what it says does not matter to an action.
            Reason::Unreadable(_) => {
                if read {
                    Class::Permanent
                } else {
                    Class::Unknown
                }
            }
            Reason::Refused { status, retry_after, .. } => match status {
                401 | 429 => Class::Transient(retry_after.unwrap_or(UNAUTHORISED_WAIT)),
                // A proxy's word, or EMCO's free text: the action may have happened.
                408 | 500..=599 => match lost {
                    Class::Transient(_) => Class::Transient(retry_after.unwrap_or_default()),
                    Class::Permanent | Class::Unknown => lost,
                },
                _ => Class::Permanent,
            },
        }
    }

    /// Whether the object is not there. EMCO answers 404, but 400 to a status query and 500 to an action.
    pub fn is_not_found(&self) -> bool {
        match &self.reason {
            Reason::Refused { status: 404, .. } => true,
            Reason::Refused { status: 400 | 500, text, .. } => {
                text.starts_with("DeploymentIntentGroup not found") || text.contains("StateInfo not found")
            }
            Reason::Refused { .. }
            | Reason::Connect(_)
            | Reason::NoAnswer(_)
            | Reason::Unreadable(_)
            | Reason::Token(_)
            | Reason::BadName(_) => false,
        }
    }

    /// Whether an object of that name exists already (409). A missing parent is a 409 too, but not this.
    pub fn is_already_there(&self) -> bool {
        matches!(&self.reason, Reason::Refused { status: 409, text, .. } if text.contains("already exists"))
    }
}
