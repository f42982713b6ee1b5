//! The verdict, from nothing but what a decision tells: written apart from the engine's policies.

use std::time::Duration;

use model::{
    Aim, Basis, BudgetSeen, Candidate, Consent, Decision, Gathering, Guard, HostState, MemberSeen,
    MobilityLevel, Mode, Policy, QosTarget, SiteQuality, Trigger, Verdict,
};

use crate::scores;

/// What is right, were there neither limits nor freezes.
enum Wanted {
    Stay,
    Go,
    Stuck(Guard),
}

/// Recomputes the verdict and the guard behind it. `linger` is the app's; everything else stands in the decision.
pub(crate) fn recomputed(decision: &Decision, linger: Duration) -> (Verdict, Option<Guard>) {
    let told = &decision.explanation;
    qualities(decision);
    weighed(decision);
    together(decision);
    let wanted = match decision.trigger {
        Trigger::UeGone => {
            let over =
                decision.at.as_micros() >= decision.observed_at.as_micros() + linger.as_micros() as u64;
            if told.serving.is_some() && over { Wanted::Go } else { Wanted::Stay }
        }
        Trigger::Operator => asked(decision),
        Trigger::Maintenance
        | Trigger::SiteDegraded
        | Trigger::SiteFailure
        | Trigger::Capacity
        | Trigger::LeftArea => leaving(decision),
        Trigger::Qos => poor(decision),
        Trigger::Mobility | Trigger::FirstPlacement => {
            assert!(!is_poor(decision), "{decision:?}");
            placed(decision)
        }
    };
    let full = decision.target.is_some() && told.under_way >= told.under_way_limit;
    let limits = &told.limits;
    let unhurried = matches!(decision.trigger, Trigger::Mobility | Trigger::Qos).then(|| {
        let stayed = told.serving.as_ref().map_or(0, |serving| serving.stayed_ms);
        let cool = limits.cooldown_ms.filter(|cooldown| stayed < *cooldown).map(|_| Guard::Cooldown);
        let back = limits.not_back_to.as_ref().filter(|site| decision.target.as_ref() == Some(*site));
        let window = limits.freeze_window.as_ref().map(|_| Guard::FreezeWindow);
        cool.or(back.map(|_| Guard::PingPong)).or(window)
    });
    let failed = told.serving.as_ref().is_some_and(|at| at.rejected_by == Some(Guard::Failed));
    let moves = told.serving.is_some() && decision.target.is_some() && !failed;
    let kept = moves && limits.mobility_level == MobilityLevel::NotAllowed;
    let asks = moves
        && limits.mobility_level == MobilityLevel::WithConfirmation
        && decision.mode == Mode::Act
        && decision.trigger != Trigger::Operator;
    assert_eq!(limits.consent.is_some(), asks && decision.verdict != Verdict::Stay, "{decision:?}");
    let awaits = limits.consent.is_some_and(|consent| consent.state != Consent::Confirmed);
    let used_up = limits.budgets.iter().find(|budget| budget.used >= budget.limit);
    // A seat waits for its host, which takes from the budgets of its own site.
    let host = limits.host.as_ref().map(|host| host.state);
    let of_source = |seen: &&BudgetSeen| seen.site.is_some() && seen.site == decision.source;
    let of_host = limits.budgets.iter().filter(|seen| !of_source(seen)).find(|seen| seen.used >= seen.limit);
    match wanted {
        Wanted::Stay => (Verdict::Stay, None),
        Wanted::Stuck(by) => (Verdict::Blocked, Some(by)),
        Wanted::Go if kept => (Verdict::Blocked, Some(Guard::MobilityNotAllowed)),
        Wanted::Go if is_uncertain(decision) => (Verdict::Blocked, Some(Guard::Uncertain)),
        Wanted::Go if unhurried.flatten().is_some() => (Verdict::Blocked, unhurried.flatten()),
        Wanted::Go if told.frozen => (Verdict::Blocked, Some(Guard::Frozen)),
        Wanted::Go if awaits => (Verdict::Blocked, Some(Guard::AwaitingConfirmation)),
        Wanted::Go if matches!(host, Some(HostState::UnderWay | HostState::Paused)) => {
            (Verdict::Blocked, Some(Guard::HostStarting))
        }
        Wanted::Go if host == Some(HostState::Absent) && !full => {
            (Verdict::Blocked, Some(of_host.map_or(Guard::HostStarting, |seen| seen.guard)))
        }
        Wanted::Go if full => (Verdict::Blocked, Some(Guard::ConcurrentRelocations)),
        Wanted::Go if used_up.is_some() => (Verdict::Blocked, used_up.map(|budget| budget.guard)),
        Wanted::Go => (Verdict::Move, None),
    }
}

