use model::{App, Guard, Policy, Rule, Trigger, UeChange, Verdict};
use placement::Input;

use crate::desk::*;
use crate::scene::*;

fn nearest() -> Stage {
    Stage::new(vec![app("ar", Policy::Nearest)])
}

#[test]
fn a_move_goes_there_once_and_then_the_policy_decides_again() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    stage.put(0.0, 1, 0);
    let out = stage.ask(1.0, go(1, 2));
    let (decision, order) = (only_decision(&out), only_order(&out));
    assert_eq!((decision.trigger, order.trigger), (Trigger::Operator, Trigger::Operator));
    assert_eq!(decision.explanation.rule, Rule::OperatorMove);
    assert_eq!((order.source.clone(), order.target.clone()), (Some(site_id(0)), Some(site_id(2))));
    let back = only_decision(&stage.done(2.0, &order));
    assert_eq!((back.verdict, back.explanation.rule), (Verdict::Stay, Rule::TimeToTrigger));
    let order = only_order(&stage.run_to(60.0));
    assert_eq!((order.target, order.trigger), (Some(site_id(0)), Trigger::Mobility));
}

#[test]
fn a_move_to_where_it_is_does_nothing() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    assert_eq!(stage.ask(1.0, go(1, 0)), []);
    assert_eq!(only_order(&stage.cell(2.0, 1, 20)).trigger, Trigger::Mobility);
}

#[test]
fn a_move_waits_for_the_order_that_is_live_and_for_a_slot() {
    let tight = App { max_concurrent_relocations: 1, ..app("ar", Policy::Nearest) };
    let mut stage = Stage::new(vec![tight]);
    stage.put(0.0, 1, 0);
    let busy = only_order(&stage.cell(1.0, 2, 0));
    let blocked = only_decision(&stage.ask(2.0, go(1, 2)));
    assert_eq!(blocked.explanation.rule, Rule::Guarded(Guard::ConcurrentRelocations));
    assert_eq!((blocked.trigger, blocked.target.clone()), (Trigger::Operator, Some(site_id(2))));
    // Meanwhile somebody asks for the one that is on its way, too.
    assert_eq!(stage.ask(3.0, go(2, 1)), []);
    let first = only_order(&stage.done(4.0, &busy));
    assert_eq!((first.instance.clone(), first.trigger), (blocked.instance, Trigger::Operator));
    let second = only_order(&stage.done(5.0, &first));
    assert_eq!((second.target, second.trigger), (Some(site_id(1)), Trigger::Operator));
}

#[test]
fn a_move_to_a_site_that_takes_nothing_is_refused_visibly_and_once() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    stage.asked(1.0, cordon(2));
    let out = stage.ask(2.0, go(1, 2));
    let refused = only_decision(&out);
    assert_eq!((refused.verdict, refused.trigger), (Verdict::Blocked, Trigger::Operator));
    assert_eq!(refused.explanation.rule, Rule::Guarded(Guard::Cordoned));
    assert_eq!((refused.target, refused.order), (Some(site_id(2)), None));
    assert_eq!(refused.explanation.candidates.last().unwrap().rejected_by, Some(Guard::Cordoned));
    // It is not remembered.
    assert_eq!(decisions(&stage.asked(3.0, resume(2))), []);
    assert_eq!(decisions(&stage.cell(4.0, 1, 1)), []);
}

#[test]
fn a_pinned_instance_stays_until_it_is_unpinned() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    let order = only_order(&stage.ask(1.0, pin(1, 2)));
    assert_eq!((order.target.clone(), order.trigger), (Some(site_id(2)), Trigger::Operator));
    assert_eq!(decisions(&stage.done(2.0, &order)), []);
    for cell in [0, 10, 5] {
        assert_eq!(stage.cell(3.0, 1, cell), []);
    }
    let why = stage.engine.why(&supi(1), &order.app, at(4.0)).unwrap();
    assert_eq!((why.verdict, why.explanation.rule), (Verdict::Stay, Rule::Pinned));
    let home = only_order(&stage.ask(5.0, unpin(1)));
    assert_eq!((home.target, home.trigger), (Some(site_id(0)), Trigger::Mobility));
    // There is nothing to unpin any more.
    assert_eq!(stage.engine.counts().ignored_commands, 0);
    stage.ask(6.0, unpin(1));
    assert_eq!(stage.engine.counts().ignored_commands, 1);
}

