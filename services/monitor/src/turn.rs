//! Which replica probes and queries: one of them; another takes over where it dies. Two at once would only say the same
//! thing with the same id.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Turn};
use model::{Site, SiteSource, Stream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::said::Said;
use crate::{probes, prometheus};

/// The name of the work that replicas share.
const WORK: &str = "monitor";
/// Before a bus that failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// What looking needs.
pub(crate) struct Watch {
    pub(crate) config: Config,
    pub(crate) sites: Arc<[Site]>,
    pub(crate) prometheus: Option<prometheus::Client>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) metrics: Metrics,
}

/// Looks whenever it is this replica's turn, until `stop` is cancelled.
pub(crate) async fn run(watch: Watch, stop: CancellationToken) {
    bus::take_turns(watch.bus.as_ref(), &watch, &stop).await;
}

impl Turn for Watch {
    fn work(&self) -> &'static str {
        WORK
    }

    fn begin(&self, over: &CancellationToken, tasks: &TaskTracker) {
        tracing::info!("this replica probes sites and queries now");
        self.metrics.active.set(1);
        look(self, over, tasks);
    }

    fn ended(&self) {
        self.metrics.active.set(0);
    }
}

fn look(watch: &Watch, over: &CancellationToken, tasks: &TaskTracker) {
    let (sites, bus, metrics) = (&watch.sites, &watch.bus, &watch.metrics);
    let most = watch.config.most_failing;
    match watch.config.probes.clone() {
        Some(config) => {
            let (sites, bus, metrics) = (sites.clone(), bus.clone(), metrics.clone());
            tasks.spawn(probes::run(config, most, sites, bus, metrics, over.clone()));
        }
        None => {
            tasks.spawn(take_back(SiteSource::Probe, sites.clone(), bus.clone(), over.clone()));
        }
    }
    match (watch.config.prometheus.clone(), watch.prometheus.clone()) {
        (Some(config), Some(client)) => {
            let (sites, bus, metrics) = (sites.clone(), bus.clone(), metrics.clone());
            tasks.spawn(prometheus::run(config, client, most, sites, bus, metrics, over.clone()));
        }
        (Some(_) | None, Some(_) | None) => {
            tasks.spawn(take_back(SiteSource::Metrics, sites.clone(), bus.clone(), over.clone()));
        }
    }
}

/// A source that was switched off says nothing more, and its last word would hold for ever.
async fn take_back(source: SiteSource, sites: Arc<[Site]>, bus: Arc<dyn Bus>, over: CancellationToken) {
    let taken = async {
        while let Err(error) = take_back_once(source, &sites, bus.as_ref()).await {
            tracing::warn!(%error, source = source.as_str(), "what was said of sites cannot be taken back now");
            tokio::time::sleep(PAUSE).await;
        }
    };
    over.run_until_cancelled(taken).await;
}

async fn take_back_once(source: SiteSource, sites: &[Site], bus: &dyn Bus) -> Result<(), BusError> {
    let said = Said::read(bus, source).await?;
    let changes = said.taken_back(sites.iter().map(|site| &site.id), "this source was switched off");
    for change in &changes {
        tracing::info!(site = %change.site, source = source.as_str(), "a source was switched off: its last word is taken back");
    }
    let at = clock::now();
    let records: Vec<_> = changes.into_iter().map(|change| said.record(change, at)).collect();
    if !records.is_empty() {
        bus.publish(Stream::Sites, records).await?;
    }
    Ok(())
}
