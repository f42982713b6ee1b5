//! The tables: UEs by SUPI, instances by (app, id). The hash tables hold four-byte indices only; the keys stand
//! in the records.

use std::hash::BuildHasher;
use std::num::NonZeroU64;

use hashbrown::{DefaultHashBuilder, HashTable};
use model::Supi;

use crate::index::{InstanceIx, OwnerIx, UeIx};
use crate::slab::Slab;
use crate::ue::{Instance, Kind, Presence, Share, State, Ue, Wait};

/// The UEs.
#[derive(Debug)]
pub(crate) struct Ues {
    slab: Slab<Ue>,
    by_supi: HashTable<UeIx>,
    hasher: DefaultHashBuilder,
}

impl Ues {
    pub(crate) fn new() -> Self {
        Self { slab: Slab::new(), by_supi: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }

    /// Puts records back into the slots that they had; false where two records have one SUPI or the free list
    /// is wrong.
    pub(crate) fn restore(records: Vec<Option<Ue>>, free: Vec<u32>) -> Option<Self> {
        let mut ues = Self::new();
        for record in records {
            if record.as_ref().is_some_and(|ue| ues.find(&ue.supi).is_some()) {
                return None;
            }
            let known = record.is_some();
            let slot = ues.slab.push(record);
            if known {
                ues.link(UeIx::from(slot));
            }
        }
        ues.slab.set_free(free).then_some(ues)
    }

    pub(crate) fn find(&self, supi: &Supi) -> Option<UeIx> {
        let hash = self.hasher.hash_one(supi);
        self.by_supi.find(hash, |ue| self.slab.at(ue.slot()).supi == *supi).copied()
    }

    pub(crate) fn insert(&mut self, ue: Ue) -> UeIx {
        let ix = UeIx::from(self.slab.insert(ue));
        self.link(ix);
        ix
    }

    fn link(&mut self, ix: UeIx) {
        let Self { slab, by_supi, hasher } = self;
        let hash = hasher.hash_one(&slab.at(ix.slot()).supi);
        by_supi.insert_unique(hash, ix, |other| hasher.hash_one(&slab.at(other.slot()).supi));
    }

    pub(crate) fn remove(&mut self, ix: UeIx) {
        let hash = self.hasher.hash_one(&self.slab.at(ix.slot()).supi);
        if let Ok(entry) = self.by_supi.find_entry(hash, |other| *other == ix) {
            entry.remove();
        }
        self.slab.remove(ix.slot());
    }

    pub(crate) fn at(&self, ix: UeIx) -> &Ue {
        self.slab.at(ix.slot())
    }

    pub(crate) fn at_mut(&mut self, ix: UeIx) -> &mut Ue {
        self.slab.at_mut(ix.slot())
    }

    pub(crate) const fn slab(&self) -> &Slab<Ue> {
        &self.slab
    }
}

/// The instances.
#[derive(Debug)]
pub(crate) struct Instances {
    slab: Slab<Instance>,
    by_id: HashTable<InstanceIx>,
    hasher: DefaultHashBuilder,
    census: Census,
    presence: Presence,
}

/// How many instances there are of which kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Census {
    /// Instances that serve or are ordered.
    pub(crate) existing: usize,
    /// Of these, hosts.
    pub(crate) hosts: usize,
    /// Of these, instances whose UE is not known; hosts have none.
    pub(crate) existing_detached: usize,
    /// Instances whose UE is not known, whether they exist or have ended.
    pub(crate) detached: usize,
}

impl Census {
    /// Counts an instance in.
    pub(crate) fn enter(&mut self, instance: &Instance) {
        let (existing, detached) = (instance.exists(), instance.owner.is_none() && !instance.host);
        self.existing += usize::from(existing);
        self.hosts += usize::from(existing && instance.host);
        self.existing_detached += usize::from(existing && detached);
        self.detached += usize::from(detached);
    }

    /// Counts an instance out.
    fn leave(&mut self, instance: &Instance) {
        let (existing, detached) = (instance.exists(), instance.owner.is_none() && !instance.host);
        self.existing -= usize::from(existing);
        self.hosts -= usize::from(existing && instance.host);
        self.existing_detached -= usize::from(existing && detached);
        self.detached -= usize::from(detached);
    }
}

impl Instances {
    /// None yet, of apps of these kinds.
    pub(crate) fn new(kinds: Vec<Kind>) -> Self {
        Self {
            slab: Slab::new(),
            by_id: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            census: Census::default(),
            presence: Presence::new(kinds),
        }
    }

