use model::{AppId, Generation, InstanceId, Policy, Rule, UeChange, Verdict};
use placement::Input;

use crate::scene::*;

fn instance(ue: u64) -> InstanceId {
    key().per_ue(&AppId::new("ar").unwrap(), &supi(ue))
}

#[test]
fn an_instance_that_runs_already_is_adopted_when_its_ue_appears() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let runs = instance_state("ar", &instance(1), 0, Some(0), at(0.0));
    assert_eq!(stage.handle(at(1.0), Input::Instance(&runs)), []);
    assert_eq!(stage.engine.counts().detached, 1);
    // No first placement: it is there. The stay counts from when the executor said so.
    let held = only_decision(&stage.cell(25.0, 1, 9));
    assert_eq!((held.verdict, held.explanation.rule), (Verdict::Stay, Rule::TimeToTrigger));
    assert_eq!((stage.due(), stage.engine.counts().detached), (Some(35.0), 0));
    let order = only_order(&stage.timeout(35.0));
    assert_eq!((order.source, order.generation), (Some(site_id(0)), Generation(1)));
}

#[test]
fn an_instance_whose_ue_has_gone_while_nobody_looked_is_let_go() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let runs = instance_state("ar", &instance(1), 3, Some(1), at(0.0));
    stage.handle(at(1.0), Input::Instance(&runs));
    assert_eq!(stage.ue(2.0, 1, UeChange::Gone), []);
    let order = only_order(&stage.timeout(62.0));
    assert_eq!((order.target, order.generation), (None, Generation(4)));
}

#[test]
fn orders_on_the_bus_are_adopted_and_never_given_again() {
    let apps = || vec![app("ar", Policy::Nearest)];
    let order = only_order(&Stage::new(apps()).cell(1.0, 1, 0));
    let mut stage = Stage::new(apps());
    stage.engine.catch_up();
    assert_eq!(stage.handle(at(5.0), Input::OrderSeen(&order)), []);
    assert_eq!(stage.handle(at(5.0), Input::OrderSeen(&order)), []);
    assert_eq!(stage.cell(5.0, 1, 0), []);
    assert_eq!(stage.settle(5.0), []);
    assert_eq!(stage.engine.counts().under_way, 1);
    let kind = completed(&order);
    assert_eq!(stage.end(6.0, &order, kind), []);
    let next = only_order(&stage.cell(7.0, 1, 10));
    assert_eq!((next.source, next.generation), (Some(site_id(0)), Generation(2)));
}

#[test]
fn history_is_taken_in_before_anything_is_decided() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    stage.engine.catch_up();
    for (second, cell) in [(1.0, 0), (2.0, 10), (3.0, 20), (4.0, 29)] {
        assert_eq!(stage.cell(second, 1, cell), []);
    }
    stage.cell(2.0, 2, 0);
    stage.ue(3.0, 2, UeChange::Gone);
    assert_eq!(stage.due(), None);
    let order = only_order(&stage.settle(10.0));
    assert_eq!((order.target, order.observed_at), (Some(site_id(2)), at(4.0)));
    assert_eq!(order.instance, instance(1));
}

#[test]
fn an_outcome_in_the_history_ends_the_order_in_the_history() {
    let apps = || vec![app("ar", Policy::Nearest)];
    let order = only_order(&Stage::new(apps()).cell(1.0, 1, 0));
    let mut stage = Stage::new(apps());
    stage.engine.catch_up();
    stage.handle(at(5.0), Input::OrderSeen(&order));
    stage.end(5.0, &order, undone());
    stage.cell(5.0, 1, 0);
    // The pause is kept through the restart.
    assert_eq!(stage.settle(5.0), []);
    assert_eq!(only_order(&stage.timeout(7.0)).generation, Generation(2));
}

#[test]
fn the_executors_word_wins_over_what_is_assumed() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    // The verified switch arrives before the outcome, or instead of it.
    let runs = instance_state("ar", &order.instance, 1, Some(0), at(1.0));
    assert_eq!(stage.handle(at(1.0), Input::Instance(&runs)), []);
    assert_eq!(stage.engine.counts().under_way, 0);
    let kind = completed(&order);
    assert_eq!(stage.end(2.0, &order, kind), []);
    // An older state is no news, a newer one is.
    let old = instance_state("ar", &order.instance, 0, Some(2), at(3.0));
    assert_eq!(stage.handle(at(3.0), Input::Instance(&old)), []);
    let new = instance_state("ar", &order.instance, 9, Some(2), at(3.0));
    assert_eq!(only_decision(&stage.handle(at(3.0), Input::Instance(&new))).source, Some(site_id(2)));
    assert_eq!(only_order(&stage.timeout(33.0)).generation, Generation(10));
}

#[test]
fn an_instance_outside_the_catalogue_is_brought_back() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let runs = instance_state("ar", &instance(1), 5, Some(77), at(0.0));
    stage.handle(at(0.0), Input::Instance(&runs));
    let held = only_decision(&stage.cell(100.0, 1, 0));
    assert_eq!(held.explanation.serving.as_ref().unwrap().meters, None);
    let order = only_order(&stage.timeout(110.0));
    assert_eq!((order.source, order.target), (Some(site_id(77)), Some(site_id(0))));
}

#[test]
fn an_instance_is_adopted_by_a_ue_that_was_there_first() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    // Nothing places it yet; then the executor finds that its instance runs.
    assert_eq!(stage.cell(1.0, 1, 999), []);
    let runs = instance_state("ar", &instance(1), 3, Some(0), at(2.0));
    assert_eq!(stage.handle(at(2.0), Input::Instance(&runs)), []);
    assert_eq!((stage.engine.counts().instances, stage.engine.counts().detached), (1, 0));
    let order = only_order(&stage.cell(3.0, 1, 20));
    assert_eq!((order.source, order.generation), (Some(site_id(0)), Generation(4)));
}

#[test]
fn an_order_given_after_the_snapshot_is_adopted_by_a_ue_that_waited_in_it() {
    let apps = || vec![model::App { max_concurrent_relocations: 1, ..app("ar", Policy::Nearest) }];
    let mut stage = Stage::new(apps());
    let first = only_order(&stage.cell(1.0, 1, 0));
    stage.cell(2.0, 2, 10);
    let bytes = stage.engine.snapshot();
    let kind = completed(&first);
    let order = only_order(&stage.end(3.0, &first, kind.clone()));
    let mut stage = Stage::with(placement::Engine::restore(&bytes, topology(), apps(), key()).unwrap());
    stage.engine.catch_up();
    stage.handle(at(5.0), Input::OrderSeen(&order));
    stage.end(5.0, &first, kind);
    assert_eq!(stage.settle(5.0), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.instances, counts.detached, counts.under_way), (2, 0, 1));
}
