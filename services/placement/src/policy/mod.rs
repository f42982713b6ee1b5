//! Policies: whether an instance that serves should go to the best site. One file each, pure functions.

mod nearest;
mod threshold;

use std::time::Duration;

use model::{Policy, Rule, Timestamp};

/// What a policy sees of an instance that serves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// Whether the serving site is the best candidate.
    pub(crate) at_best: bool,
    /// Distance of the best candidate, in metres.
    pub(crate) best_meters: f64,
    /// Distance of the serving site, in metres; `None` where it cannot be said, which counts as farther than
    /// any margin.
    pub(crate) serving_meters: Option<f64>,
    /// Since when the instance has been at its site.
    pub(crate) since: Timestamp,
    /// Since when the best candidate has been better, if it was so when the instance was last looked at.
    pub(crate) better_since: Option<Timestamp>,
    /// Now.
    pub(crate) now: Timestamp,
}

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Opinion {
    /// The rule that decided.
    pub(crate) rule: Rule,
    /// Since when the best candidate has been better; the engine remembers it for the next look.
    pub(crate) better_since: Option<Timestamp>,
    /// When it would say otherwise if nothing changes.
    pub(crate) recheck: Option<Timestamp>,
}

impl Opinion {
    /// Whether the rule asks for a move.
    pub(crate) const fn moves(&self) -> bool {
        matches!(self.rule, Rule::Nearer | Rule::ThresholdMet)
    }
}

/// Asks a policy.
pub(crate) fn ask(policy: &Policy, view: &View) -> Opinion {
    match policy {
        Policy::Nearest => nearest::ask(view),
        Policy::Threshold(knobs) => threshold::ask(knobs, view),
    }
}

/// A span as explanations tell it: whole milliseconds, rounded down. Policies compare nothing finer, so that
/// the verdict follows from what is told.
pub(crate) const fn told(span: Duration) -> u64 {
    let millis = span.as_millis();
    if millis > u64::MAX as u128 { u64::MAX } else { millis as u64 }
}