    /// As [`Ues::restore`].
    pub(crate) fn restore(records: Vec<Option<Instance>>, free: Vec<u32>, kinds: Vec<Kind>) -> Option<Self> {
        let mut instances = Self::new(kinds);
        for record in records {
            let id = record.as_ref().and_then(|instance| Some((instance.app, instance.id?)));
            if id.is_some_and(|(app, id)| instances.find(app, id).is_some()) {
                return None;
            }
            if let Some(instance) = &record {
                instances.census.enter(instance);
                instances.presence.change(None, Some(Share::of(instance)));
            }
            let slot = instances.slab.push(record);
            if id.is_some() {
                instances.link(InstanceIx::from(slot));
            }
        }
        instances.slab.set_free(free).then_some(instances)
    }

    pub(crate) fn find(&self, app: u16, id: NonZeroU64) -> Option<InstanceIx> {
        let same = |ix: &InstanceIx| {
            let instance = self.slab.at(ix.slot());
            instance.app == app && instance.id == Some(id)
        };
        self.by_id.find(self.hasher.hash_one((app, id)), same).copied()
    }

    pub(crate) fn insert(&mut self, instance: Instance) -> InstanceIx {
        self.census.enter(&instance);
        self.presence.change(None, Some(Share::of(&instance)));
        let named = instance.id.is_some();
        let ix = InstanceIx::from(self.slab.insert(instance));
        if named {
            self.link(ix);
        }
        ix
    }

    fn link(&mut self, ix: InstanceIx) {
        let Self { slab, by_id, hasher, .. } = self;
        let hash = |ix: &InstanceIx| {
            let instance = slab.at(ix.slot());
            hasher.hash_one((instance.app, instance.id.unwrap_or(NonZeroU64::MAX)))
        };
        by_id.insert_unique(hash(&ix), ix, hash);
    }

    pub(crate) fn remove(&mut self, ix: InstanceIx) {
        let instance = self.at(ix);
        if let Some(id) = instance.id {
            let hash = self.hasher.hash_one((instance.app, id));
            if let Ok(entry) = self.by_id.find_entry(hash, |other| *other == ix) {
                entry.remove();
            }
        }
        let instance = self.slab.at(ix.slot());
        self.census.leave(instance);
        self.presence.change(Some(Share::of(instance)), None);
        self.slab.remove(ix.slot());
    }

    /// Hangs an instance on a UE or a group, or takes it off.
    pub(crate) fn attach(&mut self, ix: InstanceIx, owner: Option<OwnerIx>, next: Option<InstanceIx>) {
        self.change(ix, |instance| (instance.owner, instance.next) = (owner, next));
    }

    /// Notes that an instance is a host after all.
    pub(crate) fn make_host(&mut self, ix: InstanceIx) {
        self.change(ix, |instance| instance.host = true);
    }

    /// Replaces what an instance is doing.
    pub(crate) fn set_state(&mut self, ix: InstanceIx, to: State) {
        self.change(ix, |instance| instance.state = to);
    }

    /// Replaces what an instance waits for.
    pub(crate) fn set_wait(&mut self, ix: InstanceIx, to: Wait) {
        self.change(ix, |instance| instance.state.set_wait(to));
    }

    /// Changes what an instance counts as.
    fn change(&mut self, ix: InstanceIx, how: impl FnOnce(&mut Instance)) {
        let instance = self.slab.at_mut(ix.slot());
        self.census.leave(instance);
        let before = Share::of(instance);
        how(instance);
        self.census.enter(instance);
        self.presence.change(Some(before), Some(Share::of(instance)));
    }

    /// How many instances are at which site.
    pub(crate) const fn presence(&self) -> &Presence {
        &self.presence
    }

    pub(crate) const fn presence_mut(&mut self) -> &mut Presence {
        &mut self.presence
    }

    /// How many instances there are of which kind.
    pub(crate) const fn census(&self) -> Census {
        self.census
    }

    pub(crate) fn at(&self, ix: InstanceIx) -> &Instance {
        self.slab.at(ix.slot())
    }

    /// For everything but `owner` and `state`, which are counted: [`attach`](Self::attach), [`set_state`](Self::set_state)
    /// and [`set_wait`](Self::set_wait) replace those. What else a state says within itself may change.
    pub(crate) fn at_mut(&mut self, ix: InstanceIx) -> &mut Instance {
        self.slab.at_mut(ix.slot())
    }

    pub(crate) const fn slab(&self) -> &Slab<Instance> {
        &self.slab
    }
}
