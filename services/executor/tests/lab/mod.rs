//! An executor between a simulated EMCO, an embedded bus and a name server in memory.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "the history has many events, and few matter here")]

pub mod memory_bus;
pub mod moved;
pub mod operator;
pub mod seat;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bus::{Bus, Consumer, Record, Start};
use catalogue::{AddressFrom, Adopted, AppSpec, Deadlines, EmcoObjects, Probe, ReleaseIn};
use emco_sim::{ClusterConfig, Delays, EmcoSim, HistoryEvent, Provision};
use executor::{Executor, Keep, SteerError, Steering};
use memory_bus::MemoryBus;
use model::{
    App, AppId, ClusterRef, Generation, InstanceId, InstanceKey, InstanceState, Mode, Order, Outcome,
    OutcomeKind, Policy, RelocationId, Scope, Site, SiteId, Step, Stream, Timestamp, Trigger, Users,
};
use seat::Seat;
use store::Store;
use tokio_util::sync::CancellationToken;

/// The instance of most tests.
pub const UE: &str = "0123456789abcdef";

/// An instance of another part.
pub const OTHER: &str = "fedcba9876543210";

/// Into how many parts executors that share a bus cut the instances.
pub const PARTS: u16 = 2;

/// Guards against a hang; never a measure.
pub const GUARD: Duration = Duration::from_secs(120);

/// What a lab is like.
pub struct Setup {
    pub release_in_names: bool,
    pub provisioned: bool,
    pub max_retries: Option<u32>,
    pub mode: Mode,
    pub ready: Duration,
    pub retire: Duration,
    pub drain: Duration,
    pub pod_ready: Duration,
    pub undo: Duration,
    pub poll: Duration,
    pub instances: Vec<Adopted>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            release_in_names: true,
            provisioned: true,
            max_retries: None,
            mode: Mode::Act,
            ready: Duration::from_secs(40),
            retire: Duration::from_secs(40),
            drain: Duration::from_millis(300),
            pod_ready: Duration::from_millis(600),
            undo: Duration::from_secs(20),
            poll: Duration::from_millis(30),
            instances: Vec::new(),
        }
    }
}

/// Names in memory.
#[derive(Default)]
pub struct Names {
    pub names: Mutex<BTreeMap<String, IpAddr>>,
    pub failures: Mutex<Vec<SteerError>>,
}

impl Names {
    fn fail(&self) -> Result<(), SteerError> {
        self.failures.lock().expect("not poisoned").pop().map_or(Ok(()), Err)
    }

    pub fn of(&self, name: &str) -> Option<IpAddr> {
        self.names.lock().expect("not poisoned").get(name).copied()
    }
}

#[async_trait]
impl Steering for Names {
    async fn point(&self, name: &str, address: IpAddr, _: Duration) -> Result<(), SteerError> {
        self.fail()?;
        self.names.lock().expect("not poisoned").insert(name.to_owned(), address);
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<(), SteerError> {
        self.fail()?;
        self.names.lock().expect("not poisoned").remove(name);
        Ok(())
    }

    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, SteerError> {
        Ok(self.of(name).into_iter().collect())
    }

    fn qualified(&self, name: &str) -> String {
        format!("{name}.edge.example")
    }
}

pub struct Lab {
    pub sim: EmcoSim,
    pub bus: MemoryBus,
    pub store: Store,
    pub names: Arc<Names>,
    pub spec: AppSpec,
    /// Further apps of the configuration.
    pub siblings: Vec<AppSpec>,
    pub sites: Vec<Site>,
    undo: Duration,
    poll: Duration,
    _folder: tempfile::TempDir,
}

/// A running executor.
pub struct Running {
    executor: Executor,
    stop: CancellationToken,
    registry: prometheus_client::registry::Registry,
}

impl Running {
    /// The value of one of its metrics.
    pub fn metric(&self, name: &str) -> i64 {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).expect("it can be written");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name} is not in {text}"))
    }

    /// Stops it at once: steps under way are dropped, and nothing more is appended.
    pub async fn kill(self) {
        self.stop.cancel();
        tokio::time::timeout(GUARD, self.executor.join()).await.expect("it stops");
    }
}

