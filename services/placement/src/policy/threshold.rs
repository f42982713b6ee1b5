//! `threshold`: the nearest site, once it has been nearer by a margin for long enough: for an application what
//! event A3 with its time-to-trigger is for a handover (TS 38.331 clause 5.5.4.4), with a minimum stay on top.
//!
//! The time to trigger runs while some site is better by the margin; it does not start again where another site
//! becomes the best one meanwhile.

use model::{Rule, Threshold};

use crate::policy::{Opinion, View, patience};

pub(super) fn ask(knobs: &Threshold, view: &View<'_>) -> Opinion {
    let calm = |rule| Opinion { rule, better_since: None, recheck: None };
    if view.at_best {
        return calm(Rule::AlreadyBest);
    }
    if !view.serving_meters.is_none_or(|meters| meters - view.best_meters > knobs.margin_meters) {
        return calm(Rule::WithinMargin);
    }
    patience::ask(view, knobs.time_to_trigger, knobs.minimum_stay, Rule::ThresholdMet)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::Timestamp;

    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    fn view(now: u64) -> View<'static> {
        View {
            at_best: false,
            best: crate::index::SiteIx::new(0),
            accounts: None,
            best_meters: 100.0,
            serving_meters: Some(300.0),
            gain: None,
            since: at(0),
            better_since: Some(at(5_000)),
            now: at(now),
        }
    }

    #[test]
    fn margin_then_time_to_trigger_then_minimum_stay() {
        let knobs = Threshold::default();
        assert_eq!(ask(&knobs, &View { at_best: true, ..view(99_000) }).rule, Rule::AlreadyBest);
        let near = View { serving_meters: Some(200.0), ..view(99_000) };
        assert_eq!(
            ask(&knobs, &near),
            Opinion { rule: Rule::WithinMargin, better_since: None, recheck: None }
        );
        let early = ask(&knobs, &view(14_999));
        assert_eq!((early.rule, early.recheck), (Rule::TimeToTrigger, Some(at(30_000))));
        assert_eq!(ask(&knobs, &view(15_000)).rule, Rule::MinimumStay);
        assert_eq!(ask(&knobs, &view(30_000)).rule, Rule::ThresholdMet);
        let new = View { better_since: None, ..view(40_000) };
        assert_eq!(ask(&knobs, &new).better_since, Some(at(40_000)));
    }

    #[test]
    fn a_span_below_a_millisecond_is_rounded_up_and_met_when_rechecked() {
        let knobs = Threshold {
            margin_meters: 0.0,
            time_to_trigger: Duration::from_micros(270_270),
            minimum_stay: Duration::ZERO,
        };
        let held = ask(&knobs, &View { better_since: Some(at(100)), ..view(370) });
        assert_eq!((held.rule, held.recheck), (Rule::TimeToTrigger, Some(at(371))));
        assert_eq!(ask(&knobs, &View { better_since: Some(at(100)), ..view(371) }).rule, Rule::ThresholdMet);
    }

    #[test]
    fn a_clock_that_steps_back_holds_and_rechecks_later() {
        let held = ask(&Threshold::default(), &View { better_since: Some(at(90_000)), ..view(50_000) });
        assert_eq!((held.rule, held.recheck), (Rule::TimeToTrigger, Some(at(100_000))));
    }
}
