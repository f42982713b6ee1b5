//! Groups, as the reference sees them: a group is somebody who is in several places at once, under a number of its own.

use model::{Aim, App, AppId, GroupSeen, InstanceId, MemberSeen, Scope, SiteId};

use crate::country::{At, meters};
use crate::reference::Reference;
use crate::scene::{key, supi};

/// The number of the first one: UEs have lower ones.
const FIRST: u64 = 100;

#[derive(Debug)]
pub(super) struct Team {
    number: u64,
    app: usize,
    name: String,
    aim: Aim,
    members: Vec<u64>,
    at: [Option<u32>; 3],
}

pub(super) fn teams(apps: &[App]) -> Vec<Team> {
    let each = apps.iter().enumerate().flat_map(|(app, entry)| {
        let aim = if let model::Policy::Group(knobs) = entry.policy { knobs.aim } else { Aim::Worst };
        entry.groups.iter().map(move |(name, members)| (app, name, aim, members))
    });
    let number = |member| (0..10).find(|ue| supi(*ue) == member).expect("a UE of stories");
    each.zip(FIRST..)
        .map(|((app, name, aim, members), team)| Team {
            number: team,
            app,
            name: name.clone(),
            aim,
            members: members.iter().cloned().map(number).collect(),
            at: [None; 3],
        })
        .collect()
}

impl Team {
    /// A UE is there now: where that makes the group be; `None` where it is no member.
    pub(super) fn hear(&mut self, ue: u64, at: At) -> Option<(u64, At)> {
        let member = self.members.iter().position(|member| *member == ue)?;
        // Members are where their cells are, whatever else is told of them.
        self.at[member] = match at {
            At::Cell(cell) => Some(cell),
            At::Point(hundredths, _) => Some(hundredths / 10),
            At::Gone | At::Members(..) => None,
        };
        let deserted = self.at.iter().all(Option::is_none);
        Some((self.number, if deserted { At::Gone } else { At::Members(self.at, self.aim) }))
    }
}

impl Reference {
    fn team(&self, number: u64) -> Option<&Team> {
        self.teams.iter().find(|team| team.number == number)
    }

    /// Whether somebody has an instance of an app.
    pub(super) fn uses(&self, app: usize, number: u64) -> bool {
        match self.team(number) {
            Some(team) => team.app == app,
            None => self.apps[app].scope != Scope::Group,
        }
    }

    /// How many members somebody has.
    pub(super) fn size(&self, number: u64) -> u32 {
        self.team(number).map_or(1, |team| team.members.len() as u32)
    }

    /// Whether one report can be about both.
    pub(super) fn related(&self, one: u64, other: u64) -> bool {
        let persons = |number| self.team(number).map_or(vec![number], |team| team.members.clone());
        persons(one).iter().any(|person| persons(other).contains(person))
    }

    pub(super) fn id_of(&self, app: &AppId, number: u64) -> InstanceId {
        match self.team(number) {
            Some(team) => key().per_group(app, &team.name),
            None => key().per_ue(app, &supi(number)),
        }
    }

    /// What is told of the group behind an instance.
    pub(super) fn group_seen(
        &self,
        number: u64,
        serving: Option<&SiteId>,
        target: Option<&SiteId>,
    ) -> Option<GroupSeen> {
        let team = self.team(number)?;
        let there = || team.members.iter().zip(team.at).filter_map(|(ue, at)| Some((*ue, At::Cell(at?))));
        let mut farthest: Vec<MemberSeen> = there()
            .filter(|(_, at)| meters(*at, &crate::scene::site_id(0)).is_some())
            .map(|(ue, at)| MemberSeen {
                supi: supi(ue),
                serving_meters: serving.and_then(|site| meters(at, site)),
                target_meters: target.and_then(|site| meters(at, site)),
            })
            .collect();
        let far = |seen: &MemberSeen| seen.target_meters.or(seen.serving_meters).unwrap_or(0.0);
        farthest.sort_by(|a, b| far(b).total_cmp(&far(a)).then(a.supi.cmp(&b.supi)));
        Some(GroupSeen {
            name: team.name.clone(),
            aim: team.aim,
            members: team.members.len() as u32,
            present: there().count() as u32,
            farthest,
        })
    }
}
