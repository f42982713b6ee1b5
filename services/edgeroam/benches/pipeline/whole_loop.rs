//! Callback server, bus and decider as `edgeroam all` runs them; the run ends when the last order is on the bus.

use std::path::Path;
use std::sync::Arc;

use bus::embedded::{self, Durability, EmbeddedBus};
use bus::{Bus, Record, Start};
use model::{
    App, AppId, Cell, CellId, ClusterRef, InstanceKey, InstanceState, Mode, Order, Outcome, OutcomeKind, Pin,
    Placement, PlmnId, Policy, Position, Scope, Site, SiteId, Stream, Users,
};
use prometheus_client::registry::Registry;
use subscriber::IssuedCallback;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::load::{self, Ran};
use crate::notification::{self, CELLS, SETTLED, SITES};

/// One order in so many events.
pub(crate) const ORDER_EVERY: u64 = 50;

/// A running loop without an executor.
pub(crate) struct WholeLoop {
    folder: TempDir,
    bus: Arc<EmbeddedBus>,
    subscriber: subscriber::Subscriber,
    decider: decider::Decider,
    callback: IssuedCallback,
    stop: CancellationToken,
}

impl WholeLoop {
    /// Starts it and settles [`SETTLED`] UEs with an instance each.
    pub(crate) async fn start(durability: Durability) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = embedded::Config { durability, ..embedded::Config::default() };
        let bus = EmbeddedBus::open(folder.path().join("bus"), config)?;
        let store = store::Store::open(folder.path().join("store.redb"))?;
        let stop = CancellationToken::new();
        let mut registry = Registry::default();
        let inputs = decider::Inputs {
            config: decider::Config::default(),
            sites: sites()?,
            cells: cells()?,
            tai_pins: Vec::new(),
            apps: vec![app()?],
            limits: model::Limits::default(),
            key: InstanceKey::new(&[7; 32])?,
            bus: bus.clone(),
            store: store.clone(),
        };
        let decider = decider::Decider::start(inputs, &mut registry, stop.clone()).await?;
        let mut core = subscriber::Config::default();
        core.callback.listen = ([127, 0, 0, 1], 0).into();
        // Nothing listens there: locations come by push alone.
        core.amfs = vec!["http://127.0.0.1:1".parse()?];
        let subscriber =
            subscriber::Subscriber::start(core, bus.clone(), store, &mut registry, stop.clone()).await?;
        let callback = subscriber.issue_callback();
        let whole = Self { folder, bus, subscriber, decider, callback, stop };
        whole.settle().await?;
        Ok(whole)
    }

    /// Posts `requests` notifications and waits for the last order.
    pub(crate) async fn run(&self, requests: u64, rate: Option<f64>) -> anyhow::Result<Ran> {
        let bodies = (0..requests).map(|n| notification::body(&self.callback.correlation, n)).collect();
        let from = self.bus.newest(Stream::Orders).await?;
        let mut orders = self.bus.consume(Stream::Orders, "bench", Start::After(from)).await?;
        let (started, spent) = (std::time::Instant::now(), load::cpu_seconds()?);
        let mut ran = load::post(&self.callback.uri, rate, bodies).await?;
        let mut left = requests / ORDER_EVERY;
        while left > 0 {
            left = left.saturating_sub(orders.next(4096).await?.len() as u64);
        }
        ran.rate = requests as f64 / started.elapsed().as_secs_f64();
        ran.cpu_us = (load::cpu_seconds()? - spent) * 1e6 / requests as f64;
        Ok(ran)
    }

    /// Makes `ues` UEs known and says how many bytes each takes in the subscriber's table.
    pub(crate) async fn subscriber_bytes_per_ue(&self, ues: u64) -> anyhow::Result<f64> {
        let bodies = (SETTLED..ues).map(|ue| notification::first(&self.callback.correlation, ue)).collect();
        load::post(&self.callback.uri, None, bodies).await?;
        let footprint = self.subscriber.footprint();
        Ok(footprint.bytes as f64 / footprint.ues as f64)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.subscriber.join().await;
        self.decider.join().await;
        self.bus.close().await;
    }

    /// Makes the UEs known and says, as an executor would, that their first placements are done.
    async fn settle(&self) -> anyhow::Result<()> {
        let mut orders = self.bus.consume(Stream::Orders, "settle", Start::Oldest).await?;
        let bodies = (0..SETTLED).map(|ue| notification::first(&self.callback.correlation, ue)).collect();
        load::post(&self.callback.uri, None, bodies).await?;
        let mut left = SETTLED as usize;
        while left > 0 {
            let batch = orders.next(1024).await?;
            let (mut outcomes, mut instances) = (Vec::new(), Vec::new());
            for delivery in &batch {
                let order: Order = serde_json::from_slice(&delivery.data)?;
                let (outcome, state) = done(&order)?;
                let record =
                    |data: Vec<u8>| Record { key: delivery.key.clone(), id: None, data: data.into() };
                outcomes.push(record(serde_json::to_vec(&outcome)?));
                instances.push(record(serde_json::to_vec(&state)?));
            }
            left -= batch.len();
            self.bus.publish(Stream::Outcomes, outcomes).await?;
            self.bus.publish(Stream::Instances, instances).await?;
        }
        Ok(())
    }
}

