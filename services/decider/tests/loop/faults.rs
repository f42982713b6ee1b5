use bus::Sequence;
use model::{App, Scope, Stream};

use crate::life::*;

#[test]
fn a_start_that_fell_behind_reads_what_is_kept() {
    let world = World::new();
    world.live().stop();
    world.report(1, 0);
    world.report(2, 0);
    world.report(3, 20);
    world.bus.forget(Stream::UeEvents, Sequence(1));
    let life = world.live();
    world.order(2);
    assert!(life.metrics().contains("cold_starts_total 1"));
    world.report(1, 10);
    assert_eq!(world.order(3).target, Some(site_id(1)));
    life.stop();
}

#[test]
fn a_reader_that_is_overtaken_starts_again_from_what_is_kept() {
    let mut world = World::new();
    world.config.batch = 1;
    let life = world.live();
    world.bus.hold_orders(true);
    // The pipeline stalls behind the orders, so that the reader cannot come to the end; retention passes it.
    for ue in 0..200 {
        world.report(ue, 0);
    }
    until("the first records", || life.ue_events() >= 4);
    world.bus.forget(Stream::UeEvents, Sequence(198));
    world.bus.hold_orders(false);
    until("the loss to be noticed", || life.metrics().contains("cold_starts_total 2"));
    world.report(500, 10);
    until("what came after", || world.decisions().iter().any(|d| d.target == Some(site_id(1))));
    life.stop();
    assert_eq!(world.bus.acked(Stream::UeEvents).0, 201);
}

#[test]
fn an_order_whose_outcome_is_no_longer_kept_does_not_hold_its_instance_for_ever() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    let first = world.order(1);
    world.pass(1);
    world.end(&first, model::OutcomeKind::Undone { reason: "no room".into() });
    world.pass(1);
    world.report(2, 0);
    let second = world.order(2);
    world.complete(&second);
    life.kill();
    world.bus.forget(Stream::Outcomes, Sequence(1));
    world.pass(600);
    let mut fresh = World::new();
    fresh.bus = world.bus.clone();
    fresh.clock = world.clock.clone();
    let life = fresh.live();
    // Held to have come to nothing just now: it rests for a moment.
    fresh.pass(3);
    let again = fresh.order(3);
    assert_eq!((again.instance, again.generation), (first.instance, first.generation.next()));
    life.stop();
    assert_eq!(fresh.orders().len(), 3);
}

#[test]
fn a_bus_that_fails_for_good_stops_the_process() {
    let world = World::new();
    let life = world.live();
    world.bus.break_down();
    world.report(1, 0);
    until("the stop", || life.stop.is_cancelled());
    life.stop();
    assert!(world.orders().is_empty());
    assert_eq!(world.bus.acked(Stream::UeEvents), Sequence(0));
}

#[test]
fn what_cannot_be_placed_does_not_start() {
    let mut world = World::new();
    world.app = App { scope: Scope::Group, ..world.app };
    let error = world.try_live().err().expect("refused").to_string();
    assert!(error.contains("`ar`") && error.contains("groups"), "{error}");
}
