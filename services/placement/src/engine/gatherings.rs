//! Groups and their instances: what a member's move means for all of them.

use model::{GroupSeen, MemberSeen, Supi, Timestamp};

use crate::command::Command;
use crate::engine::Engine;
use crate::index::{GroupIx, InstanceIx, Owner, SiteIx};
use crate::topology::Spot;
use crate::ue::{Instance, Whereabouts};

/// How many members a decision tells of.
const TOLD: usize = 8;

/// What a verdict needs to know of whom an instance serves.
pub(super) struct Party<'a> {
    pub(super) observed_at: Timestamp,
    pub(super) gone: bool,
    pub(super) place: Option<Spot<'a>>,
}

impl Engine {
    /// The UE or the group that an instance serves.
    pub(super) fn party(&self, ix: InstanceIx) -> Option<Party<'_>> {
        Some(match self.instances.at(ix).owner?.get() {
            Owner::Ue(ue) => {
                let ue = self.ues.at(ue);
                Party {
                    observed_at: ue.observed_at,
                    gone: ue.whereabouts == Whereabouts::GONE,
                    place: self.foreign.place(&self.topology, ue.whereabouts).map(Spot::Place),
                }
            }
            Owner::Group(group) => {
                let group = self.groups.at(group);
                Party { observed_at: group.observed_at, gone: group.is_deserted(), place: group.spot() }
            }
        })
    }

    /// A UE is there now, or gone: its groups are somewhere else.
    pub(super) fn move_member(
        &mut self,
        supi: &Supi,
        whereabouts: Whereabouts,
        observed_at: Timestamp,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        for (group, member) in self.groups.of(supi).to_vec() {
            let news = self.groups.at_mut(group).hear(member, whereabouts);
            let gathered = self.gathered(group);
            // That somebody has gone whom nobody had heard of is news of a group that something runs for.
            if news || gathered.is_none() && whereabouts == Whereabouts::GONE {
                self.regroup(group, gathered, observed_at, now, out);
            }
        }
    }

    fn regroup(
        &mut self,
        ix: GroupIx,
        gathered: Option<InstanceIx>,
        observed_at: Timestamp,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        let group = self.groups.at(ix);
        let runs =
            || self.instances.find(group.app, group.number).is_some_and(|ix| self.instances.at(ix).exists());
        if gathered.is_none() && group.is_deserted() && !runs() {
            return;
        }
        let instance = gathered.unwrap_or_else(|| self.gather(ix));
        let group = self.groups.at_mut(ix);
        group.observed_at = group.observed_at.max(observed_at);
        let after = group.meets(&self.topology, &self.foreign);
        let before = group.meet(None);
        let spot = |meeting| Option::as_ref(meeting).map(Spot::Meeting);
        self.turn(instance, spot(&before), spot(&after), observed_at);
        self.groups.at_mut(ix).meet(after);
        self.look(instance, now, observed_at, out);
    }

    /// The instance of a group that anything is known of.
    pub(crate) fn gathered(&self, group: GroupIx) -> Option<InstanceIx> {
        let group = self.groups.at(group);
        let found = self.instances.find(group.app, group.number);
        found.filter(|ix| self.instances.at(*ix).owner.is_some())
    }

    /// Gives a group its instance: the one that is known already, or a new one.
    pub(super) fn gather(&mut self, ix: GroupIx) -> InstanceIx {
        let group = self.groups.at(ix);
        let (app, number) = (group.app, group.number);
        match self.instances.find(app, number) {
            Some(found) => {
                self.instances.attach(found, Some(ix.into()), None);
                found
            }
            None => self.instances.insert(Instance {
                id: Some(number),
                owner: Some(ix.into()),
                ..Instance::new(app)
            }),
        }
    }

    /// Where members are, and since when, as far as an engine on another catalogue knew.
    pub(super) fn take_over_groups(&mut self, old: &Self, now: Timestamp) {
        let all: Vec<GroupIx> = self.groups.each().map(|(ix, _)| ix).collect();
        for ix in all {
            let group = self.groups.at(ix);
            let supis: Vec<Supi> = group.members().map(|(supi, _)| supi.clone()).collect();
            let was = self.group_before(old, ix);
            let mut observed_at = was.map_or(Timestamp::default(), |group| old.groups.at(group).observed_at);
            for (member, supi) in supis.iter().enumerate() {
                let Some((at, since)) = old.last_heard(supi) else { continue };
                let at = self.moved(old, at);
                observed_at = observed_at.max(since);
                self.groups.at_mut(ix).hear(member, at);
            }
            let group = self.groups.at(ix);
            let left = was.is_some_and(|was| !old.groups.at(was).is_deserted()) && group.is_deserted();
            let meeting = group.meets(&self.topology, &self.foreign);
            let group = self.groups.at_mut(ix);
            // Whoever was there does not belong to it any longer.
            group.observed_at = if left { now } else { observed_at };
            group.meet(meeting);
        }
    }

    /// The same group under another catalogue.
    fn group_before(&self, old: &Self, ix: GroupIx) -> Option<GroupIx> {
        let group = self.groups.at(ix);
        old.groups.find(old.app(&self.apps[usize::from(group.app)].app.id)?, group.number)
    }

    /// Where a UE is and since when, if it is present.
    fn last_heard(&self, supi: &Supi) -> Option<(Whereabouts, Timestamp)> {
        let ue = self.ues.find(supi).map(|ue| self.ues.at(ue)).map(|ue| (ue.whereabouts, ue.observed_at));
        let member = || {
            let groups = self.groups.of(supi).iter().map(|(group, member)| (self.groups.at(*group), *member));
            groups.filter_map(|(group, member)| {
                group.members().nth(member).map(|(_, at)| (at, group.observed_at))
            })
        };
        let all = ue.into_iter().chain(member());
        all.filter(|(at, _)| *at != Whereabouts::GONE).min_by_key(|(_, since)| *since)
    }

    /// Groups somebody of whom is present, and that have no instance yet, get one.
    pub(super) fn gather_missing(&mut self) {
        let missing =
            |engine: &Self, ix: GroupIx| !engine.groups.at(ix).is_deserted() && engine.gathered(ix).is_none();
        let all: Vec<GroupIx> = self.groups.each().map(|(ix, _)| ix).collect();
        for ix in all {
            if missing(self, ix) {
                self.gather(ix);
            }
        }
    }

    /// What a decision tells of the group behind it.
    pub(super) fn group_seen(
        &self,
        ix: InstanceIx,
        serving: Option<SiteIx>,
        target: Option<SiteIx>,
    ) -> Option<GroupSeen> {
        let (app, number) = self.whose_is(ix)?;
        let group = self.groups.at(self.groups.find(app, number)?);
        let mut farthest: Vec<MemberSeen> = group
            .members()
            .filter_map(|(supi, at)| Some((supi, self.foreign.place(&self.topology, at).map(Spot::Place)?)))
            .map(|(supi, place)| {
                let origin = place.origin(&self.topology);
                let far = |site| self.topology.index().meters(origin?, site);
                MemberSeen {
                    supi: supi.clone(),
                    serving_meters: serving.and_then(far),
                    target_meters: target.and_then(far),
                }
            })
            .collect();
        let far = |member: &MemberSeen| member.target_meters.or(member.serving_meters).unwrap_or_default();
        farthest.sort_by(|a, b| far(b).total_cmp(&far(a)).then_with(|| a.supi.cmp(&b.supi)));
        farthest.truncate(TOLD);
        Some(GroupSeen {
            name: group.name.clone(),
            aim: group.aim,
            members: group.size() as u32,
            present: group.present() as u32,
            farthest,
        })
    }
}
