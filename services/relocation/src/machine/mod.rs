//! The states of a saga, one file each. A state says what to do next and what an event makes of it.

mod attempt;
mod forward;
mod retiring;
mod undoing;

use std::fmt;

use model::{Step, Timestamp};

use crate::ledger::Ledger;
use crate::{Action, Event, NoticeKind, Plan};

pub(crate) use attempt::Attempt;
pub(crate) use forward::Forward;
pub(crate) use retiring::Retiring;
pub(crate) use undoing::{UNDOABLE, Undoing};

/// How a saga ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It is verified, and there is nothing to retire: a first placement, or a seat.
    Completed,
    /// Nothing is left of what was done.
    Undone,
    /// It failed, and undoing failed too.
    Failed,
    /// The switch is verified and the source is gone.
    Retired,
    /// The switch is verified, but the source could not be removed.
    Leftover,
}

/// Where a saga stands, for those who look at it from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Before the pivot, at this step.
    Forward(Step),
    /// Before the pivot, undoing this step.
    Undoing(Step),
    /// After the pivot, at this step.
    Retiring(Step),
    /// Over.
    Ended(Ended),
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward(step) | Self::Retiring(step) => write!(f, "at {}", step.as_str()),
            Self::Undoing(step) => write!(f, "undoing {}", step.as_str()),
            Self::Ended(ended) => write!(f, "ended {ended:?}"),
        }
    }
}

/// The state, with what only that state knows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Machine {
    Forward(Forward),
    Undoing(Undoing),
    Retiring(Retiring),
    Ended(Ended),
}

/// What states look at when they propose an action.
pub(crate) struct View<'a> {
    pub plan: &'a Plan,
    pub ledger: &'a Ledger,
    /// Clocks that began before this are taken to begin here.
    pub floor: Timestamp,
    /// The attempt that was handed to the driver, if it is the current one.
    pub issued: bool,
    /// Whether the current attempt was started by a driver that is no more.
    pub lost: bool,
}

/// What states may change when an event comes.
pub(crate) struct Fold<'a> {
    pub plan: &'a Plan,
    pub ledger: &'a mut Ledger,
    pub at: Timestamp,
    pub notices: Vec<NoticeKind>,
}

impl Machine {
    /// The state that a plan begins in.
    pub(crate) fn begin(plan: &Plan, first: Step) -> Self {
        Self::Forward(Forward { step: first, attempt: Attempt::Due(plan.planned_at) })
    }

    pub(crate) fn stage(&self) -> Stage {
        match self {
            Self::Forward(state) => Stage::Forward(state.step),
            Self::Undoing(state) => Stage::Undoing(state.step),
            Self::Retiring(state) => Stage::Retiring(state.step),
            Self::Ended(ended) => Stage::Ended(*ended),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        match self {
            Self::Forward(Forward { attempt, .. })
            | Self::Undoing(Undoing { attempt, .. })
            | Self::Retiring(Retiring { attempt, .. }) => matches!(attempt, Attempt::Running(_)),
            Self::Ended(_) => false,
        }
    }

    pub(crate) fn propose(&self, view: &View<'_>, now: Timestamp) -> Action {
        match self {
            Self::Forward(state) => attempt::propose(view, state.step, state.attempt, now),
            Self::Retiring(state) => state.propose(view, now),
            Self::Undoing(state) => state.propose(view, now),
            Self::Ended(ended) => Action::Finish(*ended),
        }
    }

    /// The state after the event; `None` where the event does not fit.
    pub(crate) fn apply(&self, fold: &mut Fold<'_>, event: &Event) -> Option<Self> {
        match self {
            Self::Forward(state) => state.apply(fold, event),
            Self::Retiring(state) => state.apply(fold, event),
            Self::Undoing(state) => state.apply(fold, event),
            Self::Ended(_) => None,
        }
    }
}
