//! What became of orders.

use model::{Outcome, OutcomeKind, Step};
use serde::Serialize;

use super::{Deriver, key, site, time, trace};
use crate::data::{Completed, Failed, Fenced, Progress, State, Undone};
use crate::event::Context;
use crate::{Event, Kind};

/// The members that every outcome has, with what this one adds.
macro_rules! outcome {
    ($type:ident, $outcome:expr, { $($field:ident: $value:expr),* $(,)? }) => {
        $type {
            relocation: $outcome.relocation.to_string(),
            app: $outcome.app.to_string(),
            instance: $outcome.instance.to_string(),
            generation: $outcome.generation.0,
            source: site($outcome.source.as_ref()),
            target: site($outcome.target.as_ref()),
            at: time($outcome.at),
            $($field: $value,)*
        }
    };
}

impl Deriver {
    /// An outcome, from `outcomes`.
    pub fn outcome(&self, sequence: u64, outcome: &Outcome) -> Vec<Event> {
        let progress = |state, reason: Option<&String>| {
            let word = format!("{state:?}").to_lowercase();
            let data = outcome!(Progress, outcome, { state: state, reason: reason.cloned() });
            self.told(sequence, outcome, Kind::Progress, &word, &data)
        };
        vec![match &outcome.kind {
            OutcomeKind::Progress { step } => progress(reached(*step), None),
            OutcomeKind::Retired => progress(State::Retired, None),
            OutcomeKind::Leftover { reason } => progress(State::Leftover, Some(reason)),
            OutcomeKind::Completed { serving, took_ms } => {
                let serving = serving.as_ref().map(Into::into);
                let data = outcome!(Completed, outcome, { serving: serving, took_ms: *took_ms });
                self.told(sequence, outcome, Kind::Completed, "completed", &data)
            }
            OutcomeKind::Undone { reason } => {
                let data = outcome!(Undone, outcome, { reason: reason.clone() });
                self.told(sequence, outcome, Kind::Undone, "undone", &data)
            }
            OutcomeKind::Failed { reason } => {
                let data = outcome!(Failed, outcome, { reason: reason.clone() });
                self.told(sequence, outcome, Kind::Failed, "failed", &data)
            }
            OutcomeKind::Fenced { newest, serving } => {
                let serving_site = site(serving.as_ref());
                let data = outcome!(Fenced, outcome, { newest: newest.0, serving_site: serving_site });
                self.told(sequence, outcome, Kind::Fenced, "fenced", &data)
            }
        }]
    }

    fn told(&self, sequence: u64, outcome: &Outcome, kind: Kind, word: &str, data: &impl Serialize) -> Event {
        let context = Context {
            kind,
            source: &self.source,
            // What is told again after a crash is the same event.
            id: format!("{word}/{}", outcome.relocation),
            app: Some(outcome.app.as_str()),
            key: key(&outcome.app, &outcome.instance),
            subject: outcome.instance.to_string(),
            time: time(outcome.at),
            trace: trace(&outcome.relocation),
            sequence,
        };
        Event::new(context, data)
    }
}

const fn reached(step: Step) -> State {
    match step {
        Step::Prepare => State::Prepared,
        Step::Start => State::Started,
        Step::Ready => State::Ready,
        Step::Steer => State::Steered,
        Step::Verify => State::Verified,
        Step::Drain => State::Drained,
        Step::Retire => State::Stopped,
        Step::Forget => State::Forgotten,
    }
}
