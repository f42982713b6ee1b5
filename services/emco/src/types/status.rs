//! Answers to `GET …/status`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::null_is_empty;

/// Which view of the status is asked for. Counts and Pods are each in one view only, so that judging takes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusKind {
    /// What was applied: `status=deployed`.
    Deployed,
    /// What is ready, Pods included: `status=ready`.
    Ready,
}

/// How much of each resource is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// The status alone, the default.
    All,
    /// The whole object, with addresses.
    Detail,
}

/// The status of a deployment intent group.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupStatus {
    /// The group's name.
    pub name: String,
    /// The log of what was asked of EMCO.
    pub states: States,
    /// Instantiating, Instantiated, Terminating, Terminated, …; empty before the first instantiation.
    pub deployed_status: String,
    /// Ready or NotReady; never to be believed alone.
    pub ready_status: String,
    /// Applied, Pending, Failed, Deleted → count.
    #[serde(deserialize_with = "null_is_empty")]
    pub deployed_counts: BTreeMap<String, u64>,
    /// Ready, NotReady, NotPresent → count.
    #[serde(deserialize_with = "null_is_empty")]
    pub ready_counts: BTreeMap<String, u64>,
    /// The apps of the composite.
    #[serde(deserialize_with = "null_is_empty")]
    pub apps: Vec<AppStatus>,
}

/// The log of what was asked of EMCO: intent, not reality.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct States {
    /// The context that the status was taken from; empty before the first instantiation.
    pub statusctxid: String,
    /// What was asked, oldest first.
    #[serde(deserialize_with = "null_is_empty")]
    pub actions: Vec<ActionRecord>,
}

/// One thing that was asked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ActionRecord {
    /// Created, Approved, Instantiated, Terminated, …
    pub state: String,
    /// The context it made.
    pub instance: String,
}

/// An app of the composite.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AppStatus {
    /// Its name.
    pub name: String,
    /// The clusters it is on.
    #[serde(deserialize_with = "null_is_empty")]
    pub clusters: Vec<ClusterStatus>,
}

/// An app on a cluster.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterStatus {
    /// Provider.
    pub cluster_provider: String,
    /// Cluster.
    pub cluster: String,
    /// Available, Retrying or Unknown.
    pub connectivity: String,
    /// The resources.
    #[serde(deserialize_with = "null_is_empty")]
    pub resources: Vec<ResourceStatus>,
}

/// A resource on a cluster.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceStatus {
    /// What it is.
    #[serde(rename = "GVK")]
    pub gvk: Gvk,
    /// Its name.
    pub name: String,
    /// Applied, Pending, Failed, Deleted; in the deployed view.
    pub deployed_status: String,
    /// Ready, NotReady, NotPresent; in the ready view.
    pub ready_status: String,
    /// The object itself, with `output=detail`.
    pub detail: serde_json::Value,
}

/// Group, version, kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Gvk {
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
}

impl GroupStatus {
    /// What was last asked of the group; `Created` at least.
    pub fn last_action(&self) -> &str {
        self.states.actions.last().map_or("", |action| action.state.as_str())
    }

    /// Every app on this cluster.
    pub fn on<'a>(
        &'a self,
        provider: &'a str,
        cluster: &'a str,
    ) -> impl Iterator<Item = (&'a AppStatus, &'a ClusterStatus)> {
        self.apps.iter().flat_map(move |app| {
            let here = move |c: &&ClusterStatus| c.cluster_provider == provider && c.cluster == cluster;
            app.clusters.iter().filter(here).map(move |c| (app, c))
        })
    }

    /// Every resource on every cluster.
    pub fn resources(&self) -> impl Iterator<Item = &ResourceStatus> {
        self.apps.iter().flat_map(|app| &app.clusters).flat_map(|cluster| &cluster.resources)
    }

    /// The Pods that are listed.
    pub fn pods(&self) -> impl Iterator<Item = &ResourceStatus> {
        self.resources().filter(|resource| resource.gvk.kind == "Pod")
    }
}
