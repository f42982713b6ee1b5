//! What everything in a cell works with.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    AppId, ClusterRef, InstanceId, InstanceState, Order, Outcome, OutcomeKind, Placement, Site, SiteId,
    Stream, Timestamp,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::charts::Charts;
use crate::complaints::Complaints;
use crate::elsewhere::Elsewhere;
use crate::error::StepError;
use crate::journal::{Journal, JournalError};
use crate::leftovers::Leftovers;
use crate::metrics::Metrics;
use crate::names::{self, Names, Sample};
use crate::occupancy::Occupancy;
use crate::outbox::{Out, Outbox};
use crate::parcel::Parcel;
use crate::probe::Prober;
use crate::registry::Registry;
use crate::{Config, Steering};

/// What everything in a cell works with.
pub(crate) struct Context {
    pub config: Config,
    pub apps: BTreeMap<AppId, Arc<App>>,
    pub sites: Arc<BTreeMap<SiteId, Site>>,
    /// Which instances are ours.
    pub parcel: Parcel,
    /// The name under which orders are read.
    pub consumer: String,
    pub emco: emco::Client,
    pub steering: Option<Arc<dyn Steering>>,
    pub journal: Journal,
    pub registry: Registry,
    /// What is heard of instances of other parts, where there are other parts.
    pub elsewhere: Option<Arc<Elsewhere>>,
    pub charts: Arc<Charts>,
    pub complaints: Arc<Complaints>,
    pub leftovers: Leftovers,
    pub occupancy: Arc<Occupancy>,
    pub outbox: Outbox,
    pub prober: Prober,
    pub metrics: Metrics,
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
}

impl Context {
    /// The site behind a cluster.
    pub(crate) fn site_of(&self, provider: &str, cluster: &str) -> Option<&Site> {
        let cluster = ClusterRef { provider: provider.to_owned(), cluster: cluster.to_owned() };
        self.sites.values().find(|site| site.cluster == cluster)
    }

    /// Where the host of a shared app serves, whoever works on it.
    pub(crate) fn host(&self, app: &AppId, host: &InstanceId) -> Option<Placement> {
        if self.parcel.holds(&format!("{app}/{host}")) {
            return self.registry.serving(app, host);
        }
        self.elsewhere.as_ref()?.serving(app, host)
    }

    /// Says that something could not be kept; that the part was lost is told once, by whoever has lost it.
    pub(crate) fn complain(&self, error: &JournalError, what: &str) {
        match error {
            JournalError::Fenced => tracing::debug!(part = self.parcel.part, "{what}: {error}"),
            JournalError::Store(_) | JournalError::Bus(_) | JournalError::Unsure(_) => {
                tracing::error!(part = self.parcel.part, "{what}: {error}");
            }
        }
    }

    /// Makes sure that the instances are ours still, just before something is done that cannot be done twice.
    pub(crate) async fn is_ours(&self) -> Result<(), StepError> {
        Ok(self.journal.is_ours().await?)
    }

    /// Publishes what became of an order. `id` tells outcomes of one order apart.
    pub(crate) fn tell(&self, order: &Order, at: Timestamp, id: &str, kind: OutcomeKind) -> Out {
        let outcome = Outcome {
            relocation: order.relocation,
            app: order.app.clone(),
            instance: order.instance.clone(),
            generation: order.generation,
            source: order.source.clone(),
            target: order.target.clone(),
            at,
            kind,
        };
        let key = format!("{}/{}", order.app, order.instance);
        self.outbox.send(Stream::Outcomes, key, format!("{}/{id}", order.relocation), &outcome)
    }

    /// Publishes where an instance serves.
    pub(crate) fn announce(&self, state: &InstanceState, id: &str) -> Out {
        let key = format!("{}/{}", state.app, state.instance);
        self.outbox.send(Stream::Instances, key.clone(), format!("{key}/{id}"), state)
    }

    /// Takes in what releases show of their chart's names, and says so where it matters.
    pub(crate) async fn learn(&self, app: &App, samples: &[Sample]) {
        let seen = names::learn(samples);
        if !self.charts.learn(&app.composite, seen) {
            return;
        }
        let id = &app.spec.app.id;
        if seen == Names::Fixed {
            tracing::warn!(
                app = %id,
                "the chart's resource names do not carry the release: only one instance can be on a cluster at a \
                 time; put {{{{ .Release.Name }}}} into them"
            );
        }
        if let Err(error) = self.journal.keep_names(&app.composite, seen).await {
            tracing::warn!(app = %id, %error, "cannot keep what is known of the chart");
        }
        self.occupancy.notify();
    }
}
