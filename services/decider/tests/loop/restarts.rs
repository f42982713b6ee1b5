use model::{Generation, InstanceState, Stream, UeChange};

use crate::life::*;

#[test]
fn a_stop_keeps_a_snapshot_and_a_start_goes_on_from_it() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    world.complete(&world.order(1));
    world.report(1, 10);
    let second = world.order(2);
    life.stop();
    // Everything old is gone from the bus: only the snapshot can know.
    for stream in [Stream::UeEvents, Stream::Orders, Stream::Outcomes] {
        let through = world.bus.all(stream).last().unwrap().sequence;
        world.bus.forget(stream, through);
    }
    let life = world.live();
    assert!(life.metrics().contains("cold_starts_total 0"));
    world.complete(&second);
    world.report(1, 20);
    let third = world.order(3);
    assert_eq!((third.generation, third.source), (Generation(3), Some(site_id(1))));
    life.stop();
}

#[test]
fn after_a_kill_orders_on_the_bus_are_adopted_and_never_given_again() {
    let world = World::new();
    world.live().stop();
    let life = world.live();
    for ue in 0..20 {
        world.report(ue, (ue % 31) as u32);
    }
    let first = world.order(4);
    until("the decisions", || world.decisions().len() == 20);
    life.kill();
    // Meanwhile the executor goes on, UEs move, and one leaves.
    let given = world.orders();
    world.complete(&first);
    world.pass(5);
    world.report(19, 30);
    world.change(18, UeChange::Gone);
    let life = world.live();
    // The slot that is free now goes to somebody else; the orders of the first life are not repeated.
    world.order(5);
    assert_eq!(world.orders()[..4], given[..4]);
    for done in 4..19 {
        world.complete(&world.order(done));
    }
    until("everybody but the one who left", || world.orders().len() >= 19);
    life.stop();
    let mut instances: Vec<_> = world.orders().iter().map(|order| order.instance.clone()).collect();
    instances.sort();
    instances.dedup();
    assert_eq!(instances.len(), 19);
    assert!(world.orders().iter().all(|order| order.generation == Generation(1)));
}

#[test]
fn many_kills_lose_no_order_and_repeat_none() {
    let mut world = World::new();
    world.config.snapshot_interval = std::time::Duration::from_millis(20);
    world.app.max_concurrent_relocations = 1_000;
    for round in 0..12_u64 {
        let life = world.live();
        for ue in 0..10 {
            world.report(ue, ((round * 10 + ue * 3) % 31) as u32);
        }
        for order in world.orders() {
            world.complete(&order);
        }
        std::thread::sleep(std::time::Duration::from_millis(round * 3));
        life.kill();
    }
    let life = world.live();
    let settled = || {
        let orders = world.orders();
        let ended: Vec<model::Outcome> = read(&world.bus, Stream::Outcomes);
        let open: Vec<_> =
            orders.into_iter().filter(|o| !ended.iter().any(|e| e.relocation == o.relocation)).collect();
        open.iter().for_each(|order| world.complete(order));
        open.is_empty()
    };
    until("rest", settled);
    // What is taken in when nothing is open any more can still give orders; stop and look.
    life.stop();
    world.orders().iter().for_each(|order| world.complete(order));
    let life = world.live();
    until("rest", settled);
    life.stop();
    let mut newest = std::collections::BTreeMap::new();
    for order in world.orders() {
        let before = newest.insert(order.instance.clone(), order.clone());
        // One after the other, each from where the one before went to.
        let before = before.map(|b: model::Order| (b.generation.next(), b.target));
        assert_eq!(before.unwrap_or((Generation(1), None)), (order.generation, order.source.clone()));
    }
    assert_eq!(newest.len(), 10);
}

#[test]
fn without_a_snapshot_everything_comes_from_the_bus() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    let first = world.order(1);
    world.complete(&first);
    world.report(1, 10);
    world.order(2);
    life.kill();
    let mut fresh = World::new();
    fresh.bus = world.bus.clone();
    let life = fresh.live();
    assert!(life.metrics().contains("cold_starts_total 1"));
    fresh.complete(&fresh.order(2));
    fresh.report(1, 20);
    let third = fresh.order(3);
    assert_eq!((third.generation, third.source), (Generation(3), Some(site_id(1))));
    life.stop();
}

#[test]
fn what_the_executor_says_runs_is_adopted_at_a_cold_start() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    let order = world.order(1);
    life.kill();
    let mut fresh = World::new();
    fresh.bus = world.bus.clone();
    let model::OutcomeKind::Completed { serving: placement, .. } = completed(&order) else {
        panic!("completed")
    };
    let state = InstanceState {
        app: order.app.clone(),
        instance: order.instance.clone(),
        generation: Generation(7),
        serving: placement,
        at: fresh.now(),
    };
    let key = format!("ar/{}", order.instance);
    fresh.bus.put(Stream::Instances, &key, serde_json::to_vec(&state).unwrap());
    let life = fresh.live();
    fresh.report(1, 10);
    let next = fresh.order(2);
    assert_eq!((next.generation, next.source), (Generation(8), Some(site_id(0))));
    life.stop();
}

#[test]
fn another_catalogue_means_a_cold_start() {
    let mut world = World::new();
    let life = world.live();
    world.report(1, 12);
    world.complete(&world.order(1));
    life.stop();
    world.sites = 1;
    let life = world.live();
    assert!(life.metrics().contains("cold_starts_total 1"));
    // The site that served is no longer listed: the instance goes where it can.
    let moved = world.order(2);
    assert_eq!((moved.source, moved.target), (Some(site_id(1)), Some(site_id(0))));
    life.stop();
}

#[test]
fn a_ue_that_left_while_nobody_looked_is_let_go_in_time() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    world.complete(&world.order(1));
    life.stop();
    world.change(1, UeChange::Gone);
    world.pass(59);
    let life = world.live();
    assert_eq!(world.orders().len(), 1);
    world.pass(1);
    assert_eq!(world.order(2).target, None);
    life.stop();
}
