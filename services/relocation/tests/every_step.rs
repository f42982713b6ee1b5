//! Every step fails in every way, every step runs twice, every undo fails and runs twice.

#![allow(missing_docs)]

mod world;

use std::time::Duration;

use model::Step;
use relocation::{Ended, Kind, NoticeKind};
use world::{Outcome, Run, SHAPES, Shape};

const UNDOABLE: [Step; 3] = [Step::Steer, Step::Start, Step::Prepare];

fn good_end(shape: Shape) -> Ended {
    let retires = shape.deploys && shape.kind != Kind::FirstPlacement;
    if retires { Ended::Retired } else { Ended::Completed }
}

/// Steps whose result comes from outside; a drain is the saga's own waiting.
fn steps(kind: Shape) -> impl Iterator<Item = Step> {
    kind.steps().iter().copied().filter(|step| *step != Step::Drain)
}

#[test]
fn each_kind_goes_through_its_steps_in_order() {
    for kind in SHAPES {
        let mut run = Run::new(kind, |_, _, _| Outcome::Done);
        assert_eq!(run.finish(), good_end(kind));
        let done: Vec<_> = run.acted.iter().map(|(step, _)| *step).collect();
        assert_eq!(done, steps(kind).collect::<Vec<_>>());
        let progress = run.told.iter().filter(|(_, n)| matches!(n, NoticeKind::Progress(_))).count();
        assert_eq!(progress, kind.steps().len());
        let last = run.told.last().map(|(_, kind)| kind.clone()).expect("something is told");
        assert_eq!(matches!(last, NoticeKind::Retired), good_end(kind) == Ended::Retired);
    }
}

#[test]
fn every_step_that_fails_for_good_before_the_pivot_is_undone_and_after_it_is_left_over() {
    for kind in SHAPES {
        for broken in steps(kind) {
            let mut run =
                Run::new(
                    kind,
                    |step, undo, _| {
                        if step == broken && !undo { Outcome::Permanent } else { Outcome::Done }
                    },
                );
            let expected = if broken <= Step::Verify { Ended::Undone } else { Ended::Leftover };
            assert_eq!(run.finish(), expected, "{kind:?} {broken:?}");
        }
    }
}

#[test]
fn every_step_that_fails_for_a_while_is_repeated() {
    for kind in SHAPES {
        for broken in steps(kind) {
            for how in [Outcome::Transient, Outcome::LostDone, Outcome::LostUndone] {
                let mut run =
                    Run::new(
                        kind,
                        |step, undo, attempt| {
                            if step == broken && !undo && attempt < 3 { how } else { Outcome::Done }
                        },
                    );
                assert_eq!(run.finish(), good_end(kind), "{kind:?} {broken:?} {how:?}");
                let attempts = run.acted.iter().filter(|(step, _)| *step == broken).count();
                assert_eq!(attempts, 3);
            }
        }
    }
}

#[test]
fn every_step_that_never_ends_runs_into_its_deadline() {
    for kind in SHAPES {
        for broken in steps(kind) {
            for how in [Outcome::Hang, Outcome::Transient, Outcome::LostUndone, Outcome::LostDone] {
                let mut run =
                    Run::new(kind, |step, undo, _| if step == broken && !undo { how } else { Outcome::Done });
                let expected = if broken <= Step::Verify { Ended::Undone } else { Ended::Leftover };
                assert_eq!(run.finish(), expected, "{kind:?} {broken:?} {how:?}");
            }
        }
    }
}

#[test]
fn what_expires_says_what_it_last_failed_with() {
    let mut run = Run::new(
        Kind::Move,
        |step, _, _| {
            if step == Step::Start { Outcome::Transient } else { Outcome::Done }
        },
    );
    assert_eq!(run.finish(), Ended::Failed);
    let (_, last) = run.told.last().expect("something is told");
    let expected =
        "start took longer than its deadline allows: Transient; undoing start: it takes too long: Transient";
    assert_eq!(*last, NoticeKind::Failed { reason: expected.to_owned() });
}

#[test]
fn every_step_may_run_twice() {
    for kind in SHAPES {
        let mut run = Run::new(kind, |_, _, _| Outcome::Done);
        run.twice = true;
        assert_eq!(run.finish(), good_end(kind));
    }
}

