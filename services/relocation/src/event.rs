//! What a saga's log consists of.

use std::time::Duration;

use model::{Generation, Step, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One record of the log: what happened, and when it was appended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Our clock at that moment.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happened. Attempts count from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The step is about to run: written before it does.
    Started {
        /// The step.
        step: Step,
        /// Which attempt.
        attempt: u32,
    },
    /// The step is done.
    Succeeded {
        /// The step.
        step: Step,
        /// What later steps need to know of it; opaque.
        output: serde_json::Value,
    },
    /// The step did not get done.
    Failed {
        /// The step.
        step: Step,
        /// What may be done about it.
        class: Class,
        /// For an operator.
        reason: String,
    },
    /// The step, or waiting for its next attempt, took too long.
    Expired {
        /// The step.
        step: Step,
        /// What it last waited for, for an operator; empty where it did not say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A newer order for the instance came before the pivot.
    Superseded {
        /// Its generation.
        by: Generation,
    },
    /// Undoing the step is about to run: written before it does.
    UndoStarted {
        /// The step.
        step: Step,
        /// Which attempt.
        attempt: u32,
    },
    /// Nothing is left of the step.
    Undone {
        /// The step.
        step: Step,
    },
    /// Undoing the step failed.
    UndoFailed {
        /// The step.
        step: Step,
        /// What may be done about it.
        class: Class,
        /// For an operator.
        reason: String,
    },
    /// Undoing took too long.
    UndoExpired {
        /// The step that is not undone.
        step: Step,
        /// What undoing it last waited for, for an operator; empty where it did not say.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
}

/// What may be done about a failure; retrying looks at nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It did not happen and may be repeated, not sooner than after this.
    Transient(Duration),
    /// It did not happen and repeating it does not help.
    Permanent,
    /// It may have happened: read before it is repeated.
    Unknown,
}

/// An event that does not fit the state: a damaged log or a wrong driver.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("event {event:?} does not fit a saga that is {stage}")]
pub struct IllegalEvent {
    /// The event.
    pub event: Box<Event>,
    /// The state that it met.
    pub stage: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_whose_expiries_give_no_reason_can_be_read() {
        let old = r#"{"at":1,"event":{"event":"expired","step":"ready"}}"#;
        let entry: Entry = serde_json::from_str(old).expect("an entry");
        assert_eq!(entry.event, Event::Expired { step: Step::Ready, reason: String::new() });
        assert_eq!(serde_json::to_string(&entry).expect("JSON"), old);
    }
}
