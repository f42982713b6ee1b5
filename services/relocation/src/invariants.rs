//! What holds at every moment of every saga: used by `debug_assert` and by the property tests.

use model::Step;
use thiserror::Error;

use crate::machine::{Machine, UNDOABLE};
use crate::{Ended, Saga};

/// A rule that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Violation {
    /// A step was started before the one ahead of it was done.
    #[error("{0:?} was started before the step ahead of it was done")]
    OutOfOrder(Step),
    /// The source was touched before the switch was verified.
    #[error("{0:?} was started before the pivot")]
    BeforePivot(Step),
    /// Something was undone although the switch is verified.
    #[error("{0:?} was undone after the pivot")]
    UndoneAfterPivot(Step),
    /// A step that leaves something behind was neither undone nor is the saga visibly stuck.
    #[error("{0:?} was started, and the saga ended as if it had not been")]
    Forgotten(Step),
    /// Undone out of order: clients may be led to something that is gone.
    #[error("{0:?} was undone before what came after it")]
    UndoneOutOfOrder(Step),
    /// It ended well without its steps being done.
    #[error("it ended {0:?} although {1:?} is not done")]
    EndedEarly(Ended, Step),
}

/// Checks every rule.
///
/// # Errors
/// The first [`Violation`] found.
pub fn check(saga: &Saga) -> Result<(), Violation> {
    let ledger = &saga.ledger;
    let steps: Vec<Step> = saga.plan().steps.iter().map(|s| s.step).collect();
    let pivot = saga.is_past_pivot();
    for pair in steps.windows(2) {
        if ledger.of(pair[1]).attempts > 0 && ledger.of(pair[0]).succeeded.is_none() {
            return Err(Violation::OutOfOrder(pair[1]));
        }
    }
    for &step in &steps {
        let trace = ledger.of(step);
        if !pivot && step > Step::Verify && trace.attempts > 0 {
            return Err(Violation::BeforePivot(step));
        }
        if pivot && trace.undo_attempts > 0 {
            return Err(Violation::UndoneAfterPivot(step));
        }
    }
    for pair in UNDOABLE.windows(2) {
        if ledger.of(pair[1]).undo_attempts > 0 && ledger.may_exist(pair[0]) {
            return Err(Violation::UndoneOutOfOrder(pair[1]));
        }
    }
    let Machine::Ended(ended) = saga.machine else { return Ok(()) };
    let needed: &[Step] = match ended {
        Ended::Undone => {
            let left = UNDOABLE.into_iter().find(|step| ledger.may_exist(*step));
            return left.map_or(Ok(()), |step| Err(Violation::Forgotten(step)));
        }
        Ended::Failed => return Ok(()),
        Ended::Completed | Ended::Retired => &steps,
        Ended::Leftover => &[Step::Verify],
    };
    match needed.iter().find(|step| ledger.of(**step).succeeded.is_none()) {
        Some(step) => Err(Violation::EndedEarly(ended, *step)),
        None => Ok(()),
    }
}