#[test]
fn every_undo_may_fail_for_a_while_and_run_twice() {
    for kind in SHAPES {
        for broken in UNDOABLE.into_iter().filter(|step| kind.steps().contains(step)) {
            for how in [Outcome::Transient, Outcome::LostDone, Outcome::LostUndone] {
                let mut run = Run::new(kind, |step, undo, attempt| match (step, undo) {
                    (Step::Verify, false) => Outcome::Permanent,
                    (step, true) if step == broken && attempt < 3 => how,
                    _ => Outcome::Done,
                });
                run.twice = true;
                assert_eq!(run.finish(), Ended::Undone, "{kind:?} {broken:?} {how:?}");
            }
        }
    }
}

#[test]
fn an_undo_that_stays_impossible_is_a_failure_that_touches_nothing_further() {
    for kind in SHAPES {
        let undoable: Vec<_> = UNDOABLE.into_iter().filter(|step| kind.steps().contains(step)).collect();
        for (position, &broken) in undoable.iter().enumerate() {
            for how in [Outcome::Permanent, Outcome::Transient, Outcome::Hang] {
                let mut run = Run::new(kind, |step, undo, _| match (step, undo) {
                    (Step::Verify, false) => Outcome::Permanent,
                    (step, true) if step == broken => how,
                    _ => Outcome::Done,
                });
                assert_eq!(run.finish(), Ended::Failed, "{kind:?} {broken:?} {how:?}");
                let undone: Vec<_> =
                    run.acted.iter().filter(|(_, undo)| *undo).map(|(step, _)| *step).collect();
                assert!(undone.iter().all(|step| undoable[..=position].contains(step)), "{undone:?}");
            }
        }
    }
}

#[test]
fn clients_get_time_to_follow_the_name_back_before_the_target_goes() {
    let mut run =
        Run::new(
            Kind::Move,
            |step, undo, _| {
                if step == Step::Verify && !undo { Outcome::Permanent } else { Outcome::Done }
            },
        );
    assert_eq!(run.finish(), Ended::Undone);
    let at = |wanted: &str| {
        let entry = run.log.iter().find(|e| format!("{:?}", e.event).starts_with(wanted));
        entry.expect("it is in the log").at
    };
    let waited = at("UndoStarted { step: Start").since(at("Undone { step: Steer"));
    assert!(waited >= run.saga.plan().drain, "{waited:?}");
}

#[test]
fn the_source_is_drained_before_it_is_retired() {
    let mut run = Run::new(Kind::Move, |_, _, _| Outcome::Done);
    run.finish();
    let at = |step: Step| run.saga.succeeded_at(step).expect("done");
    assert!(at(Step::Drain).since(at(Step::Verify)) >= run.saga.plan().drain);
}

#[test]
fn a_newer_order_comes_in_time_before_the_pivot_only() {
    for kind in SHAPES {
        for step in steps(kind) {
            let mut run = Run::new(kind, |_, _, _| Outcome::Done);
            run.supersede_at = Some(step);
            let expected = if step <= Step::Verify { Ended::Undone } else { good_end(kind) };
            assert_eq!(run.finish(), expected, "{kind:?} {step:?}");
        }
    }
}

#[test]
fn what_was_superseded_while_it_ran_is_undone_with_doubt() {
    let mut run = Run::new(Kind::Move, |_, _, _| Outcome::Done);
    run.supersede_at = Some(Step::Start);
    let mut doubts = Vec::new();
    loop {
        let action = run.saga.clone().next_action(run.now);
        if let relocation::Action::Undo { step, doubtful, .. } = action {
            doubts.push((step, doubtful));
        }
        if matches!(action, relocation::Action::Finish(_)) {
            break;
        }
        run.once();
    }
    assert_eq!(doubts, [(Step::Start, true), (Step::Prepare, false)]);
}

#[test]
fn a_driver_that_was_away_for_long_still_gets_a_try() {
    let mut hung = false;
    let mut run = Run::new(Kind::Move, |step, _, _| {
        if step == Step::Ready && !std::mem::replace(&mut hung, true) { Outcome::Hang } else { Outcome::Done }
    });
    while run.saga.stage() != relocation::Stage::Forward(Step::Ready) || !run.saga.is_waiting_for_result() {
        run.once();
    }
    run.now = run.now.plus(Duration::from_secs(3_600));
    run.crash();
    assert_eq!(run.finish(), Ended::Retired);
}
