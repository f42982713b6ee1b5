//! One step being tried: what the states before and after the pivot have in common.

use model::{Step, Timestamp};

use super::{Fold, View};
use crate::{Action, Class, Event, retry};

/// How far the current attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The next one may start at this time.
    Due(Timestamp),
    /// This one was started and has no result.
    Running(u32),
}

/// What an event about the current step makes of its attempt.
pub(crate) enum Turn {
    /// It goes on with the same step.
    Stay(Attempt),
    /// The step is done.
    Done,
    /// The step will not be done.
    GiveUp(String),
}

impl View<'_> {
    /// When the step's time is over; `None` while its clock has not begun.
    pub(crate) fn deadline(&self, step: Step) -> Option<Timestamp> {
        let (clock, limit) = self.plan.clock(step)?;
        let began = self.ledger.of(clock).first_started?;
        Some(began.max(self.floor).plus(limit))
    }
}

/// The next action for a step that goes forward.
pub(crate) fn propose(view: &View<'_>, step: Step, attempt: Attempt, now: Timestamp) -> Action {
    let deadline = view.deadline(step);
    if deadline.is_some_and(|d| now >= d) {
        return Action::Append(Event::Expired { step, reason: view.ledger.of(step).complaint.clone() });
    }
    let end = deadline.unwrap_or(Timestamp::from_micros(u64::MAX));
    match attempt {
        Attempt::Due(from) if now < from => Action::SleepUntil(from.min(end)),
        Attempt::Due(_) => {
            Action::Append(Event::Started { step, attempt: view.ledger.of(step).attempts + 1 })
        }
        Attempt::Running(number) if view.lost => Action::Append(Event::Started { step, attempt: number + 1 }),
        Attempt::Running(_) if view.issued => Action::SleepUntil(end),
        Attempt::Running(number) => {
            Action::Run { step, attempt: number, doubtful: view.ledger.of(step).unknown }
        }
    }
}

/// What happened, with what was waited for where that is known.
pub(crate) fn because(what: String, reason: &str) -> String {
    if reason.is_empty() { what } else { format!("{what}: {reason}") }
}

/// Folds an event about the current step into the ledger; `None` where it does not fit.
pub(crate) fn turn(fold: &mut Fold<'_>, current: Step, attempt: Attempt, event: &Event) -> Option<Turn> {
    let at = fold.at;
    let trace = fold.ledger.of_mut(current);
    match (event, attempt) {
        (Event::Started { step, attempt: next }, _) if *step == current && *next == trace.attempts + 1 => {
            trace.start(at, *next);
            Some(Turn::Stay(Attempt::Running(*next)))
        }
        (Event::Succeeded { step, output }, Attempt::Running(_)) if *step == current => {
            trace.end(true);
            trace.unknown = false;
            trace.succeeded = Some((at, output.clone()));
            Some(Turn::Done)
        }
        (Event::Failed { step, class, reason }, Attempt::Running(number)) if *step == current => {
            trace.end(!matches!(class, Class::Unknown));
            trace.complaint.clone_from(reason);
            Some(match retry::wait(fold.plan, *class, number) {
                Some(wait) => Turn::Stay(Attempt::Due(at.plus(wait))),
                None => Turn::GiveUp(format!("{}: {reason}", current.as_str())),
            })
        }
        // Also before its own first attempt, where it shares its clock with an earlier step.
        (Event::Expired { step, reason }, _) if *step == current => {
            trace.end(false);
            let late = format!("{} took longer than its deadline allows", current.as_str());
            Some(Turn::GiveUp(because(late, reason)))
        }
        _ => None,
    }
}
