//! Starting and stopping.

use std::sync::Arc;

use bus::Bus;
use catalogue::AppSpec;
use model::{InstanceKey, Site};
use prometheus_client::registry::Registry as MetricsRegistry;
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cell::{Cell, Process};
use crate::metrics::Metrics;
use crate::parcel::Parcel;
use crate::probe::Prober;
use crate::{Config, StartError, Steering, replica};

/// Where an executor keeps what it must not forget.
#[derive(Debug, Clone)]
pub enum Keep {
    /// In this store, for all instances: beside a bus of one process.
    Store(Store),
    /// On the bus, which replicas share: each works on the parts that are its, and takes over from those that died.
    Bus,
}

/// A running executor. It stops when the token that it was started with is cancelled.
#[derive(Debug)]
pub struct Executor {
    tasks: TaskTracker,
}

impl Executor {
    /// Starts the executor: takes up every saga that is open, then takes orders, all of them or those of the parts
    /// that it gains. EMCO and the DNS server may be away; an app that lacks something in EMCO stays out, loudly, until
    /// it is there.
    ///
    /// # Errors
    /// [`StartError`] for local faults: the store or the bus cannot be read.
    #[allow(clippy::too_many_arguments, reason = "one argument for each thing that the binary owns")]
    pub async fn start(
        config: Config,
        apps: Vec<AppSpec>,
        sites: Vec<Site>,
        key: InstanceKey,
        emco: emco::Client,
        dns: Option<steering::dns::Dns>,
        bus: Arc<dyn Bus>,
        keep: Keep,
        registry: &mut MetricsRegistry,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let steering = dns.map(|dns| Arc::new(dns) as Arc<dyn Steering>);
        Self::start_with(config, apps, sites, key, emco, steering, bus, keep, registry, stop).await
    }

    /// As [`start`](Self::start), with any way to steer.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    #[allow(clippy::too_many_arguments, reason = "one argument for each thing that the binary owns")]
    pub async fn start_with(
        config: Config,
        apps: Vec<AppSpec>,
        sites: Vec<Site>,
        key: InstanceKey,
        emco: emco::Client,
        steering: Option<Arc<dyn Steering>>,
        bus: Arc<dyn Bus>,
        keep: Keep,
        registry: &mut MetricsRegistry,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let apps = apps.into_iter().map(|spec| (spec, Arc::default())).collect();
        let process = Arc::new(Process {
            config,
            apps,
            sites: Arc::new(sites.into_iter().map(|site| (site.id.clone(), site)).collect()),
            key,
            emco,
            steering,
            bus,
            keep,
            prober: Prober::new().map_err(|e| StartError::Http(e.to_string()))?,
            complaints: Arc::default(),
            metrics: Metrics::register(registry),
        });
        let tasks = TaskTracker::new();
        match &process.keep {
            Keep::Store(_) => {
                let cell = Cell::start(&process, Parcel::WHOLE, &stop).await?;
                process.metrics.parts.inc();
                tasks.spawn(cell.join());
            }
            Keep::Bus => {
                let share = replica::join(&process).await?;
                tasks.spawn(replica::run(process, share, stop));
            }
        }
        tasks.close();
        Ok(Self { tasks })
    }

    /// Waits until everything has stopped. Sagas under way go on after the next start.
    pub async fn join(self) {
        self.tasks.wait().await;
    }
}
