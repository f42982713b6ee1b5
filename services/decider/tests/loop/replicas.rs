use std::sync::Arc;

use model::{Generation, Order};

use crate::life::*;
use crate::memory_bus::Script;

/// A replica on a store of its own.
fn replica(world: &World) -> (Life, Script, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let (life, script) = replica_in(world, dir.path());
    (life, script, dir)
}

fn replica_in(world: &World, dir: &std::path::Path) -> (Life, Script) {
    let (bus, script) = world.bus.replica();
    let mut config = World::new();
    config.clock = world.clock.clone();
    config.app = world.app.clone();
    config.config.standby_interval = std::time::Duration::from_millis(10);
    (Life::start(&config, Arc::new(bus), dir).unwrap(), script)
}

/// The moves that were decided and ordered, with every id, generation, site and time.
fn ordered(world: &World) -> (Vec<Order>, Vec<model::Decision>) {
    let mut orders = world.orders();
    orders.sort_by_key(|order| (order.decided_at, order.relocation));
    let mut moves: Vec<_> =
        world.decisions().into_iter().filter(|d| d.verdict == model::Verdict::Move).collect();
    moves.sort_by_key(|decision| (decision.at, decision.order));
    (orders, moves)
}

/// The decider that leads, and what it and the bus had counted when it began to.
struct Leader<'a> {
    world: &'a World,
    life: &'a Life,
    given: u64,
    there: usize,
}

impl<'a> Leader<'a> {
    fn new(world: &'a World, life: &'a Life, gain: impl FnOnce()) -> Self {
        let leader = Self { world, life, given: life.ordered(), there: world.orders().len() };
        gain();
        until("it to lead", || life.leads());
        leader
    }

    /// Does something that has the engine take in `records`, and waits until what follows from it is on the bus.
    fn after(&self, records: u64, taken: impl Fn(&Life) -> u64, act: impl FnOnce()) {
        let before = taken(self.life);
        act();
        until("the records to be taken in", || taken(self.life) == before + records);
        until("orders on the bus", || {
            self.world.orders().len() - self.there == (self.life.ordered() - self.given) as usize
        });
    }

    /// One second of a trace: timers run out, some UEs report cells, some leave; every order is carried out at once.
    fn second(&self, number: u64) {
        // The first record wakes the engine, whose timers run before it takes the second one.
        for _ in 0..2 {
            self.after(1, Life::ue_events, || self.world.report(99, 0));
        }
        let act = |ue: u64| {
            let draw = (number * 6 + ue + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
            match draw % 9 {
                0 => self.world.change(ue, model::UeChange::Gone),
                1..4 => self.world.report(ue, (draw / 9 % 31) as u32),
                _ => return 0,
            }
            1
        };
        for ue in 0..6 {
            let before = self.life.ue_events();
            let told = act(ue);
            until("the event", || self.life.ue_events() == before + told);
        }
        self.after(1, Life::ue_events, || self.world.report(99, 0));
        loop {
            let ended: Vec<model::Outcome> = read(&self.world.bus, model::Stream::Outcomes);
            let is_open = |order: &Order| !ended.iter().any(|end| end.relocation == order.relocation);
            let open: Vec<_> = self.world.orders().into_iter().filter(is_open).collect();
            if open.is_empty() {
                break;
            }
            for order in open {
                self.after(1, Life::outcomes, || self.world.complete(&order));
            }
        }
        self.world.pass(1);
    }
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
    assert!(!second.leads());
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
    assert!(second.leads());
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
fn a_replica_that_steps_down_while_the_bus_refuses_lives_on_and_can_lead_again() {
    let world = World::new();
    let (life, script, _dir) = replica(&world);
    script.gain();
    until("it to lead", || life.leads());
    world.bus.refuse(true);
    world.report(1, 0);
    takes_in(&life, 1);
    script.lose();
    until("the part to be given back", || script.released() == 1);
    assert!(!life.stop.is_cancelled(), "stepping down is no failure");
    world.bus.refuse(false);
    script.gain();
    // What could not be ordered then is ordered now.
    assert_eq!(world.order(1).target, Some(site_id(0)));
    life.stop();
}

#[test]
fn three_replicas_that_take_turns_and_die_order_what_one_decider_orders() {
    const SECONDS: u64 = 60;
    let world = || {
        let mut world = World::new();
        world.app.policy = model::Policy::Threshold(model::Threshold {
            time_to_trigger: std::time::Duration::from_secs(3),
            minimum_stay: std::time::Duration::from_secs(5),
            ..model::Threshold::default()
        });
        world.app.linger = std::time::Duration::from_secs(4);
        world.app.max_concurrent_relocations = 1_000;
        world
    };
    let alone = world();
    let life = alone.live();
    let leader = Leader::new(&alone, &life, || {});
    (0..SECONDS).for_each(|number| leader.second(number));
    life.stop();

    let shared = world();
    let dirs: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let mut replicas: Vec<_> = dirs.iter().map(|dir| Some(replica_in(&shared, dir.path()))).collect();
    let mut active = 0;
    for turn in 0..SECONDS / 5 {
        let (life, script) = replicas[active].take().unwrap();
        let leader = Leader::new(&shared, &life, || script.gain());
        (turn * 5..(turn + 1) * 5).for_each(|number| leader.second(number));
        if turn % 2 == 0 {
            life.kill();
        } else {
            script.lose();
            until("the part to be given back", || script.released() == 1);
            life.stop();
        }
        replicas[active] = Some(replica_in(&shared, dirs[active].path()));
        active = (active + 1 + turn as usize % 2) % 3;
    }
    replicas.into_iter().flatten().for_each(|(life, _)| life.stop());
    let (one, three) = (ordered(&alone), ordered(&shared));
    assert!(one.0.len() > 20, "the trace gives orders: {}", one.0.len());
    for (n, (one, three)) in one.0.iter().zip(&three.0).enumerate() {
        assert_eq!(one, three, "order {n}");
    }
    for (n, (one, three)) in one.1.iter().zip(&three.1).enumerate() {
        assert_eq!(one, three, "decision {n}");
    }
    assert_eq!((one.0.len(), one.1.len()), (three.0.len(), three.1.len()));
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
