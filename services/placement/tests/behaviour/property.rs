//! Whatever happens, the engine does what the reference would do, keeps the invariants, and is the same engine
//! after a snapshot.

use model::Verdict;
use proptest::prelude::*;

use crate::play::Play;
use crate::story::{eventful, limited, story};

const OPEN: [Option<u32>; 3] = [None; 3];
const NARROW: [Option<u32>; 3] = [Some(1), None, Some(2)];
const TIGHT: [Option<u32>; 3] = [Some(1), Some(1), Some(2)];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_reference_would_do(story in story()) {
        Play::new(OPEN).run(&story);
    }

    #[test]
    fn the_engine_does_what_the_reference_would_do_while_sites_fail_and_operators_work(story in eventful()) {
        Play::new(OPEN).run(&story);
    }

    #[test]
    fn the_engine_does_what_the_reference_would_do_within_limits(story in eventful()) {
        Play::within(OPEN, limited()).run(&story);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn replaying_gives_the_same_commands_and_the_same_state(story in eventful()) {
        let (one, two) = (Play::new(NARROW).run(&story), Play::new(NARROW).run(&story));
        prop_assert_eq!(one.log, two.log);
        prop_assert!(one.engine.snapshot() == two.engine.snapshot());
    }

    /// The ledger watches that no budget is ever exceeded.
    #[test]
    fn who_waits_for_a_budget_gets_its_turn(story in eventful()) {
        for rooms in [OPEN, NARROW] {
            let play = Play::within(rooms, limited()).run(&story).calm_down();
            let decisions = play.each_decision();
            let frozen = decisions.iter().any(|decision| decision.explanation.frozen);
            prop_assert!(play.engine.counts().waiting == 0 || frozen);
            for decision in decisions.iter().filter(|_| rooms == OPEN) {
                prop_assert!(decision.verdict != Verdict::Move, "{decision:?}");
            }
        }
    }

    /// The ledger watches that no site ever has more instances than it may.
    #[test]
    fn who_has_no_site_or_must_leave_one_is_never_forgotten_where_rooms_are_few(story in eventful()) {
        for rooms in [NARROW, TIGHT] {
            let play = Play::new(rooms).run(&story).calm_down();
            for decision in play.each_decision() {
                let serving = decision.explanation.serving.as_ref();
                let waits = serving.is_none_or(|serving| serving.rejected_by.is_some());
                prop_assert!(!waits || decision.verdict != Verdict::Move, "{decision:?}");
            }
        }
    }
}
