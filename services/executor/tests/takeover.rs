//! Executors that share the instances on one bus and take over from each other, also from those that are not dead.

#![allow(missing_docs)]

mod lab;

use std::time::Duration;

use bus::Bus as _;
use lab::moved::check;
use lab::seat::Seat;
use lab::{Lab, PARTS, Running, Setup, UE, completed, order, release};
use model::{Order, OutcomeKind, Step, Stream};
use relocation::Kind;

/// A lab in which an instance serves from site a, and the executor that placed it.
async fn placed() -> (Lab, Seat, Running) {
    let lab = Lab::new(Setup::default()).await;
    let seat = Seat::new(&lab.bus);
    let running = lab.start_at(&seat).await;
    seat.give(0..PARTS);
    assert!(completed(&lab.carry_out(&order(UE, 1, None, Some("a"))).await));
    (lab, seat, running)
}

/// Another executor, which has everything.
async fn heir(lab: &Lab) -> (Seat, Running) {
    let seat = Seat::new(&lab.bus);
    let running = lab.start_at(&seat).await;
    seat.give(0..PARTS);
    (seat, running)
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let holds = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(lab::GUARD, holds).await.unwrap_or_else(|_| panic!("{what}"));
}

/// Lets an executor that was cut off come back, and waits until it knows that it has nothing any more.
async fn wakes_up(seat: &Seat, running: &Running) {
    seat.cut(false);
    // By the claim of the heir, or because it cannot learn what became of a record that it had sent.
    until("it learns that it is no longer the owner", || running.metric("executor_parts_held") == 0).await;
    seat.take(0..PARTS);
    until("it gives everything back", || seat.released().len() == usize::from(PARTS)).await;
}

#[tokio::test]
async fn a_relocation_goes_on_elsewhere_after_any_step_and_who_wakes_up_late_does_nothing() {
    let mut runs = tokio::task::JoinSet::new();
    for &step in Kind::Move.steps() {
        runs.spawn(async move {
            let (lab, seat, running) = placed().await;
            let second = order(UE, 2, Some("a"), Some("b"));
            let mut outcomes = lab.outcomes().await;
            lab.give(&second).await;
            outcomes.progress(&second, step).await;
            seat.cut(true);
            let (_heirs, heir) = heir(&lab).await;
            let told = outcomes.end_of(&second).await;
            check(&lab, &told).await;
            wakes_up(&seat, &running).await;
            check(&lab, &outcomes.of(&second)).await;
            // The heir's state is the one that counts, whatever came late.
            let third = order(UE, 3, Some("b"), Some("c"));
            assert!(completed(&lab.carry_out(&third).await));
            assert_eq!(lab.groups(), [release(&third)]);
            assert_eq!(lab.actions(&release(&third), "instantiate"), 1);
            let requests = lab.sim.requests().len();
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(lab.sim.requests().len(), requests, "nobody asks EMCO for anything");
            running.kill().await;
            heir.kill().await;
        });
    }
    while let Some(run) = runs.join_next().await {
        run.expect("no take-over does harm");
    }
}

#[tokio::test]
async fn take_overs_at_any_time_from_executors_that_are_slow_or_dead_do_no_harm() {
    let mut runs = tokio::task::JoinSet::new();
    for seed in 1u64..=8 {
        runs.spawn(async move {
            let (lab, seat, running) = placed().await;
            let mut zombies = Vec::new();
            let mut at_work = (seat, running);
            let second = order(UE, 2, Some("a"), Some("b"));
            let mut outcomes = lab.outcomes().await;
            lab.give(&second).await;
            let mut state = seed;
            for turn in 0..5 {
                // A linear congruential generator is chance enough.
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                tokio::time::sleep(Duration::from_millis(state >> 33 & 0x1ff)).await;
                at_work.0.cut(true);
                let next = heir(&lab).await;
                let (seat, running) = std::mem::replace(&mut at_work, next);
                if turn % 2 == 0 {
                    zombies.push((seat, running));
                } else {
                    running.kill().await;
                }
                // Some come back while their heir is at work.
                if state >> 50 & 1 == 0
                    && let Some((seat, _)) = zombies.last()
                {
                    seat.cut(false);
                }
            }
            let told = outcomes.end_of(&second).await;
            check(&lab, &told).await;
            for (seat, running) in zombies {
                wakes_up(&seat, &running).await;
                running.kill().await;
            }
            check(&lab, &outcomes.of(&second)).await;
            at_work.1.kill().await;
        });
    }
    while let Some(run) = runs.join_next().await {
        run.expect("no take-over does harm");
    }
}

