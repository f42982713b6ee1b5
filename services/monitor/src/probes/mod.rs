//! Our own look at sites: whether their ingress can be reached.
//!
//! A probe tells whether a site serves at all, not how well a UE is served by it. It is taken by one replica at a time,
//! and compares with what was said last, so that neither a restart nor another replica says a thing twice.

mod judge;
mod reach;
mod round;

use std::collections::BTreeMap;
use std::sync::Arc;

use bus::Bus;
use model::{Site, SiteId};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::config::ProbesConfig;
use crate::metrics::Metrics;
use crate::trouble::Trouble;
use judge::Needed;
use reach::Target;
use round::Round;

/// Looks until `stop` is cancelled.
pub(crate) async fn run(
    config: ProbesConfig,
    most_failing: f64,
    sites: Arc<[Site]>,
    bus: Arc<dyn Bus>,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let (targets, without) = targets(&config, &sites);
    if !without.is_empty() {
        let named: Vec<_> = without.iter().take(5).map(SiteId::as_str).collect();
        let (named, count) = (named.join(", "), without.len());
        tracing::warn!(count, sites = named, "sites without `ingress` cannot be probed");
    }
    let mut round = Round {
        targets,
        without,
        timeout: config.timeout,
        degraded_rtt: config.degraded_rtt,
        needed: Needed { worse: config.failed_after, better: config.back_after },
        most_failing,
        bus,
        metrics,
        streaks: BTreeMap::new(),
        trouble: Trouble::default(),
        our_own: false,
    };
    let mut ticks = tokio::time::interval(config.interval);
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

/// Where each site is probed, and the sites that cannot be.
fn targets(config: &ProbesConfig, sites: &[Site]) -> (Vec<(SiteId, Target)>, Vec<SiteId>) {
    let (mut targets, mut without) = (Vec::new(), Vec::new());
    for site in sites {
        match &site.ingress {
            Some(host) => {
                let (host, path) = (host.clone(), config.path.clone());
                targets.push((site.id.clone(), Target { host, port: config.port, path }));
            }
            None => without.push(site.id.clone()),
        }
    }
    (targets, without)
}
