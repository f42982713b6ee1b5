//! After the pivot: the target serves, and the source goes. Nothing is undone any more; what cannot be removed is
//! reported and left, because an orchestrator may try to reach a dead cluster for ever.

use model::{Step, Timestamp};

use super::attempt::{self, Attempt, Turn, turn};
use super::{Ended, Fold, Machine, View};
use crate::{Action, Event, NoticeKind};

/// The state after the pivot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retiring {
    pub step: Step,
    pub attempt: Attempt,
}

impl Retiring {
    pub(crate) fn propose(&self, view: &View<'_>, now: Timestamp) -> Action {
        // A drain is nothing but waiting, counted from the verified switch, so that a restart does not begin it anew.
        if let (Step::Drain, Attempt::Running(_)) = (self.step, self.attempt) {
            let verified = view.ledger.of(Step::Verify).succeeded.as_ref().map_or(now, |(at, _)| *at);
            let over = verified.plus(view.plan.drain);
            return if now < over {
                Action::SleepUntil(over)
            } else {
                Action::Append(Event::Succeeded { step: Step::Drain, output: serde_json::Value::Null })
            };
        }
        attempt::propose(view, self.step, self.attempt, now)
    }

    pub(crate) fn apply(&self, fold: &mut Fold<'_>, event: &Event) -> Option<Machine> {
        let attempt = match turn(fold, self.step, self.attempt, event)? {
            Turn::Stay(attempt) => return Some(Machine::Retiring(Self { step: self.step, attempt })),
            Turn::GiveUp(reason) => {
                fold.notices.push(NoticeKind::Leftover { reason });
                return Some(Machine::Ended(Ended::Leftover));
            }
            Turn::Done => Attempt::Due(fold.at),
        };
        fold.notices.push(NoticeKind::Progress(self.step));
        Some(match fold.plan.after(self.step) {
            Some(step) => Machine::Retiring(Self { step, attempt }),
            // Nothing of a seat was there to be retired.
            None if !fold.plan.deploys => Machine::Ended(Ended::Completed),
            None => {
                fold.notices.push(NoticeKind::Retired);
                Machine::Ended(Ended::Retired)
            }
        })
    }
}
