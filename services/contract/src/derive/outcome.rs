//! `outcomes`.

use model::{Outcome, OutcomeKind};

use super::envelope::About;
use super::instance::placement;
use super::{Deriver, trace};
use crate::v1::{
    ProgressState, Relocation, RelocationCompleted, RelocationFailed, RelocationFenced, RelocationProgress,
    RelocationUndone, Step,
};
use crate::{Event, Kind};

impl Deriver {
    /// What became of an order. That the source is gone or left over comes after the completion and changes nothing
    /// about it, so it is told as progress.
    pub fn outcome(&self, sequence: u64, outcome: &Outcome) -> Vec<Event> {
        let of = relocation(outcome);
        let about = |kind, what: &str| About {
            kind,
            // Each is told once of a relocation, whatever the executor repeats.
            id: format!("{}{what}", of.relocation),
            app: Some(of.app.as_str().into()),
            key: format!("{}/{}", of.app, of.instance),
            at: Some(of.at),
            sequence,
            trace: Some(trace::of(&outcome.relocation)),
        };
        let progress = |state: ProgressState, step: Option<Step>, reason: Option<String>| {
            let what = step.as_ref().map_or_else(|| state.as_str(), Step::as_str);
            let about = about(Kind::Progress, &format!("/{what}"));
            self.event(about, &RelocationProgress { of: of.clone(), state, step, reason })
        };
        match &outcome.kind {
            OutcomeKind::Progress { step } => {
                progress(ProgressState::StepDone, Some(self::step(*step)), None)
            }
            OutcomeKind::Retired => progress(ProgressState::SourceRetired, None, None),
            OutcomeKind::Leftover { reason } => {
                progress(ProgressState::SourceLeftOver, None, Some(reason.clone()))
            }
            OutcomeKind::Completed { serving, took_ms } => {
                let (serving, took_ms) = (serving.as_ref().map(placement), *took_ms);
                self.event(
                    about(Kind::Completed, ""),
                    &RelocationCompleted { of: of.clone(), serving, took_ms },
                )
            }
            OutcomeKind::Undone { reason } => {
                let told = RelocationUndone { of: of.clone(), reason: reason.clone() };
                self.event(about(Kind::Undone, ""), &told)
            }
            OutcomeKind::Failed { reason } => {
                let told = RelocationFailed { of: of.clone(), reason: reason.clone() };
                self.event(about(Kind::Failed, ""), &told)
            }
            OutcomeKind::Fenced { newest, serving } => {
                let (newest_generation, serving_site) = (newest.0, serving.as_ref().map(ToString::to_string));
                let told = RelocationFenced { of: of.clone(), newest_generation, serving_site };
                self.event(about(Kind::Fenced, ""), &told)
            }
        }
    }
}

fn relocation(outcome: &Outcome) -> Relocation {
    Relocation {
        relocation: outcome.relocation.to_string(),
        app: outcome.app.to_string(),
        instance: outcome.instance.to_string(),
        generation: outcome.generation.0,
        source: outcome.source.as_ref().map(ToString::to_string),
        target: outcome.target.as_ref().map(ToString::to_string),
        at: outcome.at.into(),
    }
}

const fn step(step: model::Step) -> Step {
    match step {
        model::Step::Prepare => Step::Prepare,
        model::Step::Start => Step::Start,
        model::Step::Ready => Step::Ready,
        model::Step::Steer => Step::Steer,
        model::Step::Verify => Step::Verify,
        model::Step::Drain => Step::Drain,
        model::Step::Retire => Step::Retire,
        model::Step::Forget => Step::Forget,
    }
}
