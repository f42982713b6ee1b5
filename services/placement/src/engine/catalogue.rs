//! A new catalogue under a running engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Generation, Guard, Timestamp};

use crate::apps::AppError;
use crate::command::Command;
use crate::engine::Engine;
use crate::fleet::Fleet;
use crate::guard::Of;
use crate::index::{InstanceIx, Owner, OwnerIx, SiteIx, UeIx};
use crate::topology::Topology;
use crate::ue::{Instance, Ordered, State, Ue, Wait, Whereabouts};

impl Engine {
    /// Goes on with other sites, cells and apps, and looks at every instance again. What is known of UEs and
    /// instances stays: locations are resolved anew, sites that are no longer listed are left as soon as the
    /// policy allows, queues keep their order. Instances of an app that is no longer listed are left alone, and so
    /// are those of UEs that no longer use theirs, and of groups that are no longer listed. UEs that used no app before are met at their next event.
    ///
    /// # Errors
    /// [`AppError`], and nothing has changed.
    pub fn replace(
        &mut self,
        now: Timestamp,
        topology: impl Into<Arc<Topology>>,
        fleet: impl Into<Fleet>,
        out: &mut Vec<Command>,
    ) -> Result<(), AppError> {
        let mut new = Self::new(topology, fleet, self.key.clone())?;
        for entry in &new.apps {
            let before = self.apps.iter().find(|old| old.app.id == entry.app.id);
            if before.is_some_and(|old| old.app.mode != entry.app.mode) {
                return Err(AppError::ModeChanged(entry.app.id.clone()));
            }
            if before.is_some_and(|old| old.app.scope != entry.app.scope) {
                return Err(AppError::ScopeChanged(entry.app.id.clone()));
            }
        }
        new.tally = self.tally;
        let moved = new.take_over(self, now);
        new.take_over_limits(self, &moved, now);
        new.queue_up(self, &moved);
        new.catching_up = self.catching_up;
        new.take_over_loads(self, now);
        new.take_over_sites(self);
        new.take_over_idle(self);
        new.take_over_asks(self);
        new.take_over_answers(self, now);
        new.take_over_qualities(self);
        *self = new;
        if !self.catching_up {
            self.look_at_all(now, out);
        }
        Ok(())
    }

    /// Copies UEs and instances; tells where each instance went.
    fn take_over(&mut self, old: &Self, now: Timestamp) -> BTreeMap<InstanceIx, InstanceIx> {
        let mut moved = BTreeMap::new();
        let mut ues: BTreeMap<UeIx, UeIx> = BTreeMap::new();
        self.take_over_groups(old, now);
        for slot in 0..old.instances.slab().slots() {
            let Some(instance) = old.instances.slab().get(slot) else { continue };
            let Some(app) = self.app(&old.apps[usize::from(instance.app)].app.id) else { continue };
            let owner = instance.owner.map(|owner| owner.get());
            let served = |ue: &UeIx| self.apps[usize::from(app)].serves(&old.ues.at(*ue).supi);
            let (ue, group) = match owner {
                Some(Owner::Ue(ue)) => (Some(ue).filter(served), None),
                Some(Owner::Group(group)) => (None, self.groups.find(app, old.groups.at(group).number)),
                None => (None, None),
            };
            if ue.is_none() && group.is_none() && !instance.exists() && instance.generation == Generation(0) {
                continue;
            }
            let ue = ue.map(|ue| *ues.entry(ue).or_insert_with(|| self.copy_ue(old, old.ues.at(ue))));
            let whose = instance.id.map(|id| (app, id));
            let copy = Instance {
                host: instance.host || whose.is_some_and(|whose| self.hosts.site_of(whose).is_some()),
                armed: None,
                accounts: None,
                state: self.translate(old, &instance.state),
                owner: ue.map(OwnerIx::from).or(group.map(OwnerIx::from)),
                next: ue.and_then(|ue| self.ues.at(ue).first),
                app,
                ..instance.clone()
            };
            let ix = self.instances.insert(copy);
            if let Some(ue) = ue {
                self.ues.at_mut(ue).first = Some(ix);
            }
            self.carry_accounts(old, InstanceIx::from(slot), ix, now);
            moved.insert(InstanceIx::from(slot), ix);
        }
        for slot in 0..old.ues.slab().slots() {
            let Some(ue) = old.ues.slab().get(slot) else { continue };
            self.add_missing(old, ue, ues.get(&UeIx::from(slot)).copied());
        }
        self.gather_missing();
        moved
    }

