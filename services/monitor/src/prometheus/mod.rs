//! What a Prometheus, or whatever has its HTTP API, measures of sites and UEs.
//!
//! All queries are asked at every round, by one replica at a time. A query that is not answered says nothing: conditions
//! stay as they were said last, and a load becomes unknown once it is no longer valid.

mod answer;
mod client;
mod conditions;
mod found;
mod loads;
mod qos;
mod round;
mod sites;

use std::sync::Arc;

use bus::Bus;
use model::Site;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::config::PrometheusConfig;
use crate::metrics::Metrics;
use round::Round;

pub(crate) use client::Client;

/// Asks until `stop` is cancelled.
pub(crate) async fn run(
    config: PrometheusConfig,
    client: Client,
    most_failing: f64,
    sites: Arc<[Site]>,
    bus: Arc<dyn Bus>,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(config.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = Round::new(config, client, most_failing, &sites, bus, metrics);
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
