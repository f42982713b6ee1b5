//! `orchestrator-chooses`: EdgeRoam says when an instance should go and which sites come into question; which of them it
//! becomes is the orchestrator's to say.
//!
//! The sites in question are the few that are nearest to the UE and take the instance. While the serving site is one of
//! them there is nothing to gain that the orchestrator has not weighed; once it has not been for long enough, they are
//! offered anew.

use model::{OrchestratorChooses, Rule};

use super::{Opinion, View, patience};

/// `at_best` of the view says whether the serving site is among those that would be offered.
pub(super) fn ask(knobs: &OrchestratorChooses, view: &View<'_>) -> Opinion {
    if view.at_best {
        return Opinion { rule: Rule::AmongChoices, better_since: None, recheck: None };
    }
    patience::ask(view, knobs.time_to_trigger, knobs.minimum_stay, Rule::BeyondChoices)
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn among_the_choices_it_stays_beyond_them_it_goes_after_trigger_and_stay() {
        let view = |now, better_since: Option<u64>| View {
            at_best: false,
            best: crate::index::SiteIx::new(0),
            accounts: None,
            gain: None,
            best_meters: 100.0,
            serving_meters: Some(300.0),
            since: at(0),
            better_since: better_since.map(at),
            now: at(now),
        };
        let knobs = OrchestratorChooses::default();
        assert_eq!(ask(&knobs, &View { at_best: true, ..view(99, Some(5)) }).rule, Rule::AmongChoices);
        let early = ask(&knobs, &view(14, Some(5)));
        assert_eq!((early.rule, early.recheck), (Rule::TimeToTrigger, Some(at(30))));
        assert_eq!(ask(&knobs, &view(15, Some(5))).rule, Rule::MinimumStay);
        assert_eq!(ask(&knobs, &view(30, Some(5))).rule, Rule::BeyondChoices);
        assert_eq!(ask(&knobs, &view(40, None)).better_since, Some(at(40)));
    }
}
