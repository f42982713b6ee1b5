//! Applying and deleting objects on clusters, with retries while a cluster cannot be reached.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Connectivity, Deployed, Part};
use crate::cluster::{Owner, monitor, pod};
use crate::names::Resource;
use crate::sim::Inner;

/// What is done with objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Apply,
    Delete,
}

/// What is to be done for an app on a cluster.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) op: Op,
    pub(crate) part: Part,
    pub(crate) resources: Vec<Resource>,
    pub(crate) owner: Owner,
    /// The place of its event in the order of all events.
    pub(crate) turn: u64,
}

/// Does all of it, clusters side by side; `false` where some of it failed. `hurry` ends the wait for clusters.
pub(crate) async fn carry_out(
    inner: &Arc<Inner>,
    context_id: &str,
    all: Vec<Work>,
    hurry: &CancellationToken,
) -> bool {
    let mut clusters = JoinSet::new();
    for work in all {
        let (inner, context_id, hurry) = (Arc::clone(inner), context_id.to_owned(), hurry.clone());
        clusters.spawn(async move { on_cluster(&inner, &context_id, &work, &hurry).await });
    }
    let mut all_well = true;
    while let Some(done) = clusters.join_next().await {
        if !done.unwrap_or(false) {
            // One failure ends the others' waiting, not their work.
            all_well = false;
            hurry.cancel();
        }
    }
    if !all_well {
        return false;
    }
    tokio::time::sleep(inner.pace.vary(inner.config.delays.settle)).await;
    true
}

async fn on_cluster(inner: &Arc<Inner>, context_id: &str, work: &Work, hurry: &CancellationToken) -> bool {
    tokio::time::sleep(inner.pace.vary(inner.config.delays.connect)).await;
    let mut all_well = true;
    for resource in &work.resources {
        if !reach(inner, work, hurry).await {
            return false;
        }
        match work.op {
            Op::Apply => all_well &= apply(inner, context_id, work, resource).await,
            Op::Delete => delete(inner, context_id, work, resource).await,
        }
    }
    all_well
}

/// Waits until the cluster can be reached; `false` when rsync's patience is at its end.
async fn reach(inner: &Inner, work: &Work, hurry: &CancellationToken) -> bool {
    let mut attempts = 0u32;
    loop {
        let reachable = {
            let mut world = inner.world();
            let reachable = world.clusters.get(&work.part.cluster).is_some_and(|cluster| cluster.reachable);
            if let Some(context) = world.contexts.get_mut(&work.owner.status_context) {
                let connectivity = if reachable { Connectivity::Available } else { Connectivity::Retrying };
                let key = (work.part.app.clone(), work.part.cluster.clone());
                context.connectivity.insert(key, connectivity);
            }
            reachable
        };
        if reachable {
            return true;
        }
        tokio::select! {
            () = tokio::time::sleep(inner.pace.exact(inner.config.delays.retry)) => (),
            () = hurry.cancelled() => return false,
        }
        if inner.config.max_retries.is_some_and(|most| attempts >= most) {
            return false;
        }
        attempts = attempts.saturating_add(1);
    }
}

async fn apply(inner: &Arc<Inner>, context_id: &str, work: &Work, resource: &Resource) -> bool {
    record(inner, context_id, work, resource, Deployed::Pending);
    tokio::time::sleep(inner.pace.vary(inner.config.delays.apply)).await;
    let pod_of = {
        let mut world = inner.world();
        if resource.gvk.workload() && world.rejected_apps.contains(&work.part.app) {
            drop(world);
            record(inner, context_id, work, resource, Deployed::Failed);
            return false;
        }
        let cluster = world.clusters.get_mut(&work.part.cluster);
        cluster.and_then(|cluster| cluster.apply(resource, &work.owner, &work.part.workload, work.turn))
    };
    record(inner, context_id, work, resource, Deployed::Applied);
    monitor::notice(inner, &work.part.cluster, &work.owner, monitor::Seen::Object(resource.id()));
    if let Some(owner) = pod_of {
        let workload = crate::cluster::Workload {
            name: resource.name.clone(),
            kind: resource.gvk.kind.clone(),
            ..work.part.workload.clone()
        };
        pod::start(inner, &work.part.cluster, owner, workload);
    }
    true
}

async fn delete(inner: &Arc<Inner>, context_id: &str, work: &Work, resource: &Resource) {
    tokio::time::sleep(inner.pace.vary(inner.config.delays.delete)).await;
    let found = {
        let mut world = inner.world();
        world.clusters.get_mut(&work.part.cluster).is_some_and(|cluster| cluster.delete(resource))
    };
    // An object that is not there is a failure of its own, but none of the terminate.
    let outcome = if found { Deployed::Deleted } else { Deployed::Failed };
    record(inner, context_id, work, resource, outcome);
    if found && resource.gvk.workload() {
        pod::retire(inner, &work.part.cluster, &resource.name);
    }
}

fn record(inner: &Inner, context_id: &str, work: &Work, resource: &Resource, outcome: Deployed) {
    if let Some(context) = inner.world().contexts.get_mut(&work.owner.status_context) {
        let key = (work.part.app.clone(), work.part.cluster.clone(), resource.id());
        context.deployed.insert(key, (outcome, context_id.to_owned()));
    }
}
