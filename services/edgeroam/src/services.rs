//! Subscriber, decider and executor in one process, on one bus and one store.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use bus::Bus;
use prometheus_client::registry::Registry;
use runtime::admin::Readiness;
use runtime::telemetry::LogLevel;
use tokio_util::sync::CancellationToken;

use crate::settings::Settings;

/// All services of `edgeroam all`.
pub(crate) struct Services {
    bus: Arc<dyn Bus>,
    subscriber: subscriber::Subscriber,
    decider: decider::Decider,
    executor: Option<executor::Executor>,
    /// Where the admin port listens.
    pub(crate) admin: SocketAddr,
    /// Where the 5G core posts its notifications.
    pub(crate) callback: SocketAddr,
}

impl Services {
    /// Starts everything; returns although core, EMCO or DNS server are down.
    ///
    /// # Errors
    /// Local faults only: a directory that cannot be used, an occupied port.
    pub(crate) async fn start(
        settings: &Settings,
        level: LogLevel,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let state = &settings.state_dir;
        std::fs::create_dir_all(state).with_context(|| format!("state_dir {}", state.display()))?;
        let key = settings.instance_key()?;
        let bus = settings.bus.open(&state.join("bus")).await?;
        let store = store::Store::open(state.join("store.redb"))?;
        let mut registry = Registry::with_prefix("edgeroam");
        let catalogue = &settings.catalogue;

        let executor = match &settings.emco {
            Some(config) => {
                let dns = settings.dns.clone().map(steering::dns::Dns::new).transpose()?;
                Some(
                    executor::Executor::start(
                        settings.executor.clone(),
                        catalogue.apps.clone(),
                        catalogue.sites.clone(),
                        key.clone(),
                        emco::Client::new(config.clone())?,
                        dns,
                        bus.clone(),
                        keep(&settings.bus, &store),
                        &mut registry,
                        stop.clone(),
                    )
                    .await?,
                )
            }
            None => None,
        };
        let decider = decider::Decider::start(
            settings.decider.clone(),
            catalogue.sites.clone(),
            catalogue.cells.clone(),
            catalogue.tai_pins.clone(),
            catalogue.apps.iter().map(|spec| spec.app.clone()).collect(),
            key,
            bus.clone(),
            store.clone(),
            &mut registry,
            stop.clone(),
        )
        .await?;
        let subscriber = subscriber::Subscriber::start(
            settings.core.clone(),
            bus.clone(),
            store,
            &mut registry,
            stop.clone(),
        )
        .await?;
        let callback = subscriber.callback_addr();
        let readiness = Readiness::default();
        let admin =
            runtime::admin::serve(settings.admin.listen, registry, readiness.clone(), level, stop.clone())
                .await?;
        readiness.set(true);
        Ok(Self { bus, subscriber, decider, executor, admin, callback })
    }

    /// The bus, for readers of its streams.
    #[cfg(feature = "testbed")]
    pub(crate) fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    /// Waits until all services have stopped (the token that they were started with is cancelled) and the bus is
    /// closed.
    pub(crate) async fn join(self) {
        self.subscriber.join().await;
        self.decider.join().await;
        if let Some(executor) = self.executor {
            executor.join().await;
        }
        self.bus.close().await;
    }
}

/// Where the executor keeps what it must not forget: here, unless the bus is one that others share.
fn keep(bus: &bus::Config, store: &store::Store) -> executor::Keep {
    match bus {
        bus::Config::Embedded(_) => executor::Keep::Store(store.clone()),
        bus::Config::Nats(_) | bus::Config::Kafka(_) => executor::Keep::Bus,
    }
}
