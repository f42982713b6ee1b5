//! What the core measures of UEs: against SMFs that have Nsmf_EventExposure, and against those that have not.
#![allow(missing_docs)]

mod rig;

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use bus::embedded::EmbeddedBus;
use bus::{Bus as _, Start};
use core_sim::{Config as Sim, CoreSim, How, PacketDelay, Personality};
use model::{QosReport, QosSource, Stream};
use prometheus_client::registry::Registry;
use rig::{Rig, at, config, count, start, supi, within};
use serde_json::json;
use store::Store;
use subscriber::{Enabled, Slice, Subscriber, probe_for};
use tokio_util::sync::CancellationToken;

const SUBSCRIPTIONS: &str = "/nsmf-event-exposure/v1/subscriptions";

async fn core(sim: Sim) -> CoreSim {
    let core = CoreSim::start(Sim { personality: Personality::ThreeGpp, ..sim }).await.expect("a core");
    core.register_ue(0, &supi(1), at(1));
    measure(&core, 1, 7, 6);
    core
}

fn measure(core: &CoreSim, ue: u64, uplink: u64, downlink: u64) {
    let [uplink, downlink] = [uplink, downlink].map(Duration::from_millis);
    core.set_packet_delay(&supi(ue), Some(PacketDelay::Measured { uplink, downlink }));
}

fn reports(rig: &Rig) -> Vec<QosReport> {
    rig.bus.reports().into_iter().map(|(_, report)| report).collect()
}

