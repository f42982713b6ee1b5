//! Against a simulated Free5GC: it never notifies, so all of this is polled.
#![allow(missing_docs)]

mod rig;

use std::time::Duration;

use core_sim::{Config as Sim, CoreSim, FREE5GC_H2_IDLE};
use model::UeSource;
use rig::{at, cell, config, count, start, supi, within};
use sbi::HttpVersion;

const POLL: &str = "/namf-evts/v1/subscriptions";

async fn core(sim: Sim) -> CoreSim {
    CoreSim::start(sim).await.expect("a core")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn movements_idleness_and_departure_are_told_in_order() {
    let core = core(Sim::default()).await;
    let ue = supi(1);
    core.register_ue(0, &ue, at(0x8000));
    let rig = start(config(&core)).await;
    rig.tells(&ue, &[&cell(0x8000)]).await;
    core.move_ue(&ue, at(0x9000));
    rig.tells(&ue, &[&cell(0x8000), &cell(0x9000)]).await;
    core.set_idle(&ue, true);
    rig.tells(&ue, &[&cell(0x8000), &cell(0x9000), "Idle"]).await;
    core.deregister_ue(&ue);
    rig.tells(&ue, &[&cell(0x8000), &cell(0x9000), "Idle", "gone"]).await;
    for event in rig.bus.events() {
        assert_eq!(event.source, UeSource::Poll);
        assert!(event.reported_at.is_some() || event.change == model::UeChange::Gone);
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registration_and_subscription_are_ended_at_stop_and_the_id_is_kept() {
    let core = core(Sim::default()).await;
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    assert!(within(|| core.subscriptions(0) == 1).await, "no subscription was made");
    let id = rig.subscriber.nf_instance_id().to_owned();
    let folder = rig.end().await;
    assert_eq!(core.subscriptions(0), 0);
    assert_eq!(count(&core, "DELETE", &format!("/nnrf-nfm/v1/nf-instances/{id}")), 1);
    let again = rig::start_in(config(&core), folder).await;
    assert_eq!(again.subscriber.nf_instance_id(), id);
    again.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_behind_in_an_empty_core() {
    let core = core(Sim::default()).await;
    let rig = start(config(&core)).await;
    assert!(within(|| count(&core, "DELETE", POLL) > 5).await, "left-behind subscriptions are not deleted");
    rig.end().await;
    assert_eq!(core.subscriptions(0), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_500_during_mass_registration_loses_nothing_and_nobody_is_gone() {
    let core = core(Sim { race_500_one_in: Some(2), seed: 7, ..Sim::default() }).await;
    let rig = start(config(&core)).await;
    for n in 0..200 {
        core.register_ue(0, &supi(n), at(n));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(within(|| (0..200).all(|n| rig.bus.story(&supi(n)) == [cell(n)])).await);
    let failed = core.requests().iter().filter(|s| s.status == 500).count();
    assert!(failed > 0, "the race never happened, so nothing was tested");
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goaway_after_a_millisecond_of_idleness_is_lived_with_over_http_2() {
    let core = core(Sim { goaway_after_idle: Some(FREE5GC_H2_IDLE), ..Sim::default() }).await;
    core.register_ue(0, &supi(1), at(1));
    let mut config = config(&core);
    config.http = HttpVersion::Http2;
    config.poll.min_interval = Duration::from_millis(3);
    config.poll.factor = 1;
    let rig = start(config).await;
    for step in 1..=100 {
        core.move_ue(&supi(1), at(step));
        let expected: Vec<String> = (1..=step).map(cell).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        rig.tells(&supi(1), &expected).await;
    }
    assert!(core.requests().iter().all(|seen| seen.http2));
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_core_without_oauth_is_asked_for_no_token() {
    let core = core(Sim { oauth2: false, ..Sim::default() }).await;
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    rig.end().await;
    assert_eq!(count(&core, "POST", "/oauth2/token"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amfs_named_in_the_configuration_need_no_nrf() {
    let core = core(Sim { oauth2: false, ..Sim::default() }).await;
    core.register_ue(0, &supi(1), at(1));
    let mut config = config(&core);
    config.nrf = None;
    config.amfs = vec![core.amf_urls()[0].parse().expect("URL")];
    let rig = start(config).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    rig.end().await;
    assert_eq!(count(&core, "PUT", "/nnrf-nfm"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ue_that_changes_its_amf_moves_and_is_never_gone() {
    let loopback = ([127, 0, 0, 1], 0).into();
    let core = core(Sim { amf_listen: vec![loopback, loopback], ..Sim::default() }).await;
    core.register_ue(0, &supi(1), at(1));
    // Both AMFs always have another UE, so that both answer with reports.
    core.register_ue(0, &supi(2), at(2));
    core.register_ue(1, &supi(3), at(3));
    let rig = start(config(&core)).await;
    rig.tells(&supi(3), &[&cell(3)]).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    core.move_ue_to_amf(&supi(1), 1, at(9));
    rig.tells(&supi(1), &[&cell(1), &cell(9)]).await;
    core.move_ue_to_amf(&supi(1), 0, at(1));
    rig.tells(&supi(1), &[&cell(1), &cell(9), &cell(1)]).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_context_whose_deregistration_failed_stays_idle() {
    let core = core(Sim::default()).await;
    core.register_ue(0, &supi(1), at(1));
    core.register_ue(0, &supi(2), at(2));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    core.leave_stale(&supi(1));
    rig.tells(&supi(1), &[&cell(1), "Idle"]).await;
    rig.end().await;
}
