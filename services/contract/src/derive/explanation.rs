//! Why a decision is what it is.

use std::time::Duration;

use super::cell::{cell, tai};
use super::{consent, quality, weighed};
use crate::v1::{
    Basis, BasisKind, Budget, Candidate, Explanation, Guard, Host, HostState, Loaded, Policy, PolicyName,
    Rule, Serving,
};

pub(super) fn explanation(from: &model::Explanation) -> Explanation {
    let (rule, by) = rule(from.rule);
    Explanation {
        rule,
        guard: by,
        policy: policy(&from.policy),
        basis: basis(&from.basis, from.uncertainty_meters),
        candidates: from.candidates.iter().map(candidate).collect(),
        serving: from.serving.as_ref().map(|serving| Serving {
            site: serving.site.to_string(),
            meters: serving.meters,
            stayed_ms: serving.stayed_ms,
            came_from: serving.came_from.as_ref().map(ToString::to_string),
            rejected_by: serving.rejected_by.map(guard),
            qos: serving.qos.as_ref().map(quality::measured),
            load: serving.load.map(loaded),
        }),
        better_for_ms: from.better_for_ms,
        under_way: from.under_way,
        under_way_limit: from.under_way_limit,
        frozen: from.frozen,
        qos_target: from.qos.as_ref().map(quality::target),
        cooldown_ms: from.limits.cooldown_ms,
        not_back_to: from.limits.not_back_to.as_ref().map(ToString::to_string),
        freeze_window: from.limits.freeze_window.as_ref().map(ToString::to_string),
        budgets: from.limits.budgets.iter().map(budget).collect(),
        mobility_level: consent::level(from.limits.mobility_level),
        consent: from.limits.consent.as_ref().map(consent::consent),
        host: from.limits.host.as_ref().map(host),
        catalogue_version: from.catalogue_version,
    }
}

/// Distances to three sites give a position away: they are told in hundreds of metres.
pub(super) fn blur(told: &mut Explanation) {
    if told.basis.kind != BasisKind::Position {
        return;
    }
    let candidates = told.candidates.iter_mut().map(|candidate| &mut candidate.meters);
    let serving = told.serving.iter_mut().filter_map(|serving| serving.meters.as_mut());
    candidates.chain(serving).for_each(|meters| *meters = (*meters / 100.0).round() * 100.0);
}

const fn rule(rule: model::Rule) -> (Rule, Option<Guard>) {
    match rule {
        model::Rule::NoInstanceYet => (Rule::NoInstanceYet, None),
        model::Rule::LingerOver => (Rule::LingerOver, None),
        model::Rule::AlreadyBest => (Rule::AlreadyBest, None),
        model::Rule::Nearer => (Rule::Nearer, None),
        model::Rule::WithinMargin => (Rule::WithinMargin, None),
        model::Rule::TimeToTrigger => (Rule::TimeToTrigger, None),
        model::Rule::MinimumStay => (Rule::MinimumStay, None),
        model::Rule::ThresholdMet => (Rule::ThresholdMet, None),
        model::Rule::CostNotReached => (Rule::CostNotReached, None),
        model::Rule::NoReturn => (Rule::NoReturn, None),
        model::Rule::CostReached => (Rule::CostReached, None),
        model::Rule::Evacuation => (Rule::Evacuation, None),
        model::Rule::QosViolated => (Rule::QosViolated, None),
        model::Rule::NoBetterQos => (Rule::NoBetterQos, None),
        model::Rule::Relief => (Rule::Relief, None),
        model::Rule::OperatorMove => (Rule::OperatorMove, None),
        model::Rule::Pinned => (Rule::Pinned, None),
        model::Rule::Guarded(by) => (Rule::Guarded, Some(guard(by))),
        model::Rule::NoCandidate => (Rule::NoCandidate, None),
        model::Rule::LeftArea => (Rule::LeftArea, None),
        model::Rule::WithinGain => (Rule::WithinGain, None),
        model::Rule::BetterScore => (Rule::BetterScore, None),
        model::Rule::AmongChoices => (Rule::AmongChoices, None),
        model::Rule::BeyondChoices => (Rule::BeyondChoices, None),
    }
}

