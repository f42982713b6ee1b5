//! What must hold at every moment, and what must be reached once nothing goes wrong any more.

mod journal;
mod quiet;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use model::{Generation, InstanceId, Order, Outcome, OutcomeKind, RelocationId, SiteId, Stream};

use crate::broker::{Body, Record};
use crate::edge::Group;
use crate::executor::Value;
use crate::scene::Scene;

/// Sees everything, and notes the first thing that must not be.
#[derive(Default)]
pub(crate) struct Judge {
    violation: RefCell<Option<String>>,
    /// Where each release was made, and how often it was started.
    made: RefCell<BTreeMap<String, (SiteId, u32)>>,
    /// The first order of each id.
    orders: RefCell<BTreeMap<RelocationId, Rc<Order>>>,
    /// Ids under which different orders stand on the stream: the first counts, another one may be fenced.
    contested: RefCell<BTreeSet<RelocationId>>,
    endings: RefCell<BTreeMap<RelocationId, &'static str>>,
    completed: RefCell<BTreeMap<InstanceId, Generation>>,
    verified: RefCell<BTreeMap<InstanceId, BTreeSet<Generation>>>,
    /// What counts of each instance, by its position.
    journal: RefCell<BTreeMap<InstanceId, BTreeMap<u64, Rc<Value>>>>,
    /// Where users are; none where they are gone.
    users: RefCell<BTreeMap<usize, Option<usize>>>,
    /// The bus has lost what it acknowledged: only what is done to the world is judged.
    lost: Cell<bool>,
    counts: RefCell<Counts>,
}

/// What happened in a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) orders: u64,
    /// Orders on the stream with the id of an earlier one.
    pub(crate) repeated: u64,
    pub(crate) completed: u64,
    pub(crate) undone: u64,
    pub(crate) failed: u64,
    pub(crate) fenced: u64,
    pub(crate) kills: u64,
    pub(crate) restarts: u64,
}

impl Counts {
    /// Adds those of another run.
    pub(crate) fn add(&mut self, other: &Self) {
        self.orders += other.orders;
        self.repeated += other.repeated;
        self.completed += other.completed;
        self.undone += other.undone;
        self.failed += other.failed;
        self.fenced += other.fenced;
        self.kills += other.kills;
        self.restarts += other.restarts;
    }
}

