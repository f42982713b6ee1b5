//! Starting and stopping.

use std::net::SocketAddr;
use std::sync::Arc;

use bus::Bus;
use catalogue::Names;
use model::Site;
use prometheus_client::registry::Registry;
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Config;
use crate::metrics::Metrics;
use crate::turn::{self, Watch};
use crate::{prometheus, reports};

/// What a monitor lives on.
pub struct Inputs {
    /// How it runs.
    pub config: Config,
    /// The sites that are probed and queried for.
    pub sites: Vec<Site>,
    /// The names that reports may use.
    pub names: Names,
    /// Where measurements go.
    pub bus: Arc<dyn Bus>,
}

/// Why it cannot be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// A token cannot be used.
    #[error(transparent)]
    Token(#[from] runtime::access::TokenError),
    /// A certificate cannot be used.
    #[error("monitor.reports.tls: {0}")]
    Tls(#[from] sbi::TlsError),
    /// The address cannot be listened on.
    #[error("monitor.reports.listen {0}")]
    Listen(std::io::Error),
    /// Prometheus cannot be asked.
    #[error("monitor.prometheus.{setting}: {reason}")]
    Prometheus {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// The running monitor. It stops when the token that it was started with is cancelled.
#[derive(Debug)]
pub struct Monitor {
    tasks: TaskTracker,
    reports: Option<SocketAddr>,
}

impl Monitor {
    /// Starts it; sites and Prometheus may be down.
    ///
    /// # Errors
    /// [`StartError`]: a file that cannot be used, or an occupied port.
    pub async fn start(
        inputs: Inputs,
        registry: &mut Registry,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let Inputs { config, sites, names, bus } = inputs;
        let metrics = Metrics::register(registry);
        let tasks = TaskTracker::new();
        let prometheus = config.prometheus.as_ref().map(prometheus::Client::new).transpose()?;
        let reports = match &config.reports {
            Some(config) => {
                let serving = reports::bind(config, names, bus.clone(), metrics.clone()).await?;
                let address = serving.address();
                tasks.spawn(serving.run(stop.clone()));
                Some(address)
            }
            None => None,
        };
        let sites: Arc<[Site]> = sites.into();
        tasks.spawn(turn::run(Watch { config, sites, prometheus, bus, metrics }, stop));
        tasks.close();
        Ok(Self { tasks, reports })
    }

    /// Where reports are taken.
    pub const fn reports_addr(&self) -> Option<SocketAddr> {
        self.reports
    }

    /// Waits until it has stopped.
    pub async fn join(self) {
        self.tasks.wait().await;
    }
}
