//! It failed before the pivot: what was done is undone, last first.

use model::{Step, Timestamp};

use super::attempt::{Attempt, because};
use super::{Ended, Fold, Machine, View};
use crate::ledger::Ledger;
use crate::{Action, Class, Event, NoticeKind, retry};

/// The steps that leave something behind, in the order in which they are undone.
pub(crate) const UNDOABLE: [Step; 3] = [Step::Steer, Step::Start, Step::Prepare];

/// The state in which everything is taken back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Undoing {
    /// Why.
    pub reason: String,
    /// The step that is being undone.
    pub step: Step,
    pub attempt: Attempt,
    /// When undoing began.
    pub began: Timestamp,
}

impl Undoing {
    /// Begins to undo, or ends where there is nothing to undo.
    pub(crate) fn begin(fold: &mut Fold<'_>, reason: String) -> Machine {
        let began = fold.at;
        Self::next(fold, reason, Attempt::Due(began), began)
    }

    fn next(fold: &mut Fold<'_>, reason: String, attempt: Attempt, began: Timestamp) -> Machine {
        match UNDOABLE.into_iter().find(|step| fold.ledger.may_exist(*step)) {
            Some(step) => Machine::Undoing(Self { reason, step, attempt, began }),
            None => {
                fold.notices.push(NoticeKind::Undone { reason });
                Machine::Ended(Ended::Undone)
            }
        }
    }

    /// Undoing may take its limit, and the drain on top where the name had been turned.
    fn deadline(&self, view: &View<'_>) -> Timestamp {
        let end = self.began.max(view.floor).plus(view.plan.deadlines.undo);
        if steered(view.ledger) { end.plus(view.plan.drain) } else { end }
    }

    pub(crate) fn propose(&self, view: &View<'_>, now: Timestamp) -> Action {
        let (step, deadline) = (self.step, self.deadline(view));
        if now >= deadline {
            return Action::Append(Event::UndoExpired {
                step,
                reason: view.ledger.of(step).complaint.clone(),
            });
        }
        let trace = view.ledger.of(step);
        match self.attempt {
            Attempt::Due(from) if now < from => Action::SleepUntil(from.min(deadline)),
            Attempt::Due(_) => Action::Append(Event::UndoStarted { step, attempt: trace.undo_attempts + 1 }),
            Attempt::Running(number) if view.lost => {
                Action::Append(Event::UndoStarted { step, attempt: number + 1 })
            }
            Attempt::Running(_) if view.issued => Action::SleepUntil(deadline),
            Attempt::Running(number) => {
                Action::Undo { step, attempt: number, doubtful: trace.unknown || trace.undo_unknown }
            }
        }
    }

    pub(crate) fn apply(&self, fold: &mut Fold<'_>, event: &Event) -> Option<Machine> {
        let (current, at) = (self.step, fold.at);
        let trace = fold.ledger.of_mut(current);
        let stay = |attempt| Machine::Undoing(Self { attempt, ..self.clone() });
        match (event, self.attempt) {
            (Event::UndoStarted { step, attempt }, _)
                if *step == current && *attempt == trace.undo_attempts + 1 =>
            {
                trace.start_undo(*attempt);
                Some(stay(Attempt::Running(*attempt)))
            }
            (Event::Undone { step }, Attempt::Running(_)) if *step == current => {
                trace.end_undo(true);
                trace.undone_at = Some(at);
                // Clients that still hold the target's address get time to follow the name back to the source.
                let due = if current == Step::Steer { at.plus(fold.plan.drain) } else { at };
                Some(Self::next(fold, self.reason.clone(), Attempt::Due(due), self.began))
            }
            (Event::UndoFailed { step, class, reason }, Attempt::Running(number)) if *step == current => {
                trace.end_undo(!matches!(class, Class::Unknown));
                trace.complaint.clone_from(reason);
                Some(match retry::wait(fold.plan, *class, number) {
                    Some(wait) => stay(Attempt::Due(at.plus(wait))),
                    None => self.fail(fold, reason),
                })
            }
            (Event::UndoExpired { step, reason }, _) if *step == current => {
                trace.end_undo(false);
                Some(self.fail(fold, &because("it takes too long".to_owned(), reason)))
            }
            _ => None,
        }
    }

    /// Stops undoing: to go on with an earlier step would take away what clients may still be led to.
    fn fail(&self, fold: &mut Fold<'_>, why: &str) -> Machine {
        let reason = format!("{}; undoing {}: {why}", self.reason, self.step.as_str());
        fold.notices.push(NoticeKind::Failed { reason });
        Machine::Ended(Ended::Failed)
    }
}

fn steered(ledger: &Ledger) -> bool {
    ledger.of(Step::Steer).attempts > 0
}
