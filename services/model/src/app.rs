//! Relocatable applications, as far as placement needs to know them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ident::name_type;
use crate::{AppLimits, Area, Gathering, QosTarget, Supi, Weighted};

name_type!(
    /// Id of a relocatable application; a label of its DNS names.
    AppId,
    "app id"
);

/// What placement knows of an application; its EMCO objects are the executor's business.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct App {
    /// Its id, unique in the catalogue.
    pub id: AppId,
    /// Which UEs use it; a UE outside never causes an order.
    pub users: Users,
    /// Whether orders are given or only shown.
    pub mode: Mode,
    /// What one instance serves.
    pub scope: Scope,
    /// How its site is chosen.
    pub policy: Policy,
    /// How many of its relocations and first placements may be under way at once.
    pub max_concurrent_relocations: u32,
    /// How long an instance is kept after its UE has gone.
    pub linger: Duration,
    /// Labels that a site must have, all of them, to take an instance.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub requires: BTreeSet<String>,
    /// What quality of service its UEs should get; where there is none, measurements do not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qos: Option<QosTarget>,
    /// Whose it is: sites that are there for some tenants only take it where this is one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Where its data may be, by name: a site takes it where its position lies in one of these areas. Anywhere where there
    /// are none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub residency: BTreeMap<String, Area>,
    /// What holds its relocations back beside its policy.
    #[serde(default, skip_serializing_if = "AppLimits::is_none")]
    pub limits: AppLimits,
    /// Where its scope is `group`: the members of each group, by the group's name. A group has one instance.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Vec<Supi>>,
}

/// Whether orders are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Decisions and the orders they would give are shown; EMCO and DNS are only read.
    Observe,
    /// Orders are given.
    Act,
}

/// What one instance of an application serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One UE.
    PerUe,
    /// Every UE of a site.
    Shared,
    /// A group of UEs that must meet.
    Group,
}

/// Which UEs use an application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Users {
    /// Every UE that the core reports.
    All,
    /// These only.
    Only {
        /// Single identities.
        supis: Vec<Supi>,
        /// Inclusive ranges of IMSIs.
        ranges: Vec<SupiRange>,
    },
}

/// An inclusive range of IMSIs with the same count of digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SupiRange {
    /// The first IMSI.
    pub first: Supi,
    /// The last IMSI.
    pub last: Supi,
}

impl Users {
    /// Whether this UE uses the application.
    pub fn contains(&self, supi: &Supi) -> bool {
        match self {
            Self::All => true,
            Self::Only { supis, ranges } => supis.contains(supi) || ranges.iter().any(|r| r.contains(supi)),
        }
    }
}

impl SupiRange {
    /// Whether `supi` is an IMSI of the range's width between its ends.
    pub fn contains(&self, supi: &Supi) -> bool {
        match (self.first.imsi(), self.last.imsi(), supi.imsi()) {
            (Some((first, width)), Some((last, _)), Some((value, digits))) => {
                digits == width && (first..=last).contains(&value)
            }
            _ => false,
        }
    }
}

/// How a site is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Always the nearest site, at once.
    Nearest,
    /// The nearest site, once it has been nearer by a margin for long enough.
    Threshold(Threshold),
    /// The nearest site, once staying has cost as much as going.
    Regret(Regret),
    /// The site with the best score out of distance, load, cost, tier and the relocation itself.
    Weighted(Weighted),
    /// One of the nearest sites, as the orchestrator chooses.
    OrchestratorChooses(OrchestratorChooses),
    /// The site that is best for a group as a whole, once staying has cost as much as going.
    Group(Gathering),
}

impl Policy {
    /// The knobs of the accounts that it keeps, if it weighs what staying costs against what going does.
    pub const fn accounts(&self) -> Option<&Regret> {
        match self {
            Self::Regret(knobs) => Some(knobs),
            Self::Group(knobs) => Some(&knobs.cost),
            Self::Nearest | Self::Threshold(_) | Self::Weighted(_) | Self::OrchestratorChooses(_) => None,
        }
    }
}

impl Default for Policy {
    /// `regret` with its defaults: what an app has that names no policy.
    fn default() -> Self {
        Self::Regret(Regret::default())
    }
}

/// Knobs of the `threshold` policy: the application's counterpart of an A3 event (TS 38.331 clause 5.5.4.4).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The best site must be nearer than the serving one by more than this, in metres.
    pub margin_meters: f64,
    /// For at least this long without interruption.
    pub time_to_trigger: Duration,
    /// And the instance must have been at its site for at least this long.
    pub minimum_stay: Duration,
}

impl Default for Threshold {
    /// 100 m, 10 s, 30 s.
    fn default() -> Self {
        Self {
            margin_meters: 100.0,
            time_to_trigger: Duration::from_secs(10),
            minimum_stay: Duration::from_secs(30),
        }
    }
}

/// Knobs of the `regret` policy: ski rental between staying at a site that is farther away and paying for a
/// relocation. A site that is nearer by 200 m for 30 s makes staying cost 6,000 metre-seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Regret {
    /// What a relocation costs, in metre-seconds.
    pub relocation_cost: f64,
    /// For how long what was seen of late is taken to go on.
    pub look_ahead: Duration,
    /// Over how long what was seen of late is averaged: the time constant of an exponential mean.
    pub smoothing: Duration,
    /// For how long an instance does not go back to where it came from.
    pub no_return: Duration,
    /// Time between two moments of decision, counted from the UE's last change of place.
    pub tick: Duration,
}

impl Default for Regret {
    /// 8,000 m·s, 55 s, 7.5 s, 61 s (a return within 60 s counts as ping-pong), 2 s.
    fn default() -> Self {
        Self {
            relocation_cost: 8_000.0,
            look_ahead: Duration::from_secs(55),
            smoothing: Duration::from_millis(7_500),
            no_return: Duration::from_secs(61),
            tick: Duration::from_secs(2),
        }
    }
}

/// Knobs of the policy `orchestrator-chooses`: EdgeRoam says when and among which sites, the orchestrator which one
/// (ETSI GR MEC 018 leaves the selection of the target to the MEC system; EMCO's generic placement intent with `anyOf`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OrchestratorChooses {
    /// How many of the nearest sites are offered, at most as many as are ranked for a place.
    pub candidates: u8,
    /// The serving site must not have been among them for at least this long without interruption.
    pub time_to_trigger: Duration,
    /// And the instance must have been at its site for at least this long.
    pub minimum_stay: Duration,
}

impl Default for OrchestratorChooses {
    /// 3, 10 s, 30 s.
    fn default() -> Self {
        Self {
            candidates: 3,
            time_to_trigger: Duration::from_secs(10),
            minimum_stay: Duration::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_takes_its_ends_and_no_other_width() {
        let supi = |text: &str| text.parse::<Supi>().expect("valid");
        let users = Users::Only {
            supis: vec![supi("nai-x@y")],
            ranges: vec![SupiRange {
                first: supi("imsi-208930000000001"),
                last: supi("imsi-208930000000009"),
            }],
        };
        assert!(users.contains(&supi("imsi-208930000000001")));
        assert!(users.contains(&supi("imsi-208930000000009")));
        assert!(users.contains(&supi("nai-x@y")));
        assert!(!users.contains(&supi("imsi-208930000000010")));
        assert!(!users.contains(&supi("imsi-20893000000005")));
    }
}
