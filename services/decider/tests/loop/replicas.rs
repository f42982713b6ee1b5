use std::sync::Arc;

use model::{Generation, Order};

use crate::life::*;
use crate::memory_bus::Script;

/// A replica on a store of its own.
fn replica(world: &World) -> (Life, Script, tempfile::TempDir) {
    let (bus, script) = world.bus.replica();
    let dir = tempfile::tempdir().unwrap();
    let mut config = World::new();
    config.clock = world.clock.clone();
    config.app = world.app.clone();
    config.config.standby_interval = std::time::Duration::from_millis(10);
    (Life::start(&config, Arc::new(bus), dir.path()).unwrap(), script, dir)
}

fn takes_in(life: &Life, events: u64) {
    until("the standby to follow", || life.ue_events() == events);
}

/// Every instance's orders follow one another, each from where the one before went to.
fn orders_follow_one_another(orders: &[Order]) {
    let mut newest = std::collections::BTreeMap::new();
    for order in orders {
        let before = newest.insert(order.instance.clone(), order.clone());
        let before = before.map(|b: Order| (b.generation.next(), b.target));
        assert_eq!(before.unwrap_or((Generation(1), None)), (order.generation, order.source.clone()));
    }
}

#[test]
fn a_standby_orders_nothing_and_goes_on_where_the_active_one_was_killed() {
    let world = World::new();
    let ((first, one, _dir_one), (second, two, _dir_two)) = (replica(&world), replica(&world));
    one.gain();
    world.report(1, 0);
    world.complete(&world.order(1));
    world.report(1, 12);
    let under_way = world.order(2);
    takes_in(&second, 2);
    assert!(second.metrics().contains("edgeroam_decider_active 0"));
    first.kill();
    // Nobody decides; what happens meanwhile is not lost.
    world.complete(&under_way);
    world.report(1, 20);
    takes_in(&second, 3);
    assert_eq!((world.orders().len(), world.bus.repeated()), (2, 0));
    two.gain();
    let third = world.order(3);
    assert_eq!(
        (third.generation, third.source, third.target),
        (Generation(3), Some(site_id(1)), Some(site_id(2)))
    );
    assert!(second.metrics().contains("edgeroam_decider_active 1"));
    second.stop();
    assert_eq!((world.orders().len(), world.bus.repeated()), (3, 0));
}

#[test]
fn the_active_one_steps_down_gives_the_part_back_and_can_lead_again() {
    let world = World::new();
    let ((first, one, _dir_one), (second, two, _dir_two)) = (replica(&world), replica(&world));
    for round in 0..6_u32 {
        let active = if round % 2 == 0 { &one } else { &two };
        active.gain();
        world.report(1, (round % 3) * 10);
        let order = world.order(round as usize + 1);
        world.complete(&order);
        let given_back = active.released();
        active.lose();
        until("the part to be given back", || active.released() > given_back);
        assert_eq!((one.released(), two.released()), (round / 2 + 1, round.div_ceil(2)));
    }
    first.stop();
    second.stop();
    orders_follow_one_another(&world.orders());
    assert_eq!(world.orders().len(), 6);
}

#[test]
fn a_zombie_that_goes_on_deciding_is_harmless() {
    let mut world = World::new();
    world.app.max_concurrent_relocations = 1_000;
    let ((first, one, _dir_one), (second, two, _dir_two)) = (replica(&world), replica(&world));
    one.gain();
    two.gain();
    let mut known = 0;
    for round in 0..10_u64 {
        for ue in 0..8 {
            world.report(ue, ((round * 10 + ue * 3) % 31) as u32);
        }
        until("both to take it in", || {
            first.ue_events() == (round + 1) * 8 && second.ue_events() == (round + 1) * 8
        });
        for order in world.orders().iter().skip(known) {
            world.complete(order);
            known += 1;
        }
    }
    first.stop();
    second.stop();
    // The bus keeps the first order of each id: one line of generations an instance, whoever gave them.
    orders_follow_one_another(&world.orders());
    assert!(world.bus.repeated() > 0, "both gave the same orders");
}
