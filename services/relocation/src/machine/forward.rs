//! Before the pivot: everything that was done can still be undone.

use model::Step;

use super::attempt::{Attempt, Turn, turn};
use super::{Ended, Fold, Machine, Retiring, Undoing};
use crate::{Event, NoticeKind};

/// The state before the pivot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forward {
    pub step: Step,
    pub attempt: Attempt,
}

impl Forward {
    pub(crate) fn apply(&self, fold: &mut Fold<'_>, event: &Event) -> Option<Machine> {
        if let Event::Superseded { by } = event {
            if *by <= fold.plan.generation {
                return None;
            }
            fold.ledger.of_mut(self.step).end(false);
            return Some(Undoing::begin(fold, format!("superseded by generation {by}")));
        }
        Some(match turn(fold, self.step, self.attempt, event)? {
            Turn::Stay(attempt) => Machine::Forward(Self { step: self.step, attempt }),
            Turn::GiveUp(reason) => Undoing::begin(fold, reason),
            Turn::Done => self.advance(fold),
        })
    }

    fn advance(&self, fold: &mut Fold<'_>) -> Machine {
        fold.notices.push(NoticeKind::Progress(self.step));
        let pivot = self.step == Step::Verify;
        if pivot {
            fold.notices.push(NoticeKind::Completed { took: fold.at.since(fold.plan.planned_at) });
        }
        let attempt = Attempt::Due(fold.at);
        match fold.plan.after(self.step) {
            Some(step) if pivot => Machine::Retiring(Retiring { step, attempt }),
            Some(step) => Machine::Forward(Self { step, attempt }),
            None => Machine::Ended(Ended::Completed),
        }
    }
}
