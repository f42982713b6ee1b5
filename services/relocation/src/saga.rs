//! One relocation under way.

use std::collections::VecDeque;

use model::{Step, Timestamp};

use crate::ledger::Ledger;
use crate::machine::{Fold, Machine, View};
use crate::{Action, Entry, Event, IllegalEvent, Notice, NoticeKind, Plan, PlanError, Stage, invariants};

/// One relocation under way: the fold of its log over its plan.
///
/// A driver asks for the [next action](Self::next_action) and does it. What it [handles](Self::handle) it has
/// appended to the log before. Two sagas with the same plan and the same log are [equal](Self::is_same).
#[derive(Debug, Clone)]
pub struct Saga {
    plan: Plan,
    pub(crate) ledger: Ledger,
    pub(crate) machine: Machine,
    notices: VecDeque<Notice>,
    floor: Timestamp,
    issued: bool,
    lost: bool,
}

impl Saga {
    /// The saga of a plan of which nothing has been done yet.
    ///
    /// # Errors
    /// [`PlanError`] where the plan cannot be carried out.
    pub fn new(plan: Plan) -> Result<Self, PlanError> {
        plan.check()?;
        let machine = Machine::begin(&plan, plan.expected()?[0]);
        Ok(Self {
            plan,
            ledger: Ledger::default(),
            machine,
            notices: VecDeque::new(),
            floor: Timestamp::default(),
            issued: false,
            lost: false,
        })
    }

    /// The saga that a log tells of. An attempt without a result counts as lost: it is run again, marked
    /// doubtful. Everything that the log gave reason to tell is told again.
    ///
    /// # Errors
    /// [`RecoverError`] where the log does not fit the plan, or the plan cannot be carried out.
    pub fn recover(plan: Plan, log: impl IntoIterator<Item = Entry>) -> Result<Self, RecoverError> {
        let mut saga = Self::new(plan)?;
        for entry in log {
            saga.handle(entry.at, entry.event)?;
        }
        saga.lost = saga.machine.is_running();
        Ok(saga)
    }

    /// Lets all clocks that run begin at `now` at the earliest: a driver that was away gives every step at least
    /// one more try.
    pub fn resume(&mut self, now: Timestamp) {
        self.floor = self.floor.max(now);
    }

    /// Takes in what has just been appended to the log.
    ///
    /// # Errors
    /// [`IllegalEvent`] where it does not fit; the saga is unchanged then.
    pub fn handle(&mut self, now: Timestamp, event: Event) -> Result<(), IllegalEvent> {
        let Some((machine, ledger, notices)) = self.fold(now, &event) else {
            return Err(IllegalEvent { event: Box::new(event), stage: self.stage().to_string() });
        };
        let sequence = ledger.entries;
        self.notices.extend(notices.into_iter().map(|kind| Notice { sequence, at: now, kind }));
        self.machine = machine;
        self.ledger = ledger;
        self.issued = false;
        self.lost = false;
        debug_assert_eq!(invariants::check(self), Ok(()));
        Ok(())
    }

    /// Whether [`handle`](Self::handle) would take this event. A driver asks before it appends, so that a log never
    /// holds what cannot be replayed.
    pub fn accepts(&self, now: Timestamp, event: &Event) -> bool {
        self.fold(now, event).is_some()
    }

    fn fold(&self, at: Timestamp, event: &Event) -> Option<(Machine, Ledger, Vec<NoticeKind>)> {
        let mut ledger = self.ledger.clone();
        ledger.entries += 1;
        let mut fold = Fold { plan: &self.plan, ledger: &mut ledger, at, notices: Vec::new() };
        let machine = self.machine.apply(&mut fold, event)?;
        let notices = fold.notices;
        Some((machine, ledger, notices))
    }

    /// What to do next. After [`Action::Finish`] it is always that.
    pub fn next_action(&mut self, now: Timestamp) -> Action {
        if let Some(notice) = self.notices.front() {
            return Action::Publish(notice.clone());
        }
        let view = View {
            plan: &self.plan,
            ledger: &self.ledger,
            floor: self.floor,
            issued: self.issued,
            lost: self.lost,
        };
        let action = self.machine.propose(&view, now);
        if matches!(action, Action::Run { .. } | Action::Undo { .. }) {
            self.issued = true;
        }
        action
    }

    /// The notice of the last [`Action::Publish`] is on its way.
    pub fn told(&mut self) {
        self.notices.pop_front();
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage {
        self.machine.stage()
    }

    /// Whether a step, or undoing one, was handed out and is still waited for.
    pub fn is_waiting_for_result(&self) -> bool {
        self.issued && self.machine.is_running()
    }

    /// Whether nothing has been appended to its log yet.
    pub fn is_untouched(&self) -> bool {
        self.ledger.entries == 0
    }

    /// Whether a newer order still comes in time: not after the pivot, and not when it is being undone anyway.
    pub fn can_be_superseded(&self) -> bool {
        matches!(self.machine, Machine::Forward(_))
    }

    /// Whether the pivot is behind it.
    pub fn is_past_pivot(&self) -> bool {
        self.ledger.of(Step::Verify).succeeded.is_some()
    }

    /// What a step that succeeded gave.
    pub fn output(&self, step: Step) -> Option<&serde_json::Value> {
        self.ledger.of(step).succeeded.as_ref().map(|(_, output)| output)
    }

    /// When a step succeeded.
    pub fn succeeded_at(&self, step: Step) -> Option<Timestamp> {
        self.ledger.of(step).succeeded.as_ref().map(|(at, _)| *at)
    }

    /// Whether a step was ever started and not undone: something of it may be there.
    pub fn may_exist(&self, step: Step) -> bool {
        self.ledger.may_exist(step)
    }

    /// Whether both stand at the same point of the same plan, whatever their drivers are doing.
    pub fn is_same(&self, other: &Self) -> bool {
        self.plan == other.plan && self.ledger == other.ledger && self.machine == other.machine
    }
}

/// Why a saga cannot be recovered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RecoverError {
    /// The plan cannot be carried out.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The log does not fit the plan.
    #[error(transparent)]
    Event(#[from] IllegalEvent),
}
