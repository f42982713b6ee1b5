//! The explanation of a verdict: what the verdict's own function tells a recorder.

use model::{
    Account, Basis, BudgetSeen, Candidate, Explanation, Guard, LimitsSeen, Rule, Serving, SiteId, Verdict,
    Weighed,
};

use crate::guard::{Lane, Limited, Of};
use crate::hosts::Role;
use crate::index::SiteIx;
use crate::judge::{Case, Finding, Recorder, leave_for, way};
use crate::policy::{self, Standing};
use crate::sites::Rank;

/// Keeps the numbers.
#[derive(Debug)]
pub(crate) struct Explained {
    candidates: Vec<(Rank, Option<Guard>)>,
    serving: Option<(SiteIx, Option<f64>, u64, Option<Guard>)>,
    better_for_ms: u64,
    basis: Basis,
    weighed: Vec<(SiteIx, Weighed)>,
}

impl Default for Explained {
    fn default() -> Self {
        Self {
            candidates: Vec::new(),
            serving: None,
            better_for_ms: 0,
            basis: Basis::Unknown,
            weighed: Vec::new(),
        }
    }
}

impl Recorder for Explained {
    fn listens(&self) -> bool {
        true
    }
    fn candidate(&mut self, rank: Rank, rejected_by: Option<Guard>) {
        self.candidates.push((rank, rejected_by));
    }
    fn serving(&mut self, site: SiteIx, meters: Option<f64>, stayed_ms: u64, left_for: Option<Guard>) {
        self.serving = Some((site, meters, stayed_ms, left_for));
    }
    fn better_for(&mut self, millis: u64) {
        self.better_for_ms = millis;
    }
    fn basis(&mut self, basis: Basis) {
        self.basis = basis;
    }
    fn weighed(&mut self, site: SiteIx, weighed: Weighed) {
        self.weighed.push((site, weighed));
    }
}

impl Explained {
    /// The explanation, in the words of `model`.
    pub(crate) fn tell<'n>(
        mut self,
        case: &Case<'_>,
        finding: &Finding,
        name: impl Fn(SiteIx) -> &'n SiteId + Copy,
    ) -> Explanation {
        let held = match finding.rule {
            Rule::Guarded(guard) => Some(guard).filter(|guard| !guard.is_of_site()),
            Rule::NoInstanceYet
            | Rule::LingerOver
            | Rule::AlreadyBest
            | Rule::Nearer
            | Rule::WithinMargin
            | Rule::TimeToTrigger
            | Rule::MinimumStay
            | Rule::ThresholdMet
            | Rule::CostNotReached
            | Rule::NoReturn
            | Rule::CostReached
            | Rule::WithinGain
            | Rule::BetterScore
            | Rule::Evacuation
            | Rule::QosViolated
            | Rule::NoBetterQos
            | Rule::Relief
            | Rule::LeftArea
            | Rule::AmongChoices
            | Rule::BeyondChoices
            | Rule::OperatorMove
            | Rule::Pinned
            | Rule::NoCandidate => None,
        };
        let regret = |rank: Rank| {
            // Beside nothing but the serving site, or what an operator named, there are no distances to compare.
            let place = case.place?;
            // Nothing is added to the account of a site while it does not serve the place.
            place.covers(case.topology, rank.site).then_some(())?;
            let (_, meters, ..) = self.serving.filter(|(serving, ..)| *serving != rank.site)?;
            policy::standing(&case.app.policy, case.accounts, meters, (rank.site, rank.meters), case.now)
        };
        let weighed =
            |site| self.weighed.iter().find(|(other, _)| *other == site).map(|(_, weighed)| *weighed);
        let qos = |site| case.quality.and_then(|quality| quality.told(site));
        // Beyond the ranked sites the tree is walked by chords, which are not quite the order of distances.
        self.candidates
            .sort_by(|(a, _), (b, _)| a.meters.total_cmp(&b.meters).then_with(|| a.site.cmp(&b.site)));
        let candidate = |(rank, rejected_by): &(Rank, Option<Guard>)| Candidate {
            site: name(rank.site).clone(),
            meters: rank.meters,
            rejected_by: rejected_by.or(held.filter(|_| finding.target == Some(rank.site))),
            regret: regret(*rank).map(|Standing { account, trend }| Account { account, trend }),
            qos: qos(rank.site),
            load: case.gate.loaded(rank.site),
            weighed: weighed(rank.site),
        };
        Explanation {
            policy: case.app.policy,
            basis: self.basis,
            uncertainty_meters: case.place.and_then(|place| place.uncertainty(case.topology)),
            candidates: self.candidates.iter().map(candidate).collect(),
            serving: self.serving.map(|(site, meters, stayed_ms, rejected_by)| Serving {
                site: name(site).clone(),
                meters,
                stayed_ms,
                came_from: policy::barred(&case.app.policy, case.accounts, stayed_ms)
                    .map(|site| name(site).clone()),
                rejected_by,
                qos: qos(site),
                load: case.gate.loaded(site),
            }),
            better_for_ms: self.better_for_ms,
            under_way: case.pace.under_way(),
            under_way_limit: case.app.max_concurrent_relocations,
            frozen: case.frozen,
            qos: case.app.qos,
            limits: limits(case, finding, name),
            rule: finding.rule,
            catalogue_version: case.topology.version(),
        }
    }
}

/// The limits that a verdict was held against.
fn limits<'n>(case: &Case<'_>, finding: &Finding, name: impl Fn(SiteIx) -> &'n SiteId) -> LimitsSeen {
    let cooldown = case.app.limits.cooldown;
    let of_app = Lane::new(Of::App(case.pace.app), Limited::Concurrent);
    let way = way(case, finding).filter(|_| finding.verdict != Verdict::Stay);
    let budgets = way.into_iter().flat_map(|way| case.pace.standings(way, case.now));
    let leave = leave_for(case, finding).filter(|_| finding.verdict != Verdict::Stay);
    let told = |lane: Lane| match lane.of() {
        Of::Site(site) => Some(name(site).clone()),
        Of::App(_) | Of::Total => None,
    };
    LimitsSeen {
        cooldown_ms: (!cooldown.is_zero()).then(|| policy::told(policy::whole(cooldown))),
        not_back_to: case.unhurried.came_from.map(|(site, _)| name(site).clone()),
        freeze_window: case.unhurried.window().map(|(window, _)| window.clone()),
        budgets: budgets
            .filter(|(lane, _)| *lane != of_app)
            .map(|(lane, standing)| BudgetSeen {
                guard: lane.guard(),
                site: told(lane),
                used: standing.used,
                limit: standing.limit,
                per_minute: standing.per_minute,
            })
            .collect(),
        mobility_level: case.app.limits.mobility.level,
        consent: leave.and_then(|leave| leave.seen(case.now)),
        host: match case.role {
            Role::Seat(berths) => way.map(|way| berths.seen(way.target, case.now)),
            Role::Own | Role::Host { .. } => None,
        },
    }
}
