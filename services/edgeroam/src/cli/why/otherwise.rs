//! What would have changed a verdict: follows from its explanation alone.

use std::time::Duration;

use model::{Candidate, Decision, Guard, Policy, Regret, Rule, Threshold};

use super::show::{seconds, span};
use super::{limits, weighed};

/// What would have had to be otherwise for another verdict.
pub(super) fn otherwise(decision: &Decision) -> String {
    match decision.explanation.rule {
        Rule::NoInstanceYet => "none as long as its UE is here: it has no instance yet".to_owned(),
        Rule::LingerOver => "it would have stayed, had its UE come back before linger was over".to_owned(),
        Rule::WithinGain | Rule::BetterScore => weighed::otherwise(decision),
        Rule::AlreadyBest if matches!(decision.explanation.policy, Policy::Weighted(_)) => {
            weighed::otherwise(decision)
        }
        Rule::AlreadyBest => "goes once another site that takes it is nearer".to_owned(),
        Rule::Nearer => nearer(decision),
        Rule::WithinMargin => within_margin(decision),
        Rule::TimeToTrigger => time_to_trigger(decision),
        Rule::MinimumStay => minimum_stay(decision),
        Rule::ThresholdMet => threshold_met(decision),
        Rule::CostNotReached => cost(decision, "goes"),
        Rule::NoReturn => no_return(decision),
        Rule::CostReached => cost(decision, "would have stayed"),
        Rule::AmongChoices => {
            "goes once its site is no longer among the nearest ones that take it".to_owned()
        }
        Rule::BeyondChoices => {
            "it would have stayed with more `candidates`, or had its site come back among them".to_owned()
        }
        Rule::Evacuation => "it would have stayed, were its site in service".to_owned(),
        Rule::QosViolated => {
            "it would have stayed after one good report, or with no other site to try".to_owned()
        }
        Rule::NoBetterQos => {
            "goes once another site is measured to be good, or what was measured there no longer counts"
                .to_owned()
        }
        Rule::Relief => {
            "it would have stayed, had others cost less or the load been at the low water mark".to_owned()
        }
        Rule::LeftArea => {
            "the policy would have been asked, were its UE within the service area of its site".to_owned()
        }
        Rule::OperatorMove => "the policy would have been asked, had no operator named a site".to_owned(),
        Rule::Pinned => "the policy is asked again after `edgeroam instance unpin`".to_owned(),
        Rule::Guarded(guard) => {
            limits::otherwise(decision, guard).unwrap_or_else(|| guarded(guard).to_owned())
        }
        Rule::NoCandidate => {
            "goes once its UE is seen in a cell or tracking area of the catalogue".to_owned()
        }
    }
}

const fn guarded(guard: Guard) -> &'static str {
    match guard {
        Guard::ConcurrentRelocations => "goes when one of those under way ends, or with a higher limit",
        Guard::Cordoned | Guard::Draining => "goes after `edgeroam site resume` of the site",
        Guard::Degraded | Guard::Failed => "goes once the site is in service again",
        Guard::Full => "goes when an instance leaves the site, or with a higher limit there",
        Guard::MissingLabel => "goes once the catalogue gives the site the labels that the app requires",
        Guard::QosViolated => "goes once what was measured there is good again, or no longer counts",
        Guard::Overloaded => {
            "goes once the load of the site is at its low water mark, or it has room below the high one"
        }
        Guard::OutsideArea => "goes once its UE is within the service area of the site",
        Guard::Tenant => "goes once the catalogue has the app's tenant among those of the site",
        Guard::Residency => "goes once the site lies where the catalogue lets the app's data be",
        Guard::NoFeasibleSite => "goes once one of these sites takes it",
        Guard::Frozen => "goes when the freeze ends: `edgeroam app thaw`",
        Guard::Cooldown | Guard::PingPong => "goes once it has been there for long enough",
        Guard::FreezeWindow => "goes when the freeze window ends",
        Guard::HostStarting => "goes once the app's host at that site serves",
        Guard::AppRate | Guard::SiteRate | Guard::TotalRate => {
            "goes when its turn comes, or with a higher rate"
        }
        Guard::SiteConcurrent | Guard::TotalConcurrent => {
            "goes when one of those under way ends and its turn comes, or with a higher limit"
        }
        Guard::MobilityNotAllowed => "goes with another mobility_level, or if its site fails",
        Guard::AwaitingConfirmation => "would go if confirmed: `edgeroam relocation list`",
        Guard::Uncertain => "goes once its UE's position says which of the two sites is nearer",
    }
}

/// The site that was weighed against the serving one.
fn weighed(decision: &Decision) -> Option<&Candidate> {
    let explanation = &decision.explanation;
    let serving = explanation.serving.as_ref().map(|serving| &serving.site);
    let open = |candidate: &&Candidate| candidate.rejected_by.is_none() && Some(&candidate.site) != serving;
    explanation.candidates.iter().find(open)
}

