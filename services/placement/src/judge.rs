//! The verdict for one instance, and its explanation: one function, with a recorder only where somebody asks.

use model::{
    Account, App, Basis, Candidate, Explanation, Guard, Rule, Serving, SiteId, Timestamp, Trigger, Verdict,
};

use crate::index::{PlaceIx, SiteIx};
use crate::policy::{self, Accounts, Standing, View, told};
use crate::sites::Rank;
use crate::topology::Topology;

/// Everything that a verdict depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) app: &'a App,
    pub(crate) topology: &'a Topology,
    pub(crate) now: Timestamp,
    /// When the report about the UE came.
    pub(crate) observed_at: Timestamp,
    /// Whether that report said that the UE has gone.
    pub(crate) gone: bool,
    /// The UE's place, where the catalogue has one.
    pub(crate) place: Option<PlaceIx>,
    /// Where the instance serves, since when.
    pub(crate) serving: Option<(SiteIx, Timestamp)>,
    /// Since when another site has been better, as of the last look.
    pub(crate) better_since: Option<Timestamp>,
    /// What `regret` remembers of the instance.
    pub(crate) accounts: Option<&'a Accounts>,
    /// Slots of the app that are taken.
    pub(crate) under_way: u32,
}

/// A verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Finding {
    pub(crate) verdict: Verdict,
    pub(crate) rule: Rule,
    pub(crate) trigger: Trigger,
    /// The site that it should be at; `None` where it is let go or nothing is known.
    pub(crate) target: Option<SiteIx>,
    pub(crate) better_since: Option<Timestamp>,
    /// When the verdict changes if nothing else does.
    pub(crate) recheck: Option<Timestamp>,
}

/// Hears the numbers behind a verdict.
pub(crate) trait Recorder {
    fn candidates(&mut self, ranks: &[Rank]);
    fn serving(&mut self, site: SiteIx, meters: Option<f64>, stayed_ms: u64);
    fn better_for(&mut self, millis: u64);
}

/// Hears nothing: the path of every event.
pub(crate) struct Silent;

impl Recorder for Silent {
    fn candidates(&mut self, _: &[Rank]) {}
    fn serving(&mut self, _: SiteIx, _: Option<f64>, _: u64) {}
    fn better_for(&mut self, _: u64) {}
}

/// Gives the verdict. Allocates nothing unless the recorder does.
pub(crate) fn judge(case: &Case<'_>, recorder: &mut impl Recorder) -> Finding {
    let meters = case.serving.and_then(|(site, since)| {
        let meters = case.place.and_then(|place| case.topology.meters(place, site));
        recorder.serving(site, meters, told(case.now.since(since)));
        meters
    });
    if case.gone {
        return linger(case);
    }
    let trigger = if case.serving.is_some() { Trigger::Mobility } else { Trigger::FirstPlacement };
    let ranks = case.place.map_or(&[][..], |place| case.topology.ranks(place));
    let stay = |rule, target| Finding {
        verdict: Verdict::Stay,
        rule,
        trigger,
        target,
        better_since: None,
        recheck: None,
    };
    let Some(best) = ranks.first() else {
        return stay(Rule::NoCandidate, case.serving.map(|(site, _)| site));
    };
    recorder.candidates(ranks);
    let finding = match case.serving {
        None => Finding { verdict: Verdict::Move, ..stay(Rule::NoInstanceYet, Some(best.site)) },
        Some((site, since)) => {
            let opinion = policy::ask(
                &case.app.policy,
                &View {
                    at_best: best.site == site,
                    best: best.site,
                    best_meters: best.meters,
                    serving_meters: meters,
                    since,
                    better_since: case.better_since,
                    accounts: case.accounts,
                    now: case.now,
                },
            );
            recorder.better_for(opinion.better_since.map_or(0, |since| told(case.now.since(since))));
            Finding {
                verdict: if opinion.moves() { Verdict::Move } else { Verdict::Stay },
                better_since: opinion.better_since,
                recheck: opinion.recheck,
                // `AlreadyBest` also covers a tie, where it should be where it is.
                ..stay(opinion.rule, Some(if opinion.rule == Rule::AlreadyBest { site } else { best.site }))
            }
        }
    };
    if finding.verdict == Verdict::Move && case.under_way >= case.app.max_concurrent_relocations {
        return Finding {
            verdict: Verdict::Blocked,
            rule: Rule::Guarded(Guard::ConcurrentRelocations),
            ..finding
        };
    }
    finding
}

/// The UE has gone: its instance is kept for a while.
fn linger(case: &Case<'_>) -> Finding {
    let until = case.observed_at.plus(case.app.linger);
    let over = case.serving.is_some() && case.now >= until;
    Finding {
        verdict: if over { Verdict::Move } else { Verdict::Stay },
        rule: if over { Rule::LingerOver } else { Rule::NoCandidate },
        trigger: Trigger::UeGone,
        target: case.serving.map(|(site, _)| site).filter(|_| !over),
        better_since: None,
        recheck: (case.serving.is_some() && !over).then_some(until),
    }
}

/// Keeps the numbers.
#[derive(Debug, Default)]
pub(crate) struct Explained {
    candidates: Vec<Rank>,
    serving: Option<(SiteIx, Option<f64>, u64)>,
    better_for_ms: u64,
}

impl Recorder for Explained {
    fn candidates(&mut self, ranks: &[Rank]) {
        self.candidates = ranks.to_vec();
    }
    fn serving(&mut self, site: SiteIx, meters: Option<f64>, stayed_ms: u64) {
        self.serving = Some((site, meters, stayed_ms));
    }
    fn better_for(&mut self, millis: u64) {
        self.better_for_ms = millis;
    }
}

impl Explained {
    /// The explanation, in the words of `model`.
    pub(crate) fn tell<'n>(
        self,
        case: &Case<'_>,
        finding: &Finding,
        name: impl Fn(SiteIx) -> &'n SiteId,
    ) -> Explanation {
        let guard = match finding.rule {
            Rule::Guarded(guard) => Some(guard),
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
            | Rule::NoCandidate => None,
        };
        let regret = |rank: Rank| {
            let (_, meters, _) = self.serving.filter(|(serving, _, _)| *serving != rank.site)?;
            policy::standing(&case.app.policy, case.accounts, meters, (rank.site, rank.meters), case.now)
        };
        let candidate = |(place, rank): (usize, Rank)| Candidate {
            site: name(rank.site).clone(),
            meters: rank.meters,
            rejected_by: guard.filter(|_| place == 0),
            regret: regret(rank).map(|Standing { account, trend }| Account { account, trend }),
        };
        Explanation {
            policy: case.app.policy,
            basis: case.place.map_or(Basis::Unknown, |place| case.topology.place(place).basis),
            candidates: self.candidates.into_iter().enumerate().map(candidate).collect(),
            serving: self.serving.map(|(site, meters, stayed_ms)| Serving {
                site: name(site).clone(),
                meters,
                stayed_ms,
                came_from: policy::barred(&case.app.policy, case.accounts, stayed_ms)
                    .map(|site| name(site).clone()),
            }),
            better_for_ms: self.better_for_ms,
            under_way: case.under_way,
            under_way_limit: case.app.max_concurrent_relocations,
            rule: finding.rule,
            catalogue_version: case.topology.version(),
        }
    }
}
