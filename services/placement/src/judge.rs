//! The verdict for one instance; its explanation comes from the same function, with a recorder where somebody asks.

use model::{App, Basis, Guard, Rule, Timestamp, Trigger, Verdict, Weighed};

use crate::approvals::Approval;
use crate::asks::Asked;
use crate::atlas::Atlas;
use crate::guard::{Gate, Lane, Leave, Pace, Unhurried, Way, is_yes};
use crate::hosts::{Berth, Role};
use crate::index::SiteIx;
use crate::policy::{self, Accounts, View, told};
use crate::quality::Quality;
use crate::search::From;
use crate::sites::{Origin, Rank};
use crate::topology::Spot;
use crate::weigh;

/// Everything that a verdict depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) app: &'a App,
    /// What it is to its app.
    pub(crate) role: Role<'a>,
    pub(crate) topology: &'a Atlas,
    pub(crate) gate: Gate<'a>,
    pub(crate) now: Timestamp,
    /// When the report about the UE came; where the UE is not known, since when the instance has served.
    pub(crate) observed_at: Timestamp,
    /// Whether that report said that the UE has gone.
    pub(crate) gone: bool,
    /// The UE's place, or its group's, where the catalogue has one.
    pub(crate) place: Option<Spot<'a>>,
    /// Where the instance serves, since when.
    pub(crate) serving: Option<(SiteIx, Timestamp)>,
    /// Since when another site has been better, as of the last look.
    pub(crate) better_since: Option<Timestamp>,
    /// What `regret` remembers of the instance.
    pub(crate) accounts: Option<&'a Accounts>,
    /// What an operator asks of the instance.
    pub(crate) asked: Option<Asked>,
    /// What is measured for the instance.
    pub(crate) quality: Option<Quality<'a>>,
    /// Whether an operator has frozen the app.
    pub(crate) frozen: bool,
    /// What holds its policy back.
    pub(crate) unhurried: Unhurried<'a>,
    /// The budgets.
    pub(crate) pace: Pace<'a>,
    /// What was answered where somebody has to agree.
    pub(crate) approval: Approval<'a>,
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
    /// The budget that is used up.
    pub(crate) lacks: Option<Lane>,
}

/// Hears the numbers behind a verdict.
pub(crate) trait Recorder {
    /// Whether it wants to hear of sites that the verdict does not need.
    fn listens(&self) -> bool;
    fn candidate(&mut self, rank: Rank, rejected_by: Option<Guard>);
    fn serving(&mut self, site: SiteIx, meters: Option<f64>, stayed_ms: u64, left_for: Option<Guard>);
    fn better_for(&mut self, millis: u64);
    fn basis(&mut self, basis: Basis);
    fn weighed(&mut self, site: SiteIx, weighed: Weighed);
}

/// Hears nothing: the path of every event.
pub(crate) struct Silent;

impl Recorder for Silent {
    fn listens(&self) -> bool {
        false
    }
    fn candidate(&mut self, _: Rank, _: Option<Guard>) {}
    fn serving(&mut self, _: SiteIx, _: Option<f64>, _: u64, _: Option<Guard>) {}
    fn better_for(&mut self, _: u64) {}
    fn basis(&mut self, _: Basis) {}
    fn weighed(&mut self, _: SiteIx, _: Weighed) {}
}

/// Gives the verdict. Allocates nothing unless the recorder does, or each ranked site of the place is rejected, or no site
/// serves it.
pub(crate) fn judge(case: &Case<'_>, recorder: &mut impl Recorder) -> Finding {
    let left = case.serving.and_then(|(site, _)| {
        case.gate.leaves(site).or_else(|| outside(case, site)).or_else(|| deserted(case, site))
    });
    let meters = case.serving.and_then(|(site, since)| {
        let meters = case.place.and_then(|place| place.meters(case.topology, site));
        recorder.serving(site, meters, told(case.now.since(since)), left);
        meters
    });
    recorder.basis(case.place.map_or(Basis::Unknown, |place| place.basis(case.topology)));
    let wanted = match case.role {
        Role::Host { site, idle } => hosted(case, site, idle.is_some(), left, recorder),
        Role::Own | Role::Seat(_) if case.gone => linger(case, left),
        Role::Own | Role::Seat(_) => wanted(case, meters, left, recorder),
    };
    held(case, wanted)
}