#[test]
fn a_pinned_instance_leaves_a_site_that_is_left_and_comes_back_when_it_opens() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    let order = only_order(&stage.ask(1.0, pin(1, 2)));
    stage.done(2.0, &order);
    let away = only_order(&stage.asked(3.0, drain(2)));
    assert_eq!((away.target.clone(), away.trigger), (Some(site_id(0)), Trigger::Maintenance));
    // Its pin is blocked meanwhile, and says so.
    let blocked = only_decision(&stage.done(4.0, &away));
    assert_eq!(
        (blocked.verdict, blocked.explanation.rule),
        (Verdict::Blocked, Rule::Guarded(Guard::Draining))
    );
    let back = only_order(&stage.asked(5.0, resume(2)));
    assert_eq!((back.target, back.trigger), (Some(site_id(2)), Trigger::Operator));
}

#[test]
fn a_pin_waits_for_its_site_to_open() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    stage.asked(1.0, cordon(2));
    let blocked = only_decision(&stage.ask(2.0, pin(1, 2)));
    assert_eq!(
        (blocked.verdict, blocked.explanation.rule),
        (Verdict::Blocked, Rule::Guarded(Guard::Cordoned))
    );
    assert_eq!(stage.engine.counts().held, 1);
    let order = only_order(&stage.asked(3.0, resume(2)));
    assert_eq!((order.target, order.trigger), (Some(site_id(2)), Trigger::Operator));
}

#[test]
fn a_pin_survives_a_restart_from_a_snapshot() {
    let apps = || vec![app("ar", Policy::Nearest)];
    let mut stage = Stage::new(apps());
    stage.put(0.0, 1, 0);
    let order = only_order(&stage.ask(1.0, pin(1, 2)));
    stage.done(2.0, &order);
    let bytes = stage.engine.snapshot();
    let engine = placement::Engine::restore(&bytes, topology(), apps(), key()).unwrap();
    let mut stage = Stage { engine, ledger: stage.ledger };
    assert_eq!(stage.cell(3.0, 1, 10), []);
    assert_eq!(only_order(&stage.ask(4.0, unpin(1))).target, Some(site_id(1)));
}

#[test]
fn asks_that_are_read_again_after_a_cold_start_hold_and_move_nothing_twice() {
    let apps = || vec![app("ar", Policy::Nearest)];
    let (mut before, mut stage) = (Stage::new(apps()), Stage::new(apps()));
    before.put(0.0, 1, 0);
    before.put(0.0, 2, 0);
    let moved = only_order(&before.ask(1.0, go(1, 2)));
    before.done(2.0, &moved);
    let pinned = only_order(&before.ask(3.0, pin(2, 1)));
    before.done(4.0, &pinned);
    stage.engine.catch_up();
    // Streams are read one after the other: commands may come before the instances that they name.
    for ask in [command(at(1.0), go(1, 2)), command(at(3.0), pin(2, 1)), command(at(3.0), pin(9, 1))] {
        assert_eq!(stage.handle(at(9.0), Input::Operator(&ask)), []);
    }
    let runs = instance_state("ar", &moved.instance, 2, Some(2), at(2.0));
    stage.handle(at(9.0), Input::Instance(&runs));
    let runs = instance_state("ar", &pinned.instance, 2, Some(1), at(4.0));
    stage.handle(at(9.0), Input::Instance(&runs));
    stage.cell(9.0, 1, 20);
    stage.cell(9.0, 2, 20);
    assert_eq!(decisions(&stage.settle(9.0)), []);
    assert_eq!(only_order(&stage.ask(10.0, unpin(2))).target, Some(site_id(2)));
    assert_eq!(only_order(&stage.cell(11.0, 1, 0)).trigger, Trigger::Mobility);
    assert_eq!(stage.engine.counts().ignored_commands, 1);
}

#[test]
fn a_move_that_is_heard_of_ten_minutes_too_late_has_no_effect() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    let late = command(at(1.0), go(1, 2));
    assert_eq!(stage.handle(at(602.0), Input::Operator(&late)), []);
    assert_eq!(stage.engine.counts().ignored_commands, 1);
}

#[test]
fn the_same_command_again_changes_nothing() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    let ask = command(at(1.0), go(1, 2));
    let order = only_order(&stage.handle(at(1.0), Input::Operator(&ask)));
    let home = only_order(&stage.done(2.0, &order));
    stage.done(3.0, &home);
    assert_eq!(stage.handle(at(4.0), Input::Operator(&ask)), []);
    let closed = command(at(5.0), cordon(2));
    stage.handle(at(5.0), Input::Operator(&closed));
    stage.asked(6.0, resume(2));
    assert_eq!(stage.handle(at(7.0), Input::Operator(&closed)), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.closed_sites, counts.ignored_commands), (0, 2));
}

