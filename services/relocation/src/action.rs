//! What a saga wants done.

use std::time::Duration;

use model::{Step, Timestamp};

use crate::{Ended, Event};

/// What a driver does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Append this to the log, durably, then [`handle`](crate::Saga::handle) it. Where a step that still runs has
    /// expired, the driver may put in what it last waited for.
    Append(Event),
    /// Run the step and append what became of it.
    Run {
        /// The step.
        step: Step,
        /// Which attempt, from 1.
        attempt: u32,
        /// Whether an earlier attempt may have happened or may still be under way: read first.
        doubtful: bool,
    },
    /// Undo the step and append what became of it.
    Undo {
        /// The step.
        step: Step,
        /// Which attempt, from 1.
        attempt: u32,
        /// Whether the step, or an earlier attempt to undo it, may still be under way: read first.
        doubtful: bool,
    },
    /// Ask again at this time, or when what runs has a result.
    SleepUntil(Timestamp),
    /// Tell the world, then call [`told`](crate::Saga::told).
    Publish(Notice),
    /// The saga has ended and everything is told: close the log.
    Finish(Ended),
}

/// Something that the world is told. The same log gives the same notices with the same sequence numbers, so that
/// a notice that is told again after a crash can be recognised.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Position in the log of the record behind it, from 1.
    pub sequence: u32,
    /// When that was appended.
    pub at: Timestamp,
    /// What is told.
    pub kind: NoticeKind,
}

/// What is told.
#[derive(Debug, Clone, PartialEq)]
pub enum NoticeKind {
    /// A step is done.
    Progress(Step),
    /// The pivot: the switch is verified.
    Completed {
        /// From intake to verification.
        took: Duration,
    },
    /// Nothing is left of what was done.
    Undone {
        /// What failed.
        reason: String,
    },
    /// It failed, and undoing it failed too.
    Failed {
        /// What failed.
        reason: String,
    },
    /// The source is gone.
    Retired,
    /// The source could not be removed.
    Leftover {
        /// What stands in the way.
        reason: String,
    },
}
