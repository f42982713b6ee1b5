//! Everything that is kept of one instance.

use std::rc::Rc;

use model::{Generation, InstanceState, Order, OutcomeKind, Placement, RelocationId};
use relocation::{Entry, Plan};

use super::leftovers::Leftover;

/// A log that is not closed.
#[derive(Debug, Clone)]
pub(crate) struct OpenLog {
    pub(crate) order: Rc<Order>,
    pub(crate) plan: Rc<Plan>,
    /// Where the instance serves when the order is taken.
    pub(crate) source: Option<Placement>,
    pub(crate) entries: Vec<Entry>,
}

/// The order that used the newest generation.
#[derive(Debug, Clone)]
pub(crate) struct Last {
    pub(crate) order: Rc<Order>,
    /// How it ended, once that is known: what is told of it, under which id.
    pub(crate) answer: Option<(String, OutcomeKind)>,
}

/// Everything that is kept of one instance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Value {
    pub(crate) newest: Generation,
    pub(crate) last: Option<Last>,
    pub(crate) state: Option<InstanceState>,
    pub(crate) sagas: Vec<OpenLog>,
    pub(crate) leftovers: Vec<Leftover>,
}

impl Value {
    pub(super) fn is_at_work(&self) -> bool {
        !self.sagas.is_empty() || !self.leftovers.is_empty()
    }

    /// Takes in what is known; two tasks that keep what they know may do so in either order.
    pub(super) fn keep(&mut self, newest: Generation, last: Option<Last>, state: Option<InstanceState>) {
        if newest >= self.newest {
            (self.newest, self.last) = (newest, last);
        }
        let generation = |state: &Option<InstanceState>| state.as_ref().map(|state| state.generation);
        if generation(&state) >= generation(&self.state) {
            self.state = state;
        }
    }

    pub(super) fn open(&mut self, log: OpenLog) {
        self.sagas.retain(|open| open.order.relocation != log.order.relocation);
        self.sagas.push(log);
    }

    pub(super) fn append(&mut self, saga: RelocationId, entry: Entry) {
        if let Some(log) = self.sagas.iter_mut().find(|log| log.order.relocation == saga) {
            log.entries.push(entry);
        }
    }

    pub(super) fn close(&mut self, saga: RelocationId) {
        self.sagas.retain(|log| log.order.relocation != saga);
    }

    pub(super) fn forget(&mut self, group: &str) {
        self.leftovers.retain(|kept| kept.group != group);
    }
}
