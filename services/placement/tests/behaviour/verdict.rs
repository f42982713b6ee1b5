//! The verdict, from nothing but what a decision tells: written apart from the engine's policies.

use std::time::Duration;

use model::{Decision, Policy, Trigger, Verdict};

/// Recomputes the verdict. `linger` is the app's; everything else stands in the decision.
pub(crate) fn recomputed(decision: &Decision, linger: Duration) -> Verdict {
    let told = &decision.explanation;
    if decision.trigger == Trigger::UeGone {
        let over = decision.at.as_micros() >= decision.observed_at.as_micros() + linger.as_micros() as u64;
        return if told.serving.is_some() && over { Verdict::Move } else { Verdict::Stay };
    }
    let Some(best) = told.candidates.first() else { return Verdict::Stay };
    assert!(told.candidates.windows(2).all(|pair| pair[0].meters <= pair[1].meters));
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
    match (wanted, told.under_way >= told.under_way_limit) {
        (false, _) => Verdict::Stay,
        (true, true) => Verdict::Blocked,
        (true, false) => Verdict::Move,
    }
}
