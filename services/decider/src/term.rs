//! One term: from restoring the engine, through standing by, to deciding.

use std::sync::Arc;

use bus::{Bus, BusError, Sequence};
use model::InstanceKey;
use placement::{Engine, Fleet, Topology};
use store::Store;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::StartError;
use crate::asked::Asked;
use crate::checkpoint::{Checkpoint, NAME};
use crate::clock::Clock;
use crate::config::Config;
use crate::feed::{Feed, Positions};
use crate::inquiry::Inbox;
use crate::metrics::Metrics;
use crate::publisher::Publisher;
use crate::reader::Handed;
use crate::run::Runner;
use crate::webhook::Webhook;

/// Batches that may wait for the engine.
const BATCHES: usize = 8;
/// Jobs that may wait for the bus.
const JOBS: usize = 64;

/// What every term of a replica begins from.
pub(crate) struct Ground {
    pub(crate) config: Config,
    pub(crate) topology: Arc<Topology>,
    pub(crate) fleet: Fleet,
    pub(crate) key: InstanceKey,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) store: Store,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Clock,
    /// Where it is asked how instances stand.
    pub(crate) inbox: Inbox,
    /// Who is told of each move that somebody has to agree to.
    pub(crate) webhook: Option<Webhook>,
    /// Stops the replica.
    pub(crate) stop: CancellationToken,
}

/// An engine that knows what stands on the bus and, until it is told to, decides nothing.
pub(crate) struct Term {
    runner: Runner,
    handed: mpsc::Receiver<Handed>,
    publisher: JoinHandle<()>,
}

impl Term {
    /// Restores the engine and reads what has happened since.
    pub(crate) async fn begin(ground: &Ground, stop: CancellationToken) -> Result<Self, StartError> {
        let Ground { bus, store, metrics, clock, .. } = ground;
        let kept = match store.snapshot(NAME).await? {
            Some(bytes) => restore(&bytes, ground),
            None => Err("there is no snapshot".into()),
        };
        let cold = kept.is_err();
        let (engine, positions, asked) = match kept {
            Ok(kept) => kept,
            Err(reason) => {
                tracing::info!(%reason, "cold start: all streams are read anew");
                metrics.cold_starts.inc();
                let engine = Engine::new(ground.topology.clone(), ground.fleet.clone(), ground.key.clone())?;
                (engine, Positions::default(), Asked::default())
            }
        };
        let (jobs, to_publish) = mpsc::channel(JOBS);
        let (handing, handed) = mpsc::channel(BATCHES);
        let done = Feed::LIVE.map(|feed| (feed, watch::Sender::new(Sequence(0))));
        let subscribed = done.iter().map(|(feed, done)| (*feed, done.subscribe())).collect();
        let publisher = Publisher {
            bus: bus.clone(),
            store: store.clone(),
            orders: Sequence(0),
            metrics: metrics.clone(),
            clock: clock.clone(),
            failed: ground.stop.clone(),
            stop: stop.clone(),
            done,
        };
        let mut runner = Runner {
            config: ground.config.clone(),
            bus: bus.clone(),
            engine,
            positions,
            asked,
            metrics: metrics.clone(),
            clock: clock.clone(),
            inbox: ground.inbox.clone(),
            webhook: ground.webhook.clone(),
            failed: ground.stop.clone(),
            stop,
            jobs,
            handing,
            done: subscribed,
            readers: Vec::new(),
            commands: Vec::new(),
            changed: cold,
        };
        let publisher = tokio::spawn(publisher.run(to_publish));
        runner.engine.catch_up();
        runner.read_on(cold).await?;
        runner.keep().await;
        Ok(Self { runner, handed, publisher })
    }

    /// Takes in what the active replica and everybody else have put on the bus since the last time.
    pub(crate) async fn stand_by(&mut self) -> Result<(), BusError> {
        self.runner.read_on(false).await
    }

    /// Keeps a snapshot, so that the next start has less to read.
    pub(crate) async fn keep(&mut self) {
        self.runner.keep().await;
    }

    /// Takes in the rest and settles what follows from it: this replica decides from now on.
    pub(crate) async fn lead(&mut self) -> Result<(), BusError> {
        self.stand_by().await?;
        for feed in Feed::LIVE {
            self.runner.follow(feed).await?;
        }
        self.runner.settle().await;
        self.runner.keep().await;
        Ok(())
    }

    /// Decides until it is stopped.
    pub(crate) async fn decide(self) {
        self.runner.run(self.handed).await;
        ended(self.publisher).await;
    }

    /// Ends without having decided.
    pub(crate) async fn end(mut self) {
        self.runner.keep().await;
        drop(self.runner);
        ended(self.publisher).await;
    }
}

async fn ended(publisher: JoinHandle<()>) {
    if let Err(error) = publisher.await {
        tracing::error!(%error, "publisher of the decider ended abnormally");
    }
}

fn restore(bytes: &[u8], ground: &Ground) -> Result<(Engine, Positions, Asked), String> {
    let checkpoint = Checkpoint::decode(bytes)?;
    let asked = Asked::decode(&checkpoint.asked)?;
    let (topology, fleet, key) = (ground.topology.clone(), ground.fleet.clone(), ground.key.clone());
    let engine = Engine::restore(&checkpoint.engine, topology, fleet, key);
    engine.map(|engine| (engine, checkpoint.positions, asked)).map_err(|e| e.to_string())
}
