//! What runs where, and which orders are under way, as the owner of a part knows it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use model::{Generation, InstanceId, InstanceState, Order, OutcomeKind, Placement};
use relocation::{Admission, Standing, admit};
use tokio::sync::Notify;

use super::Last;

/// A saga that is being driven.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) order: Rc<Order>,
    pub(crate) signals: Rc<Signals>,
}

/// What a driver and those that wait for it tell each other.
#[derive(Default)]
pub(crate) struct Signals {
    newer: Cell<Option<Generation>>,
    released: Cell<bool>,
    changed: Notify,
}

impl Signals {
    pub(crate) fn supersede(&self, by: Generation) {
        self.newer.set(self.newer.get().max(Some(by)));
        self.changed.notify_waiters();
    }

    pub(crate) fn release(&self) {
        self.released.set(true);
        self.changed.notify_waiters();
    }

    /// Waits for a newer order.
    pub(crate) async fn newer(&self) -> Generation {
        loop {
            let changed = self.changed.notified();
            if let Some(by) = self.newer.take() {
                return by;
            }
            changed.await;
        }
    }

    /// Waits until the instance is free for the next order.
    pub(crate) async fn released(&self) {
        loop {
            let changed = self.changed.notified();
            if self.released.get() {
                return;
            }
            changed.await;
        }
    }
}

#[derive(Default)]
struct Known {
    state: Option<InstanceState>,
    newest: Generation,
    last: Option<Last>,
    live: Vec<Live>,
}

impl Known {
    fn used(&mut self, order: &Order, answer: Option<(String, OutcomeKind)>) -> bool {
        let newer = self.last.is_none() && order.generation == self.newest || order.generation > self.newest;
        if newer {
            self.newest = order.generation;
            self.last = Some(Last { order: Rc::new(order.clone()), answer });
        }
        newer
    }
}

/// Every instance of a part.
#[derive(Default)]
pub(crate) struct Registry(RefCell<BTreeMap<InstanceId, Known>>);

impl Registry {
    /// Takes in what was kept; newer knowledge stays.
    pub(crate) fn load(
        &self,
        instance: &InstanceId,
        newest: Generation,
        last: Option<Last>,
        state: Option<InstanceState>,
    ) {
        let mut all = self.0.borrow_mut();
        let known = all.entry(instance.clone()).or_default();
        if newest >= known.newest {
            (known.newest, known.last) = (newest, last.or(known.last.take()));
        }
        let old = known.state.as_ref().map(|state| state.generation);
        if let Some(state) = state.filter(|state| old.is_none_or(|old| state.generation > old)) {
            known.newest = known.newest.max(state.generation);
            known.state = Some(state);
        }
    }

    /// Takes in a verified state; `false` where a newer one is known.
    pub(crate) fn verified(&self, state: InstanceState) -> bool {
        let mut all = self.0.borrow_mut();
        let known = all.entry(state.instance.clone()).or_default();
        let newer = known.state.as_ref().is_none_or(|old| old.generation <= state.generation);
        if newer {
            known.newest = known.newest.max(state.generation);
            known.state = Some(state);
        }
        newer
    }

    /// Looks at an order without changing anything.
    pub(crate) fn look(&self, order: &Order) -> Admission {
        let all = self.0.borrow();
        let known = all.get(&order.instance);
        let standing = known.map(|known| Standing {
            newest: known.newest,
            decided_at: known.last.as_ref().map(|last| last.order.decided_at),
            serving: known.state.as_ref().and_then(|state| state.serving.as_ref()).map(|at| &at.site),
        });
        admit(order, standing, known.iter().flat_map(|known| &known.live).map(|live| &*live.order))
    }

    pub(crate) fn begin(&self, live: Live) {
        let mut all = self.0.borrow_mut();
        let known = all.entry(live.order.instance.clone()).or_default();
        known.used(&live.order, None);
        known.live.push(live);
    }

    /// A generation was used up by an order that is not carried out; `false` where it was used before.
    pub(crate) fn spend(&self, order: &Order, id: &str, answer: OutcomeKind) -> bool {
        let answer = Some((id.to_owned(), answer));
        self.0.borrow_mut().entry(order.instance.clone()).or_default().used(order, answer)
    }

    /// An order has ended like this.
    pub(crate) fn ended(&self, order: &Order, id: &str, kind: &OutcomeKind) {
        if let Some(known) = self.0.borrow_mut().get_mut(&order.instance)
            && let Some(last) = known.last.as_mut().filter(|last| last.order.relocation == order.relocation)
        {
            last.answer = Some((id.to_owned(), kind.clone()));
        }
    }

    /// What came last of an instance.
    pub(crate) fn last(&self, instance: &InstanceId) -> Option<Last> {
        self.0.borrow().get(instance)?.last.clone()
    }

    pub(crate) fn end(&self, order: &Order) {
        if let Some(known) = self.0.borrow_mut().get_mut(&order.instance) {
            known.live.retain(|live| live.order.relocation != order.relocation);
        }
    }

    /// The orders under way for an instance that are older than this one.
    pub(crate) fn predecessors(&self, order: &Order) -> Vec<Live> {
        let all = self.0.borrow();
        let live = all.get(&order.instance).map(|known| known.live.clone()).unwrap_or_default();
        live.into_iter().filter(|live| live.order.generation < order.generation).collect()
    }

    pub(crate) fn serving(&self, instance: &InstanceId) -> Option<Placement> {
        self.0.borrow().get(instance)?.state.as_ref()?.serving.clone()
    }

    /// What is to be kept of an instance.
    pub(crate) fn fact(&self, instance: &InstanceId) -> (Generation, Option<Last>, Option<InstanceState>) {
        let all = self.0.borrow();
        let known = all.get(instance);
        known.map(|known| (known.newest, known.last.clone(), known.state.clone())).unwrap_or_default()
    }

    /// Whether something serves from a group.
    pub(crate) fn serves(&self, group: &str) -> bool {
        let all = self.0.borrow();
        all.values().any(|known| {
            let serving = known.state.as_ref().and_then(|state| state.serving.as_ref());
            serving.is_some_and(|placement| placement.deployment_intent_group == group)
        })
    }
}