/// Whether the policy wants to go to a site that need not be nearer: the circle is wider than the two sites differ.
fn is_uncertain(decision: &Decision) -> bool {
    let told = &decision.explanation;
    let Some(radius) = told.uncertainty_meters else { return false };
    assert_eq!(told.basis, Basis::Position);
    let target = told.candidates.iter().find(|c| Some(&c.site) == decision.target.as_ref());
    let here = told.serving.as_ref().and_then(|serving| serving.meters);
    let wider = here.zip(target).is_some_and(|(here, there)| (here - there.meters).abs() <= 2.0 * radius);
    decision.trigger == Trigger::Mobility && wider
}

/// What is told of a group's members makes the distances that are told of the group.
fn together(decision: &Decision) {
    let told = &decision.explanation;
    let (Some(group), Basis::Members { located, .. }) = (&decision.group, told.basis) else { return };
    assert!(located <= group.present && group.present <= group.members);
    assert_eq!(group.farthest.len(), located.min(8) as usize);
    let one = |each: Vec<f64>| match group.aim {
        Aim::Worst => each.iter().copied().fold(0.0, f64::max),
        Aim::Mean => each.iter().sum::<f64>() / each.len() as f64,
    };
    let close = |told: f64, each: Vec<Option<f64>>| {
        let each: Option<Vec<f64>> = each.into_iter().collect();
        each.is_none_or(|each| (one(each) - told).abs() < 1e-6)
    };
    let target = told.candidates.iter().find(|candidate| decision.target.as_ref() == Some(&candidate.site));
    let serving = told.serving.as_ref().and_then(|serving| serving.meters);
    if located <= 8 {
        let each = |far: fn(&MemberSeen) -> Option<f64>| group.farthest.iter().map(far).collect();
        assert!(target.is_none_or(|site| close(site.meters, each(|m| m.target_meters))), "{decision:?}");
        assert!(serving.is_none_or(|meters| close(meters, each(|m| m.serving_meters))), "{decision:?}");
    }
}

