//! One life of a decider: a runtime of its own, so that it can be stopped in order or killed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bus::Bus;
use decider::{About, Answer, Clock, Config, Decider, Inputs, InquiryError, StartError};
use model::{
    App, AppId, Cell, CellId, ClusterRef, Decision, InstanceKey, Mode, Order, Outcome, OutcomeKind, Pin,
    Placement, PlmnId, Policy, Position, Scope, Site, SiteId, Stream, Supi, Timestamp, UeChange, UeEvent,
    UeLocation, UeSource, Users,
};
use prometheus_client::registry::Registry;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::memory_bus::MemoryBus;

/// A guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that outlives a decider.
pub(crate) struct World {
    pub(crate) bus: MemoryBus,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) app: App,
    pub(crate) sites: u32,
    pub(crate) config: Config,
    pub(crate) dir: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            bus: MemoryBus::new(),
            clock: Arc::new(AtomicU64::new(1_000_000_000)),
            app: App {
                id: AppId::new("ar").unwrap(),
                users: Users::All,
                mode: Mode::Act,
                scope: Scope::PerUe,
                policy: Policy::Nearest,
                max_concurrent_relocations: 4,
                linger: Duration::from_secs(60),
                requires: std::collections::BTreeSet::new(),
                qos: None,
                tenant: None,
                residency: std::collections::BTreeMap::new(),
                limits: model::AppLimits::default(),
                groups: std::collections::BTreeMap::new(),
            },
            sites: 3,
            config: Config { snapshot_interval: Duration::from_secs(3600), ..Config::default() },
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.clock.load(Ordering::SeqCst))
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    pub(crate) fn live(&self) -> Life {
        self.try_live().unwrap()
    }

    pub(crate) fn try_live(&self) -> Result<Life, StartError> {
        Life::start(self, Arc::new(self.bus.clone()), self.dir.path())
    }

    pub(crate) fn report(&self, ue: u64, cell: u32) {
        let location = UeLocation { cell: Some(cell_id(cell)), tai: None, position: None };
        self.change(ue, UeChange::Location(location));
    }

    pub(crate) fn change(&self, ue: u64, change: UeChange) {
        let event = event(ue, self.now(), change);
        self.bus.put(Stream::UeEvents, &event.supi.to_string(), serde_json::to_vec(&event).unwrap());
    }

    pub(crate) fn end(&self, order: &Order, kind: OutcomeKind) {
        let outcome = ended(order, self.now(), kind);
        let key = format!("{}/{}", order.app, order.instance);
        self.bus.put(Stream::Outcomes, &key, serde_json::to_vec(&outcome).unwrap());
    }

    pub(crate) fn complete(&self, order: &Order) {
        self.end(order, completed(order));
    }

    pub(crate) fn orders(&self) -> Vec<Order> {
        read(&self.bus, Stream::Orders)
    }

    pub(crate) fn decisions(&self) -> Vec<Decision> {
        read(&self.bus, Stream::Decisions)
    }

    /// Waits for the n-th order, from 1.
    pub(crate) fn order(&self, number: usize) -> Order {
        until("an order", || self.orders().len() >= number);
        self.orders()[number - 1].clone()
    }
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(bus: &MemoryBus, stream: Stream) -> Vec<T> {
    bus.all(stream).iter().map(|record| serde_json::from_slice(&record.data).unwrap()).collect()
}

pub(crate) fn event(ue: u64, now: Timestamp, change: UeChange) -> UeEvent {
    let supi = Supi::from_imsi(1_010_000_000_000 + ue, 15).unwrap();
    UeEvent { supi, observed_at: now, reported_at: None, source: UeSource::Poll, amf: None, change }
}

pub(crate) fn ended(order: &Order, now: Timestamp, kind: OutcomeKind) -> Outcome {
    Outcome {
        relocation: order.relocation,
        app: order.app.clone(),
        instance: order.instance.clone(),
        generation: order.generation,
        source: order.source.clone(),
        target: order.target.clone(),
        at: now,
        kind,
    }
}

pub(crate) fn completed(order: &Order) -> OutcomeKind {
    let serving = order.target.as_ref().map(|site| Placement {
        site: site.clone(),
        release: order.relocation.release(),
        deployment_intent_group: "g".into(),
        address: "192.0.2.1:80".into(),
    });
    OutcomeKind::Completed { serving, took_ms: 1 }
}

