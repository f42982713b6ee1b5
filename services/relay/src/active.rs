//! Starting, stopping, and which replica relays.

use std::sync::Arc;

use bus::public::Outlet;
use bus::{Bus, Turn};
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

/// The name of the work that replicas share.
const WORK: &str = "relay";

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
    bus::take_turns(way.bus.as_ref(), &Relaying(&way), &stop).await;
}

/// What the replica does whose turn it is.
struct Relaying<'a>(&'a Arc<Way>);

impl Turn for Relaying<'_> {
    fn work(&self) -> &'static str {
        WORK
    }

    fn begin(&self, over: &CancellationToken, tasks: &TaskTracker) {
        tracing::info!("this replica relays public events now");
        self.0.metrics.active.set(1);
        for stream in STREAMS {
            tasks.spawn(follow(Arc::clone(self.0), stream, over.clone()));
        }
    }

    fn ended(&self) {
        self.0.metrics.active.set(0);
    }
}
