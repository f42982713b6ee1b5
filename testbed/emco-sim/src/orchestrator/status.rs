//! The status of a deployment intent group, put together as EMCO does it, with what that gets wrong.

use serde::Serialize;
use serde_json::{Value, json};

use super::query::{Form, Output, StatusQuery, View};
use super::resources::{Contexts, Counts, ResourceStatus, collect};
use crate::database::document::{GroupSpec, Specified};
use crate::database::state::StateInfo;
use crate::refusal::Refusal;
use crate::rsync::Connectivity;
use crate::sim::World;

/// What every answer begins with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Group<'a> {
    project: &'a str,
    composite_app: &'a str,
    composite_app_version: &'a str,
    composite_profile: String,
    name: &'a str,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    states: Option<&'a StateInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployed_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Counts::is_empty")]
    rsync_status: Counts,
    #[serde(skip_serializing_if = "Counts::is_empty")]
    cluster_status: Counts,
    #[serde(skip_serializing_if = "Counts::is_empty")]
    deployed_counts: Counts,
    #[serde(skip_serializing_if = "Counts::is_empty")]
    ready_counts: Counts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    apps: Vec<AppStatus>,
}

#[derive(Debug, Serialize)]
struct AppStatus {
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clusters: Vec<ClusterStatus>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClusterStatus {
    cluster_provider: String,
    cluster: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connectivity: Option<&'static str>,
    resources: Vec<ResourceStatus>,
}

#[derive(Serialize)]
struct Answer<'a, T> {
    #[serde(flatten)]
    group: Group<'a>,
    #[serde(flatten)]
    rest: T,
}

/// Answers a status query on the group at `key`; the answer is JSON.
///
/// # Errors
/// 400, whatever the reason.
pub(crate) fn answer(world: &World, key: &str, query: &StatusQuery) -> Result<Vec<u8>, Refusal> {
    let Some(spec) = world.store.read::<Specified<GroupSpec>>(key) else {
        return Err(Refusal::bad_request("DeploymentIntentGroup not found: DeploymentIntentGroup not found"));
    };
    let segments: Vec<&str> = key.split('/').collect();
    // projects/{project}/composite-apps/{app}/{version}/deployment-intent-groups/{group}
    let (&[_, project, _, composite_app, composite_app_version, _, name], Some(info)) =
        (segments.as_slice(), world.states.get(key))
    else {
        return Err(Refusal::bad_request(format!("DeploymentIntentGroup state not found: {key}")));
    };
    let group = Group {
        project,
        composite_app,
        composite_app_version,
        composite_profile: spec.spec.composite_profile,
        name,
    };
    let contexts = contexts(world, info, query)?;
    let body = match query.form {
        Form::Status => encode(group, status(contexts, info, query, composite_app)?),
        Form::Apps => encode(group, json!({"apps": contexts.map(|c| c.current.apps()).unwrap_or_default()})),
        Form::Clusters => encode(group, json!({"clustersByApp": clusters_by_app(contexts, query)})),
        Form::Resources => encode(group, json!({"resourcesByApp": resources_by_app(contexts, query)})),
    };
    body.map_err(|error| Refusal::internal(error.to_string()))
}

fn encode<T: Serialize>(group: Group<'_>, rest: T) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Answer { group, rest })
}

/// The context asked for and the one that keeps its status; `None` before the first instantiation.
fn contexts<'a>(
    world: &'a World,
    info: &'a StateInfo,
    query: &'a StatusQuery,
) -> Result<Option<Contexts<'a>>, Refusal> {
    let (id, status_id) = match &query.instance {
        Some(instance) => {
            (instance.as_str(), info.status_context_of(instance).map_err(Refusal::bad_request)?)
        }
        None => (info.last_context(), info.status_context.as_str()),
    };
    if id.is_empty() {
        return Ok(None);
    }
    let find = |id: &str| {
        let text = "AppContext for status query not found: Key doesn't exist";
        world.contexts.get(id).ok_or_else(|| Refusal::bad_request(text))
    };
    Ok(Some(Contexts { id, current: find(id)?, status_id, status: find(status_id)? }))
}