/// Loads take out exactly the sites that they should.
fn weighed(decision: &Decision) {
    for candidate in &decision.explanation.candidates {
        let strained = candidate.load.is_some_and(|load| {
            load.overloaded || load.instances_limit.is_some_and(|most| load.instances >= most)
        });
        match closed(candidate) {
            Some(Guard::Overloaded) => assert!(strained, "{candidate:?}"),
            Some(_) => (),
            None => assert!(!strained || decision.source.as_ref() == Some(&candidate.site), "{candidate:?}"),
        }
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

/// The site that is preferred of those that take it.
fn preferred(decision: &Decision) -> Option<&Candidate> {
    let (nearest, weighed) = (nearest_open(decision), scores::best(decision));
    let open = || decision.explanation.candidates.iter().filter(|candidate| closed(candidate).is_none());
    assert!(weighed.is_none() || open().all(|candidate| candidate.weighed.is_some()), "{decision:?}");
    weighed.or(nearest)
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
        (Guard::Overloaded, Trigger::Capacity),
        (Guard::OutsideArea, Trigger::LeftArea),
    ];
    let told = (serving.rejected_by.expect("a reason to leave"), decision.trigger);
    assert!(reasons.contains(&told), "{told:?}");
    let best = preferred(decision);
    assert_eq!(decision.target.as_ref(), best.map(|best| &best.site));
    // Where a site is looked for, something is known of where from.
    let gone = decision.explanation.basis == Basis::Unknown;
    if best.is_some() || gone { Wanted::Go } else { Wanted::Stuck(Guard::NoFeasibleSite) }
}

/// Whether figures exceed limits; that QoS is not guaranteed counts where a limit has no figure.
fn exceeds(target: &QosTarget, measured: &SiteQuality) -> bool {
    let micros = |limit: Option<Duration>| limit.map(|limit| limit.as_micros() as f64);
    let figures = [
        (micros(target.rtt), measured.rtt_us.map(f64::from)),
        (micros(target.jitter), measured.jitter_us.map(f64::from)),
        (target.loss, measured.loss),
    ];
    let known = figures.iter().all(|(limit, figure)| limit.is_none() || figure.is_some());
    let too_high =
        |(limit, figure): &(Option<f64>, Option<f64>)| limit.zip(*figure).is_some_and(|(l, f)| f > l);
    figures.iter().any(too_high) || (measured.guaranteed == Some(false) && !known)
}

/// What is told of qualities agrees with itself.
fn qualities(decision: &Decision) {
    let told = &decision.explanation;
    let serving = told.serving.as_ref();
    for (site, qos, rejected_by) in told
        .candidates
        .iter()
        .map(|candidate| (&candidate.site, candidate.qos, candidate.rejected_by))
        .chain(serving.map(|serving| (&serving.site, serving.qos, serving.rejected_by)))
    {
        let target = told.qos.unwrap_or_default();
        assert!(qos.is_none() || told.qos.is_some());
        let exceeds = qos.is_some_and(|qos| exceeds(&target, &qos));
        assert_eq!(qos.is_some_and(|qos| qos.violated_ms.is_some()), exceeds, "{decision:?}");
        assert!(rejected_by != Some(Guard::QosViolated) || exceeds, "{decision:?}");
        let weighed = matches!(decision.trigger, Trigger::Mobility | Trigger::Qos);
        let elsewhere = serving.is_some_and(|serving| serving.site != *site);
        assert!(!(exceeds && weighed && elsewhere) || rejected_by.is_some(), "{decision:?}");
    }
}

/// Whether limits have been exceeded at the serving site for long enough.
fn is_poor(decision: &Decision) -> bool {
    let told = &decision.explanation;
    let violated = told.serving.as_ref().and_then(|serving| serving.qos?.violated_ms);
    violated
        .zip(told.qos)
        .is_some_and(|(millis, target)| Duration::from_millis(millis) >= target.violated_for)
}

/// Quality is a reason: for the nearest site that is known to be good, else for the nearest unknown one.
fn poor(decision: &Decision) -> Wanted {
    assert!(is_poor(decision), "{decision:?}");
    let serving = decision.explanation.serving.as_ref().expect("a serving site");
    let open = |c: &&Candidate| c.site != serving.site && closed(c).is_none();
    let figures = |qos: SiteQuality| qos.rtt_us.is_some() || qos.jitter_us.is_some() || qos.loss.is_some();
    let good = |c: &&Candidate| c.qos.is_some_and(|qos| qos.violated_ms.is_none() && figures(qos));
    let all = || decision.explanation.candidates.iter().filter(open);
    let better = all().find(good).or_else(|| all().next());
    assert_eq!(decision.target.as_ref(), Some(better.map_or(&serving.site, |better| &better.site)));
    if better.is_some() { Wanted::Go } else { Wanted::Stay }
}

/// What the policy wants among the sites that take instances.
fn placed(decision: &Decision) -> Wanted {
    let told = &decision.explanation;
    let best = preferred(decision);
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
        (Some(serving), Policy::OrchestratorChooses(knobs)) => {
            let open = told.candidates.iter().filter(|c| closed(c).is_none());
            let among = open.take(usize::from(knobs.candidates)).any(|c| c.site == serving.site);
            !among
                && Duration::from_millis(told.better_for_ms) >= knobs.time_to_trigger
                && Duration::from_millis(serving.stayed_ms) >= knobs.minimum_stay
        }
        (Some(serving), Policy::Regret(knobs) | Policy::Group(Gathering { cost: knobs, .. })) => {
            let regret = best.regret.expect("an account of the best candidate");
            let returns = serving.came_from.as_ref() == Some(&best.site);
            assert!(
                serving.came_from.is_none() || u128::from(serving.stayed_ms) < knobs.no_return.as_millis()
            );
            serving.meters.is_none_or(|meters| best.meters < meters)
                && regret.account + knobs.look_ahead.as_secs_f64() * regret.trend >= knobs.relocation_cost
                && !returns
        }
        (Some(serving), Policy::Weighted(knobs)) => {
            scores::gain(decision, best).is_none_or(|gain| gain > knobs.gain)
                && Duration::from_millis(serving.stayed_ms) >= knobs.minimum_stay
        }
    };
    if wanted { Wanted::Go } else { Wanted::Stay }
}