/// Waits for a report of this round-trip time, in milliseconds.
async fn tells(rig: &Rig, rtt: u32) {
    let told = within(|| reports(rig).iter().any(|report| report.measured.rtt_us == Some(rtt * 1000)));
    assert!(told.await, "no {rtt} ms in {:?}", reports(rig));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_smf_measures_is_on_the_bus_with_tokens_of_its_own_scope() {
    let core = core(Sim::default()).await;
    let rig = start(config(&core)).await;
    tells(&rig, 13).await;
    let report = reports(&rig).remove(0);
    assert_eq!((report.supi.to_string(), report.source), (supi(1), QosSource::Core));
    assert!(report.reported_at.is_some());
    let measured = report.measured;
    assert_eq!((measured.ul_delay_us, measured.dl_delay_us), (Some(7_000), Some(6_000)));
    assert_eq!((measured.pdu_session, measured.loss, measured.guaranteed), (Some(1), None, None));
    // The UE goes farther from its anchor.
    measure(&core, 1, 20, 19);
    tells(&rig, 39).await;
    assert_eq!(core.smf_subscriptions(), 1);
    let refused =
        core.requests().into_iter().filter(|s| s.path.starts_with(SUBSCRIPTIONS) && s.status == 401);
    assert_eq!(refused.count(), 0);
    rig.end().await;
    assert_eq!((core.smf_subscriptions(), core.pushes().failed), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_notified_again_because_of_the_bus_has_the_same_id() {
    let core = core(Sim { push_retry_after: Duration::from_millis(5), ..Sim::default() }).await;
    let folder = tempfile::tempdir().expect("a folder");
    let bus = std::sync::Arc::new(rig::MemoryBus::default());
    bus.refusals.store(1, SeqCst);
    bus.losses.store(1, SeqCst);
    let rig = rig::start_on(config(&core), folder, bus).await;
    tells(&rig, 13).await;
    assert!(within(|| rig.bus.reports().len() >= 3).await);
    // Not taken, taken without an answer, taken.
    assert_eq!((core.pushes().retried, core.pushes().failed), (2, 0));
    let reports = rig.bus.reports();
    let (ids, times): (Vec<_>, Vec<_>) = reports.iter().map(|(id, r)| (id, r.reported_at)).unzip();
    assert_eq!((ids[0], times[0]), (ids[1], times[1]), "the same measurement");
    assert_ne!((ids[1], times[1]), (ids[2], times[2]), "another measurement");
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_are_renewed_ahead_of_their_end() {
    let longest = Duration::from_secs(3);
    let core = core(Sim { longest_subscription: longest, ..Sim::default() }).await;
    let rig = start(config(&core)).await;
    assert!(within(|| core.smf_subscriptions() == 1).await, "no subscription was made");
    assert!(within(|| count(&core, "PUT", SUBSCRIPTIONS) > 1).await, "was not renewed");
    assert_eq!((core.smf_subscriptions(), count(&core, "POST", SUBSCRIPTIONS)), (1, 1));
    measure(&core, 1, 30, 20);
    tells(&rig, 50).await;
    rig.end().await;
    assert_eq!(core.smf_subscriptions(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_smf_that_restarts_is_subscribed_to_again_and_one_that_leaves_is_let_go() {
    let core = core(Sim::default()).await;
    let mut config = config(&core);
    config.discovery.forget_after = Duration::from_millis(300);
    let rig = start(config).await;
    tells(&rig, 13).await;
    for how in [How::Sigkill, How::Sigterm] {
        core.restart_smf(how).await.expect("restarted");
        assert!(within(|| core.smf_subscriptions() == 1).await, "{how:?}: was not made again");
    }
    measure(&core, 1, 40, 20);
    tells(&rig, 60).await;
    core.kill_smf(How::Sigterm).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    core.start_smf().expect("started");
    assert!(within(|| core.smf_subscriptions() == 1).await, "was not found again");
    rig.end().await;
    assert_eq!(core.smf_subscriptions(), 0);
}

/// Starts a subscriber, crashes it once it is subscribed, and returns a folder with what it kept.
async fn crashed(core: &CoreSim) -> tempfile::TempDir {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let first = runtime.spawn({
        let config = config(core);
        async move { start(config).await }
    });
    let first = first.await.expect("started");
    while first.store.facts("subscriber/qos-subscription/").await.expect("readable").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // A crash: every task is gone, and nothing is said to anybody.
    runtime.shutdown_background();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(first.folder.path().join("store.redb"), folder.path().join("store.redb")).expect("copied");
    assert_eq!(core.smf_subscriptions(), 1);
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_a_crash_left_behind_is_ended_by_the_next_life() {
    let core = core(Sim::default()).await;
    let next = rig::start_in(config(&core), crashed(&core).await).await;
    tells(&next, 13).await;
    assert_eq!(core.smf_subscriptions(), 1, "two subscriptions at once");
    next.end().await;
    assert_eq!(core.smf_subscriptions(), 0, "a subscription was left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_subscription_in_the_place_of_ours_is_left_alone() {
    let core = core(Sim { oauth2: false, ..Sim::default() }).await;
    let folder = crashed(&core).await;
    core.restart_smf(How::Sigkill).await.expect("restarted");
    let others = json!({"anyUeInd": true, "notifId": "other", "notifUri": "http://127.0.0.1:9/",
        "eventSubs": [{"event": "QOS_MON"}]});
    let url = format!("{}{SUBSCRIPTIONS}", core.smf_url());
    let request = reqwest::Client::new().post(url).header("content-type", "application/json");
    let made = request.body(others.to_string()).send().await.expect("an answer");
    assert_eq!(made.headers()["location"], format!("{}{SUBSCRIPTIONS}/sub-1", core.smf_url()), "as ours was");
    let next = rig::start_in(config(&core), folder).await;
    tells(&next, 13).await;
    assert_eq!((core.smf_subscriptions(), count(&core, "DELETE", SUBSCRIPTIONS)), (2, 0));
    next.end().await;
    assert_eq!(core.smf_subscriptions(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_sessions_of_the_network_and_slice_that_are_set_are_asked_for() {
    let core = core(Sim::default()).await;
    let mut ours = config(&core);
    ours.qos.snssai = Some(Slice { sst: 1, sd: Some("010203".into()) });
    ours.qos.dnn = Some("internet".into());
    let mut others = config(&core);
    others.qos.dnn = Some("ims".into());
    let (ours, others) = (start(ours).await, start(others).await);
    assert!(within(|| core.smf_subscriptions() == 2).await, "not subscribed");
    tells(&ours, 13).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(others.bus.reports().is_empty());
    ours.end().await;
    others.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_core_without_the_service_is_asked_once_and_one_that_is_off_never() {
    let core = CoreSim::start(Sim::default()).await.expect("a core");
    core.register_ue(0, &supi(1), at(1));
    let rig = start(config(&core)).await;
    rig.tells(&supi(1), &[&rig::cell(1)]).await;
    assert!(within(|| count(&core, "POST", SUBSCRIPTIONS) == 1).await, "was not asked");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(count(&core, "POST", SUBSCRIPTIONS), 1);
    rig.end().await;
    core.forget_requests();
    let mut off = config(&core);
    off.qos.enabled = Enabled::Off;
    let rig = start(off).await;
    rig.tells(&supi(1), &[&rig::cell(1)]).await;
    rig.end().await;
    let asked = core.requests().into_iter().filter(|seen| seen.path.contains("SMF"));
    assert_eq!((asked.count(), count(&core, "POST", SUBSCRIPTIONS)), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_probe_says_whether_packet_delays_are_notified() {
    rig::provider();
    let compliant = core(Sim::default()).await;
    let report = probe_for(config(&compliant), Duration::from_secs(2), CancellationToken::new()).await;
    let said = report.to_string();
    assert!(report.problems.is_empty() && report.smfs[0].accepted, "{said}");
    assert!(report.smfs[0].notifications >= 1, "{said}");
    assert!(said.contains("packet delays subscription accepted, with a usable Location"), "{said}");
    assert_eq!(compliant.smf_subscriptions(), 0);
    let free5gc = CoreSim::start(Sim::default()).await.expect("a core");
    let report = probe_for(config(&free5gc), Duration::from_millis(200), CancellationToken::new()).await;
    let said = report.to_string();
    assert!(report.problems.is_empty() && !report.smfs[0].accepted, "{said}");
    assert!(said.contains("packet delays no Nsmf_EventExposure: "), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_embedded_bus_reports_are_there_for_consumers_after_a_restart() {
    rig::provider();
    let core = core(Sim::default()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let open =
        || EmbeddedBus::open(folder.path().join("bus"), bus::embedded::Config::default()).expect("a bus");
    let bus = open();
    let store = Store::open(folder.path().join("store.redb")).expect("a store");
    let stop = CancellationToken::new();
    let metrics = &mut Registry::default();
    let started = Subscriber::start(config(&core), bus.clone(), store, metrics, stop.clone()).await;
    let subscriber = started.expect("nothing local is wrong");
    let delivered = || core.pushes().delivered;
    assert!(within(|| delivered() >= 2).await, "nothing was notified");
    stop.cancel();
    subscriber.join().await;
    let told = delivered();
    bus.close().await;
    drop(bus);
    let bus = open();
    let mut consumer = bus.consume(Stream::Qos, "test", Start::Oldest).await.expect("a consumer");
    let mut read: Vec<QosReport> = Vec::new();
    while (read.len() as u64) < told {
        let records = consumer.next(64).await.expect("records");
        read.extend(records.iter().map(|r| serde_json::from_slice::<QosReport>(&r.data).expect("a report")));
    }
    assert!(read.iter().all(|report| report.problem().is_none() && report.measured.rtt_us == Some(13_000)));
    assert!(read.windows(2).all(|pair| pair[0].reported_at < pair[1].reported_at), "{read:?}");
    bus.close().await;
}