pub(crate) fn cell_id(cell: u32) -> CellId {
    CellId::nr(PlmnId::new("001", "01").unwrap(), &format!("{cell:x}"), None).unwrap()
}

pub(crate) fn site_id(site: u32) -> SiteId {
    SiteId::new(format!("s{site}")).unwrap()
}

pub(crate) struct Life {
    runtime: Runtime,
    decider: Decider,
    pub(crate) stop: CancellationToken,
    pub(crate) registry: Registry,
}

impl Life {
    pub(crate) fn start(world: &World, bus: Arc<dyn Bus>, dir: &Path) -> Result<Self, StartError> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let site = |number: u32| Site {
            id: site_id(number),
            name: String::new(),
            position: Some(Position::new(f64::from(number), 0.0).unwrap()),
            cluster: ClusterRef { provider: "p".into(), cluster: "c".into() },
            ingress: None,
            tier: model::Tier::Edge,
            water_marks: Some(model::WaterMarks::default()),
            labels: std::collections::BTreeSet::new(),
            max_instances: None,
            service_area: None,
            tenants: std::collections::BTreeSet::new(),
            cost: None,
        };
        let cell = |number: u32| Cell {
            id: cell_id(number),
            tai: None,
            pin: Pin::Position(Position::new(f64::from(number) / 10.0, 0.0).unwrap()),
        };
        let (stop, mut registry) = (CancellationToken::new(), Registry::with_prefix("edgeroam"));
        let store = store::Store::open(dir.join("store.redb")).unwrap();
        let time = world.clock.clone();
        let clock: Clock = Arc::new(move || Timestamp::from_micros(time.load(Ordering::SeqCst)));
        let inputs = Inputs {
            config: world.config.clone(),
            sites: (0..world.sites).map(site).collect(),
            cells: (0..=30).map(cell).collect(),
            tai_pins: Vec::new(),
            apps: vec![world.app.clone()],
            limits: model::Limits::default(),
            key: InstanceKey::new(b"sixteen bytes or more").unwrap(),
            bus,
            store,
        };
        let decider = runtime.block_on(Decider::start_at(inputs, &mut registry, stop.clone(), clock))?;
        Ok(Self { runtime, decider, stop, registry })
    }

    /// Stops as a signal would.
    pub(crate) fn stop(self) {
        self.stop.cancel();
        let stopped = async { tokio::time::timeout(PATIENCE, self.decider.join()).await };
        self.runtime.block_on(stopped).expect("the decider stops");
    }

    /// Stops as SIGKILL would: nothing is finished, nothing is written.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_timeout(PATIENCE);
    }

    /// Asks it how instances stand.
    pub(crate) fn ask(&self, about: About) -> Result<Answer, InquiryError> {
        self.runtime.block_on(self.decider.inquirer().ask(about))
    }

    /// How many UE events the engine has taken in.
    pub(crate) fn ue_events(&self) -> u64 {
        self.taken("ue_events")
    }

    /// How many outcomes the engine has taken in.
    pub(crate) fn outcomes(&self) -> u64 {
        self.taken("outcomes")
    }

    /// Whether it is the replica that decides.
    pub(crate) fn leads(&self) -> bool {
        self.metrics().lines().any(|line| line == "edgeroam_decider_active 1")
    }

    /// How many orders the engine has given.
    pub(crate) fn ordered(&self) -> u64 {
        self.sum("decider_orders_total{")
    }

    /// How many commands of operators the engine has taken in while it was told of them, not from history.
    pub(crate) fn commands(&self) -> u64 {
        self.sum("operator_commands_total{")
    }

    pub(crate) fn taken(&self, stream: &str) -> u64 {
        self.sum(&format!("records_total{{stream=\"{stream}\"}}"))
    }

    /// The sum of the metrics whose names have this in them.
    fn sum(&self, wanted: &str) -> u64 {
        let text = self.metrics();
        let lines = text.lines().filter(|line| line.contains(wanted));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    pub(crate) fn metrics(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        text
    }
}

/// Waits until something holds.
pub(crate) fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "no sign of {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
