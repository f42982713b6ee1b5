//! What holds whatever happens. Written once; property tests, simulations and debug assertions use it.
//!
//! - at most one live order an instance,
//! - the generation of an instance only grows,
//! - no order to a site outside the catalogue, none that goes nowhere,
//! - every order follows from a decision that says the same,
//! - the engine's tables agree with each other.
//!
//! [`Ledger`] watches inputs and commands from outside; [`Engine::check`] looks inside. That
//! replaying gives the same state needs no code here: snapshots of equal engines are equal bytes.

use std::collections::{BTreeMap, BTreeSet};

use model::{AppId, Decision, Generation, InstanceId, Mode, Order, OutcomeKind, RelocationId, SiteId};
use thiserror::Error;

use crate::command::{Command, Input};
use crate::engine::{Engine, MOST};
use crate::guard::Ticket;
use crate::index::{InstanceIx, UeIx};
use crate::topology::Topology;
use crate::ue::{Census, State, Wait};

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Violation {
    /// A second order before the outcome of the first.
    #[error("{app}/{instance}: order {given} while order {live} is live")]
    SecondOrder {
        /// The app.
        app: AppId,
        /// The instance.
        instance: InstanceId,
        /// The live order's generation.
        live: Generation,
        /// The new order's generation.
        given: Generation,
    },
    /// A generation that does not grow.
    #[error("{app}/{instance}: generation {given} after {newest}")]
    Generation {
        /// The app.
        app: AppId,
        /// The instance.
        instance: InstanceId,
        /// The newest generation known.
        newest: Generation,
        /// The order's generation.
        given: Generation,
    },
    /// An order to a site that the catalogue does not have.
    #[error("order to `{0}`, which is not in the catalogue")]
    OutsideCatalogue(SiteId),
    /// An order that changes nothing, or whose id is not derived from its content.
    #[error("order {0} makes no sense")]
    Senseless(RelocationId),
    /// An order without the decision that it follows from.
    #[error("order {0} follows from no decision")]
    Undecided(RelocationId),
    /// The engine's tables contradict each other.
    #[error("tables: {0}")]
    Tables(String),
}

type Key = (AppId, InstanceId);

/// Follows inputs and commands of one engine.
#[derive(Debug, Default)]
pub struct Ledger {
    sites: BTreeSet<SiteId>,
    live: BTreeMap<Key, Generation>,
    newest: BTreeMap<Key, Generation>,
    decided: Option<Box<Decision>>,
}

impl Ledger {
    /// A ledger for an engine on this catalogue that has given no order yet.
    pub fn new(topology: &Topology) -> Self {
        Self { sites: topology.sites().iter().map(|site| site.id.clone()).collect(), ..Self::default() }
    }

    /// The orders whose outcome is not in.
    pub fn live(&self) -> usize {
        self.live.len()
    }

    /// Takes note of an input, before the engine gets it.
    pub fn input(&mut self, input: &Input<'_>) {
        match input {
            Input::Ue(_) => (),
            Input::Outcome(outcome) if outcome.kind.ends_order() => {
                let key = (outcome.app.clone(), outcome.instance.clone());
                let newest = match &outcome.kind {
                    OutcomeKind::Fenced { newest, .. } => outcome.generation.max(*newest),
                    OutcomeKind::Completed { .. }
                    | OutcomeKind::Undone { .. }
                    | OutcomeKind::Failed { .. }
                    | OutcomeKind::Progress { .. }
                    | OutcomeKind::Retired
                    | OutcomeKind::Leftover { .. } => outcome.generation,
                };
                let answers = self.live.get(&key) == Some(&outcome.generation);
                self.end(key, newest, answers);
            }
            Input::Outcome(_) | Input::Operator(_) | Input::Site(_) => (),
            Input::Instance(state) => {
                let key = (state.app.clone(), state.instance.clone());
                let answers = self.live.get(&key) == Some(&state.generation);
                self.end(key, state.generation, answers);
            }
            Input::OrderSeen(order) => {
                let key = (order.app.clone(), order.instance.clone());
                if self.newest.get(&key).is_none_or(|newest| *newest < order.generation) {
                    self.newest.insert(key.clone(), order.generation);
                    self.live.insert(key, order.generation);
                }
            }
        }
    }

    fn end(&mut self, key: Key, generation: Generation, answers: bool) {
        let newest = self.newest.entry(key.clone()).or_default();
        if answers || generation > *newest {
            self.live.remove(&key);
        }
        *newest = (*newest).max(generation);
    }

    /// Checks a command of the engine.
    ///
    /// # Errors
    /// The [`Violation`].
    pub fn command(&mut self, command: &Command) -> Result<(), Violation> {
        match command {
            Command::Decide(decision) => {
                self.decided = Some(decision.clone());
                Ok(())
            }
            Command::Order(order) => self.order(order),
            Command::Site(_) => Ok(()),
        }
    }

