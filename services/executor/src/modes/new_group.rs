//! The one way that was seen to be safe: a deployment intent group of its own for every relocation.
//!
//! EMCO's `update` and `migrate` delete the source before the target is ready; a new group leaves the source alone
//! until the target is proven to serve.

use model::{ClusterRef, InstanceId, Order, Placement, Release, SiteId, Timestamp};
use relocation::{Deadlines, Plan, PlannedStep};
use serde::{Deserialize, Serialize};

use crate::Config;
use crate::app::App;

/// What the steps of this mode need to know; every step carries all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The instance's DNS name, relative to the zone.
    pub name: String,
    /// What is made.
    pub target: Option<Target>,
    /// What is left.
    pub source: Option<Placement>,
    /// For a seat of a shared app: the host that it joins, or leaves; nothing is deployed or removed for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<InstanceId>,
}

/// What is made on the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub site: SiteId,
    pub cluster: ClusterRef,
    /// The Helm release, where one is deployed; the deployment intent group has the same name.
    pub release: Release,
    /// The sites of which EMCO takes one, the first of them once more; none where it has no choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// A site that the target may be at, with its cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Choice {
    pub site: SiteId,
    pub cluster: ClusterRef,
}

impl Target {
    /// Each cluster that it may be on.
    pub(crate) fn clusters(&self) -> impl Iterator<Item = &ClusterRef> {
        let only = self.choices.is_empty().then_some(&self.cluster);
        only.into_iter().chain(self.choices.iter().map(|choice| &choice.cluster))
    }

    /// The cluster that it is on, or each that it may be on where that is not known yet.
    pub(crate) fn clusters_once(&self, ready: Option<&Placement>) -> Vec<ClusterRef> {
        let chosen = self.choices.iter().filter(|choice| ready.is_some_and(|at| at.site == choice.site));
        let chosen: Vec<_> = chosen.map(|choice| choice.cluster.clone()).collect();
        if chosen.is_empty() { self.clusters().cloned().collect() } else { chosen }
    }
}

/// Takes an order apart.
pub(crate) fn plan(
    config: &Config,
    app: &App,
    order: &Order,
    source: Option<Placement>,
    target: Option<Choice>,
    choices: Vec<Choice>,
    now: Timestamp,
) -> Plan {
    let release = order.relocation.release();
    let job = Job {
        name: format!("{}.{}", order.instance, order.app),
        target: target.map(|Choice { site, cluster }| Target { site, cluster, release, choices }),
        source,
        host: order.host.clone(),
    };
    let params = serde_json::to_value(&job).expect("a job can be written as JSON");
    let spec = &app.spec;
    let mut plan = Plan {
        relocation: order.relocation,
        app: order.app.clone(),
        instance: order.instance.clone(),
        generation: order.generation,
        trigger: order.trigger,
        source: order.source.clone(),
        target: order.target.clone(),
        planned_at: now,
        steps: Vec::new(),
        deadlines: Deadlines {
            ready: spec.deadlines.ready,
            verify: spec.deadlines.verify,
            retire: spec.deadlines.retire,
            undo: config.undo_deadline,
        },
        drain: spec.drain.max(spec.dns_ttl * 2),
        settle: config.settle(),
        deploys: order.host.is_none(),
    };
    let steps = plan.expected().unwrap_or_default();
    plan.steps = steps.iter().map(|&step| PlannedStep { step, params: params.clone() }).collect();
    plan
}
