//! Whether a deployment intent group really serves from a cluster.
//!
//! `readyStatus` says Ready: for a cluster filter that matches nothing; after terminate; from old monitor data on a
//! cluster that the group had left; with all objects deleted by another group; and, with deployedStatus Instantiated,
//! after an update that applied nothing. Only both views of the status together tell the truth, and only if the same
//! answer comes twice in a row, which is the caller's part.

use crate::gone::unreachable;
use crate::{ClusterStatus, GroupStatus, ResourceStatus};

/// What two views of a status say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// Everything is applied and ready on the cluster.
    Ready,
    /// Not yet, because of this.
    NotYet(String),
    /// It never will be without help, because of this.
    Never(String),
}

/// Kinds that carry the work; they decide, whatever else is missing.
const WORKLOADS: &[&str] = &["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];
/// Further kinds that EMCO's monitor watches. Others stay `NotPresent` for ever and say nothing.
const WATCHED: &[&str] = &["Service", "ConfigMap", "Secret", "Ingress"];

/// Judges `status=deployed` and `status=ready` of one group for the cluster that it should serve from.
pub fn judge(deployed: &GroupStatus, ready: &GroupStatus, provider: &str, cluster: &str) -> Readiness {
    match find_fault(deployed, ready, provider, cluster) {
        None => Readiness::Ready,
        Some(fault) => match deployed.deployed_status.as_str() {
            status @ ("InstantiateFailed" | "Terminated" | "Terminating" | "TerminateFailed") => {
                Readiness::Never(format!("deployedStatus is {status}: {}", describe(deployed)))
            }
            _ => Readiness::NotYet(fault),
        },
    }
}

fn find_fault(deployed: &GroupStatus, ready: &GroupStatus, provider: &str, cluster: &str) -> Option<String> {
    let contexts = [&deployed.states.statusctxid, &ready.states.statusctxid];
    if contexts[0].is_empty() || contexts[0] != contexts[1] {
        return Some(format!("the two views show the contexts {contexts:?}"));
    }
    for view in [deployed, ready] {
        if view.last_action() != "Instantiated" {
            return Some(format!("the last action is {:?}", view.last_action()));
        }
        if view.deployed_status != "Instantiated" {
            return Some(format!("deployedStatus is {:?}{}", view.deployed_status, unreachable(deployed)));
        }
    }
    let applied = deployed.deployed_counts.get("Applied").copied().unwrap_or(0);
    if applied == 0 || deployed.deployed_counts.len() != 1 {
        return Some(format!("deployedCounts are {:?}", deployed.deployed_counts));
    }
    if ready.ready_status != "Ready"
        && !ready.resources().all(|r| r.ready_status == "Ready" || is_unwatched(r))
    {
        return Some(format!("readyStatus is {:?} with {:?}", ready.ready_status, ready.ready_counts));
    }
    if ready.apps.is_empty() {
        return Some("no apps are listed".to_owned());
    }
    for app in &ready.apps {
        if !app.clusters.iter().any(|c| c.cluster_provider == provider && c.cluster == cluster) {
            return Some(format!("app {} is not listed on {provider}/{cluster}", app.name));
        }
    }
    let mut pods = 0;
    for (app, here) in ready.on(provider, cluster) {
        if here.connectivity != "Available" {
            return Some(format!(
                "connectivity of {provider}/{cluster} is {:?}{}",
                here.connectivity,
                unreachable(ready)
            ));
        }
        let workloads = || here.resources.iter().filter(|r| WORKLOADS.contains(&r.gvk.kind.as_str()));
        if let Some(lazy) = workloads().find(|r| r.ready_status != "Ready") {
            return Some(format!("{} {} is {:?}", lazy.gvk.kind, lazy.name, lazy.ready_status));
        }
        let own = count_pods(here);
        if own == 0 && workloads().any(|r| r.gvk.kind != "Job") {
            return Some(format!("app {} has no Pod on {provider}/{cluster}", app.name));
        }
        pods += own;
    }
    (pods == 0).then(|| format!("no Pod is listed on {provider}/{cluster}"))
}

fn count_pods(here: &ClusterStatus) -> usize {
    here.resources.iter().filter(|r| r.gvk.kind == "Pod").count()
}

/// Whether monitor knows nothing of this kind.
fn is_unwatched(resource: &ResourceStatus) -> bool {
    let kind = resource.gvk.kind.as_str();
    resource.ready_status == "NotPresent" && !WORKLOADS.contains(&kind) && !WATCHED.contains(&kind)
}

/// What an operator wants to know of a deployment that failed.
fn describe(deployed: &GroupStatus) -> String {
    let mut found: Vec<String> = Vec::new();
    for cluster in deployed.apps.iter().flat_map(|app| &app.clusters) {
        if cluster.connectivity != "Available" {
            found.push(format!(
                "{}/{} is {}",
                cluster.cluster_provider, cluster.cluster, cluster.connectivity
            ));
        }
        let failed = cluster.resources.iter().filter(|r| r.deployed_status == "Failed");
        found.extend(failed.map(|r| format!("{} {} was not accepted", r.gvk.kind, r.name)));
    }
    found.truncate(8);
    if found.is_empty() { format!("{:?}", deployed.deployed_counts) } else { found.join(", ") }
}