static READERS: AtomicU32 = AtomicU32::new(0);

impl Lab {
    pub async fn new(setup: Setup) -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let pod_port = free.local_addr().expect("an address").port();
        drop(free);
        let letters = ["a", "b", "c"];
        let clusters = (0u8..).zip(letters).map(|(number, letter)| ClusterConfig {
            provider: "edge".into(),
            cluster: format!("edge-{letter}"),
            pod_net: Ipv4Addr::new(127, 61 + number, 0, 0),
            host_ip: Ipv4Addr::LOCALHOST,
        });
        let sim = EmcoSim::start(emco_sim::Config {
            clusters: clusters.collect(),
            pod_port,
            speed: 5.0,
            delays: Delays { pod_ready: setup.pod_ready * 5, ..Delays::default() },
            max_retries: setup.max_retries,
            ..emco_sim::Config::default()
        })
        .await
        .expect("emco-sim starts");
        if setup.provisioned {
            sim.provision(provision(setup.release_in_names)).await;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let sites = letters.map(|letter| Site {
            id: SiteId::new(letter).expect("valid"),
            name: letter.to_owned(),
            position: None,
            cluster: ClusterRef { provider: "edge".into(), cluster: format!("edge-{letter}") },
            ingress: None,
            tier: model::Tier::Edge,
            water_marks: None,
            labels: std::collections::BTreeSet::new(),
            max_instances: None,
            service_area: None,
            tenants: std::collections::BTreeSet::new(),
            cost: None,
        });
        Self {
            sim,
            bus: MemoryBus::default(),
            store: Store::open(folder.path().join("store.redb")).expect("the store opens"),
            names: Arc::default(),
            spec: spec(&setup, pod_port),
            siblings: Vec::new(),
            sites: sites.to_vec(),
            undo: setup.undo,
            poll: setup.poll,
            _folder: folder,
        }
    }

    pub fn client(&self) -> emco::Client {
        emco::Client::new(emco::Config::at(self.sim.url().parse().expect("a URL"))).expect("a client")
    }

    pub async fn start(&self) -> Running {
        self.start_with(self.client()).await
    }

    pub async fn start_with(&self, client: emco::Client) -> Running {
        self.start_on(client, Arc::new(self.bus.clone()), Keep::Store(self.store.clone())).await
    }

    /// One of several executors that share the bus; it works on the parts that its seat is given.
    pub async fn start_at(&self, seat: &Seat) -> Running {
        self.start_on(self.client(), Arc::new(seat.clone()), Keep::Bus).await
    }

    async fn start_on(&self, client: emco::Client, bus: Arc<dyn Bus>, keep: Keep) -> Running {
        let stop = CancellationToken::new();
        let config = executor::Config {
            parts: PARTS,
            poll_min: self.poll,
            poll_max: Duration::from_millis(200),
            undo_deadline: self.undo,
            recheck: Duration::from_millis(300),
            leftover_min: Duration::from_millis(300),
            leftover_max: Duration::from_secs(1),
            ..executor::Config::default()
        };
        let mut registry = prometheus_client::registry::Registry::default();
        let executor = Executor::start_with(
            config,
            std::iter::once(&self.spec).chain(&self.siblings).cloned().collect(),
            self.sites.clone(),
            key(),
            client,
            Some(Arc::clone(&self.names) as Arc<dyn Steering>),
            bus,
            keep,
            &mut registry,
            stop.clone(),
        );
        Running { executor: executor.await.expect("the executor starts"), stop, registry }
    }

    pub async fn give(&self, order: &Order) {
        let data = serde_json::to_vec(order).expect("JSON").into();
        let record = Record { key: format!("{}/{}", order.app, order.instance).into(), id: None, data };
        self.bus.publish(Stream::Orders, vec![record]).await.expect("published");
    }

    pub async fn outcomes(&self) -> Outcomes {
        let name = format!("test-{}", READERS.fetch_add(1, Ordering::Relaxed));
        let consumer = self.bus.consume(Stream::Outcomes, &name, Start::Oldest).await.expect("a consumer");
        Outcomes { consumer, seen: Vec::new() }
    }