#[tokio::test]
async fn an_append_that_comes_after_a_take_over_is_refused_and_replaces_nothing() {
    let (lab, seat, running) = placed().await;
    lab.sim.set_pod_never_ready("edge-b", true);
    let second = order(UE, 2, Some("a"), Some("b"));
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    outcomes.progress(&second, Step::Start).await;
    // What it finds from here on it cannot append before somebody else has everything.
    seat.cut(true);
    let (_heirs, heir) = heir(&lab).await;
    lab.sim.set_pod_never_ready("edge-b", false);
    let told = outcomes.end_of(&second).await;
    until("it has something to append", || seat.held() > 0).await;
    let all = lab.bus.all(Stream::Sagas);
    let own = &all.iter().find(|record| record.key.starts_with("instance/")).expect("it kept something").key;
    wakes_up(&seat, &running).await;
    let late = &lab.bus.all(Stream::Sagas)[all.len()..];
    assert!(
        late.iter().any(|record| record.key == *own && !record.data.is_empty()),
        "it comes late: {late:?}"
    );
    check(&lab, &told).await;
    // Whoever reads all this anew finds what the heir knew.
    heir.kill().await;
    let (_seats, third) = self::heir(&lab).await;
    let order = order(UE, 3, Some("b"), Some("c"));
    assert!(completed(&lab.carry_out(&order).await));
    assert_eq!(lab.groups(), [release(&order)]);
    running.kill().await;
    third.kill().await;
}

#[tokio::test]
async fn a_request_of_one_that_was_cut_off_is_waited_for_by_its_heir() {
    let (lab, seat, running) = placed().await;
    let second = order(UE, 2, Some("a"), Some("b"));
    let mut outcomes = lab.outcomes().await;
    lab.sim.delay_next("POST", "/instantiate", Duration::from_millis(1_500));
    lab.give(&second).await;
    outcomes.progress(&second, Step::Prepare).await;
    let asked = || {
        lab.sim
            .requests()
            .iter()
            .any(|(_, path)| path.contains(&release(&second)) && path.ends_with("/instantiate"))
    };
    until("it is on its way", asked).await;
    seat.cut(true);
    let (_heirs, heir) = heir(&lab).await;
    let told = outcomes.end_of(&second).await;
    check(&lab, &told).await;
    running.kill().await;
    heir.kill().await;
}

/// Orders for many instances.
fn many(generation: u64, source: Option<&str>, target: Option<&str>) -> Vec<Order> {
    (0..6).map(|n| order(&format!("{n:016x}"), generation, source, target)).collect()
}

#[tokio::test]
async fn orders_that_come_during_a_take_over_are_carried_out_once() {
    let (lab, seat, running) = placed().await;
    let mut outcomes = lab.outcomes().await;
    let (first, second) = (many(1, None, Some("a")), many(2, Some("a"), Some("b")));
    for order in &first[..3] {
        lab.give(order).await;
    }
    outcomes.progress(&first[1], Step::Start).await;
    seat.cut(true);
    for order in &first[3..] {
        lab.give(order).await;
    }
    let (_heirs, heir) = heir(&lab).await;
    seat.cut(false);
    for order in &first {
        assert!(completed(&outcomes.end_of(order).await));
    }
    for order in &second {
        lab.give(order).await;
    }
    for order in &second {
        let told = outcomes.end_of(order).await;
        assert!(completed(&told) && matches!(told.last(), Some(OutcomeKind::Retired)), "{told:?}");
    }
    for order in first.iter().chain(&second) {
        assert_eq!((lab.creations(&release(order)), lab.actions(&release(order), "instantiate")), (1, 1));
    }
    assert_eq!(lab.sim.ready_releases().len(), second.len() + 1);
    running.kill().await;
    heir.kill().await;
}

#[tokio::test]
async fn parts_that_move_while_all_goes_well_are_stopped_before_they_are_given_back() {
    let (lab, seat, running) = placed().await;
    let other = Seat::new(&lab.bus);
    let second = lab.start_at(&other).await;
    let mut outcomes = lab.outcomes().await;
    let orders = many(1, None, Some("a"));
    for order in &orders {
        lab.give(order).await;
    }
    outcomes.progress(&orders[0], Step::Prepare).await;
    seat.take([1]);
    until("it gives the part back", || seat.released() == [1]).await;
    assert_eq!(running.metric("executor_parts_held"), 1);
    other.give([1]);
    for order in &orders {
        assert!(completed(&outcomes.end_of(order).await));
        assert_eq!(lab.actions(&release(order), "instantiate"), 1);
    }
    assert_eq!((running.metric("executor_parts_held"), second.metric("executor_parts_held")), (1, 1));
    let fenced = running.metric("executor_parts_fenced_total") + second.metric("executor_parts_fenced_total");
    assert_eq!(fenced, 0, "nobody was surprised");
    running.kill().await;
    second.kill().await;
}

#[tokio::test]
async fn what_is_kept_of_an_instance_stays_small() {
    let (lab, _seat, running) = placed().await;
    for (generation, (source, target)) in (2..).zip([("a", "b"), ("b", "c"), ("c", "a")]) {
        assert!(completed(&lab.carry_out(&order(UE, generation, Some(source), Some(target))).await));
    }
    running.kill().await;
    let all = lab.bus.all(Stream::Sagas);
    let largest = all.iter().map(|record| record.data.len()).max().unwrap_or_default();
    let (latest, _) = lab.bus.latest(Stream::Sagas).await.expect("readable");
    let last = latest.iter().find(|record| record.key.starts_with("instance/")).expect("it is kept");
    println!("{} records; the largest has {largest} bytes, the last {}", all.len(), last.data.len());
    // Sagas that are over leave the record; one that is open repeats its job in every step of the plan.
    assert!(largest < 16 << 10 && last.data.len() < 2 << 10, "{largest} {}", last.data.len());
}
