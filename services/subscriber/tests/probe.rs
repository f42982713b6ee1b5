//! The probe against a simulated core: what it says, and that it leaves nothing behind however it ends.
#![allow(missing_docs)]

mod rig;

use std::time::Duration;

use core_sim::{Config as Sim, CoreSim, FREE5GC_H2_IDLE};
use rig::{at, config, supi, within};
use sbi::HttpVersion;
use sbi::oauth2::Mode;
use subscriber::{Config, ProbeReport, probe_for};
use tokio_util::sync::CancellationToken;

const INSTANCE: &str = "/nnrf-nfm/v1/nf-instances/";

async fn core(sim: Sim) -> CoreSim {
    rig::provider();
    let core = CoreSim::start(sim).await.expect("a core");
    core.register_ue(0, &supi(1), at(1));
    core
}

async fn probed(config: Config) -> ProbeReport {
    probe_for(config, Duration::from_millis(200), CancellationToken::new()).await
}

/// Whether every registration and subscription that the core took was ended again.
fn left_nothing(core: &CoreSim) -> bool {
    let ended = |method, status: std::ops::Range<u16>| {
        let seen = core.requests().into_iter();
        seen.filter(|s| s.method == method && s.path.starts_with(INSTANCE) && status.contains(&s.status))
            .count()
    };
    core.subscriptions(0) == 0 && ended("PUT", 200..300) == 1 && ended("DELETE", 200..300) == 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_says_that_this_core_notifies_nothing() {
    let core = core(Sim::default()).await;
    let mover = tokio::spawn({
        let core = core.clone();
        async move {
            for step in 1.. {
                core.move_ue(&supi(1), at(step));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    });
    let report = probe_for(config(&core), Duration::from_secs(1), CancellationToken::new()).await;
    mover.abort();
    assert!(report.problems.is_empty() && report.notes.is_empty(), "{report}");
    let nrf = report.nrf.as_ref().expect("an NRF");
    assert_eq!((nrf.registered, nrf.oauth2, nrf.amf_token.as_deref()), (true, Some(true), Some("given")));
    let amf = &report.amfs[0];
    assert_eq!((amf.source.as_str(), amf.notifications, amf.ues), ("poll", 0, 1), "{report}");
    assert!(amf.changes_seen > 0 && amf.subscription_accepted, "{report}");
    assert!(serde_json::to_string(&report).expect("JSON").contains("\"source\":\"poll\""));
    assert!(left_nothing(&core));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_in_the_middle_ends_registration_and_subscription() {
    let core = core(Sim::default()).await;
    let stop = CancellationToken::new();
    let probing = tokio::spawn(probe_for(config(&core), Duration::from_secs(600), stop.clone()));
    assert!(within(|| core.subscriptions(0) == 1).await, "no subscription was made");
    stop.cancel();
    let report = probing.await.expect("no panic");
    assert!(report.problems.iter().any(|p| p.contains("stopped")), "{report}");
    assert!(left_nothing(&core), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_before_the_start_leaves_nothing_either() {
    let core = core(Sim::default()).await;
    let stop = CancellationToken::new();
    stop.cancel();
    let report = probe_for(config(&core), Duration::from_secs(600), stop).await;
    assert!(report.amfs.is_empty(), "{report}");
    assert!(left_nothing(&core), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_the_core_does_not_have_are_told_once_and_the_registration_is_ended() {
    let core = core(Sim { oauth2: false, ..Sim::default() }).await;
    let mut config = config(&core);
    config.oauth2 = Mode::On;
    config.amfs = vec![core.amf_urls()[0].parse().expect("URL")];
    let report = probed(config).await;
    assert!(left_nothing(&core), "{report}");
    let said = report.to_string();
    assert!(said.contains("tokens        used as core.oauth2 is `on`"), "{said}");
    assert!(said.contains("OAuth2 not enable") && !said.contains("enable: OAuth2"), "{said}");
    assert!(!said.contains("every 0 ms") && !said.contains("poll time"), "{said}");
    assert!(said.contains("source        none: it answers no poll"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_are_switched_off_against_the_core_do_not_keep_it_registered() {
    let core = core(Sim::default()).await;
    let mut config = config(&core);
    config.oauth2 = Mode::Off;
    let report = probed(config).await;
    assert!(left_nothing(&core), "{report}");
    assert!(report.to_string().contains("not used as core.oauth2 is `off`"), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_running_subscriber_another_port_is_taken_and_told() {
    let core = core(Sim::default()).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut config = config(&core);
    config.callback.listen = taken.local_addr().expect("an address");
    let report = probed(config.clone()).await;
    assert!(report.problems.is_empty() && report.amfs[0].polls, "{report}");
    let note = &report.notes[0];
    assert!(note.contains(&format!("{} is in use", config.callback.listen)), "{note}");
    config.callback.advertise = Some("http://127.0.0.1:9/".parse().expect("URL"));
    let report = probed(config).await;
    assert!(report.notes[0].contains("callback.advertise leads to the other one"), "{report}");
    assert!(report.amfs[0].why.contains("cannot be told"), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_that_breaks_is_advised_against() {
    rig::provider();
    // Takes connections and hangs up, as a peer does that speaks HTTP/1.1 alone.
    let peer = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let root = format!("http://{}", peer.local_addr().expect("an address"));
    tokio::spawn(async move { while peer.accept().await.is_ok() {} });
    let mut config = Config { nrf: Some(root.parse().expect("URL")), ..Config::default() };
    config.callback.listen = ([127, 0, 0, 1], 0).into();
    config.http = HttpVersion::Http2;
    let report = probed(config).await;
    assert!(report.to_string().contains("try core.http: \"1.1\""), "{report}");
    assert!(!report.nrf.expect("an NRF").registered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_that_works_is_not_advised_against() {
    let core = core(Sim { goaway_after_idle: Some(FREE5GC_H2_IDLE), ..Sim::default() }).await;
    let mut config = config(&core);
    config.http = HttpVersion::Http2;
    let report = probed(config).await;
    assert!(report.problems.is_empty(), "{report}");
    assert!(left_nothing(&core));
}
