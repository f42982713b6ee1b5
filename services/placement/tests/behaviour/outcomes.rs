use model::{Generation, OutcomeKind, Policy, Step};

use crate::scene::*;

#[test]
fn nothing_is_ordered_while_an_order_is_live() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    for cell in [10, 20, 5] {
        assert_eq!(stage.cell(1.0, 1, cell), []);
    }
    assert_eq!(stage.end(2.0, &order, OutcomeKind::Progress { step: Step::Ready }), []);
    let on = stage.cell(3.0, 1, 20);
    assert_eq!(on, []);
    // Decided again when the outcome is in, for where the UE is by then.
    let kind = completed(&order);
    let next = only_order(&stage.end(4.0, &order, kind));
    assert_eq!((next.source, next.target), (Some(site_id(0)), Some(site_id(2))));
    assert_eq!((next.generation, next.observed_at, next.due_at), (Generation(2), at(3.0), at(4.0)));
    assert_eq!(stage.end(5.0, &order, OutcomeKind::Retired), []);
}

#[test]
fn a_failing_target_is_tried_again_after_pauses_that_double() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    stage.placed_at(0.0, 1, 0);
    let mut now = 10.0;
    let mut order = only_order(&stage.cell(now, 1, 10));
    for pause in [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0] {
        now += 1.0;
        assert_eq!(stage.end(now, &order, undone()), []);
        assert_eq!(stage.due(), Some(now + pause));
        now += pause;
        let again = only_order(&stage.timeout(now));
        assert_eq!((&again.target, again.generation), (&order.target, order.generation.next()));
        order = again;
    }
    // Success ends the series.
    let kind = completed(&order);
    stage.end(now, &order, kind);
    let order = only_order(&stage.cell(now + 1.0, 1, 20));
    stage.end(now + 2.0, &order, undone());
    assert_eq!(stage.due(), Some(now + 4.0));
}

#[test]
fn another_target_is_tried_at_once() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    stage.placed_at(0.0, 1, 0);
    let order = only_order(&stage.cell(10.0, 1, 10));
    stage.end(11.0, &order, undone());
    assert_eq!(stage.cell(11.2, 1, 11), []);
    assert_eq!(only_order(&stage.cell(11.5, 1, 20)).target, Some(site_id(2)));
}

#[test]
fn what_failed_beyond_undoing_rests_for_the_longest_pause() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    stage.placed_at(0.0, 1, 0);
    let order = only_order(&stage.cell(10.0, 1, 10));
    stage.end(11.0, &order, OutcomeKind::Failed { reason: "stuck".into() });
    assert_eq!(stage.due(), Some(311.0));
}

#[test]
fn a_first_placement_that_is_undone_is_tried_again() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    assert_eq!(stage.end(1.0, &order, undone()), []);
    let again = only_order(&stage.timeout(3.0));
    assert_eq!((again.source, again.generation), (None, Generation(2)));
}

#[test]
fn a_fence_is_adopted_with_its_generation_and_site() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    let fence = OutcomeKind::Fenced { newest: Generation(41), serving: Some(site_id(2)) };
    let next = only_order(&{
        let mut out = stage.end(1.0, &order, fence);
        // The site that was refused is left alone for a while.
        assert_eq!(out, []);
        out.extend(stage.timeout(3.0));
        out
    });
    assert_eq!(
        (next.generation, next.source, next.target),
        (Generation(42), Some(site_id(2)), Some(site_id(0)))
    );
}

#[test]
fn stale_outcomes_change_nothing() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    let first = stage.placed_at(0.0, 1, 0);
    let second = only_order(&stage.cell(1.0, 1, 10));
    let before = stage.engine.snapshot();
    for kind in [completed(&first), undone(), OutcomeKind::Failed { reason: "late".into() }] {
        assert_eq!(stage.end(2.0, &first, kind), []);
    }
    assert_eq!(stage.engine.snapshot(), before);
    let kind = completed(&second);
    stage.end(3.0, &second, kind);
    assert_eq!(stage.end(4.0, &second, undone()), []);
    assert_eq!(stage.engine.counts().under_way, 0);
}

#[test]
fn outcomes_of_strangers_are_counted_and_ignored() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    let mut order = only_order(&stage.cell(0.0, 1, 0));
    order.app = model::AppId::new("other").unwrap();
    assert_eq!(stage.end(1.0, &order, undone()), []);
    order.app = model::AppId::new("ar").unwrap();
    order.instance = model::InstanceId::new("shared-s1").unwrap();
    assert_eq!(stage.end(1.0, &order, undone()), []);
    assert_eq!(stage.engine.counts().foreign_instances, 2);
    assert_eq!(stage.engine.counts().under_way, 1);
}
