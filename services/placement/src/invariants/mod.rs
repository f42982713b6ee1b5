//! What holds whatever happens. Written once; property tests, simulations and debug assertions use it.
//!
//! - at most one live order an instance,
//! - the generation of an instance only grows,
//! - no order to a site outside the catalogue, none that goes nowhere,
//! - no order to a site that is cordoned, drained, degraded or failed, that is full or overloaded, that lacks a label, that
//!   is there for other tenants, where the app's data may not be, or whose service area does not hold the UE's place,
//! - no order of the policy, or for quality's sake, to a site where the quality is measured to be too poor,
//! - no order while the app is frozen,
//! - no move of what may not be moved, and none without somebody's word where one is needed,
//! - a seat of a shared app is ordered only to a site where a host of the app serves, and no host is let go while a seat is
//!   served there or ordered there,
//! - no budget of an app, of a site or of all together is ever exceeded,
//! - every order follows from a decision that says the same,
//! - the engine's tables agree with each other.
//!
//! [`Ledger`] watches inputs and commands from outside; [`Engine::check`](crate::Engine::check) looks inside. That
//! replaying gives the same state needs no code here: snapshots of equal engines are equal bytes.

mod agreed;
mod ledger;
mod limited;
mod seating;
mod spending;
mod tables;
mod town;

use model::{AppId, Consent, Decision, Generation, Guard, InstanceId, RelocationId, SiteId, Trigger};
use thiserror::Error;

use crate::engine::Engine;
use crate::index::InstanceIx;
use crate::ue::State;

pub use ledger::Ledger;
pub(crate) use tables::structure;

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
    /// An order to a site that takes no instance.
    #[error("order to `{site}`, which takes none: {by:?}")]
    Infeasible {
        /// The site.
        site: SiteId,
        /// Why.
        by: Guard,
    },
    /// An order of an app that is frozen.
    #[error("order {0} although its app is frozen")]
    Frozen(RelocationId),
    /// An order that moves what may not be moved, or that nobody agreed to.
    #[error("order {0} moves what may not be moved, or nobody agreed to it")]
    NotAgreed(RelocationId),
    /// An order for which a budget has nothing left.
    #[error("order {relocation} exceeds a budget: {by:?}")]
    Exceeded {
        /// The order.
        relocation: RelocationId,
        /// The guard that keeps the budget.
        by: Guard,
    },
    /// An order that changes nothing, or whose id is not derived from its content.
    #[error("order {0} makes no sense")]
    Senseless(RelocationId),
    /// An order without the decision that it follows from.
    #[error("order {0} follows from no decision")]
    Undecided(RelocationId),
    /// A seat's order to a site where no host of its app serves, or that names another one.
    #[error("order {0} joins a host that does not serve there")]
    NoHost(RelocationId),
    /// A host is let go although seats are there.
    #[error("order {0} lets a host go that has seats")]
    HasSeats(RelocationId),
    /// The engine's tables contradict each other.
    #[error("tables: {0}")]
    Tables(String),
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
    if let Some(target) = &decision.target {
        let Some(site) = engine.topology.site(target) else {
            return Err(Violation::OutsideCatalogue(target.clone()));
        };
        let outside = engine.place_of(ix).is_some_and(|place| !place.covers(&engine.topology, site));
        let outside = outside.then_some(Guard::OutsideArea);
        if let Some(by) = outside.or_else(|| engine.gate(ix).rejects(site)) {
            return Err(Violation::Infeasible { site: target.clone(), by });
        }
        let chosen = matches!(decision.trigger, Trigger::Mobility | Trigger::Qos);
        let quality = engine.quality(ix, decision.at).filter(|_| chosen);
        if let Some(by) = quality.and_then(|quality| quality.bars(site)) {
            return Err(Violation::Infeasible { site: target.clone(), by });
        }
    }
    seating::may_order(engine, ix, decision, relocation)?;
    if engine.freezes.hold(instance.app, decision.at) {
        return Err(Violation::Frozen(relocation));
    }
    let word = decision.explanation.limits.consent;
    if word.is_some_and(|word| word.state != Consent::Confirmed) {
        return Err(Violation::NotAgreed(relocation));
    }
    let used_up = decision.explanation.limits.budgets.iter().find(|budget| budget.is_used_up());
    if let Some(by) = used_up.map(|budget| budget.guard) {
        return Err(Violation::Exceeded { relocation, by });
    }
    if decision.source == decision.target {
        return Err(Violation::Senseless(relocation));
    }
    Ok(())
}
