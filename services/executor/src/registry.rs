//! What runs where, and which orders are under way: the executor's own truth.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use model::{AppId, Generation, InstanceId, InstanceState, Order, Placement, SiteId};
use tokio::sync::{mpsc, watch};

use crate::journal::InstanceFact;

/// What an instance is known by.
pub(crate) type Key = (AppId, InstanceId);

/// A saga that is being driven.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub order: Order,
    /// Tells the driver that a newer order has come.
    pub supersede: mpsc::Sender<Generation>,
    /// Turns true when the instance is free for the next order: at the pivot or at the end.
    pub released: watch::Receiver<bool>,
}

#[derive(Debug, Default)]
struct Known {
    state: Option<InstanceState>,
    newest: Generation,
    live: Vec<Live>,
}

/// Every instance.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<BTreeMap<Key, Known>>);

/// What becomes of an order, before anything is written.
#[derive(Debug)]
pub(crate) enum Intake {
    /// It is carried out, from here, after these.
    Take { source: Option<Placement>, predecessors: Vec<Live> },
    /// It is already under way, or over.
    Known { same: Option<bool> },
    /// It is older than what is known, or starts from where the instance is not.
    Fenced { newest: Generation, serving: Option<SiteId> },
}

impl Registry {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<Key, Known>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in what was kept; newer knowledge stays.
    pub(crate) fn load(&self, fact: InstanceFact) {
        self.with(|all| {
            let known = all.entry((fact.app, fact.instance)).or_default();
            known.newest = known.newest.max(fact.newest);
            let old = known.state.as_ref().map(|state| state.generation);
            if let Some(state) = fact.state.filter(|state| old.is_none_or(|old| state.generation > old)) {
                known.newest = known.newest.max(state.generation);
                known.state = Some(state);
            }
        });
    }

    /// Takes in a verified state; `false` where a newer one is known.
    pub(crate) fn verified(&self, state: InstanceState) -> bool {
        self.with(|all| {
            let known = all.entry((state.app.clone(), state.instance.clone())).or_default();
            let newer = known.state.as_ref().is_none_or(|old| old.generation <= state.generation);
            if newer {
                known.newest = known.newest.max(state.generation);
                known.state = Some(state);
            }
            newer
        })
    }

    /// Looks at an order without changing anything.
    pub(crate) fn look(&self, order: &Order) -> Intake {
        self.with(|all| {
            let Some(known) = all.get(&key(order)) else {
                return match &order.source {
                    None => Intake::Take { source: None, predecessors: Vec::new() },
                    Some(_) => Intake::Fenced { newest: order.generation, serving: None },
                };
            };
            let serving = known.state.as_ref().and_then(|state| state.serving.clone());
            let site = serving.as_ref().map(|placement| placement.site.clone());
            if let Some(live) = known.live.iter().find(|live| live.order.relocation == order.relocation) {
                return Intake::Known { same: Some(live.order == *order) };
            }
            if order.generation == known.newest {
                return Intake::Known { same: None };
            }
            if order.generation < known.newest {
                return Intake::Fenced { newest: known.newest, serving: site };
            }
            if order.source != site {
                return Intake::Fenced { newest: order.generation, serving: site };
            }
            Intake::Take { source: serving, predecessors: known.live.clone() }
        })
    }

    /// An order is being carried out.
    pub(crate) fn begin(&self, live: Live) {
        self.with(|all| {
            let known = all.entry(key(&live.order)).or_default();
            known.newest = known.newest.max(live.order.generation);
            known.live.push(live);
        });
    }

    /// A generation was used up by an order that is not carried out.
    pub(crate) fn spend(&self, order: &Order) {
        self.with(|all| {
            let known = all.entry(key(order)).or_default();
            known.newest = known.newest.max(order.generation);
        });
    }

    /// An order is over.
    pub(crate) fn end(&self, order: &Order) {
        self.with(|all| {
            if let Some(known) = all.get_mut(&key(order)) {
                known.live.retain(|live| live.order.relocation != order.relocation);
            }
        });
    }

    /// The orders under way for an instance that are older than this one.
    pub(crate) fn predecessors(&self, order: &Order) -> Vec<Live> {
        self.with(|all| {
            let live = all.get(&key(order)).map(|known| known.live.clone()).unwrap_or_default();
            live.into_iter().filter(|live| live.order.generation < order.generation).collect()
        })
    }

    /// Where an instance serves.
    pub(crate) fn serving(&self, app: &AppId, instance: &InstanceId) -> Option<Placement> {
        self.with(|all| all.get(&(app.clone(), instance.clone()))?.state.as_ref()?.serving.clone())
    }

