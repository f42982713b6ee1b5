//! `weighted`: the site with the best score out of distance, load, cost, tier and the relocation itself, once it scores
//! higher than the serving one by a gain and the instance has been where it is for long enough.
//!
//! The thought is that of Kaur, Guillemin and Sailhan (Container placement and migration strategies for cloud, fog and
//! edge data centers, 2022): placing and migrating weigh how near a data centre is against how loaded and how dear it
//! is, and what a migration costs, and what need not be near gives way to larger data centres behind the edge.

use model::{Rule, Weighted};

use crate::policy::{Opinion, View, told, whole};

pub(super) fn ask(knobs: &Weighted, view: &View<'_>) -> Opinion {
    let opinion = |rule, recheck| Opinion { rule, better_since: None, recheck };
    if view.at_best {
        return opinion(Rule::AlreadyBest, None);
    }
    if view.gain.is_some_and(|gain| gain <= knobs.gain) {
        return opinion(Rule::WithinGain, None);
    }
    let stay = whole(knobs.minimum_stay);
    if told(view.now.since(view.since)) < told(stay) {
        return opinion(Rule::MinimumStay, Some(view.since.plus(stay)));
    }
    opinion(Rule::BetterScore, None)
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    #[test]
    fn a_gain_then_a_minimum_stay() {
        let view = |gain, now| View {
            at_best: false,
            best: crate::index::SiteIx::new(0),
            accounts: None,
            best_meters: 900.0,
            serving_meters: Some(300.0),
            gain,
            since: at(0),
            better_since: None,
            now: at(now),
        };
        let knobs = Weighted::default();
        let rule = |view: View<'_>| ask(&knobs, &view).rule;
        assert_eq!(rule(View { at_best: true, ..view(Some(0.5), 99_000) }), Rule::AlreadyBest);
        assert_eq!(rule(view(Some(0.05), 99_000)), Rule::WithinGain);
        assert_eq!(rule(view(Some(0.050_000_001), 30_000)), Rule::BetterScore);
        let held = ask(&knobs, &view(Some(0.2), 29_999));
        assert_eq!((held.rule, held.recheck), (Rule::MinimumStay, Some(at(30_000))));
        assert_eq!(rule(view(None, 30_000)), Rule::BetterScore, "what has no score is worse than anything");
        assert_eq!(rule(view(None, 1)), Rule::MinimumStay);
    }
}
