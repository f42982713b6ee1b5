//! Against a core that keeps to the specifications: it notifies, over HTTP/2 with prior knowledge.
#![allow(missing_docs)]

mod rig;

use std::time::Duration;

use core_sim::{Config as Sim, CoreSim, How, Personality};
use model::UeSource;
use rig::{at, cell, config, start, supi, within};

async fn core(sim: Sim) -> CoreSim {
    CoreSim::start(Sim { personality: Personality::ThreeGpp, ..sim }).await.expect("a core")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_overtakes_the_poll_and_is_told_once() {
    let core = core(Sim::default()).await;
    core.register_ue(0, &supi(1), at(1));
    let mut config = config(&core);
    // One poll at the beginning, the next one after the test.
    config.poll.min_interval = Duration::from_secs(9);
    let rig = start(config).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    assert!(within(|| core.subscriptions(0) == 1).await, "no subscription was made");
    core.move_ue(&supi(1), at(2));
    rig.tells(&supi(1), &[&cell(1), &cell(2)]).await;
    assert_eq!(rig.bus.events().last().expect("an event").source, UeSource::Push);
    core.move_ue(&supi(1), at(3));
    rig.tells(&supi(1), &[&cell(1), &cell(2), &cell(3)]).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn push_and_poll_together_tell_every_movement_once() {
    let core = core(Sim::default()).await;
    for n in 0..20 {
        core.register_ue(0, &supi(n), at(1));
    }
    let rig = start(config(&core)).await;
    assert!(within(|| rig.bus.events().len() == 20 && core.subscriptions(0) == 1).await);
    for step in 2..=40 {
        for n in 0..20 {
            core.move_ue(&supi(n), at(step));
        }
        tokio::time::sleep(Duration::from_millis(7)).await;
    }
    let last = cell(40);
    assert!(within(|| (0..20).all(|n| rig.bus.story(&supi(n)).last() == Some(&last))).await);
    for n in 0..20 {
        let story = rig.bus.story(&supi(n));
        assert!(story.windows(2).all(|pair| pair[0] < pair[1]), "{story:?}");
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_subscription_is_made_again_after_the_amf_restarted() {
    let core = core(Sim::default()).await;
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    assert!(within(|| core.subscriptions(0) == 1).await, "no subscription was made");
    core.restart_amf(0, How::Sigkill).await.expect("restarted");
    assert!(within(|| core.subscriptions(0) == 1).await, "the subscription was not made again");
    rig.end().await;
    assert_eq!(core.subscriptions(0), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enforced_heartbeats_and_short_tokens_are_kept_up_with() {
    let lifetime = Duration::from_secs(2);
    let core =
        core(Sim { token_lifetime: lifetime, heart_beat_timer: Duration::from_secs(1), ..Sim::default() })
            .await;
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    // Longer than a token lives and than the NRF waits for a heartbeat.
    tokio::time::sleep(2 * lifetime).await;
    core.move_ue(&supi(1), at(2));
    rig.tells(&supi(1), &[&cell(1), &cell(2)]).await;
    let refused: Vec<_> =
        core.requests().into_iter().filter(|s| s.status == 401 && s.path.starts_with("/namf")).collect();
    assert!(refused.len() <= 1, "{refused:?}");
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_a_crash_left_behind_is_ended_by_the_next_life() {
    let core = core(Sim::default()).await;
    core.register_ue(0, &supi(1), at(1));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let first = runtime.spawn({
        let config = config(&core);
        async move { start(config).await }
    });
    let first = first.await.expect("started");
    assert!(within(|| core.subscriptions(0) == 1).await, "no subscription was made");
    while first.store.facts("subscriber/subscription/").await.expect("readable").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // A crash: every task is gone, and nothing is said to anybody.
    runtime.shutdown_background();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(first.folder.path().join("store.redb"), folder.path().join("store.redb")).expect("copied");
    assert_eq!(core.subscriptions(0), 1);
    let next = rig::start_in(config(&core), folder).await;
    next.tells(&supi(1), &[&cell(1)]).await;
    assert!(within(|| core.subscriptions(0) == 1).await, "two subscriptions at once");
    next.end().await;
    assert!(within(|| core.subscriptions(0) == 0).await, "a subscription was left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_with_its_uncertainty_is_told() {
    let core = core(Sim::default()).await;
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    core.locate_ue(&supi(1), "104BF258FDE35312");
    rig.tells(&supi(1), &[&cell(1), &cell(1)]).await;
    let positions = || -> Vec<_> {
        let events = rig.bus.events();
        let told = |event: &model::UeEvent| match &event.change {
            model::UeChange::Location(location) => Some(location.position),
            model::UeChange::Connectivity { .. } | model::UeChange::Gone => None,
        };
        events.iter().filter_map(told).collect()
    };
    let [None, Some(position)] = positions()[..] else { panic!("{:?}", positions()) };
    assert!((position.at().lon() + 2.97).abs() < 1e-4 && (position.at().lat() - 53.4).abs() < 1e-4);
    assert!((position.uncertainty_meters() - 45.6).abs() < 0.1);
    // As good as the same place is not told again; the next cell is, and the position is forgotten.
    core.locate_ue(&supi(1), "104BF259FDE35312");
    core.move_ue(&supi(1), at(2));
    rig.tells(&supi(1), &[&cell(1), &cell(1), &cell(2)]).await;
    assert_eq!(positions().last(), Some(&None));
    rig.end().await;
}