/// Whether a host that nobody uses is at an overloaded site.
fn deserted(case: &Case<'_>, site: SiteIx) -> Option<Guard> {
    let idle = matches!(case.role, Role::Host { idle: Some(_), .. });
    (idle && case.gate.estate.is_overloaded(site)).then_some(Guard::Overloaded)
}

/// A host is started where it is needed, stays while it has seats, and is kept for a while after the last one.
fn hosted(
    case: &Case<'_>,
    site: Option<SiteIx>,
    idle: bool,
    left: Option<Guard>,
    recorder: &mut impl Recorder,
) -> Finding {
    match (case.serving, site) {
        (Some(_), _) if idle => linger(case, left),
        (Some((site, _)), _) => {
            Finding { target: Some(site), ..finding(Verdict::Stay, Rule::AlreadyBest, Trigger::Mobility) }
        }
        (None, Some(site)) => {
            recorder.candidate(Rank { site, meters: 0.0 }, None);
            Finding {
                target: Some(site),
                ..finding(Verdict::Move, Rule::NoInstanceYet, Trigger::FirstPlacement)
            }
        }
        (None, None) => finding(Verdict::Stay, Rule::NoCandidate, Trigger::FirstPlacement),
    }
}

/// Whether the UE is outside the service area of a site.
fn outside(case: &Case<'_>, site: SiteIx) -> Option<Guard> {
    let covers = case.place.is_none_or(|place| place.covers(case.topology, site));
    (!covers).then_some(Guard::OutsideArea)
}

/// What is right, were there neither limits nor freezes: what an operator asks for, else to leave a site that is to be
/// left or relieved, else to go where the quality of service is better, else what the policy wants.
fn wanted(
    case: &Case<'_>,
    meters: Option<f64>,
    left: Option<Guard>,
    recorder: &mut impl Recorder,
) -> Finding {
    let from = from(case);
    if let Some(finding) = case.asked.and_then(|asked| asked_for(case, &from, asked, left, recorder)) {
        return finding;
    }
    // What operators name is theirs to weigh; for all else measurements count.
    let from = From { quality: case.quality, ..from };
    match (case.serving, left) {
        (Some((site, _)), Some(guard)) => leave(case, from, site, guard, recorder),
        (serving, _) if from.is_lost() => Finding {
            target: serving.map(|(site, _)| site),
            ..finding(Verdict::Stay, Rule::NoCandidate, by_place(case))
        },
        (None, _) => match preferred(case, &from, recorder) {
            None => finding(Verdict::Blocked, NOWHERE, Trigger::FirstPlacement),
            Some(best) => Finding {
                target: Some(best.site),
                ..finding(Verdict::Move, Rule::NoInstanceYet, Trigger::FirstPlacement)
            },
        },
        (Some(serving), None) => {
            let best = match policy::weighs(&case.app.policy) {
                Some(knobs) => weigh::choose(knobs, &from, recorder).map(|choice| (choice.best, choice.gain)),
                None => from.best(recorder).map(|best| (best, None)),
            };
            let chosen = match best {
                // Nothing takes it, and it is well where it is.
                None => Finding {
                    target: Some(serving.0),
                    ..finding(Verdict::Stay, Rule::AlreadyBest, Trigger::Mobility)
                },
                Some(best) => by_policy(case, &from, serving, meters, best, recorder),
            };
            by_quality(&from, serving.0, chosen)
        }
    }
}

/// Where the instance is looked for a site from, measurements apart.
fn from<'a>(case: &Case<'a>) -> From<'a> {
    From {
        topology: case.topology,
        gate: case.gate,
        quality: None,
        serving: case.serving.map(|(site, _)| site),
        place: case.place,
        ranks: case.place.map_or(&[][..], |place| place.ranks(case.topology)),
        origin: case.place.and_then(|place| place.origin(case.topology)),
    }
}

