//! Parts of the core that are away at the start, are lost, and come back.
#![allow(missing_docs)]

mod rig;

use std::sync::Arc;

use core_sim::{Config as Sim, CoreSim, How};
use prometheus_client::registry::Registry;
use rig::{at, cell, config, count, start, supi, within};
use store::Store;
use subscriber::{StartError, Subscriber};
use tokio_util::sync::CancellationToken;

async fn core() -> CoreSim {
    CoreSim::start(Sim::default()).await.expect("a core")
}

/// Waits for some polls more.
async fn polled(core: &CoreSim) {
    core.forget_requests();
    assert!(within(|| count(core, "POST", "/namf-evts/v1/subscriptions") > 10).await, "not polled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_comes_up_without_a_core_and_finds_it_later() {
    let core = core().await;
    core.register_ue(0, &supi(1), at(1));
    core.stop_nrf().await;
    core.stop_amf(0).await;
    let rig = start(config(&core)).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(rig.bus.events().is_empty());
    core.start_nrf().expect("started");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    core.start_amf(0).expect("started");
    rig.tells(&supi(1), &[&cell(1)]).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amf_that_is_away_takes_no_ue_with_it() {
    let core = core().await;
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    core.stop_amf(0).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    core.start_amf(0).expect("started");
    core.move_ue(&supi(1), at(2));
    rig.tells(&supi(1), &[&cell(1), &cell(2)]).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_nrf_that_lost_us_is_registered_at_again_and_polling_goes_on_meanwhile() {
    let core = core().await;
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    // An orderly stop drops every profile; the AMF never registers again.
    core.restart_nrf(How::Sigterm).await.expect("restarted");
    core.move_ue(&supi(1), at(2));
    rig.tells(&supi(1), &[&cell(1), &cell(2)]).await;
    let path = "/nnrf-nfm/v1/nf-instances/";
    assert!(within(|| count(&core, "PUT", path) >= 2).await, "not registered again");
    assert!(core.requests().iter().any(|s| s.method == "PATCH" && s.status == 404));
    // Discovery is empty now; the AMF answers, so it is kept.
    core.move_ue(&supi(1), at(3));
    rig.tells(&supi(1), &[&cell(1), &cell(2), &cell(3)]).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_nrf_that_is_away_does_not_stop_the_poll() {
    let core = core().await;
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    core.stop_nrf().await;
    for step in 2..5 {
        core.move_ue(&supi(1), at(step));
        let expected: Vec<String> = (1..=step).map(cell).collect();
        rig.tells(&supi(1), &expected.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amf_that_was_killed_is_found_again_beside_its_old_registration() {
    let core = core().await;
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    polled(&core).await;
    core.restart_amf(0, How::Sigkill).await.expect("restarted");
    // It lost every context. Its UEs and their user plane are still there (TS 23.527): nobody is gone.
    core.register_ue(0, &supi(2), at(7));
    rig.tells(&supi(2), &[&cell(7)]).await;
    polled(&core).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    // Who was seen since can go.
    core.register_ue(0, &supi(1), at(2));
    rig.tells(&supi(1), &[&cell(1), &cell(2)]).await;
    core.deregister_ue(&supi(1));
    rig.tells(&supi(1), &[&cell(1), &cell(2), "gone"]).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ues_that_a_restarted_amf_forgot_outlive_restarts_of_ours_too() {
    let core = core().await;
    core.register_ue(0, &supi(1), at(1));
    let mut rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    polled(&core).await;
    core.restart_amf(0, How::Sigkill).await.expect("restarted");
    for life in 2..4 {
        core.register_ue(0, &supi(life), at(7));
        rig.tells(&supi(life), &[&cell(7)]).await;
        let (bus, folder) = (rig.bus.clone(), rig.end().await);
        rig = rig::start_on(config(&core), folder, bus).await;
        rig.tells(&supi(life), &[&cell(7), &cell(7), "Connected"]).await;
        polled(&core).await;
        rig.tells(&supi(1), &[&cell(1)]).await;
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ues_that_a_restarted_amf_does_not_hear_of_again_are_gone_in_the_end() {
    let core = core().await;
    core.register_ue(0, &supi(1), at(1));
    let mut config = config(&core);
    config.poll.idle_gone_after = std::time::Duration::from_secs(3);
    let rig = start(config).await;
    rig.tells(&supi(1), &[&cell(1)]).await;
    core.restart_amf(0, How::Sigkill).await.expect("restarted");
    core.register_ue(0, &supi(2), at(7));
    rig.tells(&supi(2), &[&cell(7)]).await;
    rig.tells(&supi(1), &[&cell(1), "gone"]).await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ue_that_leaves_while_nobody_looks_is_gone_and_the_others_are_told_once_more() {
    for crash in [false, true] {
        let core = core().await;
        for n in 1..=3 {
            core.register_ue(0, &supi(n), at(n));
        }
        let first = start(config(&core)).await;
        for n in 1..=3 {
            first.tells(&supi(n), &[&cell(n)]).await;
        }
        let bus = first.bus.clone();
        let mut folder = first.end().await;
        if crash {
            // Nothing was kept in the store: what is on the bus has to do.
            folder = tempfile::tempdir().expect("a folder");
        }
        core.deregister_ue(&supi(2));
        core.move_ue(&supi(3), at(9));
        let second = rig::start_on(config(&core), folder, bus).await;
        second.tells(&supi(2), &[&cell(2), "gone"]).await;
        second.tells(&supi(1), &[&cell(1), &cell(1), "Connected"]).await;
        second.tells(&supi(3), &[&cell(3), &cell(9), "Connected"]).await;
        second.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amf_that_the_nrf_has_lost_is_found_and_asked_after_a_restart_of_ours() {
    let core = core().await;
    core.register_ue(0, &supi(1), at(1));
    let first = start(config(&core)).await;
    first.tells(&supi(1), &[&cell(1)]).await;
    let bus = first.bus.clone();
    let folder = first.end().await;
    // The AMF never registers again, and no token is given for it.
    core.restart_nrf(How::Sigterm).await.expect("restarted");
    core.move_ue(&supi(1), at(2));
    let second = rig::start_on(config(&core), folder, bus).await;
    second.tells(&supi(1), &[&cell(1), &cell(2), "Connected"]).await;
    second.end().await;
}

#[tokio::test]
async fn an_occupied_callback_port_is_an_error_that_names_it() {
    rig::provider();
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = occupied.local_addr().expect("an address");
    let mut config =
        subscriber::Config { nrf: Some("http://127.0.0.1:1".parse().expect("URL")), ..Default::default() };
    config.callback.listen = address;
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path().join("s.redb")).expect("a store");
    let bus = Arc::new(rig::MemoryBus::default());
    let started =
        Subscriber::start(config, bus, store, &mut Registry::default(), CancellationToken::new()).await;
    let Err(error) = started else { panic!("two listeners on one port") };
    assert!(matches!(error, StartError::Callback(_)));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn a_configuration_that_names_no_core_is_refused() {
    rig::provider();
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path().join("s.redb")).expect("a store");
    let bus = Arc::new(rig::MemoryBus::default());
    let stop = CancellationToken::new();
    let started = Subscriber::start(Default::default(), bus, store, &mut Registry::default(), stop).await;
    assert!(matches!(started, Err(StartError::Config(_))));
}
