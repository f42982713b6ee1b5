//! Whether nothing of a deployment intent group runs any more, as far as EMCO can tell.
//!
//! `deployedStatus: Terminated` comes as soon as the cluster has taken the deletions, and the Pod leaves the status
//! before its process has ended: an instance was seen to answer for 0.9 s longer. The caller's own probe must fail too.

use crate::GroupStatus;

/// What two views of a status say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// It was never instantiated, or everything is deleted and no Pod is listed.
    Yes,
    /// Not yet, because of this.
    NotYet(String),
    /// EMCO has given up; an operator is needed.
    GivenUp(String),
    /// Nobody has asked for it to be removed.
    NotTerminated,
}

/// Judges `status=deployed` and `status=ready` of one group.
pub fn judge(deployed: &GroupStatus, ready: &GroupStatus) -> Gone {
    for view in [deployed, ready] {
        match view.last_action() {
            "Created" | "Approved" => return Gone::Yes,
            "Terminated" | "TerminateStopped" => {}
            _ => return Gone::NotTerminated,
        }
    }
    match deployed.deployed_status.as_str() {
        "Terminated" => {}
        "TerminateFailed" => {
            return Gone::GivenUp(format!("TerminateFailed with {:?}", deployed.deployed_counts));
        }
        status => return Gone::NotYet(format!("deployedStatus is {status:?}{}", unreachable(deployed))),
    }
    // Objects that were gone already are counted as Failed: that is all the same.
    let left = ["Applied", "Pending"].iter().find(|kind| deployed.deployed_counts.contains_key(**kind));
    if let Some(kind) = left {
        return Gone::NotYet(format!("resources are still {kind}"));
    }
    match ready.pods().next() {
        Some(pod) => Gone::NotYet(format!("Pod {} is still listed", pod.name)),
        None => Gone::Yes,
    }
}

/// Names the clusters that EMCO cannot reach.
pub(crate) fn unreachable(deployed: &GroupStatus) -> String {
    let clusters = deployed.apps.iter().flat_map(|app| &app.clusters);
    let dead = clusters.filter(|c| c.connectivity == "Retrying");
    dead.map(|c| format!(", {}/{} does not answer EMCO", c.cluster_provider, c.cluster)).collect()
}