/// The sites of which the orchestrator takes one where this rule has an instance go: none where it has no choice.
pub(crate) fn choices(case: &Case<'_>, rule: Rule) -> Vec<Rank> {
    let chooses =
        matches!(rule, Rule::NoInstanceYet | Rule::BeyondChoices | Rule::Evacuation | Rule::LeftArea);
    let most = if chooses { policy::offers(&case.app.policy) } else { 0 };
    let mut offered: Vec<Rank> = From { quality: case.quality, ..from(case) }.offered(most).collect();
    if offered.len() == 1 {
        offered.clear();
    }
    offered
}

const NOWHERE: Rule = Rule::Guarded(Guard::NoFeasibleSite);

const fn finding(verdict: Verdict, rule: Rule, trigger: Trigger) -> Finding {
    Finding { verdict, rule, trigger, target: None, better_since: None, recheck: None, lacks: None }
}

const fn by_place(case: &Case<'_>) -> Trigger {
    if case.serving.is_some() { Trigger::Mobility } else { Trigger::FirstPlacement }
}

/// The site that an instance goes to that has to go somewhere.
fn preferred(case: &Case<'_>, from: &From<'_>, recorder: &mut impl Recorder) -> Option<Rank> {
    match policy::weighs(&case.app.policy) {
        Some(knobs) => weigh::choose(knobs, &from.at_all(), recorder).map(|choice| choice.best),
        None => from.best_at_all(recorder),
    }
}

/// The policy's verdict between the serving site and the best one.
fn by_policy(
    case: &Case<'_>,
    from: &From<'_>,
    (site, since): (SiteIx, Timestamp),
    meters: Option<f64>,
    (best, gain): (Rank, Option<f64>),
    recorder: &mut impl Recorder,
) -> Finding {
    let opinion = policy::ask(
        &case.app.policy,
        &View {
            at_best: best.site == site
                || from.offered(policy::offers(&case.app.policy)).any(|rank| rank.site == site),
            best: best.site,
            best_meters: best.meters,
            serving_meters: meters,
            gain,
            since,
            better_since: case.better_since,
            accounts: case.accounts,
            now: case.now,
        },
    );
    recorder.better_for(opinion.better_since.map_or(0, |since| told(case.now.since(since))));
    let verdict = if opinion.moves() { Verdict::Move } else { Verdict::Stay };
    Finding {
        better_since: opinion.better_since,
        recheck: opinion.recheck,
        // `AlreadyBest` also covers a tie, where it should be where it is.
        target: Some(if matches!(opinion.rule, Rule::AlreadyBest | Rule::AmongChoices) {
            site
        } else {
            best.site
        }),
        ..finding(verdict, opinion.rule, Trigger::Mobility)
    }
}

/// Where the quality of service has been too poor for long enough, what the policy has chosen does not count, unless
/// nothing is better and it goes elsewhere.
fn by_quality(from: &From<'_>, site: SiteIx, chosen: Finding) -> Finding {
    let Some(quality) = from.quality.filter(|quality| quality.is_poor(site)) else { return chosen };
    let better_since = chosen.better_since;
    match (from.better(&quality), chosen.verdict) {
        (Some(better), _) => Finding {
            target: Some(better.site),
            better_since,
            ..finding(Verdict::Move, Rule::QosViolated, Trigger::Qos)
        },
        (None, Verdict::Stay) => {
            Finding { target: Some(site), trigger: Trigger::Qos, rule: Rule::NoBetterQos, ..chosen }
        }
        (None, Verdict::Move | Verdict::Blocked) => chosen,
    }
}

/// What an operator asks for; `None` where that says nothing at present. An ask chooses among the sites that take
/// instances: it opens none. A pin to a site that takes nothing does not leave a UE without an instance.
fn asked_for(
    case: &Case<'_>,
    from: &From<'_>,
    asked: Asked,
    left: Option<Guard>,
    recorder: &mut impl Recorder,
) -> Option<Finding> {
    let guard = from.bars(asked.site);
    let there = from.serving == Some(asked.site);
    let well = case.serving.is_some() && left.is_none();
    if asked.pinned && guard.is_some() && !well {
        return None;
    }
    let meters = from.meters(asked.site).unwrap_or_default();
    recorder.candidate(Rank { site: asked.site, meters }, guard);
    let rule = if asked.pinned { Rule::Pinned } else { Rule::OperatorMove };
    let (verdict, rule) = match guard {
        Some(guard) => (Verdict::Blocked, Rule::Guarded(guard)),
        None if there => (Verdict::Stay, rule),
        None => (Verdict::Move, rule),
    };
    Some(Finding { target: Some(asked.site), ..finding(verdict, rule, Trigger::Operator) })
}

