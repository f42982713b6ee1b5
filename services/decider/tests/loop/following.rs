use model::{Generation, Mode, OutcomeKind, Policy, Rule, Stream, Threshold, Trigger, UeChange, Verdict};

use crate::life::*;

#[test]
fn a_move_becomes_a_decision_and_an_order_with_the_relocations_id() {
    let world = World::new();
    let life = world.live();
    world.report(1, 12);
    let order = world.order(1);
    assert_eq!(
        (order.trigger, &order.source, &order.target),
        (Trigger::FirstPlacement, &None, &Some(site_id(1)))
    );
    let decision = world.decisions().remove(0);
    assert_eq!((decision.verdict, decision.order), (Verdict::Move, Some((Generation(1), order.relocation))));
    for stream in [Stream::Decisions, Stream::Orders] {
        let record = &world.bus.all(stream)[0];
        assert_eq!(record.id.as_deref(), Some(order.relocation.to_string().as_str()));
        assert_eq!(record.key.as_ref(), format!("ar/{}", order.instance));
    }
    // The UE moves on while the order is live; the outcome brings the next order.
    world.report(1, 20);
    world.end(&order, OutcomeKind::Progress { step: model::Step::Ready });
    world.complete(&order);
    let next = world.order(2);
    assert_eq!(
        (next.generation, next.source, next.target),
        (Generation(2), Some(site_id(1)), Some(site_id(2)))
    );
    life.stop();
    assert_eq!(world.orders().len(), 2);
}

#[test]
fn timers_run_by_the_clock() {
    let mut world = World::new();
    world.app.policy = Policy::Threshold(Threshold::default());
    let life = world.live();
    world.report(1, 0);
    world.complete(&world.order(1));
    world.report(1, 9);
    until("a hold", || world.decisions().len() == 2);
    assert_eq!(world.decisions()[1].explanation.rule, Rule::TimeToTrigger);
    world.pass(29);
    world.change(1, UeChange::Connectivity { cm: model::CmState::Idle });
    until("the event to be acknowledged or taken", || {
        life.metrics().contains("records_total{stream=\"ue_events\"} 3")
    });
    assert_eq!(world.orders().len(), 1);
    world.pass(1);
    let moved = world.order(2);
    assert_eq!(moved.due_at, model::Timestamp::from_micros(1_030_000_000));
    life.stop();
}

#[test]
fn an_event_is_acknowledged_only_after_its_order_is_on_the_bus() {
    let world = World::new();
    let life = world.live();
    world.bus.hold_orders(true);
    world.report(1, 0);
    world.report(2, 0);
    // The second one waits behind the first order where it was not taken together with it.
    until("a decision", || !world.decisions().is_empty());
    // Readers acknowledge when they come round again: give them a reason to.
    world.report(3, 999);
    until("the third event", || life.ue_events() == 3);
    assert_eq!((world.bus.acked(Stream::UeEvents).0, world.orders().len()), (0, 0));
    world.bus.hold_orders(false);
    world.order(2);
    life.stop();
    assert_eq!(world.bus.acked(Stream::UeEvents).0, 3);
}

#[test]
fn what_cannot_be_read_goes_to_dead_letter_and_the_rest_goes_on() {
    let world = World::new();
    let life = world.live();
    world.bus.put(Stream::UeEvents, "somebody", *b"{\"supi\":");
    world.report(1, 0);
    let order = world.order(1);
    world.bus.put(Stream::Outcomes, "ar/x", *b"\xff\xfenonsense");
    world.complete(&order);
    world.report(1, 10);
    world.order(2);
    until("both dead letters", || world.bus.all(Stream::DeadLetter).len() == 2);
    let letters: Vec<serde_json::Value> = read(&world.bus, Stream::DeadLetter);
    assert_eq!((&letters[0]["stream"], &letters[0]["sequence"]), (&"ue-events".into(), &1.into()));
    assert_eq!((&letters[0]["key"], &letters[0]["data"]), (&"somebody".into(), &"{\"supi\":".into()));
    assert!(letters[0]["reason"].as_str().unwrap().contains("EOF"));
    assert_eq!(letters[1]["stream"], "outcomes");
    assert!(life.metrics().contains("edgeroam_decider_dead_letters_total{stream=\"outcomes\"} 1"));
    life.stop();
    // After a restart they are not met again.
    world.live().stop();
    assert_eq!(world.bus.all(Stream::DeadLetter).len(), 2);
}

#[test]
fn an_observed_app_is_shown_and_never_ordered() {
    let mut world = World::new();
    world.app.mode = Mode::Observe;
    let life = world.live();
    for cell in [0, 10, 20] {
        world.report(1, cell);
        world.pass(1);
    }
    until("three decisions", || world.decisions().len() == 3);
    life.stop();
    assert!(world.orders().is_empty());
    assert!(world.decisions().iter().all(|d| d.mode == Mode::Observe && d.order.is_some()));
}

#[test]
fn metrics_count_and_name_no_ue() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    world.order(1);
    until("the order to be counted", || life.metrics().contains("order_delay_seconds_count 1"));
    let text = life.metrics();
    assert!(text.contains("edgeroam_decider_orders_total{trigger=\"first_placement\"} 1"), "{text}");
    assert!(text.contains("decisions_total{trigger=\"first_placement\",verdict=\"move\"} 1"), "{text}");
    assert!(!text.contains("1010000000001"));
    life.stop();
}

#[test]
fn thousands_of_events_at_once_are_all_decided() {
    let mut world = World::new();
    world.app.max_concurrent_relocations = 10_000;
    let life = world.live();
    for ue in 0..3_000 {
        world.report(ue, (ue % 31) as u32);
    }
    until("all orders", || world.orders().len() == 3_000);
    life.stop();
    assert_eq!(world.bus.acked(Stream::UeEvents).0, 3_000);
}

#[test]
fn an_instance_whose_ue_has_left_is_no_longer_counted_as_one() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    world.complete(&world.order(1));
    until("the instance", || life.metrics().contains("edgeroam_decider_instances 1\n"));
    world.change(1, UeChange::Gone);
    until("the departure", || life.ue_events() == 2);
    world.pass(61);
    world.complete(&world.order(2));
    until("its end", || life.metrics().contains("edgeroam_decider_ended_instances 1\n"));
    let text = life.metrics();
    assert!(text.contains("edgeroam_decider_instances 0\n"), "{text}");
    assert!(text.contains("edgeroam_decider_detached_instances 0\n"), "{text}");
    life.stop();
}
