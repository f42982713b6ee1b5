//! The verdict, from nothing but what a decision tells: written apart from the engine's policies.

use std::time::Duration;

use model::{Basis, Candidate, Decision, Guard, Policy, Trigger, Verdict};

/// What is right, were there neither limits nor freezes.
enum Wanted {
    Stay,
    Go,
    Stuck(Guard),
}

/// Recomputes the verdict and the guard behind it. `linger` is the app's; everything else stands in the decision.
pub(crate) fn recomputed(decision: &Decision, linger: Duration) -> (Verdict, Option<Guard>) {
    let told = &decision.explanation;
    let wanted = match decision.trigger {
        Trigger::UeGone => {
            let over =
                decision.at.as_micros() >= decision.observed_at.as_micros() + linger.as_micros() as u64;
            if told.serving.is_some() && over { Wanted::Go } else { Wanted::Stay }
        }
        Trigger::Operator => asked(decision),
        Trigger::Maintenance | Trigger::SiteDegraded | Trigger::SiteFailure => leaving(decision),
        Trigger::Mobility | Trigger::FirstPlacement => placed(decision),
    };
    let full = decision.target.is_some() && told.under_way >= told.under_way_limit;
    let limits = &told.limits;
    let unhurried = (decision.trigger == Trigger::Mobility).then(|| {
        let stayed = told.serving.as_ref().map_or(0, |serving| serving.stayed_ms);
        let cool = limits.cooldown_ms.filter(|cooldown| stayed < *cooldown).map(|_| Guard::Cooldown);
        let back = limits.not_back_to.as_ref().filter(|site| decision.target.as_ref() == Some(*site));
        let window = limits.freeze_window.as_ref().map(|_| Guard::FreezeWindow);
        cool.or(back.map(|_| Guard::PingPong)).or(window)
    });
    let used_up = limits.budgets.iter().find(|budget| budget.used >= budget.limit);
    match wanted {
        Wanted::Stay => (Verdict::Stay, None),
        Wanted::Stuck(by) => (Verdict::Blocked, Some(by)),
        Wanted::Go if unhurried.flatten().is_some() => (Verdict::Blocked, unhurried.flatten()),
        Wanted::Go if told.frozen => (Verdict::Blocked, Some(Guard::Frozen)),
        Wanted::Go if full => (Verdict::Blocked, Some(Guard::ConcurrentRelocations)),
        Wanted::Go if used_up.is_some() => (Verdict::Blocked, used_up.map(|budget| budget.guard)),
        Wanted::Go => (Verdict::Move, None),
    }
}

/// Why a site takes nothing; the other guards say nothing of a site.
fn closed(candidate: &Candidate) -> Option<Guard> {
    candidate.rejected_by.filter(|guard| guard.is_of_site())
}

fn nearest_open(decision: &Decision) -> Option<&Candidate> {
    let candidates = &decision.explanation.candidates;
    assert!(candidates.windows(2).all(|pair| pair[0].meters <= pair[1].meters));
    candidates.iter().find(|candidate| closed(candidate).is_none())
}

/// An operator named the only site that counts.
fn asked(decision: &Decision) -> Wanted {
    let [named] = &decision.explanation.candidates[..] else { panic!("not one site: {decision:?}") };
    assert_eq!(decision.target.as_ref(), Some(&named.site));
    match closed(named) {
        Some(by) => Wanted::Stuck(by),
        None if decision.source == decision.target => Wanted::Stay,
        None => Wanted::Go,
    }
}

/// The serving site is left: for the nearest site that takes it, or for nowhere if its UE has gone.
fn leaving(decision: &Decision) -> Wanted {
    let serving = decision.explanation.serving.as_ref().expect("a site that is left");
    let reasons = [
        (Guard::Degraded, Trigger::SiteDegraded),
        (Guard::Failed, Trigger::SiteFailure),
        (Guard::Draining, Trigger::Maintenance),
    ];
    let told = (serving.rejected_by.expect("a reason to leave"), decision.trigger);
    assert!(reasons.contains(&told), "{told:?}");
    let best = nearest_open(decision);
    assert_eq!(decision.target.as_ref(), best.map(|best| &best.site));
    // Where a site is looked for, something is known of where from.
    let gone = decision.explanation.basis == Basis::Unknown;
    if best.is_some() || gone { Wanted::Go } else { Wanted::Stuck(Guard::NoFeasibleSite) }
}

/// What the policy wants among the sites that take instances.
fn placed(decision: &Decision) -> Wanted {
    let told = &decision.explanation;
    let best = nearest_open(decision);
    assert_eq!(told.serving.as_ref().and_then(|serving| serving.rejected_by), None);
    let Some(best) = best else {
        let nowhere = told.serving.is_none() && !told.candidates.is_empty();
        return if nowhere { Wanted::Stuck(Guard::NoFeasibleSite) } else { Wanted::Stay };
    };
    let wanted = match (&told.serving, told.policy) {
        (None, _) => true,
        (Some(serving), _) if serving.site == best.site => false,
        (Some(serving), Policy::Nearest) => serving.meters.is_none_or(|meters| best.meters < meters),
        (Some(serving), Policy::Threshold(knobs)) => {
            serving.meters.is_none_or(|meters| meters - best.meters > knobs.margin_meters)
                && Duration::from_millis(told.better_for_ms) >= knobs.time_to_trigger
                && Duration::from_millis(serving.stayed_ms) >= knobs.minimum_stay
        }
        (Some(serving), Policy::Regret(knobs)) => {
            let regret = best.regret.expect("an account of the best candidate");
            let returns = serving.came_from.as_ref() == Some(&best.site);
            assert!(
                serving.came_from.is_none() || u128::from(serving.stayed_ms) < knobs.no_return.as_millis()
            );
            serving.meters.is_none_or(|meters| best.meters < meters)
                && regret.account + knobs.look_ahead.as_secs_f64() * regret.trend >= knobs.relocation_cost
                && !returns
        }
    };
    if wanted { Wanted::Go } else { Wanted::Stay }
}
