//! Starting and stopping.

use std::sync::Arc;

use bus::{Bus, BusError, Sequence, Start};
use model::{App, Cell, InstanceKey, Site, TaiPin};
use placement::{AppError, Engine, Topology, TopologyError};
use prometheus_client::registry::Registry;
use store::{Store, StoreError};
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::checkpoint::{Checkpoint, NAME};
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::feed::{Feed, Positions};
use crate::metrics::Metrics;
use crate::publisher::Publisher;
use crate::run::Runner;

/// Batches that may wait for the engine.
const BATCHES: usize = 8;
/// Jobs that may wait for the bus.
const JOBS: usize = 64;

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
    /// The store cannot be read.
    #[error("decider: {0}")]
    Store(#[from] StoreError),
}

/// The running decider. It runs until the token that it was started with is cancelled; where the bus fails for
/// good, it logs an error and cancels that token itself.
#[derive(Debug)]
pub struct Decider {
    task: JoinHandle<()>,
    publisher: JoinHandle<()>,
}

impl Decider {
    /// Restores the engine, reads what has happened since, publishes what follows from it, and goes on from
    /// there. Returns once that is handed to the bus.
    ///
    /// # Errors
    /// [`StartError`]: a catalogue that cannot be used, or a bus or store that cannot be read.
    #[expect(
        clippy::too_many_arguments,
        reason = "the binary hands over everything that the service lives on"
    )]
    pub async fn start(
        config: Config,
        sites: Vec<Site>,
        cells: Vec<Cell>,
        tai_pins: Vec<TaiPin>,
        apps: Vec<App>,
        key: InstanceKey,
        bus: Arc<dyn Bus>,
        store: Store,
        registry: &mut Registry,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let clock = clock::system();
        Self::start_at(config, sites, cells, tai_pins, apps, key, bus, store, registry, stop, clock).await
    }

    /// As [`start`](Self::start), by another clock.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    #[expect(clippy::too_many_arguments, reason = "as `start`")]
    pub async fn start_at(
        config: Config,
        sites: Vec<Site>,
        cells: Vec<Cell>,
        tai_pins: Vec<TaiPin>,
        apps: Vec<App>,
        key: InstanceKey,
        bus: Arc<dyn Bus>,
        store: Store,
        registry: &mut Registry,
        stop: CancellationToken,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let metrics = Metrics::register(registry);
        let topology = Arc::new(Topology::new(sites, cells, tai_pins)?);
        let kept = match store.snapshot(NAME).await? {
            Some(bytes) => restore(&bytes, topology.clone(), &apps, &key),
            None => Err("there is no snapshot".into()),
        };
        let (engine, positions) = match kept {
            Ok((engine, positions)) => (engine, Some(positions)),
            Err(reason) => {
                tracing::info!(%reason, "cold start: instances, orders, outcomes and ue-events are read anew");
                metrics.cold_starts.inc();
                (Engine::new(topology, apps, key)?, None)
            }
        };
        let (jobs, to_publish) = mpsc::channel(JOBS);
        let (handing, handed) = mpsc::channel(BATCHES);
        let done = Feed::LIVE.map(|feed| (feed, watch::Sender::new(Sequence(0))));
        let publisher = Publisher {
            bus: bus.clone(),
            store,
            orders: bus.newest(Feed::Orders.stream()).await?,
            metrics: metrics.clone(),
            clock: clock.clone(),
            stop: stop.clone(),
            done,
        };
        let mut runner = Runner {
            config,
            bus,
            engine,
            positions: positions.unwrap_or_default(),
            metrics,
            clock,
            stop,
            jobs,
            handing,
            done: publisher.done.iter().map(|(feed, done)| (*feed, done.subscribe())).collect(),
            readers: Vec::new(),
            commands: Vec::new(),
            changed: positions.is_none(),
        };
        let publisher = tokio::spawn(publisher.run(to_publish));
        runner.catch_up(positions).await?;
        let task = tokio::spawn(runner.run(handed));
        Ok(Self { task, publisher })
    }

    /// Waits until it has stopped: everything decided is on the bus and the last snapshot is kept.
    pub async fn join(self) {
        for (what, task) in [("decider", self.task), ("publisher of the decider", self.publisher)] {
            if let Err(error) = task.await {
                tracing::error!(%error, "{what} ended abnormally");
            }
        }
    }
}

impl Runner {
    async fn catch_up(&mut self, kept: Option<Positions>) -> Result<(), BusError> {
        self.engine.catch_up();
        for feed in Feed::HISTORY {
            let start = kept.map_or(Start::Oldest, |kept| Start::After(kept.get(feed)));
            match self.read(feed, start).await {
                Err(error @ BusError::FellBehind { .. }) => {
                    tracing::error!(%error, "records are lost to retention: this stream is read from its oldest record");
                    self.metrics.cold_starts.inc();
                    self.read(feed, Start::Oldest).await?;
                }
                read => read?,
            }
        }
        for feed in Feed::LIVE {
            self.follow(feed).await?;
        }
        let now = (self.clock)();
        self.engine.settle(now, &mut self.commands);
        self.flush().await;
        self.keep().await;
        Ok(())
    }
}

fn restore(
    bytes: &[u8],
    topology: Arc<Topology>,
    apps: &[App],
    key: &InstanceKey,
) -> Result<(Engine, Positions), String> {
    let checkpoint = Checkpoint::decode(bytes)?;
    let engine = Engine::restore(&checkpoint.engine, topology, apps.to_vec(), key.clone());
    engine.map(|engine| (engine, checkpoint.positions)).map_err(|e| e.to_string())
}