    /// Whether anything was ever verified of an instance.
    pub(crate) fn is_known(&self, app: &AppId, instance: &InstanceId) -> bool {
        self.with(|all| all.get(&(app.clone(), instance.clone())).is_some_and(|known| known.state.is_some()))
    }

    /// What is to be kept of an instance.
    pub(crate) fn fact(&self, app: &AppId, instance: &InstanceId) -> InstanceFact {
        self.with(|all| {
            let known = all.get(&(app.clone(), instance.clone()));
            InstanceFact {
                app: app.clone(),
                instance: instance.clone(),
                newest: known.map_or(Generation::default(), |known| known.newest),
                state: known.and_then(|known| known.state.clone()),
            }
        })
    }

    /// Every placement that serves.
    pub(crate) fn placements(&self) -> Vec<(AppId, Placement)> {
        self.with(|all| {
            let serving = |known: &Known| known.state.as_ref()?.serving.clone();
            all.iter().filter_map(|((app, _), known)| Some((app.clone(), serving(known)?))).collect()
        })
    }
}

fn key(order: &Order) -> Key {
    (order.app.clone(), order.instance.clone())
}

#[cfg(test)]
mod tests {
    use model::{RelocationId, Timestamp, Trigger};

    use super::*;

    fn order(generation: u64, source: Option<&str>, target: Option<&str>) -> Order {
        let app = AppId::new("ar").expect("valid");
        let instance = InstanceId::new("0123456789abcdef").expect("valid");
        let site = |s: &str| SiteId::new(s).expect("valid");
        let generation = Generation(generation);
        Order {
            relocation: RelocationId::new(&app, &instance, generation),
            app,
            instance,
            generation,
            trigger: Trigger::Mobility,
            source: source.map(site),
            target: target.map(site),
            observed_at: Timestamp::default(),
            due_at: Timestamp::default(),
            decided_at: Timestamp::default(),
        }
    }

    fn live(order: Order) -> (Live, mpsc::Receiver<Generation>, watch::Sender<bool>) {
        let (supersede, told) = mpsc::channel(1);
        let (release, released) = watch::channel(false);
        (Live { order, supersede, released }, told, release)
    }

    fn serve(registry: &Registry, generation: u64, site: &str) -> bool {
        let order = order(generation, None, Some(site));
        registry.verified(InstanceState {
            app: order.app.clone(),
            instance: order.instance.clone(),
            generation: order.generation,
            serving: order.target.map(|site| Placement {
                site,
                release: order.relocation.release(),
                deployment_intent_group: order.relocation.release().to_string(),
                address: "127.0.0.1:1".into(),
            }),
            at: Timestamp::default(),
        })
    }

    #[test]
    fn an_order_is_taken_once_and_an_older_one_is_fenced() {
        let registry = Registry::default();
        let first = order(2, None, Some("a"));
        assert!(matches!(registry.look(&first), Intake::Take { source: None, .. }));
        let (one, _told, _release) = live(first.clone());
        registry.begin(one);
        assert!(matches!(registry.look(&first), Intake::Known { same: Some(true) }));
        let mut other = first.clone();
        other.target = Some(SiteId::new("b").expect("valid"));
        assert!(matches!(registry.look(&other), Intake::Known { same: Some(false) }));
        let old = registry.look(&order(1, None, Some("a")));
        assert!(matches!(old, Intake::Fenced { newest: Generation(2), serving: None }));
        registry.end(&first);
        assert!(matches!(registry.look(&first), Intake::Known { same: None }));
    }

    #[test]
    fn an_order_from_where_the_instance_is_not_is_fenced() {
        let registry = Registry::default();
        assert!(serve(&registry, 1, "a"));
        let wrong = registry.look(&order(2, Some("b"), Some("c")));
        assert!(
            matches!(wrong, Intake::Fenced { newest: Generation(2), serving: Some(s) } if s.as_str() == "a")
        );
        assert!(matches!(registry.look(&order(2, None, Some("c"))), Intake::Fenced { .. }));
        let right = registry.look(&order(2, Some("a"), Some("c")));
        assert!(matches!(right, Intake::Take { source: Some(p), .. } if p.site.as_str() == "a"));
    }

    #[test]
    fn what_was_verified_later_stays() {
        let registry = Registry::default();
        assert!(serve(&registry, 3, "c"));
        assert!(!serve(&registry, 2, "b"));
        let o = order(4, Some("c"), None);
        assert_eq!(registry.serving(&o.app, &o.instance).map(|p| p.site), o.source);
    }
}
