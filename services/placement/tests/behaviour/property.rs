//! Whatever happens, the engine does what the reference would do, keeps the invariants, and is the same engine
//! after a snapshot.

use model::Verdict;
use proptest::prelude::*;

use crate::play::Play;
use crate::story::{answering, apps, crowded, eventful, levelled, limited, measuring, story, weighing};
use crate::town::{Town, areas};
use crate::verdict::recomputed;

const NARROW: [Option<u32>; 3] = [Some(1), None, Some(2)];
const TIGHT: [Option<u32>; 3] = [Some(1), Some(1), Some(2)];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_reference_would_do(story in story()) {
        Play::new(Town::default()).run(&story);
    }

    #[test]
    fn the_engine_does_what_the_reference_would_do_while_quality_is_measured(story in measuring()) {
        Play::new(Town::default()).run(&story);
    }

    #[test]
    fn the_engine_does_what_the_reference_would_do_while_sites_fail_and_operators_work(story in eventful()) {
        Play::new(Town::default()).run(&story);
    }

    #[test]
    fn the_engine_does_what_the_reference_would_do_where_sites_do_not_serve_everywhere(
        areas in areas(),
        story in eventful(),
    ) {
        Play::new(Town { areas, ..Town::default() }).run(&story);
    }

    #[test]
    fn the_engine_does_what_the_reference_would_do_while_sites_are_relieved(story in crowded()) {
        Play::new(Town::default()).run(&story);
    }

    #[test]
    fn the_engine_does_what_the_reference_would_do_while_somebody_has_to_agree(story in answering()) {
        Play::within(Town::default(), levelled(apps().into())).run(&story);
    }

    #[test]
    fn the_engine_does_what_the_reference_would_do_while_somebody_has_to_agree_within_limits(
        areas in areas(),
        story in answering(),
    ) {
        Play::within(Town { areas, ..Town::default() }, levelled(limited())).run(&story);
    }

    #[test]
    fn the_engine_does_what_the_reference_would_do_within_limits(story in eventful()) {
        Play::within(Town::default(), limited()).run(&story);
    }

    /// Loads do not count here: a change of a load is noticed when an instance is looked at for another reason.
    #[test]
    fn the_engine_does_what_the_reference_would_do_where_sites_are_weighed(
        areas in areas(),
        story in prop_oneof![eventful(), crowded()],
    ) {
        Play::within(Town { areas, ..Town::default() }, weighing(0.0)).run(&story);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The ledger watches that nothing goes to an overloaded site, the recomputed verdict that none has more than it takes.
    #[test]
    fn what_leaves_an_overloaded_site_goes_where_there_is_room(story in crowded()) {
        for rooms in [NARROW, [None, Some(9), None]] {
            Play::new(Town { rooms, ..Town::default() }).run(&story).calm_down();
        }
    }

    /// Each verdict is recomputed from what is told, each score from the figures.
    #[test]
    fn what_is_told_of_scores_gives_the_verdict_where_loads_count(
        areas in areas(),
        story in prop_oneof![eventful(), crowded()],
    ) {
        for rooms in [NARROW, [None, Some(9), None]] {
            let play = Play::within(Town { rooms, areas }, weighing(0.5)).run(&story).calm_down();
            for decision in play.each_decision() {
                let linger = play.linger(&decision.app);
                prop_assert_eq!(recomputed(&decision, linger).0, decision.verdict);
            }
        }
    }

    #[test]
    fn replaying_gives_the_same_commands_and_the_same_state(areas in areas(), story in eventful()) {
        let town = Town { rooms: NARROW, areas };
        let (one, two) = (Play::new(town).run(&story), Play::new(town).run(&story));
        prop_assert_eq!(one.log, two.log);
        prop_assert!(one.engine.snapshot() == two.engine.snapshot());
    }

    /// The ledger watches that no budget is ever exceeded.
    #[test]
    fn who_waits_for_a_budget_gets_its_turn(story in eventful()) {
        for rooms in [[None; 3], NARROW] {
            let town = Town { rooms, ..Town::default() };
            let play = Play::within(town, limited()).run(&story).calm_down();
            let decisions = play.each_decision();
            let frozen = decisions.iter().any(|decision| decision.explanation.frozen);
            prop_assert!(play.engine.counts().waiting == 0 || frozen);
            for decision in decisions.iter().filter(|_| rooms == [None; 3]) {
                prop_assert!(decision.verdict != Verdict::Move, "{decision:?}");
            }
        }
    }

    /// The ledger watches that no site ever has more instances than it may.
    #[test]
    fn who_has_no_site_or_must_leave_one_is_never_forgotten_where_rooms_are_few(
        areas in areas(),
        story in eventful(),
    ) {
        for rooms in [NARROW, TIGHT] {
            let play = Play::new(Town { rooms, areas }).run(&story).calm_down();
            for decision in play.each_decision() {
                let serving = decision.explanation.serving.as_ref();
                let waits = serving.is_none_or(|serving| serving.rejected_by.is_some());
                prop_assert!(!waits || decision.verdict != Verdict::Move, "{decision:?}");
            }
        }
    }
}
