//! Executors that are stopped at every step and at any time, and started again on the same state.

#![allow(missing_docs)]

mod lab;

use std::time::Duration;

use lab::moved::check;
use lab::{Lab, Setup, UE, completed, order, release};
use model::{OutcomeKind, Step};
use relocation::Kind;

async fn placed() -> (Lab, lab::Running) {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    assert!(completed(&lab.carry_out(&order(UE, 1, None, Some("a"))).await));
    (lab, running)
}

#[tokio::test]
async fn a_stop_after_any_step_is_made_up_for() {
    let mut runs = tokio::task::JoinSet::new();
    for &step in Kind::Move.steps() {
        runs.spawn(async move {
            let (lab, running) = placed().await;
            let second = order(UE, 2, Some("a"), Some("b"));
            let mut outcomes = lab.outcomes().await;
            lab.give(&second).await;
            outcomes.progress(&second, step).await;
            running.kill().await;
            let again = lab.start().await;
            let told = outcomes.end_of(&second).await;
            again.kill().await;
            check(&lab, &told).await;
        });
    }
    while let Some(run) = runs.join_next().await {
        run.expect("no stop does harm");
    }
}

#[tokio::test]
async fn stops_at_any_time_are_made_up_for() {
    let mut runs = tokio::task::JoinSet::new();
    for seed in 1u64..=8 {
        runs.spawn(async move {
            let (lab, mut running) = placed().await;
            let second = order(UE, 2, Some("a"), Some("b"));
            let mut outcomes = lab.outcomes().await;
            lab.give(&second).await;
            let mut state = seed;
            for _ in 0..7 {
                // A linear congruential generator is chance enough.
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                tokio::time::sleep(Duration::from_millis(state >> 33 & 0x1ff)).await;
                running.kill().await;
                running = lab.start().await;
            }
            let told = outcomes.end_of(&second).await;
            running.kill().await;
            check(&lab, &told).await;
        });
    }
    while let Some(run) = runs.join_next().await {
        run.expect("no stop does harm");
    }
}

#[tokio::test]
async fn an_order_that_was_given_while_nobody_listened_is_not_lost() {
    let (lab, running) = placed().await;
    running.kill().await;
    let second = order(UE, 2, Some("a"), Some("b"));
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    let running = lab.start().await;
    let told = outcomes.end_of(&second).await;
    running.kill().await;
    check(&lab, &told).await;
}

#[tokio::test]
async fn an_undoing_that_is_interrupted_is_finished_by_the_next_one() {
    let lab = Lab::new(Setup { ready: Duration::from_secs(2), ..Setup::default() }).await;
    let running = lab.start().await;
    let (first, second) = (order(UE, 1, None, Some("a")), order(UE, 2, Some("a"), Some("b")));
    lab.carry_out(&first).await;
    lab.sim.set_pod_never_ready("edge-b", true);
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    outcomes.progress(&second, Step::Start).await;
    while lab.actions(&release(&second), "terminate") == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.kill().await;
    let running = lab.start().await;
    let told = outcomes.end_of(&second).await;
    assert!(matches!(told.last(), Some(OutcomeKind::Undone { .. })), "{told:?}");
    assert_eq!(lab.groups(), [release(&first)]);
    assert_eq!(lab.actions(&release(&second), "terminate"), 1);
    running.kill().await;
}

#[tokio::test]
async fn two_orders_in_a_row_survive_a_stop_between_them() {
    let (lab, running) = placed().await;
    lab.sim.set_pod_never_ready("edge-b", true);
    let (second, third) = (order(UE, 2, Some("a"), Some("b")), order(UE, 3, Some("a"), Some("c")));
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    outcomes.progress(&second, Step::Start).await;
    lab.give(&third).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.kill().await;
    let running = lab.start().await;
    assert!(matches!(outcomes.end_of(&second).await.last(), Some(OutcomeKind::Undone { .. })));
    let told = outcomes.end_of(&third).await;
    assert!(completed(&told), "{told:?}");
    assert_eq!(lab.groups(), [release(&third)]);
    running.kill().await;
}

#[tokio::test]
async fn a_request_that_outlives_its_executor_is_waited_for_by_the_next_one() {
    let (lab, running) = placed().await;
    let second = order(UE, 2, Some("a"), Some("b"));
    let mut outcomes = lab.outcomes().await;
    // It reaches EMCO only after the executor that sent it is gone and the next one has begun to look.
    lab.sim.delay_next("POST", "/instantiate", Duration::from_millis(1_500));
    lab.give(&second).await;
    outcomes.progress(&second, Step::Prepare).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    running.kill().await;
    let running = lab.start().await;
    let told = outcomes.end_of(&second).await;
    running.kill().await;
    check(&lab, &told).await;
}
