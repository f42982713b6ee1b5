//! Whatever becomes of every attempt, and wherever it crashes: the invariants hold, the world stays sound and it ends.

#![allow(missing_docs)]

mod world;

use std::cell::Cell;

use proptest::prelude::*;
use world::{Outcome, Run, SHAPES, Shape};

fn kinds() -> impl Strategy<Value = Shape> {
    proptest::sample::select(&SHAPES[..])
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => Just(Outcome::Done),
        2 => Just(Outcome::Transient),
        1 => Just(Outcome::Permanent),
        1 => Just(Outcome::LostDone),
        1 => Just(Outcome::LostUndone),
        1 => Just(Outcome::Hang),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn it_ends_and_leaves_the_world_sound(
        kind in kinds(),
        script in proptest::collection::vec(outcomes(), 1..40),
        crashes in proptest::collection::vec(0usize..60, 0..6),
        supersede in proptest::option::of(0usize..8),
        twice in any::<bool>(),
    ) {
        let next = Cell::new(0);
        let mut run = Run::new(kind, |_, _, _| {
            let at = next.replace(next.get() + 1);
            script.get(at).copied().unwrap_or(Outcome::Done)
        });
        run.crash_at = crashes;
        run.supersede_at = supersede.and_then(|at| kind.steps().get(at).copied());
        run.twice = twice;
        run.finish();
    }
}
