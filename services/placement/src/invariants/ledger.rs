//! Follows inputs and commands of one engine from outside.

use std::collections::BTreeMap;

use model::{
    App, AppId, Decision, Generation, InstanceId, InstanceKey, Limits, Mode, Order, OutcomeKind,
    RelocationId, SiteId,
};

use crate::command::{Command, Input};
use crate::invariants::Violation;
use crate::invariants::agreed::Agreed;
use crate::invariants::seating::Seating;
use crate::invariants::spending::Spending;
use crate::invariants::town::Town;
use crate::topology::Topology;

type Key = (AppId, InstanceId);

/// Follows inputs and commands of one engine.
#[derive(Debug, Default)]
pub struct Ledger {
    town: Town,
    spending: Spending,
    agreed: Agreed,
    seating: Seating,
    live: BTreeMap<Key, Generation>,
    newest: BTreeMap<Key, Generation>,
    decided: Option<Box<Decision>>,
}

impl Ledger {
    /// A ledger for an engine on this catalogue that has given no order yet.
    pub fn new(topology: &Topology) -> Self {
        Self { town: Town::new(topology.sites()), ..Self::default() }
    }

    /// The same, with what apps require of sites, and which ones are only observed.
    #[must_use]
    pub fn with(mut self, apps: &[App]) -> Self {
        self.town.with(apps);
        self.spending.apps(apps);
        self.agreed.apps(apps);
        self
    }

    /// The same, with the limits that apps share.
    #[must_use]
    pub fn within(mut self, limits: &Limits) -> Self {
        self.spending.within(limits);
        self
    }

    /// The same, with the key that tells hosts of shared apps from seats; after [`with`](Self::with), and needed where any
    /// app is shared.
    #[must_use]
    pub fn keyed(mut self, key: &InstanceKey) -> Self {
        self.seating = Seating::new(&self.town, key);
        self
    }

    /// The orders whose outcome is not in.
    pub fn live(&self) -> usize {
        self.live.len()
    }

    /// Takes note of an input, before the engine gets it.
    pub fn input(&mut self, input: &Input<'_>) {
        match input {
            Input::Ue(_) | Input::Qos(_) => (),
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
                let site = match &outcome.kind {
                    OutcomeKind::Completed { serving, .. } => serving.as_ref().map(|at| at.site.clone()),
                    OutcomeKind::Fenced { serving, .. } => serving.clone(),
                    OutcomeKind::Undone { .. }
                    | OutcomeKind::Failed { .. }
                    | OutcomeKind::Progress { .. }
                    | OutcomeKind::Retired
                    | OutcomeKind::Leftover { .. } => outcome.source.clone(),
                };
                let answers = self.live.get(&key) == Some(&outcome.generation);
                self.end(key, newest, answers, site);
            }
            Input::Outcome(_) => (),
            Input::Operator(command) => {
                self.town.command(command);
                self.agreed.command(command);
            }
            Input::Site(report) => self.town.report(report),
            Input::Load(load) => self.town.load(load),
            Input::Instance(state) => {
                let key = (state.app.clone(), state.instance.clone());
                // What is said again of the newest generation may say where it serves better than its order did.
                let newest = self.newest.get(&key) == Some(&state.generation);
                let live = self.live.get(&key);
                let answers = live == Some(&state.generation) || (newest && live.is_none());
                let site = state.serving.as_ref().map(|at| at.site.clone());
                self.end(key, state.generation, answers, site);
            }
            Input::OrderSeen(order) => {
                let key = (order.app.clone(), order.instance.clone());
                if self.newest.get(&key).is_none_or(|newest| *newest < order.generation) {
                    self.newest.insert(key.clone(), order.generation);
                    self.live.insert(key.clone(), order.generation);
                    self.town.serves(key.clone(), order.source.clone());
                    self.town.ordered(key, order.target.clone());
                    self.spending.ordered(order);
                }
            }
        }
    }

    fn end(&mut self, key: Key, generation: Generation, answers: bool, site: Option<SiteId>) {
        let site = site.filter(|site| self.seating.can_be_at(&key, site));
        let newest = self.newest.entry(key.clone()).or_default();
        if answers || generation > *newest {
            self.live.remove(&key);
            self.spending.ended(&key);
            self.town.serves(key.clone(), site);
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
        if let Some(target) = &order.target {
            if !self.town.has(target) {
                return Err(Violation::OutsideCatalogue(target.clone()));
            }
            if let Some(by) = self.town.bars(order, target, &self.seating) {
                return Err(Violation::Infeasible { site: target.clone(), by });
            }
        }
        self.seating.check(order, &self.town, &self.live.keys().collect())?;
        if self.town.frozen(&order.app, order.decided_at) {
            return Err(Violation::Frozen(order.relocation));
        }
        let failed = order.source.as_ref().is_some_and(|site| self.town.has_failed(site));
        if self.agreed.forbids(order, failed) {
            return Err(Violation::NotAgreed(order.relocation));
        }
        if let Some(by) = self.spending.exceeds(order) {
            return Err(Violation::Exceeded { relocation: order.relocation, by });
        }
        let derived = RelocationId::new(&order.app, &order.instance, order.generation);
        if order.source == order.target || order.relocation != derived {
            return Err(Violation::Senseless(order.relocation));
        }
        self.newest.insert(key.clone(), order.generation);
        self.live.insert(key.clone(), order.generation);
        self.town.ordered(key, order.target.clone());
        self.spending.ordered(order);
        Ok(())
    }
}