pub(crate) fn done(order: &Order) -> anyhow::Result<(Outcome, InstanceState)> {
    let site = order.target.clone().ok_or_else(|| anyhow::anyhow!("a first placement has a target"))?;
    let release = order.relocation.release();
    let serving = Some(Placement {
        site,
        deployment_intent_group: release.to_string(),
        release,
        address: "127.0.0.1:80".into(),
    });
    let outcome = Outcome {
        relocation: order.relocation,
        app: order.app.clone(),
        instance: order.instance.clone(),
        generation: order.generation,
        source: None,
        target: order.target.clone(),
        at: order.decided_at,
        kind: OutcomeKind::Completed { serving: serving.clone(), took_ms: 1 },
    };
    let state = InstanceState {
        app: order.app.clone(),
        instance: order.instance.clone(),
        generation: order.generation,
        serving,
        at: order.decided_at,
    };
    Ok((outcome, state))
}

/// The bench's sites: a row of them, 0.1° apart.
pub(crate) fn sites() -> anyhow::Result<Vec<Site>> {
    let site = |n: u64| -> anyhow::Result<Site> {
        let id = SiteId::new(format!("site-{n}"))?;
        Ok(Site {
            name: id.to_string(),
            position: Some(Position::new(n as f64 * 0.1, 45.0)?),
            cluster: ClusterRef { provider: "edge".into(), cluster: id.to_string() },
            ingress: None,
            tier: model::Tier::Edge,
            water_marks: None,
            labels: std::collections::BTreeSet::new(),
            max_instances: None,
            service_area: None,
            tenants: std::collections::BTreeSet::new(),
            cost: None,
            id,
        })
    };
    (0..SITES).map(site).collect()
}

pub(crate) fn cells() -> anyhow::Result<Vec<Cell>> {
    let plmn = PlmnId::new("208", "93")?;
    let cell = |site: u64, cell: u64| -> anyhow::Result<Cell> {
        Ok(Cell {
            id: CellId::Nr { plmn, nci: notification::nci(site, cell), nid: None },
            tai: None,
            pin: Pin::Position(Position::new(site as f64 * 0.1 + cell as f64 * 0.0005, 45.001)?),
        })
    };
    (0..SITES).flat_map(|s| (0..CELLS).map(move |c| (s, c))).map(|(s, c)| cell(s, c)).collect()
}

/// The policy `threshold`; room for as many first placements as come.
pub(crate) fn app() -> anyhow::Result<App> {
    Ok(App {
        id: AppId::new("bench")?,
        users: Users::All,
        mode: Mode::Act,
        scope: Scope::PerUe,
        policy: Policy::Threshold(model::Threshold::default()),
        max_concurrent_relocations: u32::MAX,
        linger: std::time::Duration::from_secs(300),
        requires: std::collections::BTreeSet::new(),
        qos: None,
        tenant: None,
        residency: std::collections::BTreeMap::new(),
        limits: model::AppLimits::default(),
        groups: std::collections::BTreeMap::new(),
    })
}
