//! Starting and stopping.

use std::sync::Arc;

use bus::{Bus, BusError};
use model::{App, Cell, InstanceKey, Limits, Site, TaiPin};
use placement::{AppError, Fleet, Topology, TopologyError};
use prometheus_client::registry::Registry;
use store::{Store, StoreError};
use thiserror::Error;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::active::Replica;
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::inquiry::{self, Inquirer};
use crate::metrics::Metrics;
use crate::term::Ground;
use crate::webhook::{Webhook, WebhookError};

/// Why the decider does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The catalogue contradicts itself.
    #[error("catalogue: {0}")]
    Topology(#[from] TopologyError),
    /// An app asks for what cannot be done.
    #[error(transparent)]
    App(#[from] AppError),
    /// The bus cannot be read.
    #[error("decider: {0}")]
    Bus(#[from] BusError),
    /// Nothing can be posted.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// The store cannot be read.
    #[error("decider: {0}")]
    Store(#[from] StoreError),
}

/// What a decider lives on.
pub struct Inputs {
    /// How it runs.
    pub config: Config,
    /// The catalogue's sites.
    pub sites: Vec<Site>,
    /// The catalogue's cells.
    pub cells: Vec<Cell>,
    /// Tracking areas that are pinned to sites.
    pub tai_pins: Vec<TaiPin>,
    /// The apps that may move.
    pub apps: Vec<App>,
    /// What limits relocations of all of them.
    pub limits: Limits,
    /// The secret behind instance ids; the same for every replica.
    pub key: InstanceKey,
    /// Where it reads and writes.
    pub bus: Arc<dyn Bus>,
    /// Where it keeps its snapshots.
    pub store: Store,
}

/// The running decider: one of the replicas of its domain, of which one decides and the others stand by. It runs until
/// the token that it was started with is cancelled; where the bus fails for good, it logs an error and cancels that
/// token itself.
#[derive(Debug)]
pub struct Decider {
    task: JoinHandle<()>,
    inquirer: Inquirer,
}

impl Decider {
    /// Restores the engine and reads what has happened since. On a bus that has no other replicas it also publishes what
    /// follows from that before this returns; otherwise it decides once it is the active one.
    ///
    /// # Errors
    /// [`StartError`]: a catalogue that cannot be used, or a bus or store that cannot be read.
    pub async fn start(
        inputs: Inputs,
        registry: &mut Registry,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        Self::start_at(inputs, registry, stop, clock::system()).await
    }

    /// As [`start`](Self::start), by another clock.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_at(
        inputs: Inputs,
        registry: &mut Registry,
        stop: CancellationToken,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let metrics = Metrics::register(registry);
        let topology = Arc::new(Topology::new(inputs.sites, inputs.cells, inputs.tai_pins)?);
        let (inquirer, inbox) = inquiry::channel();
        let webhook = inputs
            .config
            .confirmation_webhook
            .as_ref()
            .map(|config| Webhook::start(config, inputs.bus.clone(), clock.clone(), stop.clone()));
        let ground = Ground {
            webhook: webhook.transpose()?,
            config: inputs.config,
            topology,
            fleet: Fleet { apps: inputs.apps, limits: inputs.limits },
            key: inputs.key,
            bus: inputs.bus,
            store: inputs.store,
            metrics,
            clock,
            inbox,
            stop,
        };
        let replica = Replica::join(ground).await?;
        Ok(Self { task: tokio::spawn(replica.run()), inquirer })
    }

    /// Asks this replica why instances are where they are.
    pub fn inquirer(&self) -> Inquirer {
        self.inquirer.clone()
    }

    /// Waits until it has stopped: everything decided is on the bus and the last snapshot is kept.
    pub async fn join(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "decider ended abnormally");
        }
    }
}
