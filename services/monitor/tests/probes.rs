//! Probes of sites, over real sockets.
#![allow(clippy::unwrap_used)]

mod rig;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use model::{Site, SiteSource};
use rig::{Rig, site};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const SILENT: &str = "edgeroam_monitor_probes_total{result=\"silent\"}";
const WELL: &str = "edgeroam_monitor_probes_total{result=\"well\"}";

/// Loopback addresses of their own with one port: the ingresses of three sites.
struct Ingresses {
    port: u16,
    up: [Option<JoinHandle<()>>; 3],
    status: Arc<AtomicU16>,
}

impl Ingresses {
    async fn start() -> Self {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = first.local_addr().unwrap().port();
        drop(first);
        let status = Arc::new(AtomicU16::new(200));
        let mut ingresses = Self { port, up: [None, None, None], status };
        for at in 0..3 {
            ingresses.start_one(at).await;
        }
        ingresses
    }

    async fn start_one(&mut self, at: usize) {
        let address = SocketAddr::from(([127, 0, 0, at as u8 + 1], self.port));
        let listener = TcpListener::bind(address).await.unwrap();
        let status = self.status.clone();
        let answer = async move || StatusCode::from_u16(status.load(Ordering::Relaxed)).unwrap();
        let app = Router::new().route("/healthz", get(answer));
        self.up[at] = Some(tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }));
    }

    async fn stop_one(&mut self, at: usize) {
        if let Some(up) = self.up[at].take() {
            up.abort();
            let _ = up.await;
        }
    }

    fn section(&self, more: Value) -> Value {
        let mut probes =
            json!({ "port": self.port, "path": "/healthz", "interval": "20ms", "timeout": "1s" });
        probes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "probes": probes })
    }
}

fn sites() -> Vec<Site> {
    vec![site("a", Some("127.0.0.1")), site("b", Some("127.0.0.2")), site("c", Some("127.0.0.3"))]
}

fn said(site: &str, condition: &'static str) -> (String, &'static str) {
    (site.to_owned(), condition)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_not_reached_has_failed_and_comes_back_each_told_once() {
    let (rig, mut ingresses) = (Rig::new(sites()), Ingresses::start().await);
    let running = rig.start(ingresses.section(json!({}))).await;
    running.grows(WELL, 9.0).await;
    assert_eq!(rig.said().await, []);
    ingresses.stop_one(1).await;
    assert_eq!(rig.until_said(1).await, [said("b", "failed")]);
    let report = rig.reports().await.remove(0);
    let reason = report.reason.unwrap();
    assert_eq!(report.source, SiteSource::Probe);
    assert!(reason.contains("unreachable at 127.0.0.2") && reason.contains("3 probes in a row"), "{reason}");
    running.grows(SILENT, 3.0).await;
    ingresses.start_one(1).await;
    assert_eq!(rig.until_said(2).await, [said("b", "failed"), said("b", "in_service")]);
    running.grows(WELL, 9.0).await;
    assert_eq!(rig.said().await.len(), 2);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_a_restart_is_not_said_again_and_what_changed_meanwhile_is() {
    let (rig, mut ingresses) = (Rig::new(sites()), Ingresses::start().await);
    ingresses.stop_one(0).await;
    let running = rig.start(ingresses.section(json!({}))).await;
    rig.until_said(1).await;
    running.end().await;
    let running = rig.start(ingresses.section(json!({}))).await;
    running.grows(SILENT, 5.0).await;
    assert_eq!(rig.said().await, [said("a", "failed")]);
    running.end().await;
    ingresses.start_one(0).await;
    let running = rig.start(ingresses.section(json!({}))).await;
    assert_eq!(rig.until_said(2).await[1], said("a", "in_service"));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn most_sites_at_one_time_is_our_own_network_and_says_nothing() {
    let (rig, mut ingresses) = (Rig::new(sites()), Ingresses::start().await);
    let running = rig.start(ingresses.section(json!({}))).await;
    running.grows(WELL, 6.0).await;
    // Between two looks, all of them: a path that is not answered, for they answer from one place.
    ingresses.status.store(503, Ordering::Relaxed);
    running.grows(SILENT, 15.0).await;
    assert_eq!(rig.said().await, []);
    assert_eq!(running.figure("edgeroam_monitor_too_many_failing{source=\"probe\"}"), 1.0);
    ingresses.status.store(404, Ordering::Relaxed);
    running.grows(WELL, 9.0).await;
    assert_eq!(running.figure("edgeroam_monitor_too_many_failing{source=\"probe\"}"), 0.0);
    ingresses.stop_one(2).await;
    assert_eq!(rig.until_said(1).await, [said("c", "failed")]);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_slow_to_connect_to_is_degraded_and_a_connection_is_enough_without_a_path() {
    let (rig, ingresses) = (Rig::new(sites()), Ingresses::start().await);
    let quick = json!({ "path": null, "degraded_rtt": "900ms" });
    let running = rig.start(ingresses.section(quick)).await;
    ingresses.status.store(500, Ordering::Relaxed);
    running.grows(WELL, 9.0).await;
    assert_eq!(rig.said().await, []);
    running.end().await;
    // No connection takes less than a nanosecond.
    let running = rig.start(ingresses.section(json!({ "path": null, "degraded_rtt": "1ns" }))).await;
    let all = rig.until_said(3).await;
    assert!(all.iter().all(|(_, condition)| *condition == "degraded"), "{all:?}");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_taken_back_where_a_site_is_probed_no_longer() {
    let (mut rig, mut ingresses) = (Rig::new(sites()), Ingresses::start().await);
    ingresses.stop_one(0).await;
    let running = rig.start(ingresses.section(json!({}))).await;
    rig.until_said(1).await;
    running.end().await;
    rig.sites[0].ingress = None;
    let running = rig.start(ingresses.section(json!({}))).await;
    assert_eq!(rig.until_said(2).await[1], said("a", "in_service"));
    running.end().await;
    ingresses.stop_one(1).await;
    let running = rig.start(ingresses.section(json!({}))).await;
    assert_eq!(rig.until_said(3).await[2], said("b", "failed"));
    running.end().await;
    let running = rig.start(json!({})).await;
    assert_eq!(rig.until_said(4).await[3], said("b", "in_service"));
    running.end().await;
}
