//! A running monitor on an embedded bus.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

use std::sync::Arc;
use std::time::Duration;

use bus::embedded::{Config, EmbeddedBus};
use bus::{Bus as _, Start};
use catalogue::Names;
use model::{QosReport, Site, SiteLoad, SiteRecord, SiteReport, Stream};
use monitor::{Inputs, Monitor};
use prometheus_client::registry::Registry;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// A guard against hanging, not a measure.
pub(crate) const GUARD: Duration = Duration::from_secs(30);

pub(crate) struct Rig {
    pub(crate) bus: Arc<EmbeddedBus>,
    pub(crate) sites: Vec<Site>,
    _folder: tempfile::TempDir,
}

/// A monitor, and what ends it.
pub(crate) struct Running {
    pub(crate) monitor: Monitor,
    stop: CancellationToken,
    registry: Registry,
}

pub(crate) fn site(name: &str, ingress: Option<&str>) -> Site {
    let cluster = json!({ "provider": "edge", "cluster": format!("k8s-{name}") });
    let site = json!({ "id": name, "name": name, "cluster": cluster, "ingress": ingress });
    serde_json::from_value(site).unwrap()
}

impl Rig {
    pub(crate) fn new(sites: Vec<Site>) -> Self {
        // A second installation only says that there is a provider already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let bus = EmbeddedBus::open(folder.path().join("bus"), Config::default()).unwrap();
        Self { bus, sites, _folder: folder }
    }

    /// Writes a file that a configuration can name.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self._folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Starts a monitor with this section.
    pub(crate) async fn start(&self, section: serde_json::Value) -> Running {
        let config: monitor::Config = serde_json::from_value(section).unwrap();
        assert_eq!(config.problems(), Vec::<String>::new());
        let names = Names {
            sites: self.sites.iter().map(|site| site.id.clone()).collect(),
            apps: vec!["echo".parse().unwrap()],
        };
        let inputs = Inputs { config, sites: self.sites.clone(), names, bus: self.bus.clone() };
        let (stop, mut registry) = (CancellationToken::new(), Registry::with_prefix("edgeroam"));
        let monitor = Monitor::start(inputs, &mut registry, stop.clone()).await.unwrap();
        Running { monitor, stop, registry }
    }

    async fn records(&self, stream: Stream) -> Vec<bus::Delivery> {
        let count = self.bus.newest(stream).await.unwrap().0 as usize;
        let mut consumer = self.bus.consume(stream, "test", Start::Oldest).await.unwrap();
        let mut records = Vec::new();
        while records.len() < count {
            records.extend(consumer.next(1_000).await.unwrap());
        }
        records
    }

    pub(crate) async fn qos(&self) -> Vec<QosReport> {
        let records = self.records(Stream::Qos).await;
        records.iter().map(|record| serde_json::from_slice(&record.data).unwrap()).collect()
    }

    async fn of_sites(&self) -> Vec<SiteRecord> {
        let records = self.records(Stream::Sites).await;
        records.iter().map(|record| serde_json::from_slice(&record.data).unwrap()).collect()
    }

    /// What was reported of conditions, in order.
    pub(crate) async fn reports(&self) -> Vec<SiteReport> {
        let report = |record| match record {
            SiteRecord::Reported(report) => Some(report),
            SiteRecord::Load(_) | SiteRecord::Status(_) => None,
        };
        self.of_sites().await.into_iter().filter_map(report).collect()
    }

    /// Site and condition of each report, in order.
    pub(crate) async fn said(&self) -> Vec<(String, &'static str)> {
        let reports = self.reports().await;
        reports.iter().map(|report| (report.site.to_string(), report.condition.as_str())).collect()
    }

    pub(crate) async fn loads(&self) -> Vec<SiteLoad> {
        let load = |record| match record {
            SiteRecord::Load(load) => Some(load),
            SiteRecord::Reported(_) | SiteRecord::Status(_) => None,
        };
        self.of_sites().await.into_iter().filter_map(load).collect()
    }

    /// Waits until so many conditions were reported.
    pub(crate) async fn until_said(&self, count: usize) -> Vec<(String, &'static str)> {
        until(async || self.reports().await.len() >= count).await;
        self.said().await
    }
}

impl Running {
    pub(crate) async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(GUARD, self.monitor.join()).await.unwrap();
    }

    /// A figure, by what stands before it in the exposition; 0 where there is none.
    pub(crate) fn figure(&self, name: &str) -> f64 {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Waits until a figure has grown by so much.
    pub(crate) async fn grows(&self, name: &str, by: f64) {
        let enough = self.figure(name) + by;
        until(async || self.figure(name) >= enough).await;
    }
}

pub(crate) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(GUARD, waiting).await.expect("it comes to hold");
}