    fn order(&mut self, order: &Order) -> Result<(), Violation> {
        let key = (order.app.clone(), order.instance.clone());
        let decision = self.decided.take().filter(|decision| {
            decision.order == Some((order.generation, order.relocation))
                && decision.mode == Mode::Act
                && (&decision.source, &decision.target, decision.trigger)
                    == (&order.source, &order.target, order.trigger)
        });
        if decision.is_none() {
            return Err(Violation::Undecided(order.relocation));
        }
        if let Some(live) = self.live.get(&key) {
            let (app, instance) = key;
            return Err(Violation::SecondOrder { app, instance, live: *live, given: order.generation });
        }
        let newest = self.newest.get(&key).copied().unwrap_or_default();
        if order.generation <= newest {
            let (app, instance) = key;
            return Err(Violation::Generation { app, instance, newest, given: order.generation });
        }
        if let Some(target) = order.target.as_ref().filter(|target| !self.sites.contains(*target)) {
            return Err(Violation::OutsideCatalogue(target.clone()));
        }
        let derived = RelocationId::new(&order.app, &order.instance, order.generation);
        if order.source == order.target || order.relocation != derived {
            return Err(Violation::Senseless(order.relocation));
        }
        self.newest.insert(key.clone(), order.generation);
        self.live.insert(key, order.generation);
        Ok(())
    }
}

/// Whether the engine may give the order of this decision: the cheap part, asserted at every order.
pub(crate) fn may_order(engine: &Engine, ix: InstanceIx, decision: &Decision) -> Result<(), Violation> {
    let instance = engine.instances.at(ix);
    let Some((given, relocation)) = decision.order else { return Ok(()) };
    if matches!(instance.state, State::Ordered(_)) {
        return Err(Violation::SecondOrder {
            app: decision.app.clone(),
            instance: decision.instance.clone(),
            live: instance.generation,
            given,
        });
    }
    if let Some(target) = decision.target.as_ref().filter(|site| engine.topology.site(site).is_none()) {
        return Err(Violation::OutsideCatalogue(target.clone()));
    }
    if decision.source == decision.target {
        return Err(Violation::Senseless(relocation));
    }
    Ok(())
}

/// Whether the engine's tables agree with each other.
pub(crate) fn structure(engine: &Engine) -> Result<(), Violation> {
    let tables = |text: String| Err(Violation::Tables(text));
    let mut taken = vec![0_u32; engine.apps.len()];
    let mut waiting = vec![0_u32; engine.apps.len()];
    let (mut attached, mut census) = (0, Census::default());
    let sites = engine.topology.sites().len() + engine.heard_of.len();
    for slot in 0..engine.instances.slab().slots() {
        let Some(instance) = engine.instances.slab().get(slot) else { continue };
        let Some(app) = taken.get(usize::from(instance.app)).map(|_| usize::from(instance.app)) else {
            return tables(format!("instance {slot} is of app {}, which does not exist", instance.app));
        };
        let target = match &instance.state {
            State::Ordered(ordered) => {
                taken[app] += u32::from(ordered.takes_slot());
                ordered.target
            }
            State::Vacant(_) | State::Serving(_) => None,
        };
        if instance.generation.0 > MOST.0 + (1 << 40) {
            return tables(format!("instance {slot} has generation {}", instance.generation));
        }
        let served = instance.state.serving().map(|(site, _)| site);
        if [target, served].into_iter().flatten().any(|site| site.slot() >= sites) {
            return tables(format!("instance {slot} is at a site that does not exist"));
        }
        if let Some(accounts) = &instance.accounts
            && (served.is_none() || accounts.sites().any(|site| site.slot() >= sites))
        {
            return tables(format!(
                "instance {slot} has accounts against nothing, or for a site that does not exist"
            ));
        }
        waiting[app] += u32::from(matches!(instance.state.wait(), Wait::Queued(_)));
        let found = instance.id.is_some_and(|id| {
            engine.instances.find(instance.app, id).is_some_and(|found| found.slot() == slot)
        });
        if !found {
            return tables(format!("instance {slot} is not found by its id"));
        }
        census.enter(instance);
        match instance.ue {
            Some(ue) if engine.ues.slab().get(ue.slot()).is_none() => {
                return tables(format!("instance {slot} is of a UE that does not exist"));
            }
            Some(_) => attached += 1,
            None => (),
        }
    }
    for (app, entry) in engine.apps.iter().enumerate() {
        let queued = |(ticket, ix): (Ticket, InstanceIx)| {
            let found = engine.instances.slab().get(ix.slot());
            found.is_some_and(|i| usize::from(i.app) == app && i.state.wait() == Wait::Queued(ticket))
        };
        let queued = entry.slots.entries().filter(|entry| queued(*entry)).count() as u32;
        let counted = (entry.slots.taken(), entry.slots.waiting(), entry.slots.waiting());
        if counted != (taken[app], waiting[app], queued) {
            let (id, there) = (&entry.app.id, (taken[app], waiting[app], queued));
            return tables(format!(
                "app {id}: slots, waiting, queued are {there:?}, counted are {counted:?}"
            ));
        }
    }
    let mut hanging = 0;
    for slot in 0..engine.ues.slab().slots() {
        let Some(ue) = engine.ues.slab().get(slot) else { continue };
        let mut next = ue.first;
        while let Some(ix) = next {
            let Some(instance) = engine.instances.slab().get(ix.slot()) else {
                return tables(format!("UE {slot} has an instance that does not exist"));
            };
            hanging += 1;
            if instance.ue != Some(UeIx::from(slot)) || hanging > attached {
                return tables(format!("UE {slot} has an instance that is not its own"));
            }
            next = instance.next;
        }
    }
    if hanging != attached {
        return tables(format!("{attached} instances have a UE and {hanging} hang on one"));
    }
    let counted = engine.instances.census();
    if counted != census {
        return tables(format!("instances are {census:?}, counted are {counted:?}"));
    }
    Ok(())
}
