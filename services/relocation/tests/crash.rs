//! A crash at every record: after it was appended and before it was acted on, and after acting on it.

#![allow(missing_docs)]

mod world;

use model::Step;
use relocation::{Ended, Entry, Event, Kind, RecoverError, Saga};
use world::{Outcome, Run, SHAPES, Shape, plan};

/// Scripts that lead through every state.
fn scripts() -> Vec<(Shape, Step, Ended)> {
    let well = |shape: Shape| {
        let retires = shape.deploys && shape.kind != Kind::FirstPlacement;
        if retires { Ended::Retired } else { Ended::Completed }
    };
    let mut all: Vec<_> = SHAPES.into_iter().map(|shape| (shape, Step::Drain, well(shape))).collect();
    for kind in SHAPES {
        let failing = kind.steps().iter().copied().filter(|step| *step != Step::Drain);
        all.extend(
            failing
                .map(|step| (kind, step, if step <= Step::Verify { Ended::Undone } else { Ended::Leftover })),
        );
    }
    all
}

fn run(kind: impl Into<Shape>, broken: Step) -> Run<'static> {
    Run::new(
        kind,
        move |step, undo, _| if step == broken && !undo { Outcome::Permanent } else { Outcome::Done },
    )
}

#[test]
fn a_crash_before_acting_on_any_record_changes_nothing_about_the_end() {
    for (kind, broken, expected) in scripts() {
        let mut straight = run(kind, broken);
        assert_eq!(straight.finish(), expected);
        for at in 0..=straight.log.len() {
            let mut crashed = run(kind, broken);
            crashed.crash_at = vec![at];
            assert_eq!(crashed.finish(), expected, "{kind:?} {broken:?} at record {at}");
            assert_eq!(crashed.world, straight.world);
        }
    }
}

#[test]
fn a_crash_after_acting_and_before_the_result_was_appended_repeats_with_doubt() {
    for (kind, broken, expected) in scripts() {
        let acts = {
            let mut straight = run(kind, broken);
            straight.finish();
            straight.acted.len()
        };
        for lost in 0..acts {
            let mut count = 0;
            let mut crashed = Run::new(kind, move |step, undo, _| {
                count += 1;
                // It happened, and nobody was left to append that it did.
                if count == lost + 1 && step != broken {
                    Outcome::LostDone
                } else if step == broken && !undo {
                    Outcome::Permanent
                } else {
                    Outcome::Done
                }
            });
            assert_eq!(crashed.finish(), expected, "{kind:?} {broken:?} act {lost}");
        }
    }
}

#[test]
fn a_crash_at_every_record_one_after_the_other_still_ends_well() {
    for (kind, broken, expected) in scripts() {
        let mut crashed = run(kind, broken);
        crashed.crash_at = (0..40).collect();
        assert_eq!(crashed.finish(), expected, "{kind:?} {broken:?}");
    }
}

#[test]
fn every_prefix_of_a_log_gives_the_saga_that_stood_there() {
    for (kind, broken, _) in scripts() {
        let mut whole = run(kind, broken);
        whole.finish();
        let mut step_by_step = Saga::new(plan(kind)).expect("a good plan");
        for (count, Entry { at, event }) in whole.log.iter().cloned().enumerate() {
            let prefix = whole.log[..count].to_vec();
            assert!(Saga::recover(plan(kind), prefix).expect("a good log").is_same(&step_by_step));
            step_by_step.handle(at, event).expect("a fitting event");
        }
    }
}

#[test]
fn everything_is_told_again_with_the_same_numbers() {
    let mut straight = run(Kind::Move, Step::Drain);
    straight.finish();
    let mut again = Saga::recover(plan(Kind::Move), straight.log.clone()).expect("a good log");
    let mut told = Vec::new();
    while let relocation::Action::Publish(notice) = again.next_action(straight.now) {
        told.push((notice.sequence, notice.kind));
        again.told();
    }
    assert_eq!(told, straight.told);
}

#[test]
fn a_log_that_does_not_fit_is_refused() {
    let started =
        |step| Entry { at: plan(Kind::Move).planned_at, event: Event::Started { step, attempt: 1 } };
    for log in [vec![started(Step::Start)], vec![started(Step::Prepare), started(Step::Prepare)]] {
        assert!(matches!(Saga::recover(plan(Kind::Move), log), Err(RecoverError::Event(_))));
    }
    let mut wrong = plan(Kind::Move);
    wrong.steps.swap(0, 1);
    assert!(matches!(Saga::recover(wrong, []), Err(RecoverError::Plan(_))));
    let mut nowhere = plan(Kind::Move);
    nowhere.target = nowhere.source.clone();
    assert!(Saga::new(nowhere).is_err());
}

#[test]
fn records_survive_being_written_and_read() {
    let mut whole = run(Kind::Move, Step::Verify);
    whole.finish();
    for entry in &whole.log {
        let text = serde_json::to_string(entry).expect("JSON");
        assert_eq!(serde_json::from_str::<Entry>(&text).expect("the same record"), *entry);
    }
    let plan = plan(Kind::Move);
    let text = serde_json::to_string(&plan).expect("JSON");
    assert_eq!(serde_json::from_str::<relocation::Plan>(&text).expect("the same plan"), plan);
}