/// By how much the site that was weighed is nearer than the serving one, in metres.
fn gain(decision: &Decision) -> Option<f64> {
    let serving = decision.explanation.serving.as_ref()?.meters?;
    Some(serving - weighed(decision)?.meters)
}

fn nearer(decision: &Decision) -> String {
    gain(decision).map_or_else(
        || "it would have stayed at a site whose distance is known and smaller".to_owned(),
        |gain| format!("it would have stayed, were its site {gain:.0} m nearer"),
    )
}

const fn knobs(decision: &Decision) -> Option<&Threshold> {
    match &decision.explanation.policy {
        Policy::Threshold(knobs) => Some(knobs),
        Policy::Nearest
        | Policy::Regret(_)
        | Policy::Group(_)
        | Policy::Weighted(_)
        | Policy::OrchestratorChooses(_) => None,
    }
}

/// Time to trigger and minimum stay, of a policy that has them.
const fn spans(decision: &Decision) -> Option<(Duration, Duration)> {
    match &decision.explanation.policy {
        Policy::Threshold(knobs) => Some((knobs.time_to_trigger, knobs.minimum_stay)),
        Policy::OrchestratorChooses(knobs) => Some((knobs.time_to_trigger, knobs.minimum_stay)),
        Policy::Weighted(knobs) => Some((Duration::ZERO, knobs.minimum_stay)),
        Policy::Nearest | Policy::Regret(_) | Policy::Group(_) => None,
    }
}

fn within_margin(decision: &Decision) -> String {
    match (gain(decision), knobs(decision)) {
        (Some(gain), Some(knobs)) => format!(
            "goes once the other site is nearer by {:.0} m more, with a margin below {gain:.0} m at once",
            knobs.margin_meters - gain
        ),
        _ => "goes once another site is nearer by the margin".to_owned(),
    }
}

fn time_to_trigger(decision: &Decision) -> String {
    let better_for = Duration::from_millis(decision.explanation.better_for_ms);
    let rest = spans(decision).map(|(time_to_trigger, _)| time_to_trigger.saturating_sub(better_for));
    rest.map_or_else(
        || "goes once it has been better for long enough".to_owned(),
        |rest| format!("goes {} later if nothing changes", span(rest)),
    )
}

fn minimum_stay(decision: &Decision) -> String {
    let stayed =
        decision.explanation.serving.as_ref().map(|serving| Duration::from_millis(serving.stayed_ms));
    match (spans(decision), stayed) {
        (Some((_, minimum_stay)), Some(stayed)) => {
            format!("goes {} later if nothing changes", span(minimum_stay.saturating_sub(stayed)))
        }
        _ => "goes once it has been there for long enough".to_owned(),
    }
}

fn threshold_met(decision: &Decision) -> String {
    let better_for = seconds(decision.explanation.better_for_ms);
    gain(decision).map_or_else(
        || format!("it would have stayed with a time_to_trigger of more than {better_for}"),
        |gain| {
            format!(
                "it would have stayed with a margin of {gain:.0} m or more, or a time_to_trigger of more than \
                 {better_for}"
            )
        },
    )
}

/// Account and trend against the cost of a relocation.
fn cost(decision: &Decision, verdict: &str) -> String {
    let Some(Regret { relocation_cost, look_ahead, .. }) = decision.explanation.policy.accounts() else {
        return format!("{verdict} by what staying costs");
    };
    let Some(regret) = weighed(decision).and_then(|candidate| candidate.regret.as_ref()) else {
        return format!("{verdict} by what staying costs against {relocation_cost} m·s");
    };
    let sum = regret.account + look_ahead.as_secs_f64() * regret.trend;
    if sum < *relocation_cost {
        format!(
            "{verdict} at {relocation_cost:.0} m·s: it is {sum:.0}, {:.0} are missing",
            relocation_cost - sum
        )
    } else {
        format!("{verdict} with a relocation_cost above {sum:.0} m·s")
    }
}