    /// Gives a UE an instance of each app that it uses and has none of.
    fn add_missing(&mut self, old: &Self, record: &Ue, known: Option<UeIx>) {
        let mut known = known;
        for app in 0..self.apps.len() {
            if !self.apps[app].serves(&record.supi) {
                continue;
            }
            let ue = *known.get_or_insert_with(|| self.copy_ue(old, record));
            let mut next = self.ues.at(ue).first;
            while next.is_some_and(|ix| usize::from(self.instances.at(ix).app) != app) {
                next = next.and_then(|ix| self.instances.at(ix).next);
            }
            if next.is_none() {
                self.give_instance(ue, app as u16);
            }
        }
    }

    /// The same whereabouts under this catalogue.
    pub(super) fn moved(&mut self, old: &Self, whereabouts: Whereabouts) -> Whereabouts {
        let foreign = || old.foreign.location(&old.topology, whereabouts);
        match old.topology.told(whereabouts).or_else(foreign) {
            Some(location) => match self.topology.settle(&location, Whereabouts::UNKNOWN) {
                Some(position) => position,
                None => self.foreign.locate(&self.topology, &location),
            },
            None if whereabouts == Whereabouts::GONE => Whereabouts::GONE,
            None => Whereabouts::UNKNOWN,
        }
    }

    fn copy_ue(&mut self, old: &Self, ue: &Ue) -> UeIx {
        let whereabouts = self.moved(old, ue.whereabouts);
        self.ues.insert(Ue { whereabouts, first: None, ..ue.clone() })
    }

    fn translate(&mut self, old: &Self, state: &State) -> State {
        let mut site = |ix: SiteIx| self.site_ix(old.site_id(ix));
        match state {
            State::Ordered(ordered) => State::Ordered(Ordered {
                since: ordered.since,
                source: ordered.source.map(&mut site),
                target: ordered.target.map(&mut site),
            }),
            // Tickets are given anew; pauses end, for the catalogue may be what was wrong.
            State::Vacant(_) => State::Vacant(crate::ue::Vacant { wait: Wait::Free }),
            State::Serving(serving) => {
                State::Serving(crate::ue::Serving { site: site(serving.site), wait: Wait::Free, ..*serving })
            }
        }
    }

    /// Takes over what counts against limits: what is under way, what was ordered of late, and where instances came
    /// from.
    fn take_over_limits(&mut self, old: &Self, moved: &BTreeMap<InstanceIx, InstanceIx>, now: Timestamp) {
        self.count_ways();
        let (apps, topology) = (&self.apps, &self.topology);
        let was = |of: Of| match of {
            Of::App(app) => old.app(&apps[usize::from(app)].app.id).map(Of::App),
            Of::Site(site) => old.topology.site(&topology.sites()[site.slot()].id).map(Of::Site),
            Of::Total => Some(Of::Total),
        };
        self.budgets.carry(&old.budgets, was, now);
        for (ix, from, _) in old.origins.each() {
            let Some(ix) = moved.get(&ix).copied() else { continue };
            let instance = self.instances.at(ix);
            let no_return = self.apps[usize::from(instance.app)].app.limits.no_return;
            if let (Some((_, since)), false) = (instance.state.serving(), no_return.is_zero()) {
                let from = self.site_ix(old.site_id(from));
                self.origins.note(ix, from, since, since.plus(crate::policy::whole(no_return)));
            }
        }
    }

    /// Lets those that waited wait again, in the same order.
    fn queue_up(&mut self, old: &mut Self, moved: &BTreeMap<InstanceIx, InstanceIx>) {
        let waits = |ix: InstanceIx| old.instances.slab().get(ix.slot()).map(|old| old.state.wait());
        for (lane, ticket, ix) in old.line.by_age() {
            let live = waits(ix) == Some(Wait::Queued(ticket, lane));
            if let Some(ix) = moved.get(&ix).copied().filter(|_| live) {
                self.line_up_again(ix);
            }
        }
        for entry in &mut old.apps {
            while let Some((ticket, ix)) = entry.held.pop() {
                let wait = waits(ix).filter(|wait| wait.held() == Some(ticket));
                if let (Some(ix), Some(wait)) = (moved.get(&ix).copied(), wait) {
                    let stranded = matches!(wait, Wait::Stranded(_));
                    self.wait_for(ix, if stranded { Guard::NoFeasibleSite } else { Guard::Frozen });
                }
            }
        }
    }
}
