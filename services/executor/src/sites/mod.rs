//! What EMCO says of sites: labels of their clusters, which operators set there.
//!
//! Every executor looks, at every round anew: what was published last stands on stream `sites`, so nothing is kept here,
//! and a label that was taken away while nobody looked is noticed. Of several executors that see a change at once the
//! bus keeps one report, because they give it one id. Whoever was slow and published what no longer holds is corrected
//! by the next round.

mod metrics;
mod round;

use std::sync::Arc;

use bus::Bus;
use emco::Labels;
use model::Site;
use prometheus_client::registry::Registry;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use metrics::Metrics;
use round::Round;

/// The running watch over the clusters' labels. It stops when the token that it was started with is cancelled.
#[derive(Debug)]
pub struct LabelWatch {
    task: JoinHandle<()>,
}

impl LabelWatch {
    /// Starts it; EMCO may be away. None where it is switched off, or where there are no sites.
    pub fn start(
        labels: Labels,
        sites: Vec<Site>,
        emco: emco::Client,
        bus: Arc<dyn Bus>,
        registry: &mut Registry,
        stop: CancellationToken,
    ) -> Option<Self> {
        if labels.interval.is_zero() || sites.is_empty() {
            return None;
        }
        let metrics = Metrics::register(registry);
        let round = Round { labels, sites, emco, bus, metrics, failing: None };
        Some(Self { task: tokio::spawn(run(round, stop)) })
    }

    /// Waits until it has stopped.
    pub async fn join(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the watch over labels ended badly");
        }
    }
}

async fn run(mut round: Round, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(round.labels.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if stop.run_until_cancelled(round.look()).await.is_none() {
            return;
        }
    }
}