fn no_return(decision: &Decision) -> String {
    let stayed =
        decision.explanation.serving.as_ref().map(|serving| Duration::from_millis(serving.stayed_ms));
    match (decision.explanation.policy.accounts(), stayed) {
        (Some(knobs), Some(stayed)) => {
            format!("goes {} later if nothing changes", span(knobs.no_return.saturating_sub(stayed)))
        }
        _ => "goes once it has been away for long enough".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use model::{AppId, Basis, Explanation, InstanceKey, Mode, Serving, Timestamp, Trigger, Verdict};

    use super::*;

    fn decision(policy: Policy, rule: Rule, better_for_ms: u64) -> Decision {
        let app = AppId::new("echo").expect("valid");
        let supi = "imsi-208930000000001".parse().expect("valid");
        let site = |name: &str| name.parse().expect("valid");
        let candidate = |name: &str, meters, rejected_by, regret| Candidate {
            site: site(name),
            meters,
            rejected_by,
            regret,
            qos: None,
            load: None,
            weighed: None,
        };
        let account = model::Account { account: 2_500.0, trend: 40.0 };
        Decision {
            instance: InstanceKey::new(&[7; 16]).expect("long enough").per_ue(&app, &supi),
            app,
            supi: Some(supi),
            group: None,
            at: Timestamp::default(),
            observed_at: Timestamp::default(),
            trigger: Trigger::Mobility,
            verdict: Verdict::Stay,
            source: Some(site("far")),
            target: Some(site("near")),
            mode: Mode::Act,
            order: None,
            explanation: Explanation {
                policy,
                basis: Basis::Unknown,
                uncertainty_meters: None,
                candidates: vec![
                    candidate("nearest", 10.0, Some(Guard::Draining), None),
                    candidate("near", 100.0, None, Some(account)),
                    candidate("far", 180.0, None, None),
                ],
                serving: Some(Serving {
                    site: site("far"),
                    meters: Some(180.0),
                    stayed_ms: 4_000,
                    came_from: None,
                    rejected_by: None,
                    qos: None,
                    load: None,
                }),
                better_for_ms,
                under_way: 0,
                under_way_limit: 4,
                frozen: false,
                qos: None,
                limits: model::LimitsSeen::default(),
                rule,
                catalogue_version: 1,
            },
        }
    }

    #[test]
    fn what_is_missing_is_told_in_the_unit_of_the_knob() {
        let threshold = Policy::Threshold(Threshold::default());
        let told = |policy, rule, better_for_ms| otherwise(&decision(policy, rule, better_for_ms));
        // The site that is drained is not weighed: the gain is 80 m, not 170 m.
        assert!(
            told(threshold, Rule::WithinMargin, 0).contains("nearer by 20 m more, with a margin below 80 m")
        );
        assert!(told(threshold, Rule::TimeToTrigger, 2_500).contains("goes 7.5 s later"));
        assert!(told(threshold, Rule::MinimumStay, 20_000).contains("goes 26 s later"));
        assert!(told(threshold, Rule::ThresholdMet, 12_000).contains("margin of 80 m or more"));
        assert!(told(Policy::Nearest, Rule::Nearer, 0).contains("were its site 80 m nearer"));
        let regret = Policy::Regret(Regret::default());
        // 2,500 + 55 s of 40 m.
        assert!(told(regret, Rule::CostNotReached, 0).contains("it is 4700, 3300 are missing"));
        let cheap = Policy::Regret(Regret { relocation_cost: 4_000.0, ..Regret::default() });
        assert!(told(cheap, Rule::CostReached, 0).contains("a relocation_cost above 4700 m·s"));
        assert!(told(regret, Rule::NoReturn, 0).contains("goes 57 s later"));
    }

    #[test]
    fn what_a_score_lacks_is_told() {
        let told = |rule| {
            let mut decision = decision(Policy::Weighted(model::Weighted::default()), rule, 0);
            let (figures, terms) = (model::Criteria::default(), model::Criteria::default());
            for (place, score) in [(1, 0.64), (2, 0.6)] {
                let weighed = model::Weighed { figures, terms, score };
                decision.explanation.candidates[place].weighed = Some(weighed);
            }
            otherwise(&decision)
        };
        assert!(told(Rule::WithinGain).contains("higher by more than 0.05: it is 0.040"));
        assert!(told(Rule::BetterScore).contains("with a gain of 0.040 or more"));
        assert!(told(Rule::AlreadyBest).contains("scores higher by more than 0.05"));
        assert!(told(Rule::MinimumStay).contains("goes 26 s later"));
    }

    #[test]
    fn each_guard_is_told_with_what_ends_it() {
        let guards = [
            Guard::ConcurrentRelocations,
            Guard::NoFeasibleSite,
            Guard::Frozen,
            Guard::Full,
            Guard::Overloaded,
            Guard::QosViolated,
            Guard::OutsideArea,
            Guard::Tenant,
            Guard::Residency,
            Guard::Cooldown,
            Guard::PingPong,
            Guard::FreezeWindow,
            Guard::AppRate,
            Guard::SiteConcurrent,
            Guard::SiteRate,
            Guard::TotalConcurrent,
            Guard::TotalRate,
            Guard::Uncertain,
            Guard::HostStarting,
        ];
        for guard in guards {
            let told = otherwise(&decision(Policy::Nearest, Rule::Guarded(guard), 0));
            assert!(told.starts_with("goes ") && !told.contains('_'), "{told}");
        }
    }
}