/// The serving site is to be left, or the UE has left its area.
fn leave(
    case: &Case<'_>,
    from: From<'_>,
    site: SiteIx,
    guard: Guard,
    recorder: &mut impl Recorder,
) -> Finding {
    let from = if from.is_lost() {
        // Nothing is known of where the UE is: near to where it is served.
        recorder.basis(Basis::ServingSite);
        let origin = case.topology.sites().get(site.slot()).and_then(|site| site.position);
        From { place: None, origin: origin.map(Origin::Point), ..from }
    } else {
        from
    };
    // Nobody is near to a UE that is not known: what relieves a site goes to where there is more of everything.
    let far = guard == Guard::Overloaded && from.place.is_none();
    let upper = if far { from.upper(recorder) } else { None };
    match upper.or_else(|| preferred(case, &from, recorder)) {
        Some(best) => {
            Finding { target: Some(best.site), ..finding(Verdict::Move, left_by(guard), leaving(guard)) }
        }
        None => finding(Verdict::Blocked, NOWHERE, leaving(guard)),
    }
}

/// The rule by which a site is left for this reason.
const fn left_by(guard: Guard) -> Rule {
    match guard {
        Guard::Overloaded => Rule::Relief,
        Guard::OutsideArea => Rule::LeftArea,
        Guard::Draining
        | Guard::Degraded
        | Guard::Failed
        | Guard::Cordoned
        | Guard::Full
        | Guard::MissingLabel
        | Guard::Tenant
        | Guard::Residency
        | Guard::QosViolated
        | Guard::ConcurrentRelocations
        | Guard::NoFeasibleSite
        | Guard::Cooldown
        | Guard::PingPong
        | Guard::FreezeWindow
        | Guard::AppRate
        | Guard::SiteConcurrent
        | Guard::SiteRate
        | Guard::TotalConcurrent
        | Guard::TotalRate
        | Guard::MobilityNotAllowed
        | Guard::AwaitingConfirmation
        | Guard::Uncertain
        | Guard::HostStarting
        | Guard::Frozen => Rule::Evacuation,
    }
}

/// The trigger of leaving a site for this reason.
const fn leaving(guard: Guard) -> Trigger {
    match guard {
        Guard::Degraded => Trigger::SiteDegraded,
        Guard::Failed => Trigger::SiteFailure,
        Guard::Overloaded => Trigger::Capacity,
        Guard::OutsideArea => Trigger::LeftArea,
        Guard::Draining
        | Guard::Cordoned
        | Guard::Full
        | Guard::MissingLabel
        | Guard::QosViolated
        | Guard::Tenant
        | Guard::Residency
        | Guard::ConcurrentRelocations
        | Guard::NoFeasibleSite
        | Guard::Frozen
        | Guard::Cooldown
        | Guard::PingPong
        | Guard::FreezeWindow
        | Guard::AppRate
        | Guard::SiteConcurrent
        | Guard::SiteRate
        | Guard::TotalConcurrent
        | Guard::TotalRate
        | Guard::MobilityNotAllowed
        | Guard::AwaitingConfirmation
        | Guard::Uncertain
        | Guard::HostStarting => Trigger::Maintenance,
    }
}

/// The UE has gone: its instance is kept for a while; but not moved elsewhere for nobody, where its site is left.
fn linger(case: &Case<'_>, left: Option<Guard>) -> Finding {
    if let Some(guard) = left {
        return finding(Verdict::Move, left_by(guard), leaving(guard));
    }
    let until = case.observed_at.plus(case.app.linger);
    let over = case.serving.is_some() && case.now >= until;
    let (verdict, rule) =
        if over { (Verdict::Move, Rule::LingerOver) } else { (Verdict::Stay, Rule::NoCandidate) };
    Finding {
        target: case.serving.map(|(site, _)| site).filter(|_| !over),
        recheck: (case.serving.is_some() && !over).then_some(until),
        ..finding(verdict, rule, Trigger::UeGone)
    }
}

