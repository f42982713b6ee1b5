//! Groups of UEs that must meet.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Regret, Supi, name_is_valid};

/// The most members of a group.
pub const MOST_MEMBERS: usize = 64;
/// The most groups of an app.
pub const MOST_GROUPS: usize = 10_000;

/// How far a site is from a group, from how far it is from each member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// As far as from the member that is farthest away.
    #[default]
    Worst,
    /// As far as from its members on average.
    Mean,
}

impl Aim {
    /// The name used in files, events and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Worst => "worst",
            Self::Mean => "mean",
        }
    }

    /// One distance for those of all members; 0 where there are none.
    pub fn together(self, meters: impl Iterator<Item = f64>) -> f64 {
        match self {
            Self::Worst => meters.fold(0.0, f64::max),
            Self::Mean => {
                let (sum, count) = meters.fold((0.0, 0.0), |(sum, count), far| (sum + far, count + 1.0));
                if count > 0.0 { sum / count } else { 0.0 }
            }
        }
    }
}

/// Knobs of the `group` policy: `regret`, on the distance that a group has as a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Gathering {
    /// What is to be small.
    pub aim: Aim,
    /// What a relocation costs, and the other knobs of its account.
    pub cost: Regret,
}

/// A group behind a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupSeen {
    /// Its name.
    pub name: String,
    /// How distances of members were taken together.
    pub aim: Aim,
    /// How many members it has.
    pub members: u32,
    /// How many of them are present.
    pub present: u32,
    /// The members whose place is known, at most eight: those that are farthest from the site where the instance should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub farthest: Vec<MemberSeen>,
}

/// A member of a group as a decision saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberSeen {
    /// Who it is.
    pub supi: Supi,
    /// Metres from its place to the serving site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serving_meters: Option<f64>,
    /// Metres from its place to the site where the instance should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_meters: Option<f64>,
}

/// What is wrong with a group, in words that say what to do.
pub fn group_problem(name: &str, members: &[Supi]) -> Option<String> {
    if !name_is_valid(name) {
        return Some(
            "is no name: letters, digits, `-`, `_` and `.`, a letter or digit at both ends, at most 128"
                .to_owned(),
        );
    }
    if members.is_empty() {
        return Some("has no member: list the SUPIs (imsi-…) that belong to it".to_owned());
    }
    if members.len() > MOST_MEMBERS {
        let count = members.len();
        return Some(format!("has {count} members; {MOST_MEMBERS} are the most: split it"));
    }
    let mut seen = BTreeSet::new();
    let twice = members.iter().find(|supi| !seen.insert(*supi));
    twice.map(|supi| format!("lists {supi} twice: a UE is a member once"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supis(count: u64) -> Vec<Supi> {
        (0..count).filter_map(|n| Supi::from_imsi(n, 15)).collect()
    }

    #[test]
    fn distances_are_taken_together_as_the_aim_says() {
        let far = || [30.0, 10.0, 20.0].into_iter();
        assert_eq!((Aim::Worst.together(far()), Aim::Mean.together(far())), (30.0, 20.0));
        assert_eq!((Aim::Mean.together([].into_iter()), Aim::default()), (0.0, Aim::Worst));
    }

    #[test]
    fn what_cannot_be_a_group_is_told() {
        assert_eq!(group_problem("team-1", &supis(64)), None);
        let told = |name, members: &[Supi]| group_problem(name, members).unwrap_or_default();
        assert!(told("team 1", &supis(1)).contains("no name"));
        assert!(told("team", &[]).contains("no member"));
        assert!(told("team", &supis(65)).contains("65 members"));
        assert!(told("team", &[supis(1), supis(1)].concat()).contains("twice"));
    }
}
