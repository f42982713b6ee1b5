//! Groups of UEs that must meet: who belongs to which, who of them is where, and what place that makes.

use std::num::NonZeroU64;

use hashbrown::HashMap;
use model::{Aim, App, InstanceKey, MOST_GROUPS, Policy, Scope, Supi, Timestamp, group_problem};

use crate::apps::{AppEntry, AppError};
use crate::foreign::Foreign;
use crate::index::GroupIx;
use crate::topology::{Meeting, Spot, Topology};
use crate::ue::Whereabouts;

/// The groups of all apps, in the order of apps and names. Whoever has none pays nothing for them.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    list: Vec<Group>,
    /// By member: its groups, and its number in each.
    by_member: HashMap<Supi, Vec<(GroupIx, usize)>>,
    by_number: HashMap<(u16, NonZeroU64), GroupIx>,
}

/// One group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) app: u16,
    pub(crate) name: String,
    /// The id of its instance as a number.
    pub(crate) number: NonZeroU64,
    pub(crate) aim: Aim,
    members: Vec<Supi>,
    /// Where each member is; whoever has gone, or was never heard of, is not there.
    at: Vec<Whereabouts>,
    /// First byte of the last report that changed anything.
    pub(crate) observed_at: Timestamp,
    meeting: Option<Meeting>,
}

/// How the distances of a group's members are taken together. Policies that do not say look at the worst.
pub(crate) const fn aim(policy: &Policy) -> Aim {
    match policy {
        Policy::Group(knobs) => knobs.aim,
        Policy::Nearest
        | Policy::Threshold(_)
        | Policy::Regret(_)
        | Policy::Weighted(_)
        | Policy::OrchestratorChooses(_) => Aim::Worst,
    }
}

/// What is wrong with an app as far as groups are concerned.
pub(crate) fn problem(app: &App) -> Option<String> {
    let grouped = match app.scope {
        Scope::Group => true,
        Scope::PerUe | Scope::Shared => false,
    };
    if !grouped {
        let policy = matches!(app.policy, Policy::Group(_));
        let policy =
            policy.then_some("policy `group` needs `scope: group`: choose another one, or list groups");
        let groups = (!app.groups.is_empty()).then_some("`groups` need `scope: group`");
        return policy.or(groups).map(str::to_owned);
    }
    if app.groups.is_empty() {
        return Some("scope `group` needs `groups`: list the members of each".to_owned());
    }
    if app.groups.len() > MOST_GROUPS {
        let count = app.groups.len();
        return Some(format!("{count} groups are more than {MOST_GROUPS}: split the app"));
    }
    if app.qos.is_some() {
        return Some(
            "`qos` is of one UE and its instance: an app with scope `group` cannot have it".to_owned(),
        );
    }
    let wrong = |(name, members): (&String, &Vec<Supi>)| {
        group_problem(name, members).map(|reason| format!("group `{name}` {reason}"))
    };
    app.groups.iter().find_map(wrong)
}

impl Groups {
    /// Nobody is anywhere yet.
    ///
    /// # Errors
    /// A name of which the key makes no id.
    pub(crate) fn new(apps: &[AppEntry], key: &InstanceKey) -> Result<Self, AppError> {
        let mut groups = Self::default();
        for (app, AppEntry { app: entry, .. }) in (0_u16..).zip(apps) {
            for (name, members) in &entry.groups {
                let Some(number) = crate::engine::number(&key.per_group(&entry.id, name)) else {
                    let reason = format!("group `{name}` has no id with this key: give it another name");
                    return Err(AppError::Group { app: entry.id.clone(), reason });
                };
                let ix = GroupIx::from(groups.list.len());
                for (slot, supi) in members.iter().enumerate() {
                    groups.by_member.entry(supi.clone()).or_default().push((ix, slot));
                }
                groups.by_number.insert((app, number), ix);
                groups.list.push(Group {
                    app,
                    name: name.clone(),
                    number,
                    aim: aim(&entry.policy),
                    members: members.clone(),
                    at: vec![Whereabouts::GONE; members.len()],
                    observed_at: Timestamp::default(),
                    meeting: None,
                });
            }
        }
        Ok(groups)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The groups of a UE, and its number in each.
    pub(crate) fn of(&self, supi: &Supi) -> &[(GroupIx, usize)] {
        if self.is_empty() {
            return &[];
        }
        self.by_member.get(supi).map_or(&[], Vec::as_slice)
    }

    /// The group that an instance is of.
    pub(crate) fn find(&self, app: u16, number: NonZeroU64) -> Option<GroupIx> {
        self.by_number.get(&(app, number)).copied()
    }

    pub(crate) fn get(&self, ix: GroupIx) -> Option<&Group> {
        self.list.get(ix.slot())
    }

    pub(crate) fn at(&self, ix: GroupIx) -> &Group {
        &self.list[ix.slot()]
    }

    pub(crate) fn at_mut(&mut self, ix: GroupIx) -> &mut Group {
        &mut self.list[ix.slot()]
    }

    pub(crate) fn each(&self) -> impl Iterator<Item = (GroupIx, &Group)> {
        self.list.iter().enumerate().map(|(slot, group)| (GroupIx::from(slot), group))
    }

    /// What a snapshot holds of each.
    pub(crate) fn saved(&self) -> Vec<(Timestamp, &[Whereabouts])> {
        self.list.iter().map(|group| (group.observed_at, group.at.as_slice())).collect()
    }

    /// Puts that back; `None` where it does not fit.
    pub(crate) fn put_back(
        &mut self,
        saved: Vec<(Timestamp, Vec<Whereabouts>)>,
        topology: &Topology,
        foreign: &Foreign,
    ) -> Option<()> {
        (saved.len() == self.list.len()).then_some(())?;
        for (group, (observed_at, at)) in self.list.iter_mut().zip(saved) {
            (at.len() == group.members.len()).then_some(())?;
            (group.observed_at, group.at) = (observed_at, at);
            group.meeting = group.meets(topology, foreign);
        }
        Some(())
    }
}

impl Group {
    /// A member is there now; whether that is news.
    pub(crate) fn hear(&mut self, member: usize, at: Whereabouts) -> bool {
        std::mem::replace(&mut self.at[member], at) != at
    }

    /// Whether none of its members is present.
    pub(crate) fn is_deserted(&self) -> bool {
        self.present() == 0
    }

    /// How many of its members are present, wherever they are.
    pub(crate) fn present(&self) -> usize {
        self.at.iter().filter(|at| **at != Whereabouts::GONE).count()
    }

    /// Its members, and where they are.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&Supi, Whereabouts)> {
        self.members.iter().zip(self.at.iter().copied())
    }

    pub(crate) fn size(&self) -> usize {
        self.members.len()
    }

    /// The place that its members make, as they are now.
    pub(crate) fn meets(&self, topology: &Topology, foreign: &Foreign) -> Option<Meeting> {
        let places: Vec<_> = self.at.iter().filter_map(|at| foreign.place(topology, *at)).collect();
        Meeting::new(topology, self.aim, &places, self.members.len())
    }

    /// Takes that place as where it is; where it was before.
    pub(crate) fn meet(&mut self, meeting: Option<Meeting>) -> Option<Meeting> {
        std::mem::replace(&mut self.meeting, meeting)
    }

    /// Where it is, if anything is known of that.
    pub(crate) fn spot(&self) -> Option<Spot<'_>> {
        self.meeting.as_ref().map(Spot::Meeting)
    }
}
