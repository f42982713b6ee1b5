//! From a group and its intents to an application context.

use crate::cluster::Workload;
use crate::database::document::{
    AppIntent, ClusterChoice, ClusterReferenceSpec, GroupIntentSpec, GroupSpec, Placement, Specified,
};
use crate::database::{Kind, Payload};
use crate::names::ClusterName;
use crate::refusal::Refusal;
use crate::rsync::{ContextStatus, Part};
use crate::sim::World;

/// The key of an intent that names a generic placement intent.
const GENERIC_PLACEMENT: &str = "genericPlacementIntent";

/// Where each app of a group goes, and as what.
///
/// # Errors
/// 500 where the composite profile has none for an app, 404 without a group or without a placement intent listed in it, 400 where the logical cloud lacks a cluster
/// that the placement demands, 409 where it is not instantiated.
pub(super) fn resolve(world: &World, group_key: &str, pod_port: u16) -> Result<Vec<Part>, Refusal> {
    let group: Specified<GroupSpec> =
        world.store.read(group_key).ok_or_else(|| Refusal::not_found(Kind::Group.not_found()))?;
    let intents = world.store.list(Kind::GroupIntent, group_key);
    let placement_intent = intents
        .into_iter()
        .filter_map(|(_, document)| document.read::<Specified<GroupIntentSpec>>())
        .find_map(|intent| intent.spec.intent.get(GENERIC_PLACEMENT).cloned())
        .ok_or_else(|| Refusal::not_found(Kind::GroupIntent.not_found()))?;
    let placement_key = format!("{group_key}/generic-placement-intents/{placement_intent}");
    let (app_key, _) = group_key.split_once("/deployment-intent-groups/").unwrap_or((group_key, ""));
    let cloud = cloud_clusters(world, group_key, &group.spec.logical_cloud)?;
    let mut parts = Vec::new();
    for (key, document) in world.store.list(Kind::App, app_key) {
        let app = key.rsplit('/').next().unwrap_or(key);
        let profile = format!("{app_key}/composite-profiles/{}", group.spec.composite_profile);
        if !world.store.has_profile(&profile, app) {
            return Err(Refusal::internal("AppProfileContent not found"));
        }
        let Payload::Chart(chart, _) = &document.payload else { continue };
        let intents = world.store.list(Kind::AppIntent, &placement_key).into_iter();
        let intent = intents.filter_map(|(_, d)| d.read::<AppIntent>()).find(|intent| intent.spec.app == app);
        let clusters = clusters(world, &cloud, &intent.unwrap_or_default().spec.intent)?;
        let objects = chart.objects(&group.spec.version);
        let main = objects.iter().find(|object| object.gvk.workload());
        let workload = Workload {
            release: group.spec.version.clone(),
            name: main.map_or_else(|| app.to_owned(), |object| object.name.clone()),
            kind: main.map_or_else(|| "Deployment".to_owned(), |object| object.gvk.kind.clone()),
            names_release: chart.names_release,
            node_port: chart.node_port,
            port: pod_port,
        };
        for cluster in clusters {
            let resources = objects.iter().map(|object| (object.id(), object.clone())).collect();
            parts.push(Part { app: app.into(), cluster, resources, workload: workload.clone() });
        }
    }
    Ok(parts)
}

/// The clusters of the logical cloud, which must be instantiated.
fn cloud_clusters(world: &World, group_key: &str, cloud: &str) -> Result<Vec<ClusterName>, Refusal> {
    let project = group_key.split('/').take(2).collect::<Vec<_>>().join("/");
    let key = format!("{project}/logical-clouds/{cloud}");
    if !world.store.contains(&key) {
        return Err(Refusal::bad_request("Failed to obtain Logical Cloud specified"));
    }
    let context = world.states.get(&key).map_or("", |info| info.last_context());
    if context.is_empty() {
        return Err(Refusal::conflict("Logical Cloud has never been applied"));
    }
    if world.contexts.get(context).is_none_or(|context| context.status != ContextStatus::Instantiated) {
        return Err(Refusal::conflict("Logical Cloud is not currently applied"));
    }
    let references = world.store.list(Kind::ClusterReference, &key).into_iter();
    let read = |spec: Specified<ClusterReferenceSpec>| {
        ClusterName::new(&spec.spec.cluster_provider, &spec.spec.cluster)
    };
    Ok(references.filter_map(|(_, document)| document.read()).map(read).collect())
}

/// All clusters of `allOf`, and one of each `anyOf`.
fn clusters(
    world: &World,
    cloud: &[ClusterName],
    placement: &Placement,
) -> Result<Vec<ClusterName>, Refusal> {
    let mut chosen = Vec::new();
    let mut any_of: Vec<&[ClusterChoice]> = Vec::new();
    for choice in &placement.all_of {
        for cluster in named(world, choice) {
            if !cloud.contains(&cluster) {
                let text = "The specified Logical Cloud doesn't provide the mandatory clusters";
                return Err(Refusal::bad_request(text));
            }
            chosen.push(cluster);
        }
        any_of.push(&choice.any_of);
    }
    any_of.push(&placement.any_of);
    for choices in any_of.into_iter().filter(|choices| !choices.is_empty()) {
        let possible = choices.iter().flat_map(|choice| named(world, choice));
        let Some(cluster) = possible.into_iter().find(|cluster| cloud.contains(cluster)) else {
            return Err(Refusal::internal("No Qualified Clusters to deploy App"));
        };
        chosen.push(cluster);
    }
    chosen.sort();
    chosen.dedup();
    if chosen.is_empty() {
        return Err(Refusal::internal("No Qualified Clusters to deploy App"));
    }
    Ok(chosen)
}

fn named(world: &World, choice: &ClusterChoice) -> Vec<ClusterName> {
    match (choice.cluster.as_str(), choice.cluster_label.as_str()) {
        ("", "") => Vec::new(),
        ("", label) => world.store.clusters_with_label(&choice.cluster_provider, label),
        (cluster, _) => vec![ClusterName::new(&choice.cluster_provider, cluster)],
    }
}