    /// Gives an order and waits until all that follows from it is told.
    pub async fn carry_out(&self, order: &Order) -> Vec<OutcomeKind> {
        let mut outcomes = self.outcomes().await;
        self.give(order).await;
        outcomes.end_of(order).await
    }

    /// As [`carry_out`](Self::carry_out), once every instance of the configuration is taken over.
    pub async fn carry_out_when_taken_over(&self, order: &Order) -> Vec<OutcomeKind> {
        let apps = std::iter::once(&self.spec).chain(&self.siblings);
        let wanted = apps.map(|app| app.instances.len()).sum();
        let known = async || self.bus.latest(Stream::Instances).await.expect("readable").0.len();
        let all = async {
            while known().await < wanted {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(GUARD, all).await.expect("they are taken over");
        self.carry_out(order).await
    }

    /// What the executor says of an instance.
    pub async fn instance(&self, order: &Order) -> Option<InstanceState> {
        let (latest, _) = self.bus.latest(Stream::Instances).await.expect("readable");
        let states =
            latest.iter().map(|d| serde_json::from_slice::<InstanceState>(&d.data).expect("a state"));
        states.into_iter().find(|state| state.instance == order.instance)
    }

    /// How often an action on a group was accepted.
    pub fn actions(&self, group: &str, wanted: &str) -> usize {
        let is = |event: &HistoryEvent| matches!(event, HistoryEvent::Action { group: g, action } if g == group && *action == wanted);
        self.sim.history().iter().filter(|(_, event)| is(event)).count()
    }

    /// How often a group was created.
    pub fn creations(&self, wanted: &str) -> usize {
        let is = |event: &HistoryEvent| matches!(event, HistoryEvent::GroupCreated { group, .. } if group == wanted);
        self.sim.history().iter().filter(|(_, event)| is(event)).count()
    }

    /// The least number of Pods of these releases that were Ready at the same time, after the first was.
    pub fn least_ready(&self, releases: &[String]) -> usize {
        let (mut ready, mut least) = (BTreeSet::new(), usize::MAX);
        for (_, event) in self.sim.history() {
            match event {
                HistoryEvent::PodReady { release, pod, .. } if releases.contains(&release) => {
                    ready.insert(pod);
                }
                HistoryEvent::PodTerminating { pod, .. } | HistoryEvent::PodGone { pod, .. } => {
                    ready.remove(&pod);
                }
                _ => continue,
            }
            least = least.min(ready.len());
        }
        least
    }

    /// The names of all groups that there are.
    pub fn groups(&self) -> Vec<String> {
        self.sim.deployment_groups().into_iter().map(|group| group.name).collect()
    }

    /// The cluster on which the name's address answers, with the release.
    pub fn leads_to(&self, order: &Order) -> Option<(String, String)> {
        let ip = self.names.of(&name(order))?;
        let ready = self.sim.ready_releases().into_iter().find(|(_, _, address)| address.ip() == ip);
        ready.map(|(release, cluster, _)| (cluster, release))
    }
}

/// Reads outcomes.
pub struct Outcomes {
    consumer: Box<dyn Consumer>,
    seen: Vec<Outcome>,
}

impl Outcomes {
    /// Reads on until one fits.
    pub async fn until(&mut self, fits: impl Fn(&Outcome) -> bool) -> Outcome {
        let mut read = 0;
        loop {
            if let Some(found) = self.seen[read..].iter().find(|outcome| fits(outcome)) {
                return found.clone();
            }
            read = self.seen.len();
            let more = tokio::time::timeout(GUARD, self.consumer.next(64)).await;
            for delivery in more.expect("an outcome comes").expect("the bus is open") {
                self.seen.push(serde_json::from_slice(&delivery.data).expect("an outcome"));
            }
        }
    }

    /// Everything that was told of an order, up to its last word.
    pub async fn end_of(&mut self, order: &Order) -> Vec<OutcomeKind> {
        let relocation = order.relocation;
        let follow_up = order.source.is_some();
        self.until(|outcome| {
            outcome.relocation == relocation
                && match outcome.kind {
                    OutcomeKind::Completed { .. } => !follow_up,
                    OutcomeKind::Progress { .. } => false,
                    _ => true,
                }
        })
        .await;
        self.of(order)
    }

    /// What was told of an order so far.
    pub fn of(&self, order: &Order) -> Vec<OutcomeKind> {
        let mine = self.seen.iter().filter(|outcome| outcome.relocation == order.relocation);
        mine.map(|outcome| outcome.kind.clone()).collect()
    }

    pub async fn progress(&mut self, order: &Order, step: Step) {
        let relocation = order.relocation;
        self.until(|outcome| {
            outcome.relocation == relocation && outcome.kind == OutcomeKind::Progress { step }
        })
        .await;
    }
}

pub fn key() -> InstanceKey {
    InstanceKey::new(&[7; 16]).expect("long enough")
}

pub fn provision(release_in_names: bool) -> Provision {
    Provision {
        project: "mec".into(),
        composite_app: "addrapp".into(),
        version: "v1".into(),
        apps: vec!["srv".into()],
        profile: "prof".into(),
        logical_cloud: "admin-lc".into(),
        release_in_names,
    }
}

fn spec(setup: &Setup, pod_port: u16) -> AppSpec {
    AppSpec {
        app: App {
            id: AppId::new("ar").expect("valid"),
            users: Users::All,
            mode: setup.mode,
            scope: Scope::PerUe,
            policy: Policy::Nearest,
            max_concurrent_relocations: 4,
            linger: Duration::from_secs(10),
            requires: std::collections::BTreeSet::new(),
            qos: None,
            tenant: None,
            residency: std::collections::BTreeMap::new(),
            limits: model::AppLimits::default(),
            groups: std::collections::BTreeMap::new(),
        },
        emco: EmcoObjects {
            project: "mec".into(),
            composite_app: "addrapp".into(),
            composite_app_version: "v1".into(),
            composite_profile: "prof".into(),
            logical_cloud: "admin-lc".into(),
            override_values: Vec::new(),
        },
        address: AddressFrom::PodIp { port: pod_port },
        probe: Probe {
            path: "/".into(),
            timeout: Duration::from_secs(2),
            // Without it in the names, these charts do not tell their release to the application either.
            release: if setup.release_in_names {
                ReleaseIn::JsonPointer("/release".into())
            } else {
                ReleaseIn::Nowhere
            },
        },
        dns_ttl: Duration::from_millis(100),
        drain: setup.drain,
        deadlines: Deadlines { ready: setup.ready, verify: Duration::from_secs(20), retire: setup.retire },
        instances: setup.instances.clone(),
    }
}

/// An order for one of several instances.
pub fn order(instance: &str, generation: u64, source: Option<&str>, target: Option<&str>) -> Order {
    let app = AppId::new("ar").expect("valid");
    let instance = InstanceId::new(instance).expect("valid");
    let site = |s: &str| SiteId::new(s).expect("valid");
    let generation = Generation(generation);
    Order {
        relocation: RelocationId::new(&app, &instance, generation),
        app,
        instance,
        generation,
        trigger: if source.is_some() { Trigger::Mobility } else { Trigger::FirstPlacement },
        source: source.map(site),
        target: target.map(site),
        choices: Vec::new(),
        observed_at: Timestamp::default(),
        due_at: Timestamp::default(),
        decided_at: Timestamp::default(),
        host: None,
    }
}

/// The name of the instance, relative to the zone.
pub fn name(order: &Order) -> String {
    format!("{}.{}", order.instance, order.app)
}

/// The release, and the group, that an order makes.
pub fn release(order: &Order) -> String {
    order.relocation.release().to_string()
}

/// The steps that were told, in order.
pub fn steps(told: &[OutcomeKind]) -> Vec<Step> {
    let step = |kind: &OutcomeKind| match kind {
        OutcomeKind::Progress { step } => Some(*step),
        _ => None,
    };
    told.iter().filter_map(step).collect()
}

/// Whether the order went all the way.
pub fn completed(told: &[OutcomeKind]) -> bool {
    told.iter().any(|kind| matches!(kind, OutcomeKind::Completed { .. }))
}
