//! Faults that a test asks for, each once.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It is carried out and its connection dropped.
    LoseReply,
    /// It is not carried out.
    Fail { status: u16, text: String },
    /// It arrives late.
    Delay(Duration),
}

#[derive(Debug)]
struct Rule {
    method: String,
    path_suffix: String,
    effect: Effect,
}

/// The faults still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Rule>>);

impl Faults {
    pub(crate) fn arm(&self, method: &str, path_suffix: &str, effect: Effect) {
        let rule = Rule { method: method.to_ascii_uppercase(), path_suffix: path_suffix.into(), effect };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// Takes the first fault that is meant for this request.
    pub(crate) fn take(&self, method: &str, path: &str) -> Option<Effect> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found =
            rules.iter().position(|rule| rule.method == method && path.ends_with(&rule.path_suffix))?;
        Some(rules.remove(found).effect)
    }
}