fn status<'a>(
    contexts: Option<Contexts<'_>>,
    info: &'a StateInfo,
    query: &StatusQuery,
    composite_app: &str,
) -> Result<Status<'a>, Refusal> {
    let mut status = Status { states: Some(info), ..Status::default() };
    let Some(contexts) = contexts else { return Ok(status) };
    let all = contexts.current.apps();
    if let Some(unknown) = query.apps.iter().find(|app| !all.contains(&app.as_str())) {
        let text = format!("Filter app {unknown} not in list of apps for composite app {composite_app}");
        return Err(Refusal::bad_request(text));
    }
    let mut counts = Counts::new();
    for app in all.into_iter().filter(|app| StatusQuery::keeps(&query.apps, app)) {
        let clusters = clusters(contexts, query, app, &mut counts);
        if !clusters.is_empty() && query.output != Output::Summary {
            status.apps.push(AppStatus { name: app.into(), clusters });
        }
    }
    let deployed = Some(contexts.current.status.as_str());
    // Nothing that is not Ready counts as Ready, nothing at all included.
    let ready = !["NotPresent", "NotReady"].iter().any(|short| counts.contains_key(short));
    let ready = query.looks_at_cluster().then_some(if ready { "Ready" } else { "NotReady" });
    status.ready_status = ready;
    match query.view {
        View::Deployed => (status.deployed_status, status.deployed_counts) = (deployed, counts),
        View::Ready => (status.deployed_status, status.ready_counts) = (deployed, counts),
        View::Rsync => (status.status, status.rsync_status) = (deployed, counts),
        View::Cluster => (status.status, status.cluster_status) = (deployed, counts),
    }
    Ok(status)
}

fn clusters(
    contexts: Contexts<'_>,
    query: &StatusQuery,
    app: &str,
    counts: &mut Counts,
) -> Vec<ClusterStatus> {
    let mut clusters = Vec::new();
    for cluster in contexts.current.clusters(app) {
        if !StatusQuery::keeps(&query.clusters, &cluster.to_string()) {
            continue;
        }
        let resources = collect(contexts, query, app, &cluster, counts);
        if resources.is_empty() {
            continue;
        }
        let connectivity = contexts.status.connectivity.get(&(app.to_owned(), cluster.clone()));
        let connectivity =
            connectivity.map_or("Unknown", |connectivity: &Connectivity| connectivity.as_str());
        let deprecated = matches!(query.view, View::Rsync | View::Cluster);
        clusters.push(ClusterStatus {
            cluster_provider: cluster.provider,
            cluster: cluster.cluster,
            ready_status: deprecated.then_some(connectivity),
            connectivity: (!deprecated).then_some(connectivity),
            resources,
        });
    }
    clusters
}

fn clusters_by_app(contexts: Option<Contexts<'_>>, query: &StatusQuery) -> Vec<Value> {
    let Some(contexts) = contexts else { return Vec::new() };
    let apps = contexts.current.apps().into_iter().filter(|app| StatusQuery::keeps(&query.apps, app));
    apps.map(|app| {
        let clusters = contexts.current.clusters(app).into_iter();
        let clusters: Vec<Value> =
            clusters.map(|c| json!({"clusterProvider": c.provider, "cluster": c.cluster})).collect();
        json!({"app": app, "clusters": clusters})
    })
    .collect()
}

fn resources_by_app(contexts: Option<Contexts<'_>>, query: &StatusQuery) -> Vec<Value> {
    let Some(contexts) = contexts else { return Vec::new() };
    let all = StatusQuery { output: Output::All, resources: Vec::new(), ..query.clone() };
    let mut entries = Vec::new();
    for app in contexts.current.apps().into_iter().filter(|app| StatusQuery::keeps(&query.apps, app)) {
        for cluster in contexts.current.clusters(app) {
            if !StatusQuery::keeps(&query.clusters, &cluster.to_string()) {
                continue;
            }
            let found = collect(contexts, &all, app, &cluster, &mut Counts::new());
            let resources: Vec<Value> = found.iter().map(|r| json!({"name": r.name, "GVK": r.gvk})).collect();
            entries.push(json!({
                "app": app,
                "clusterProvider": cluster.provider,
                "cluster": cluster.cluster,
                "resources": resources,
            }));
        }
    }
    entries
}