/// What is right may have to wait: a move for the app's mobility level, what the policy wants for the instance's own limits,
/// everything for freezes, a move for somebody's word, and the rest for budgets. Letting go takes from no budget.
fn held(case: &Case<'_>, wanted: Finding) -> Finding {
    if wanted.verdict != Verdict::Move {
        return wanted;
    }
    let blocked = |guard, recheck, lacks| {
        let (verdict, rule) = (Verdict::Blocked, Rule::Guarded(guard));
        Finding { verdict, rule, recheck, lacks, ..wanted }
    };
    let leave = leave_for(case, &wanted);
    if leave.is_some_and(|leave| leave.is_denied()) {
        return blocked(Guard::MobilityNotAllowed, None, None);
    }
    if wanted.trigger == Trigger::Mobility && is_uncertain(case, wanted.target) {
        // Only what is told of the UE next can end it.
        return blocked(Guard::Uncertain, None, None);
    }
    let unhurried = match wanted.trigger {
        Trigger::Mobility | Trigger::Qos => case.unhurried.holds(wanted.target),
        Trigger::FirstPlacement
        | Trigger::UeGone
        | Trigger::LeftArea
        | Trigger::Capacity
        | Trigger::Maintenance
        | Trigger::SiteDegraded
        | Trigger::SiteFailure
        | Trigger::Operator => None,
    };
    if let Some((guard, until)) = unhurried {
        return blocked(guard, Some(until), None);
    }
    if case.frozen {
        return blocked(Guard::Frozen, None, None);
    }
    let word = leave.and_then(|leave| leave.word(case.now));
    if let Some(word) = word.filter(|word| !is_yes(word)) {
        return blocked(Guard::AwaitingConfirmation, Some(word.until), None);
    }
    let lacks = |way| case.pace.lacks(way, case.now);
    let berth = match (case.role, wanted.target) {
        (Role::Seat(berths), Some(target)) => Some((berths.at(target, case.now), target)),
        (Role::Own | Role::Host { .. }, _) | (Role::Seat(_), None) => None,
    };
    match berth {
        None | Some((Berth::Serving, _)) => (),
        Some((Berth::UnderWay, _)) => return blocked(Guard::HostStarting, None, None),
        Some((Berth::Paused(until), _)) => return blocked(Guard::HostStarting, Some(until), None),
        // The first that needs it has it started, out of the budgets; its turn is its host's.
        Some((Berth::Absent, target)) => match lacks(Way { source: None, target }) {
            Some(lane) => return blocked(lane.guard(), None, Some(lane)),
            None => return blocked(Guard::HostStarting, None, None),
        },
    }
    match way(case, &wanted).and_then(lacks) {
        // A yes does not count for ever.
        Some(lane) => blocked(lane.guard(), word.map(|word| word.until), Some(lane)),
        None => wanted,
    }
}

/// What the app's mobility level says of what is found to be right.
pub(crate) fn leave_for<'a>(case: &Case<'a>, finding: &Finding) -> Option<Leave<'a>> {
    let serving = case.serving.map(|(site, _)| site);
    let left = serving.and_then(|site| case.gate.leaves(site));
    Leave::of(case.app, case.approval, (serving.is_some(), left), finding.target, finding.trigger)
}

/// Whether either of two sites may be the nearer one, because the UE may be anywhere in its circle: then their
/// distances from the centre differ by no more than the circle's diameter. That is so wherever the circle covers both sites.
/// Where no distance can be told to one of them, it is no question of distances.
fn is_uncertain(case: &Case<'_>, target: Option<SiteIx>) -> bool {
    let excess = || {
        let (place, (serving, _)) = (case.place?, case.serving?);
        let radius = place.uncertainty(case.topology)?;
        let meters = |site| place.meters(case.topology, site);
        Some((meters(serving)? - meters(target?)?, 2.0 * radius))
    };
    excess().is_some_and(|(excess, diameter)| excess.abs() <= diameter)
}

/// From where to where a finding leads.
pub(crate) fn way(case: &Case<'_>, finding: &Finding) -> Option<Way> {
    finding.target.map(|target| Way { source: case.serving.map(|(site, _)| site), target })
}
