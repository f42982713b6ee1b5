//! What runs where, and which orders are under way: the executor's own truth.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use model::{AppId, Generation, InstanceId, InstanceState, Order, Placement, SiteId};
use tokio::sync::{mpsc, watch};

use relocation::{Admission, Standing, admit};

use crate::journal::{Answer, InstanceFact, Last};

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
    last: Option<Last>,
    live: Vec<Live>,
}

impl Known {
    /// Notes who used a generation; `false` where it was used before.
    fn used(&mut self, order: &Order, answer: Option<Answer>) -> bool {
        let nobody_knows = self.last.is_none() && order.generation == self.newest;
        let newer = order.generation > self.newest || nobody_knows;
        if newer {
            self.newest = order.generation;
            self.last = Some(Last { order: order.clone(), answer });
        }
        newer
    }
}

/// Every instance.
#[derive(Debug, Default)]
pub(crate) struct Registry(Mutex<BTreeMap<Key, Known>>);

/// What becomes of an order, before anything is written.
#[derive(Debug)]
pub(crate) enum Intake {
    /// It is carried out, from here, after these.
    Take { source: Option<Placement>, predecessors: Vec<Live> },
    /// It is under way.
    UnderWay { same: bool },
    /// It has come before; this is what came last of the instance, as far as that is known.
    Over { last: Option<Last> },
    /// Its decider does not know what has happened since, or it starts from where the instance is not.
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
            if fact.newest >= known.newest {
                (known.newest, known.last) = (fact.newest, fact.last.or(known.last.take()));
            }
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
            let known = all.get(&key(order));
            let serving = known.and_then(|known| known.state.as_ref()?.serving.clone());
            let site = serving.as_ref().map(|placement| &placement.site);
            let standing = known.map(|known| Standing {
                newest: known.newest,
                decided_at: known.last.as_ref().map(|last| last.order.decided_at),
                serving: site,
            });
            let live = || known.into_iter().flat_map(|known| &known.live);
            match admit(order, standing, live().map(|live| &live.order)) {
                Admission::Take => Intake::Take { predecessors: live().cloned().collect(), source: serving },
                Admission::UnderWay { same } => Intake::UnderWay { same },
                Admission::Over => Intake::Over { last: known.and_then(|known| known.last.clone()) },
                Admission::Fenced { newest } => Intake::Fenced { newest, serving: site.cloned() },
            }
        })
    }

    /// An order is being carried out.
    pub(crate) fn begin(&self, live: Live) {
        self.with(|all| {
            let known = all.entry(key(&live.order)).or_default();
            known.used(&live.order, None);
            known.live.push(live);
        });
    }

    /// A generation was used up by an order that is not carried out; `false` where it was used before.
    pub(crate) fn spend(&self, order: &Order, answer: Option<Answer>) -> bool {
        self.with(|all| all.entry(key(order)).or_default().used(order, answer))
    }

    /// An order has ended like this.
    pub(crate) fn ended(&self, order: &Order, answer: Answer) {
        self.with(|all| {
            let last = all.get_mut(&key(order)).and_then(|known| known.last.as_mut());
            if let Some(last) = last.filter(|last| last.order.relocation == order.relocation) {
                last.answer = Some(answer);
            }
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
                last: known.and_then(|known| known.last.clone()),
                state: known.and_then(|known| known.state.clone()),
            }
        })
    }

    /// Every placement that serves.
    pub(crate) fn placements(&self) -> Vec<(Key, Placement)> {
        self.with(|all| {
            let serving = |known: &Known| known.state.as_ref()?.serving.clone();
            all.iter().filter_map(|(key, known)| Some((key.clone(), serving(known)?))).collect()
        })
    }
}

fn key(order: &Order) -> Key {
    (order.app.clone(), order.instance.clone())
}

#[cfg(test)]
mod tests {
    use model::{OutcomeKind, RelocationId, Timestamp, Trigger};

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
            choices: Vec::new(),
            observed_at: Timestamp::default(),
            due_at: Timestamp::default(),
            decided_at: Timestamp::default(),
            host: None,
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
    fn an_order_is_taken_once_and_answered_again_as_it_ended() {
        let registry = Registry::default();
        let first = order(2, None, Some("a"));
        assert!(matches!(registry.look(&first), Intake::Take { source: None, .. }));
        let (one, _told, _release) = live(first.clone());
        registry.begin(one);
        assert!(matches!(registry.look(&first), Intake::UnderWay { same: true }));
        let mut other = first.clone();
        other.target = Some(SiteId::new("b").expect("valid"));
        assert!(matches!(registry.look(&other), Intake::UnderWay { same: false }));
        let older = registry.look(&order(1, None, Some("a")));
        assert!(matches!(older, Intake::Over { last: Some(Last { answer: None, .. }) }));
        let kind = OutcomeKind::Undone { reason: "for a test".to_owned() };
        let answer = Answer { id: "2".to_owned(), at: Timestamp::default(), kind };
        registry.ended(&first, answer.clone());
        registry.end(&first);
        let kept = Registry::default();
        kept.load(registry.fact(&first.app, &first.instance));
        for registry in [&registry, &kept] {
            let last = Last { order: first.clone(), answer: Some(answer.clone()) };
            assert!(matches!(registry.look(&first), Intake::Over { last: Some(known) } if known == last));
        }
    }

    #[test]
    fn an_older_order_that_was_decided_later_is_told_what_holds() {
        let registry = Registry::default();
        assert!(registry.spend(&order(2, None, Some("a")), None));
        let mut late = order(1, None, Some("a"));
        assert!(matches!(registry.look(&late), Intake::Over { .. }));
        late.decided_at = Timestamp::from_micros(1);
        assert!(matches!(registry.look(&late), Intake::Fenced { newest: Generation(2), serving: None }));
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
