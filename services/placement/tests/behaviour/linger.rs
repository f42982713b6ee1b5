use model::{Generation, Policy, Rule, Trigger, UeChange, Verdict};

use crate::scene::*;

#[test]
fn an_instance_outlives_its_ue_by_linger_and_is_let_go() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let placed = stage.placed_at(0.0, 1, 0);
    assert_eq!(stage.ue(10.0, 1, UeChange::Gone), []);
    assert_eq!(stage.due(), Some(70.0));
    let out = stage.timeout(70.0);
    let (decision, order) = (only_decision(&out), only_order(&out));
    assert_eq!((decision.verdict, decision.explanation.rule), (Verdict::Move, Rule::LingerOver));
    assert_eq!((decision.trigger, order.trigger), (Trigger::UeGone, Trigger::UeGone));
    assert_eq!((order.source.clone(), order.target.clone()), (Some(site_id(0)), None));
    assert_eq!((order.generation, order.due_at), (Generation(2), at(70.0)));
    let kind = completed(&order);
    assert_eq!(stage.end(71.0, &order, kind), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.ues, counts.instances, counts.detached, counts.under_way), (0, 0, 0, 0));
    assert_eq!(counts.ended, 1);
    // It comes back: the generation goes on where it was.
    let again = only_order(&stage.cell(80.0, 1, 20));
    assert_eq!((again.generation, again.instance), (Generation(3), placed.instance));
    assert_eq!(again.trigger, Trigger::FirstPlacement);
}

#[test]
fn a_ue_that_comes_back_in_time_keeps_its_instance() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    stage.placed_at(0.0, 1, 0);
    stage.ue(10.0, 1, UeChange::Gone);
    assert_eq!(stage.cell(69.0, 1, 0), []);
    assert_eq!(stage.timeout(70.0), []);
    assert_eq!(stage.due(), None);
    // The next departure counts from its own report.
    stage.ue(100.0, 1, UeChange::Gone);
    assert_eq!(stage.due(), Some(160.0));
}

#[test]
fn a_ue_that_goes_while_an_order_is_live_is_let_go_afterwards() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    assert_eq!(stage.ue(1.0, 1, UeChange::Gone), []);
    assert_eq!((stage.timeout(500.0), stage.due()), (vec![], None));
    let kind = completed(&order);
    let gone = only_order(&stage.end(500.0, &order, kind));
    assert_eq!((gone.target, gone.trigger), (None, Trigger::UeGone));
}

#[test]
fn a_ue_that_returns_while_it_is_let_go_gets_a_new_instance_afterwards() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    stage.placed_at(0.0, 1, 0);
    stage.ue(1.0, 1, UeChange::Gone);
    let going = only_order(&stage.timeout(61.0));
    assert_eq!(stage.cell(62.0, 1, 10), []);
    let kind = completed(&going);
    let again = only_order(&stage.end(63.0, &going, kind));
    assert_eq!((again.source, again.target), (None, Some(site_id(1))));
    assert_eq!(again.generation, Generation(3));
}

#[test]
fn letting_go_needs_no_slot() {
    let tight = model::App { max_concurrent_relocations: 1, ..app("ar", Policy::Nearest) };
    let mut stage = Stage::new(vec![tight]);
    stage.placed_at(0.0, 1, 0);
    only_order(&stage.cell(1.0, 2, 0));
    stage.ue(2.0, 1, UeChange::Gone);
    assert_eq!(only_order(&stage.timeout(62.0)).target, None);
    assert_eq!(stage.engine.counts().under_way, 1);
}

#[test]
fn an_unknown_ue_that_goes_is_no_news() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    assert_eq!(stage.ue(1.0, 5, UeChange::Gone), []);
    assert_eq!(stage.engine.counts().ues, 0);
}

#[test]
fn a_ue_that_comes_and_goes_is_remembered_once_and_never_counted_as_there() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest), app("vr", Policy::Nearest)]);
    let mut remembered = 0;
    for round in 0..50 {
        let day = f64::from(round) * 86_400.0;
        for (offset, change) in [(0.0, in_cell(0)), (10.0, UeChange::Gone)] {
            let out = stage.ue(day + offset, 1, change);
            for order in orders(&out) {
                let kind = completed(&order);
                stage.end(day + offset + 1.0, &order, kind);
            }
        }
        let counts = stage.engine.counts();
        assert_eq!((counts.ues, counts.instances, counts.ended), (1, 2, 0));
        for order in orders(&stage.timeout(day + 70.0)) {
            let kind = completed(&order);
            stage.end(day + 71.0, &order, kind);
        }
        let counts = stage.engine.counts();
        assert_eq!((counts.ues, counts.instances, counts.detached, counts.ended), (0, 0, 0, 2));
        let bytes = stage.engine.snapshot().len();
        assert!(round == 0 || bytes <= remembered + 4, "{bytes} bytes after {remembered}");
        remembered = if round == 0 { bytes } else { remembered };
    }
}
