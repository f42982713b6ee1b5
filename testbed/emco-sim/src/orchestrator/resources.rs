//! The objects of an app on a cluster, as a status tells of them: those of the context, with what rsync wrote about
//! them, then those that only monitor has seen.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::query::{Output, StatusQuery, View};
use crate::cluster::manifest;
use crate::names::{ClusterName, Gvk};
use crate::rsync::{AppContext, Deployed};

/// How many objects are how far.
pub(super) type Counts = BTreeMap<&'static str, usize>;

/// One object.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceStatus {
    #[serde(rename = "GVK")]
    pub(super) gvk: Gvk,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rsync_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployed_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_status: Option<&'static str>,
}

impl ResourceStatus {
    fn new(gvk: Gvk, name: &str, detail: Option<Value>, view: View, value: Option<&'static str>) -> Self {
        let mut status = Self {
            gvk,
            name: name.into(),
            detail,
            rsync_status: None,
            cluster_status: None,
            deployed_status: None,
            ready_status: None,
        };
        status.set(view, value);
        status
    }

    fn set(&mut self, view: View, value: Option<&'static str>) {
        let member = match view {
            View::Deployed => &mut self.deployed_status,
            View::Ready => &mut self.ready_status,
            View::Rsync => &mut self.rsync_status,
            View::Cluster => &mut self.cluster_status,
        };
        *member = value;
    }
}

/// The contexts that a status is put together from.
#[derive(Clone, Copy)]
pub(super) struct Contexts<'a> {
    pub(super) id: &'a str,
    pub(super) current: &'a AppContext,
    pub(super) status_id: &'a str,
    pub(super) status: &'a AppContext,
}

/// The objects of `app` on `cluster`; counts them in `counts`.
pub(super) fn collect(
    contexts: Contexts<'_>,
    query: &StatusQuery,
    app: &str,
    cluster: &ClusterName,
    counts: &mut Counts,
) -> Vec<ResourceStatus> {
    let mut found = of_context(contexts, query, app, cluster, counts);
    if query.looks_at_cluster() {
        of_cluster(contexts, query, app, cluster, counts, &mut found);
    }
    found
}

fn of_context(
    contexts: Contexts<'_>,
    query: &StatusQuery,
    app: &str,
    cluster: &ClusterName,
    counts: &mut Counts,
) -> Vec<ResourceStatus> {
    let Some(part) = contexts.current.part(app, cluster) else { return Vec::new() };
    let mut found = Vec::new();
    for (id, resource) in &part.resources {
        let key = (app.to_owned(), cluster.clone(), id.clone());
        let written = contexts.status.deployed.get(&key);
        // In its own status context an object that another context applied since is no longer told of.
        let elsewhere = written.is_some_and(|(_, reference)| reference != contexts.id);
        if (contexts.id == contexts.status_id && elsewhere)
            || !StatusQuery::keeps(&query.resources, &resource.name)
        {
            continue;
        }
        let value = if query.looks_at_cluster() {
            resource.gvk.monitored().then_some("NotPresent")
        } else {
            Some(written.map_or(Deployed::Pending, |(deployed, _)| *deployed).as_str())
        };
        if let Some(value) = value {
            *counts.entry(value).or_default() += 1;
        }
        let owner = contexts.current.owner(app);
        let detail = (query.output == Output::Detail).then(|| manifest(resource, &owner, &part.workload));
        found.push(ResourceStatus::new(resource.gvk.clone(), &resource.name, detail, query.view, value));
    }
    found
}

fn of_cluster(
    contexts: Contexts<'_>,
    query: &StatusQuery,
    app: &str,
    cluster: &ClusterName,
    counts: &mut Counts,
    found: &mut Vec<ResourceStatus>,
) {
    let Some(bundle) = contexts.status.bundles.get(&(app.to_owned(), cluster.clone())) else { return };
    for sight in bundle.in_order() {
        if !StatusQuery::keeps(&query.resources, &sight.name) {
            continue;
        }
        let value = if sight.ready { "Ready" } else { "NotReady" };
        *counts.entry(value).or_default() += 1;
        let detail = (query.output == Output::Detail).then(|| sight.detail.clone());
        match found.iter_mut().find(|known| known.name == sight.name && known.gvk == sight.gvk) {
            Some(known) => {
                known.detail = detail;
                known.set(query.view, Some(value));
                if let Some(absent) = counts.get_mut("NotPresent") {
                    *absent = absent.saturating_sub(1);
                }
            }
            None => {
                found.push(ResourceStatus::new(
                    sight.gvk.clone(),
                    &sight.name,
                    detail,
                    query.view,
                    Some(value),
                ));
            }
        }
    }
    counts.retain(|_, count| *count > 0);
}
