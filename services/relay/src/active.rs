//! Starting, stopping, and which replica relays.

use std::sync::Arc;
use std::time::Duration;

use bus::public::Outlet;
use bus::{Bus, BusError, Change};
use contract::{Deriver, PseudonymKey};
use model::Site;
use prometheus_client::registry::Registry;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Config;
use crate::derive::STREAMS;
use crate::follow::{Way, follow};
use crate::metrics::Metrics;

/// The name of the work that replicas share. It has one part, so that one of them relays.
const WORK: &str = "relay";
/// Before a broker that failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// What a relay lives on.
pub struct Inputs {
    /// How it runs.
    pub config: Config,
    /// The key of the pseudonyms; the same for every replica.
    pub key: PseudonymKey,
    /// The catalogue's sites: statuses tell what people call them and where they are.
    pub sites: Vec<Site>,
    /// Where it reads.
    pub bus: Arc<dyn Bus>,
    /// Where it puts public events.
    pub outlet: Arc<dyn Outlet>,
}

/// The running relay. It stops when the token that it was started with is cancelled.
#[derive(Debug)]
pub struct Relay {
    running: JoinHandle<()>,
}

impl Relay {
    /// Starts it; returns at once. It relays when it is the replica that is to do so.
    pub fn start(inputs: Inputs, registry: &mut Registry, stop: CancellationToken) -> Self {
        let deriver =
            Deriver::new(&inputs.config.domain, inputs.key, &inputs.config.clear).with_sites(&inputs.sites);
        let metrics = Metrics::register(registry);
        let way = Arc::new(Way { bus: inputs.bus, outlet: inputs.outlet, deriver, metrics });
        Self { running: tokio::spawn(run(way, stop)) }
    }

    /// Waits until it has stopped. What was put out and not acknowledged is put out again by whoever goes on.
    pub async fn join(self) {
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the relay ended badly");
        }
    }
}

async fn run(way: Arc<Way>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = share(&way, &stop).await {
            tracing::warn!(%error, "the relay's replicas cannot agree now; trying again");
            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(PAUSE) => {} }
        }
    }
}

/// Relays while it is this replica's part; ends where the broker can no longer be asked.
async fn share(way: &Arc<Way>, stop: &CancellationToken) -> Result<(), BusError> {
    let mut share = way.bus.share(WORK, 1).await?;
    let mut relaying: Option<(CancellationToken, TaskTracker)> = None;
    let ended = loop {
        let change = tokio::select! {
            () = stop.cancelled() => break Ok(()),
            change = share.change() => change,
        };
        match change {
            Ok(Change::Gained(_)) => {
                tracing::info!("this replica relays public events now");
                relaying.get_or_insert_with(|| begin(way, stop));
                way.metrics.active.set(1);
            }
            Ok(Change::Lost(part)) => {
                end(way, relaying.take()).await;
                share.release(part).await?;
            }
            Err(error) => break Err(error),
        }
    };
    end(way, relaying).await;
    ended
}

fn begin(way: &Arc<Way>, stop: &CancellationToken) -> (CancellationToken, TaskTracker) {
    let (over, tasks) = (stop.child_token(), TaskTracker::new());
    for stream in STREAMS {
        tasks.spawn(follow(Arc::clone(way), stream, over.clone()));
    }
    tasks.close();
    (over, tasks)
}

async fn end(way: &Way, relaying: Option<(CancellationToken, TaskTracker)>) {
    if let Some((over, tasks)) = relaying {
        over.cancel();
        tasks.wait().await;
        way.metrics.active.set(0);
    }
}
