//! What the log says about each step, folded.

use model::{Step, Timestamp};

/// What became of one step so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Trace {
    /// When it was first started.
    pub first_started: Option<Timestamp>,
    /// How often it was started.
    pub attempts: u32,
    /// Whether an attempt was started and has no result yet.
    pub in_flight: bool,
    /// Whether an attempt may have happened without our knowing; stays so until the step succeeds.
    pub unknown: bool,
    /// When it was done, and what it gave.
    pub succeeded: Option<(Timestamp, serde_json::Value)>,
    /// How often undoing it was started.
    pub undo_attempts: u32,
    /// Whether undoing was started and has no result yet.
    pub undo_in_flight: bool,
    /// Whether undoing may have happened without our knowing.
    pub undo_unknown: bool,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
    /// Why the last attempt that failed did; empty where none did.
    pub complaint: String,
}

impl Trace {
    /// The step is started; an attempt that was in flight before was lost with its result.
    pub(crate) fn start(&mut self, at: Timestamp, attempt: u32) {
        self.first_started.get_or_insert(at);
        self.unknown |= self.in_flight;
        self.in_flight = true;
        self.attempts = attempt;
    }

    /// The attempt ended, or is no longer waited for.
    pub(crate) fn end(&mut self, known: bool) {
        self.unknown |= self.in_flight && !known;
        self.in_flight = false;
    }

    /// Undoing is started.
    pub(crate) fn start_undo(&mut self, attempt: u32) {
        if self.undo_attempts == 0 {
            self.complaint.clear();
        }
        self.undo_unknown |= self.undo_in_flight;
        self.undo_in_flight = true;
        self.undo_attempts = attempt;
    }

    /// Undoing ended.
    pub(crate) fn end_undo(&mut self, known: bool) {
        self.undo_unknown |= !known;
        self.undo_in_flight = false;
    }
}

/// The traces of all steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Ledger {
    traces: [Trace; 8],
    /// Count of records behind it.
    pub entries: u32,
}

impl Ledger {
    pub(crate) fn of(&self, step: Step) -> &Trace {
        &self.traces[index(step)]
    }

    pub(crate) fn of_mut(&mut self, step: Step) -> &mut Trace {
        &mut self.traces[index(step)]
    }

    /// Whether anything of this step may be there.
    pub(crate) fn may_exist(&self, step: Step) -> bool {
        let trace = self.of(step);
        trace.attempts > 0 && trace.undone_at.is_none()
    }
}

const fn index(step: Step) -> usize {
    match step {
        Step::Prepare => 0,
        Step::Start => 1,
        Step::Ready => 2,
        Step::Steer => 3,
        Step::Verify => 4,
        Step::Drain => 5,
        Step::Retire => 6,
        Step::Forget => 7,
    }
}