pub(crate) const fn guard(guard: model::Guard) -> Guard {
    match guard {
        model::Guard::ConcurrentRelocations => Guard::ConcurrentRelocations,
        model::Guard::Cordoned => Guard::Cordoned,
        model::Guard::Draining => Guard::Draining,
        model::Guard::Degraded => Guard::Degraded,
        model::Guard::Failed => Guard::Failed,
        model::Guard::Full => Guard::Full,
        model::Guard::MissingLabel => Guard::MissingLabel,
        model::Guard::QosViolated => Guard::QosViolated,
        model::Guard::Overloaded => Guard::Overloaded,
        model::Guard::NoFeasibleSite => Guard::NoFeasibleSite,
        model::Guard::Frozen => Guard::Frozen,
        model::Guard::OutsideArea => Guard::OutsideArea,
        model::Guard::Tenant => Guard::Tenant,
        model::Guard::Residency => Guard::Residency,
        model::Guard::Cooldown => Guard::Cooldown,
        model::Guard::PingPong => Guard::PingPong,
        model::Guard::FreezeWindow => Guard::FreezeWindow,
        model::Guard::AppRate => Guard::AppRate,
        model::Guard::SiteConcurrent => Guard::SiteConcurrent,
        model::Guard::SiteRate => Guard::SiteRate,
        model::Guard::TotalConcurrent => Guard::TotalConcurrent,
        model::Guard::TotalRate => Guard::TotalRate,
        model::Guard::MobilityNotAllowed => Guard::MobilityNotAllowed,
        model::Guard::AwaitingConfirmation => Guard::AwaitingConfirmation,
        model::Guard::Uncertain => Guard::Uncertain,
        model::Guard::HostStarting => Guard::HostStarting,
    }
}

fn host(seen: &model::HostSeen) -> Host {
    let state = match seen.state {
        model::HostState::Serving => HostState::Serving,
        model::HostState::UnderWay => HostState::UnderWay,
        model::HostState::Paused => HostState::Paused,
        model::HostState::Absent => HostState::Absent,
    };
    Host { instance: seen.instance.to_string(), state }
}

fn budget(seen: &model::BudgetSeen) -> Budget {
    Budget {
        guard: guard(seen.guard),
        site: seen.site.as_ref().map(ToString::to_string),
        used: seen.used,
        limit: seen.limit,
        per_minute: seen.per_minute,
    }
}

fn policy(policy: &model::Policy) -> Policy {
    match policy {
        model::Policy::Nearest => Policy::named(PolicyName::Nearest),
        model::Policy::Threshold(threshold) => Policy {
            margin_meters: Some(threshold.margin_meters),
            time_to_trigger_ms: Some(millis(threshold.time_to_trigger)),
            minimum_stay_ms: Some(millis(threshold.minimum_stay)),
            ..Policy::named(PolicyName::Threshold)
        },
        model::Policy::Regret(regret) => weighing(PolicyName::Regret, regret),
        model::Policy::Group(group) => weighing(PolicyName::Group, &group.cost),
        model::Policy::Weighted(weighted) => weighed::policy(weighted),
        model::Policy::OrchestratorChooses(knobs) => Policy {
            candidates: Some(knobs.candidates),
            time_to_trigger_ms: Some(millis(knobs.time_to_trigger)),
            minimum_stay_ms: Some(millis(knobs.minimum_stay)),
            ..Policy::named(PolicyName::OrchestratorChooses)
        },
    }
}

fn weighing(name: PolicyName, regret: &model::Regret) -> Policy {
    Policy {
        relocation_cost: Some(regret.relocation_cost),
        look_ahead_ms: Some(millis(regret.look_ahead)),
        smoothing_ms: Some(millis(regret.smoothing)),
        no_return_ms: Some(millis(regret.no_return)),
        tick_ms: Some(millis(regret.tick)),
        ..Policy::named(name)
    }
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn basis(basis: &model::Basis, uncertainty: Option<f64>) -> Basis {
    let mut told = Basis { kind: BasisKind::Unknown, ncgi: None, ecgi: None, tai: None, uncertainty };
    match basis {
        model::Basis::Cell(id) => {
            told.kind = BasisKind::Cell;
            (told.ncgi, told.ecgi) = cell(id);
        }
        model::Basis::Tai(area) => {
            told.kind = BasisKind::TrackingArea;
            told.tai = Some(tai(area));
        }
        model::Basis::ServingSite => told.kind = BasisKind::ServingSite,
        model::Basis::Members { .. } => told.kind = BasisKind::Members,
        model::Basis::Unknown => {}
        model::Basis::Position => told.kind = BasisKind::Position,
    }
    told
}

fn candidate(candidate: &model::Candidate) -> Candidate {
    Candidate {
        site: candidate.site.to_string(),
        meters: candidate.meters,
        rejected_by: candidate.rejected_by.map(guard),
        account: candidate.regret.map(|regret| regret.account),
        trend_meters: candidate.regret.map(|regret| regret.trend),
        qos: candidate.qos.as_ref().map(quality::measured),
        load: candidate.load.map(loaded),
        weighed: candidate.weighed.as_ref().map(weighed::weighed),
    }
}

const fn loaded(from: model::Loaded) -> Loaded {
    let model::Loaded { load, high, low, overloaded, instances, instances_limit } = from;
    Loaded { load, high, low, overloaded, instances, instances_limit }
}