#[test]
fn commands_about_what_does_not_exist_are_counted_and_have_no_effect() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    let odd_app = freeze(Some("nobodys"), None);
    let asks = [
        go(7, 1),
        go(1, 77),
        pin(7, 1),
        pin(1, 77),
        unpin(7),
        unpin(1),
        drain(77),
        odd_app,
        thaw(Some("nobodys")),
    ];
    let count = asks.len() as u64;
    asks.into_iter().for_each(|ask| assert_eq!(stage.asked(1.0, ask), []));
    assert_eq!(stage.engine.counts().ignored_commands, count);
    assert_eq!(only_order(&stage.cell(2.0, 1, 10)).trigger, Trigger::Mobility);
}

#[test]
fn while_an_app_is_frozen_nothing_of_it_is_ordered() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest), app("vr", Policy::Nearest)]);
    orders(&stage.cell(0.0, 1, 0)).iter().for_each(|order| drop(stage.done(0.0, order)));
    assert_eq!(stage.ask(1.0, freeze(Some("ar"), None)), []);
    let out = stage.cell(2.0, 1, 10);
    assert_eq!(only_order(&out).app.as_str(), "vr");
    let blocked = decisions(&out).into_iter().find(|d| d.app.as_str() == "ar").unwrap();
    assert_eq!((blocked.verdict, blocked.explanation.rule), (Verdict::Blocked, Rule::Guarded(Guard::Frozen)));
    assert!(blocked.explanation.frozen);
    // No trigger is above it: first placements, evacuations, operators, letting go.
    let first = decisions(&stage.cell(3.0, 2, 0));
    assert_eq!(first.iter().filter(|d| d.explanation.rule == Rule::Guarded(Guard::Frozen)).count(), 1);
    assert!(orders(&stage.asked(4.0, drain(0))).iter().all(|order| order.app.as_str() == "vr"));
    assert_eq!(orders(&stage.ask(5.0, go(1, 2))), []);
    stage.ue(6.0, 1, UeChange::Gone);
    assert!(orders(&stage.run_to(100.0)).iter().all(|order| order.app.as_str() == "vr"));
    let freed = orders(&stage.ask(101.0, thaw(Some("ar"))));
    let freed: Vec<_> = freed.into_iter().map(|order| (order.target, order.trigger)).collect();
    let (placed, left) = ((Some(site_id(1)), Trigger::FirstPlacement), (None, Trigger::Maintenance));
    assert_eq!(freed.len(), 2);
    assert!(freed.contains(&placed) && freed.contains(&left), "{freed:?}");
}

#[test]
fn a_freeze_of_all_apps_and_one_of_a_single_app_are_ended_apart() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    stage.ask(1.0, freeze(None, None));
    stage.ask(2.0, freeze(Some("ar"), None));
    assert_eq!(only_decision(&stage.cell(3.0, 1, 10)).verdict, Verdict::Blocked);
    assert_eq!(stage.ask(4.0, thaw(None)), []);
    assert_eq!(only_order(&stage.ask(5.0, thaw(Some("ar")))).target, Some(site_id(1)));
}

#[test]
fn a_freeze_with_an_end_ends_by_itself() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    stage.ask(1.0, freeze(None, Some(30.0)));
    assert_eq!(only_decision(&stage.cell(2.0, 1, 10)).verdict, Verdict::Blocked);
    assert_eq!(stage.due(), Some(30.0));
    assert_eq!(stage.timeout(29.0), []);
    let order = only_order(&stage.timeout(30.0));
    assert_eq!((order.target, order.trigger), (Some(site_id(1)), Trigger::Mobility));
    assert_eq!(stage.due(), None);
}

#[test]
fn what_is_under_way_when_a_freeze_begins_goes_on_and_nobody_follows() {
    let tight = App { max_concurrent_relocations: 1, ..app("ar", Policy::Nearest) };
    let mut stage = Stage::new(vec![tight]);
    let live = only_order(&stage.cell(0.0, 1, 0));
    stage.cell(1.0, 2, 0);
    stage.ask(2.0, freeze(None, None));
    assert_eq!(orders(&stage.done(3.0, &live)), []);
    assert_eq!(stage.engine.counts().under_way, 0);
    assert_eq!(orders(&stage.ask(4.0, thaw(None))).len(), 1);
}
