//! What EMCO's monitor has seen of a cluster, per status context and app. It lags, and it forgets only Pods:
//! other objects stay as they were last seen, after they are deleted as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Owner, Phase, detail};
use crate::names::{ClusterName, Gvk};
use crate::sim::Inner;

/// Something that changed on a cluster.
#[derive(Debug, Clone)]
pub(crate) enum Seen {
    /// A Pod, by name.
    Pod(String),
    /// Any other object, by id.
    Object(String),
}

/// An object as last seen.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) ready: bool,
    pub(crate) detail: Value,
}

/// What was seen of one app on one cluster: what monitor keeps in a `ResourceBundleState`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bundle {
    pub(crate) pods: BTreeMap<String, Sight>,
    pub(crate) objects: BTreeMap<String, Sight>,
}

impl Bundle {
    /// In the order in which EMCO goes through it: Pods, Services, Deployments, ConfigMaps, the others.
    pub(crate) fn in_order(&self) -> Vec<&Sight> {
        const ORDER: [&str; 3] = ["Service", "Deployment", "ConfigMap"];
        let mut objects: Vec<&Sight> = self.objects.values().collect();
        objects.sort_by_key(|sight| {
            ORDER.iter().position(|kind| *kind == sight.gvk.kind).unwrap_or(ORDER.len())
        });
        self.pods.values().chain(objects).collect()
    }
}

/// Tells monitor of a change; it gets round to it after its lag.
pub(crate) fn notice(inner: &Arc<Inner>, cluster: &ClusterName, owner: &Owner, seen: Seen) {
    let lag = inner.pace.between(inner.config.delays.monitor);
    let inner = Arc::clone(inner);
    let (cluster, owner) = (cluster.clone(), owner.clone());
    let tasks = inner.tasks.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(lag) => look(&inner, &cluster, &owner, &seen),
            () = inner.stop.cancelled() => (),
        }
    });
}

/// Looks at everything on a cluster again, as after a lost connection.
pub(crate) fn look_again(inner: &Arc<Inner>, cluster_name: &ClusterName) {
    let mut changed = Vec::new();
    {
        let world = inner.world();
        let Some(cluster) = world.clusters.get(cluster_name) else { return };
        let objects = cluster.objects.iter();
        changed.extend(objects.map(|(id, object)| (object.owner.clone(), Seen::Object(id.clone()))));
        changed.extend(cluster.pods.values().map(|pod| (pod.owner.clone(), Seen::Pod(pod.name.clone()))));
        for (status_context, context) in &world.contexts {
            for ((app, at), bundle) in &context.bundles {
                if at == cluster_name {
                    let owner = Owner { status_context: status_context.clone(), app: app.clone() };
                    changed.extend(bundle.pods.keys().map(|pod| (owner.clone(), Seen::Pod(pod.clone()))));
                }
            }
        }
    }
    for (owner, seen) in changed {
        notice(inner, cluster_name, &owner, seen);
    }
}

/// Copies the present state of what changed, if monitor and rsync can see it.
fn look(inner: &Arc<Inner>, cluster_name: &ClusterName, owner: &Owner, seen: &Seen) {
    let mut world = inner.world();
    if !world.rsync_up {
        return;
    }
    let crate::sim::World { clusters, contexts, .. } = &mut *world;
    let Some(cluster) = clusters.get(cluster_name).filter(|cluster| cluster.reachable) else { return };
    let Some(context) = contexts.get_mut(&owner.status_context) else { return };
    let bundle = context.bundles.entry((owner.app.clone(), cluster_name.clone())).or_default();
    match seen {
        Seen::Pod(name) => {
            let pod =
                cluster.pods.get(name).filter(|pod| pod.phase != Phase::Terminating && pod.owner == *owner);
            if let Some(pod) = pod {
                let sight = Sight {
                    gvk: Gvk::new("", "v1", "Pod"),
                    name: name.clone(),
                    ready: pod.phase == Phase::Ready,
                    detail: detail::pod(pod, &cluster.config),
                };
                bundle.pods.insert(name.clone(), sight);
            } else {
                bundle.pods.remove(name);
            }
        }
        Seen::Object(id) => {
            let Some(object) = cluster.objects.get(id).filter(|object| object.owner == *owner) else {
                return;
            };
            let gvk = object.resource.gvk.clone();
            if !gvk.monitored() {
                return;
            }
            let ready = !gvk.workload() || cluster.is_ready(&object.resource.name);
            let detail = detail::object(object, cluster);
            bundle
                .objects
                .insert(id.clone(), Sight { gvk, name: object.resource.name.clone(), ready, detail });
        }
    }
}
