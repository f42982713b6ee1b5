//! The services of one process, on one bus and one store.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bus::Bus;
use model::InstanceKey;
use prometheus_client::registry::Registry;
use runtime::admin::Readiness;
use runtime::telemetry::LogLevel;
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::operate;
use crate::settings::Settings;

/// One service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The 5G core's side.
    Subscriber,
    /// What decides.
    Decider,
    /// What carries orders out.
    Executor,
    /// What derives the public events.
    Relay,
    /// What measures.
    Monitor,
}

impl Role {
    /// Those of `edgeroam all`.
    pub(crate) const ALL: &[Self] =
        &[Self::Subscriber, Self::Decider, Self::Executor, Self::Relay, Self::Monitor];
}

/// The running services.
pub(crate) struct Services {
    bus: Arc<dyn Bus>,
    subscriber: Option<subscriber::Subscriber>,
    decider: Option<decider::Decider>,
    executor: Option<executor::Executor>,
    labels: Option<executor::LabelWatch>,
    relay: Option<relay::Relay>,
    monitor: Option<monitor::Monitor>,
    /// Where the admin port listens.
    pub(crate) admin: SocketAddr,
    /// Where the 5G core posts its notifications.
    pub(crate) callback: Option<SocketAddr>,
    /// Where apps and clients report what they measure.
    pub(crate) reports: Option<SocketAddr>,
}

/// What every service is started with.
struct Ground<'a> {
    settings: &'a Settings,
    bus: Arc<dyn Bus>,
    store: Store,
    key: InstanceKey,
    stop: CancellationToken,
}

impl Services {
    /// Starts the services of these roles; returns although core, EMCO or DNS server are down.
    ///
    /// # Errors
    /// Local faults only: a directory that cannot be used, an occupied port; and a broker that is not there.
    pub(crate) async fn start(
        settings: &Settings,
        roles: &[Role],
        level: LogLevel,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let state = &settings.state_dir;
        std::fs::create_dir_all(state).with_context(|| format!("state_dir {}", state.display()))?;
        let ground = Ground {
            settings,
            key: settings.instance_key()?,
            bus: settings.bus.open(&state.join("bus")).await?,
            store: Store::open(state.join("store.redb"))?,
            stop: stop.clone(),
        };
        let mut registry = Registry::with_prefix("edgeroam");
        let has = |role| roles.contains(&role);
        let (executor, labels) =
            if has(Role::Executor) { ground.executor(&mut registry, roles).await? } else { (None, None) };
        let decider = if has(Role::Decider) { Some(ground.decider(&mut registry).await?) } else { None };
        let subscriber =
            if has(Role::Subscriber) { Some(ground.subscriber(&mut registry).await?) } else { None };
        let relay = if has(Role::Relay) { ground.relay(&mut registry).await? } else { None };
        let monitor = if has(Role::Monitor) { ground.monitor(&mut registry, roles).await? } else { None };
        let reports = monitor.as_ref().and_then(monitor::Monitor::reports_addr);
        if let Some(reports) = reports {
            write_down(&state.join("reports.address"), reports)?;
        }
        let callback = subscriber.as_ref().map(subscriber::Subscriber::callback_addr);
        let readiness = Readiness::default();
        let more = match &decider {
            Some(decider) => ground.counter(decider)?,
            None => axum::Router::new(),
        };
        let (listen, stop) = (settings.admin.listen, stop.clone());
        let admin = runtime::admin::serve(listen, registry, readiness.clone(), level, more, stop).await?;
        if listen.port() == 0 {
            write_down(&settings.admin_address_file(), admin)?;
        }
        readiness.set(true);
        let bus = ground.bus;
        Ok(Self { bus, subscriber, decider, executor, labels, relay, monitor, admin, callback, reports })
    }

    /// The bus, for readers of its streams.
    #[cfg(feature = "testbed")]
    pub(crate) fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    /// Waits until all services have stopped (the token that they were started with is cancelled) and the bus is
    /// closed.
    pub(crate) async fn join(self) {
        if let Some(subscriber) = self.subscriber {
            subscriber.join().await;
        }
        if let Some(decider) = self.decider {
            decider.join().await;
        }
        if let Some(executor) = self.executor {
            executor.join().await;
        }
        if let Some(labels) = self.labels {
            labels.join().await;
        }
        if let Some(relay) = self.relay {
            relay.join().await;
        }
        if let Some(monitor) = self.monitor {
            monitor.join().await;
        }
        self.bus.close().await;
    }
}

