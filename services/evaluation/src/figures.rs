//! The figures of one policy.

use model::Policy;

use crate::Settings;
use crate::account::Account;
use crate::steps::Counts;

/// What a policy came to. `None` stands for a figure that the input does not give (a share of nothing).
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The policy's name.
    pub name: String,
    /// The policy; `None`: the optimum.
    pub policy: Option<Policy>,
    /// Whether it is what an app has that names no policy.
    pub is_default: bool,
    /// Metres over all samples, and the price of all relocations.
    pub cost_meters: f64,
    /// That cost as a multiple of the optimum's.
    pub cost_over_optimum: Option<f64>,
    /// From the serving cell to the serving site, over the samples that were served.
    pub mean_distance_meters: Option<f64>,
    /// An instance that served went to another site.
    pub relocations: u64,
    /// Relocations in an hour of a UE.
    pub relocations_per_ue_hour: Option<f64>,
    /// How many relocations fewer than `nearest`, percent.
    pub fewer_than_nearest_percent: Option<f64>,
    /// Relocations back to the site that the one before had left at most 60 s ago, percent of all.
    pub ping_pong_percent: f64,
    /// Samples farther from the site than the latency budget allows, or without an instance, percent of all.
    pub outside_budget_percent: Option<f64>,
    /// Samples without an instance, because no site had room, percent of all.
    pub unserved_percent: Option<f64>,
    /// Placements and relocations to another site than the one with room that is nearest to the UE's cell; `None` for
    /// the optimum, which may do so.
    pub wrong_targets: Option<u64>,
    /// Placements and relocations to a site that then held more instances than its limit; `None` for the optimum, which
    /// knows no limits.
    pub capacity_violations: Option<u64>,
    /// Decisions by trigger and verdict.
    pub decisions: Counts,
    /// How many samples were served at which distance in metres, nearest first.
    pub distances: Vec<(f64, u64)>,
}

/// What figures are made of.
pub(crate) struct Ledger<'a> {
    pub(crate) account: Account,
    pub(crate) counts: Counts,
    pub(crate) settings: &'a Settings,
    pub(crate) ue_hours: f64,
}

impl Ledger<'_> {
    /// The figures that need no other policy.
    pub(crate) fn figures(self, name: String, policy: Option<Policy>) -> Figures {
        let account = self.account;
        let samples = account.samples as f64;
        Figures {
            name,
            is_default: policy == Some(Policy::default()),
            cost_meters: account.cost(self.settings),
            cost_over_optimum: None,
            mean_distance_meters: share(account.meters, samples - account.unserved as f64),
            relocations: account.relocations,
            relocations_per_ue_hour: share(account.relocations as f64, self.ue_hours),
            fewer_than_nearest_percent: None,
            ping_pong_percent: share(100.0 * account.ping_pongs as f64, account.relocations as f64)
                .unwrap_or(0.0),
            outside_budget_percent: share(100.0 * account.outside as f64, samples),
            unserved_percent: share(100.0 * account.unserved as f64, samples),
            wrong_targets: policy.is_some().then_some(account.wrong_targets),
            capacity_violations: policy.is_some().then_some(account.capacity_violations),
            policy,
            decisions: self.counts,
            distances: account.distances,
        }
    }
}

impl Figures {
    /// Fills in what depends on the optimum and on `nearest`.
    pub(crate) fn compare(&mut self, optimum_meters: f64, nearest: Option<u64>) {
        self.cost_over_optimum = share(self.cost_meters, optimum_meters);
        self.fewer_than_nearest_percent = nearest
            .and_then(|nearest| share(self.relocations as f64, nearest as f64))
            .map(|share| 100.0 * (1.0 - share));
    }
}

/// A part of a whole, where there is a whole.
fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// A column of the tables.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What stands above it.
    pub head: &'static str,
    /// What stands in it.
    pub cell: fn(&Figures) -> String,
}

/// The columns of the tables, the policy's name left out.
pub const COLUMNS: &[Column] = &[
    Column { head: "cost / optimum", cell: |f| number(f.cost_over_optimum, 3, "") },
    Column { head: "mean distance", cell: |f| number(f.mean_distance_meters, 0, " m") },
    Column { head: "relocations", cell: |f| f.relocations.to_string() },
    Column { head: "per UE-hour", cell: |f| number(f.relocations_per_ue_hour, 1, "") },
    Column { head: "fewer than nearest", cell: |f| number(f.fewer_than_nearest_percent, 1, " %") },
    Column { head: "ping-pong", cell: |f| number(Some(f.ping_pong_percent), 1, " %") },
    Column { head: "outside budget", cell: |f| number(f.outside_budget_percent, 1, " %") },
    Column { head: "unserved", cell: |f| number(f.unserved_percent, 1, " %") },
    Column { head: "wrong targets", cell: |f| count(f.wrong_targets) },
    Column { head: "capacity violations", cell: |f| count(f.capacity_violations) },
];

fn count(value: Option<u64>) -> String {
    value.map_or_else(|| "–".into(), |value| value.to_string())
}

fn number(value: Option<f64>, decimals: usize, unit: &str) -> String {
    value.map_or_else(|| "–".into(), |value| format!("{value:.decimals$}{unit}"))
}