impl Judge {
    pub(crate) fn violation(&self) -> Option<String> {
        self.violation.borrow().clone()
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counts.borrow_mut());
    }

    fn accuse(&self, what: String) {
        self.violation.borrow_mut().get_or_insert(what);
    }

    /// A user is in this cell, or gone.
    pub(crate) fn user(&self, ue: usize, cell: Option<usize>) {
        self.users.borrow_mut().insert(ue, cell);
    }

    /// The bus has lost records.
    pub(crate) fn lost(&self, _: Stream, _: u64) {
        self.lost.set(true);
    }

    /// A record is on a stream.
    pub(crate) fn landed(&self, scene: &Scene, stream: Stream, at: u64, record: &Record) {
        match &record.body {
            Body::Order(order) => {
                let mut orders = self.orders.borrow_mut();
                if let Some(first) = orders.get(&order.relocation) {
                    self.count(|counts| counts.repeated += 1);
                    if first != order {
                        self.contested.borrow_mut().insert(order.relocation);
                    }
                } else {
                    orders.insert(order.relocation, Rc::clone(order));
                    self.count(|counts| counts.orders += 1);
                }
            }
            Body::Outcome(outcome) => self.outcome(scene, outcome),
            Body::Ue(_) | Body::Instance(_) | Body::Claim(_) | Body::Value(_) | Body::Emptied => {}
        }
        scene.note(|| format!("{} {at}: {} {:?}", stream.name(), record.key, record.id));
    }

    fn outcome(&self, scene: &Scene, outcome: &Outcome) {
        let (ending, count): (_, fn(&mut Counts) -> &mut u64) = match &outcome.kind {
            OutcomeKind::Completed { .. } => ("completed", |counts| &mut counts.completed),
            OutcomeKind::Undone { .. } => ("undone", |counts| &mut counts.undone),
            OutcomeKind::Failed { .. } => ("failed", |counts| &mut counts.failed),
            OutcomeKind::Fenced { .. } => ("fenced", |counts| &mut counts.fenced),
            OutcomeKind::Progress { .. } | OutcomeKind::Retired | OutcomeKind::Leftover { .. } => return,
        };
        let (instance, generation) = (&outcome.instance, outcome.generation);
        scene.note(|| format!("{instance} #{generation} is {ending}"));
        let contested = self.contested.borrow().contains(&outcome.relocation);
        let mut endings = self.endings.borrow_mut();
        if ending == "fenced" && contested && endings.contains_key(&outcome.relocation) {
            return;
        }
        let before = endings.insert(outcome.relocation, ending);
        drop(endings);
        match before {
            None => self.count(|counts| *count(counts) += 1),
            Some(before) if before != ending && !self.lost.get() => {
                self.accuse(format!("{instance} #{generation} is {ending} and was {before} before"));
            }
            Some(_) => return,
        }
        if ending == "completed" && !self.lost.get() {
            let last = self.completed.borrow_mut().insert(instance.clone(), generation);
            if last.is_some_and(|last| last >= generation) {
                self.accuse(format!(
                    "{instance} #{generation} is completed after #{}",
                    last.unwrap_or_default()
                ));
            }
        }
    }

    /// A group is about to be made.
    pub(crate) fn created(&self, name: &str, wanted: &Group) {
        let mut made = self.made.borrow_mut();
        let (site, _) = made.entry(name.to_owned()).or_insert_with(|| (wanted.site.clone(), 0));
        if *site != wanted.site {
            self.accuse(format!("{name} is made at {} and at {site}", wanted.site));
        }
    }

    /// A group is started.
    pub(crate) fn started(&self, name: &str, group: &Group) {
        let mut made = self.made.borrow_mut();
        let (_, starts) = made.entry(name.to_owned()).or_insert_with(|| (group.site.clone(), 0));
        *starts += 1;
        if *starts > 1 {
            self.accuse(format!("{name} of {} is started {starts} times", group.instance));
        }
    }

    /// A group is about to go.
    pub(crate) fn terminated(&self, scene: &Scene, name: &str, group: &Group) {
        if scene.edge.names.borrow().get(&group.instance).is_some_and(|leads| leads == name) {
            self.accuse(format!("{name} goes while the name of {} leads to it", group.instance));
        }
        let verified = self.verified.borrow();
        let Some(verified) = verified.get(&group.instance).filter(|_| !self.lost.get()) else { return };
        let generation = |generation: &Generation| {
            RelocationId::new(&scene.app(), &group.instance, *generation) == group.relocation
        };
        if let Some(own) = verified.iter().find(|verified| generation(verified))
            && !verified.iter().any(|later| later > own)
        {
            self.accuse(format!("{name} of {} goes before anything else was verified", group.instance));
        }
    }

    /// A name leads to what runs.
    pub(crate) fn look(&self, scene: &Scene) {
        let (groups, names) = (scene.edge.groups.borrow(), scene.edge.names.borrow());
        for (name, leads) in names.iter() {
            if !groups.get(leads).is_some_and(|group| group.runs) {
                self.accuse(format!("the name of {name} leads to {leads}, which does not run"));
            }
        }
    }
}

impl Judge {
    /// An order that is under way, if there is one.
    pub(crate) fn under_way(&self, which: usize) -> Option<Rc<Order>> {
        let (orders, endings) = (self.orders.borrow(), self.endings.borrow());
        let open: Vec<_> = orders.values().filter(|order| !endings.contains_key(&order.relocation)).collect();
        open.get(which).map(|order| Rc::clone(order))
    }
}