impl Ground<'_> {
    async fn executor(
        &self,
        registry: &mut Registry,
        roles: &[Role],
    ) -> anyhow::Result<(Option<executor::Executor>, Option<executor::LabelWatch>)> {
        let settings = self.settings;
        let Some(config) = &settings.emco else {
            if roles == [Role::Executor] {
                bail!("`emco` is missing: an executor needs EMCO's base URL (emco.gateway)");
            }
            return Ok((None, None));
        };
        let dns = settings.dns.clone().map(steering::dns::Dns::new).transpose()?;
        // One client, for they share its budget of queries.
        let emco = emco::Client::new(config.clone())?;
        let sites = settings.catalogue.sites.clone();
        let executor = executor::Executor::start(
            settings.executor.clone(),
            settings.catalogue.apps.clone(),
            sites.clone(),
            self.key.clone(),
            emco.clone(),
            dns,
            self.bus.clone(),
            self.keep(),
            registry,
            self.stop.clone(),
        );
        let executor = executor.await?;
        let (labels, bus, stop) = (config.labels.clone(), self.bus.clone(), self.stop.clone());
        let labels = executor::LabelWatch::start(labels, sites, emco, bus, registry, stop);
        Ok((Some(executor), labels))
    }

    /// Where operators ask.
    fn counter(&self, decider: &decider::Decider) -> anyhow::Result<axum::Router> {
        let (catalogue, admin) = (&self.settings.catalogue, &self.settings.admin);
        Ok(operate::router(operate::Counter {
            bus: self.bus.clone(),
            sites: catalogue.sites.clone(),
            names: operate::Names::of(catalogue),
            inquirer: decider.inquirer(),
            access: admin.access()?,
        }))
    }

    /// Where the executor keeps what it must not forget: here, unless the bus is one that others share.
    fn keep(&self) -> executor::Keep {
        if self.bus.is_shared() { executor::Keep::Bus } else { executor::Keep::Store(self.store.clone()) }
    }

    async fn decider(&self, registry: &mut Registry) -> anyhow::Result<decider::Decider> {
        let catalogue = &self.settings.catalogue;
        let inputs = decider::Inputs {
            config: self.settings.decider.clone(),
            sites: catalogue.sites.clone(),
            cells: catalogue.cells.clone(),
            tai_pins: catalogue.tai_pins.clone(),
            apps: catalogue.apps.iter().map(|spec| spec.app.clone()).collect(),
            limits: catalogue.limits.clone(),
            key: self.key.clone(),
            bus: self.bus.clone(),
            store: self.store.clone(),
        };
        Ok(decider::Decider::start(inputs, registry, self.stop.clone()).await?)
    }

    async fn subscriber(&self, registry: &mut Registry) -> anyhow::Result<subscriber::Subscriber> {
        let (core, stop) = (self.settings.core.clone(), self.stop.clone());
        Ok(subscriber::Subscriber::start(core, self.bus.clone(), self.store.clone(), registry, stop).await?)
    }

    /// None where there is no broker, or no public events are wanted.
    async fn relay(&self, registry: &mut Registry) -> anyhow::Result<Option<relay::Relay>> {
        let (settings, config) = (self.settings, self.settings.public.clone());
        if !config.enabled {
            return Ok(None);
        }
        let Some(outlet) = settings.bus.outlet(config.content_mode).await? else { return Ok(None) };
        let (key, sites) = (settings.pseudonym_key()?, settings.catalogue.sites.clone());
        let inputs = relay::Inputs { config, key, sites, bus: self.bus.clone(), outlet };
        Ok(Some(relay::Relay::start(inputs, registry, self.stop.clone())))
    }

    /// None where nothing is to be measured.
    async fn monitor(
        &self,
        registry: &mut Registry,
        roles: &[Role],
    ) -> anyhow::Result<Option<monitor::Monitor>> {
        let Some(config) = self.settings.monitor.clone() else {
            if roles == [Role::Monitor] {
                bail!("`monitor` is missing: say what is measured (monitor.reports, probes, prometheus)");
            }
            return Ok(None);
        };
        let catalogue = &self.settings.catalogue;
        let (sites, names) = (catalogue.sites.clone(), catalogue::Names::of(catalogue));
        let inputs = monitor::Inputs { config, sites, names, bus: self.bus.clone() };
        Ok(Some(monitor::Monitor::start(inputs, registry, self.stop.clone()).await?))
    }
}

/// Writes down where a port is, for whoever cannot know.
fn write_down(path: &Path, address: SocketAddr) -> anyhow::Result<()> {
    std::fs::write(path, format!("{address}\n")).with_context(|| path.display().to_string())
}
