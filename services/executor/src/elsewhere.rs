//! What the stream `sagas` tells of instances that belong to other parts, as far as it matters to ours: which groups are on
//! which cluster, and where the hosts of shared apps serve.
//!
//! Where a chart's names do not carry the release, one group on a cluster excludes every other, whoever brings it.
//! Before a step runs, the record that says so is on the stream and was read back, and with it everything that
//! stands before it: of two that want the same cluster the later one sees the other, and gives way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use emco::CompositeApp;
use model::{AppId, InstanceId, Placement, Site, SiteId, Step};
use relocation::Saga;

use crate::app::App;
use crate::charts::Charts;
use crate::driver::placement;
use crate::journal::{At, Onlooker, OpenLog, Value};
use crate::modes::new_group::Job;
use crate::names::Names;
use crate::occupancy::{Occupancy, Stake, Standing};
use crate::registry::Key;

/// Takes what others do into our own view of clusters and charts.
pub(crate) struct Elsewhere {
    pub apps: BTreeMap<AppId, Arc<App>>,
    pub sites: Arc<BTreeMap<SiteId, Site>>,
    pub occupancy: Arc<Occupancy>,
    pub charts: Arc<Charts>,
    heard: Mutex<BTreeMap<Key, Heard>>,
    /// Where hosts of shared apps serve.
    hosts: Mutex<BTreeMap<Key, Placement>>,
}

/// What was heard of an instance last.
#[derive(Debug, Default)]
struct Heard {
    /// The newest owner.
    epoch: u64,
    at: u64,
    /// Groups on their way, and since when.
    coming: BTreeMap<String, u64>,
}

impl Elsewhere {
    pub(crate) fn new(
        apps: BTreeMap<AppId, Arc<App>>,
        sites: Arc<BTreeMap<SiteId, Site>>,
        occupancy: Arc<Occupancy>,
        charts: Arc<Charts>,
    ) -> Self {
        Self { apps, sites, occupancy, charts, heard: Mutex::default(), hosts: Mutex::default() }
    }

    /// Where a host serves that belongs to another part.
    pub(crate) fn serving(&self, app: &AppId, host: &InstanceId) -> Option<Placement> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get(&(app.clone(), host.clone())).cloned()
    }

    fn note_host(&self, key: &Key, serving: Option<Placement>) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        match serving {
            Some(placement) => drop(hosts.insert(key.clone(), placement)),
            None => drop(hosts.remove(key)),
        }
    }

    fn of_log(&self, app: &App, log: &OpenLog) -> Vec<Stake> {
        let OpenLog { opening, entries } = log;
        let job = opening.plan.steps.first().map(|step| serde_json::from_value::<Job>(step.params.clone()));
        let (Some(Ok(job)), Ok(saga)) = (job, Saga::recover(opening.plan.clone(), entries.iter().cloned()))
        else {
            return Vec::new();
        };
        let standing = match saga.output(Step::Ready) {
            Some(_) => Standing::There,
            None => Standing::Coming,
        };
        let ready = placement(&saga);
        let target = job.target.filter(|_| saga.may_exist(Step::Prepare));
        let targets = target.into_iter().flat_map(|target| {
            let clusters = target.clusters_once(ready.as_ref());
            clusters.into_iter().map(move |cluster| (cluster, target.release.to_string()))
        });
        let targets = targets.map(|(cluster, group)| Stake {
            app: app.composite.clone(),
            cluster,
            group,
            standing,
            since: 0,
        });
        let retired = saga.succeeded_at(Step::Retire).is_some();
        let source = job.source.filter(|_| !retired);
        let source = source.and_then(|source| self.at(app, &source.site, source.deployment_intent_group));
        targets.chain(source).collect()
    }

    fn at(&self, app: &App, site: &SiteId, group: String) -> Option<Stake> {
        let cluster = self.sites.get(site)?.cluster.clone();
        Some(Stake { app: app.composite.clone(), cluster, group, standing: Standing::There, since: 0 })
    }
}

impl Onlooker for Elsewhere {
    fn instance(&self, app: &AppId, instance: &InstanceId, at: At, value: &Value) {
        let key = (app.clone(), instance.clone());
        let Some(known) = self.apps.get(app) else { return };
        let serving = value.fact.as_ref().and_then(|fact| fact.state.as_ref()?.serving.clone());
        // A seat has nothing on any cluster: what it is served by is its host's.
        let seat = known.is_seat(instance);
        let host = serving.clone().filter(|_| known.is_host(instance));
        let serving = serving.filter(|_| !seat);
        let serving = serving.and_then(|at| self.at(known, &at.site, at.deployment_intent_group));
        let left = value.leftovers.iter().map(|left| Stake {
            app: left.composite_app.clone(),
            cluster: left.cluster.clone(),
            group: left.group.clone(),
            standing: Standing::There,
            since: 0,
        });
        let open = value.sagas.iter().filter(|_| !seat).flat_map(|log| self.of_log(known, log));
        let mut stakes: Vec<_> = serving.into_iter().chain(left).chain(open).collect();
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = heard.entry(key.clone()).or_default();
        if at.epoch < heard.epoch {
            return;
        }
        // A record of it may have been replaced before it was read: then it may have come at any time.
        let since = if at.whole_since <= heard.at.max(at.began) + 1 { at.at } else { 0 };
        let mut coming = BTreeMap::new();
        for stake in stakes.iter_mut().filter(|stake| stake.standing == Standing::Coming) {
            stake.since = heard.coming.get(&stake.group).copied().unwrap_or(since);
            coming.insert(stake.group.clone(), stake.since);
        }
        *heard = Heard { epoch: at.epoch, at: at.at, coming };
        self.note_host(&key, host);
        self.occupancy.elsewhere(key, stakes);
    }

    fn names(&self, app: &CompositeApp, names: Names) {
        if self.charts.hear(app, names) {
            self.occupancy.notify();
        }
    }
}
