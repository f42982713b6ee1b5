//! What holds relocations back whatever the policy says: of one app, and of all of them together.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{ConsentSeen, FreezeWindow, Guard, InstanceId, Mobility, MobilityLevel, SiteId};

/// How many orders may be given: a token bucket. It holds `burst` tokens and gains `per_minute` of them a minute; an
/// order takes one. So in no minute there are more than both together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// 1 to [`Self::MOST`].
    pub per_minute: u32,
    /// 1 to [`Self::MOST`].
    pub burst: u32,
}

impl Rate {
    /// The most that either of them can be: a thousand a second.
    pub const MOST: u32 = 60_000;

    /// With the burst that is meant where none is said: what comes in ten seconds, at least one.
    pub const fn per_minute(per_minute: u32) -> Self {
        Self { per_minute, burst: per_minute.div_ceil(6) }
    }
}

/// How many relocations and first placements there may be. What is absent is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// How many may be under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<u32>,
    /// How many may be ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

/// What holds relocations of one app back, beside its policy and `max_concurrent_relocations`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppLimits {
    /// The policy does not move an instance before it has been at its site for so long; zero: at any time.
    #[serde(default, skip_serializing_if = "Duration::is_zero")]
    pub cooldown: Duration,
    /// The policy does not move an instance back to the site that it came from before it has been away for so long;
    /// zero: at any time.
    #[serde(default, skip_serializing_if = "Duration::is_zero")]
    pub no_return: Duration,
    /// How many orders may be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// When the policy moves nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze_windows: Vec<FreezeWindow>,
    /// Whether instances may be moved, and whether somebody has to agree.
    #[serde(default)]
    pub mobility: Mobility,
}

impl AppLimits {
    /// Whether nothing is limited.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What holds relocations of all apps back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Of all sites together.
    #[serde(default)]
    pub total: Budget,
    /// Of each site that has none of its own. An order counts at the site that it goes to and at the one that it
    /// leaves.
    #[serde(default)]
    pub site: Budget,
    /// Of single sites.
    #[serde(default)]
    pub sites: BTreeMap<SiteId, Budget>,
    /// When no policy moves anything.
    #[serde(default)]
    pub freeze_windows: Vec<FreezeWindow>,
}

impl Limits {
    /// The budget of a site.
    pub fn of(&self, site: &SiteId) -> Budget {
        self.sites.get(site).copied().unwrap_or(self.site)
    }
}

/// What a decision was held against, as far as there are such limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsSeen {
    /// The app's cooldown, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_ms: Option<u64>,
    /// The site that the policy may not move it back to yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_back_to: Option<SiteId>,
    /// The freeze window that held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze_window: Option<FreezeWindow>,
    /// The budgets that an order would have taken from, but for `max_concurrent_relocations`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetSeen>,
    /// How freely the app's instances are moved.
    #[serde(default, skip_serializing_if = "MobilityLevel::is_free")]
    pub mobility_level: MobilityLevel,
    /// The word that a move needs, where it needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentSeen>,
    /// For a seat of a shared app that should go somewhere: the host there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<HostSeen>,
}

/// A host that a seat would join, and how it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSeen {
    /// The host.
    pub instance: InstanceId,
    /// How it stood.
    pub state: HostState,
}

/// How a host stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// It serves: seats may join it.
    Serving,
    /// It is being started, or removed: who wants it waits for the end of that.
    UnderWay,
    /// The last order to start it came to nothing; it is tried again after a pause.
    Paused,
    /// There is none: whoever wants it has it started, out of the budgets of the app, of the site and of all.
    Absent,
}

impl HostState {
    /// The name used in events and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::UnderWay => "under_way",
            Self::Paused => "paused",
            Self::Absent => "absent",
        }
    }
}

impl LimitsSeen {
    /// Whether there were none.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How a budget stood. It is used up where `used` has reached `limit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetSeen {
    /// The guard that keeps it.
    pub guard: Guard,
    /// The site, where it is one's budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// What is taken: relocations under way, or tokens of the bucket.
    pub used: u32,
    /// What there is: the most that may be under way, or the size of the bucket.
    pub limit: u32,
    /// Tokens that come each minute, where it is a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
}

impl BudgetSeen {
    /// Whether nothing is left of it.
    pub const fn is_used_up(&self) -> bool {
        self.used >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_ten_seconds_worth_and_at_least_one() {
        let burst = |per_minute| Rate::per_minute(per_minute).burst;
        assert_eq!([1, 6, 7, 60, 1_200].map(burst), [1, 1, 2, 10, 200]);
    }

    #[test]
    fn a_site_of_its_own_is_not_the_default() {
        let (a, b) = (SiteId::new("a").expect("valid"), SiteId::new("b").expect("valid"));
        let own = Budget { concurrent: Some(1), rate: None };
        let default = Budget { concurrent: Some(9), rate: None };
        let limits = Limits { site: default, sites: [(a.clone(), own)].into(), ..Limits::default() };
        assert_eq!((limits.of(&a), limits.of(&b)), (own, default));
    }
}
