//! Views for assertions.

use std::net::SocketAddr;

use serde::Serialize;

use crate::database::Kind;
use crate::database::document::{GroupSpec, Specified};
use crate::sim::World;

/// A deployment intent group, as asked for and as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupView {
    /// Its name.
    pub name: String,
    /// Its Helm release (`spec.version`).
    pub release: String,
    /// What was last asked of it: `Created`, `Approved`, `Instantiated`, `Terminated`, …
    pub state: String,
    /// What became of that: `Instantiating`, `Instantiated`, …; empty before it was ever instantiated.
    pub deployed: String,
    /// The clusters it was last placed on.
    pub clusters: Vec<String>,
    /// How many Ready Pods its objects have.
    pub ready_pods: usize,
}

pub(crate) fn groups(world: &World) -> Vec<GroupView> {
    world.store.list(Kind::Group, "").into_iter().map(|(key, _)| group(world, key)).collect()
}

fn group(world: &World, key: &str) -> GroupView {
    let spec = world.store.read::<Specified<GroupSpec>>(key).unwrap_or_default();
    let state = world.states.get(key);
    // The last context of any action, an approval after a migration has none.
    let last = state.and_then(|info| info.contexts().pop());
    let context = last.as_ref().and_then(|id| world.contexts.get(id));
    let mut clusters: Vec<String> =
        context.into_iter().flat_map(|c| &c.parts).map(|part| part.cluster.cluster.clone()).collect();
    clusters.dedup();
    let pods = world.clusters.values().flat_map(|cluster| cluster.pods.values());
    let mine = |status_context: &str| context.is_some_and(|context| context.status_context == status_context);
    GroupView {
        name: spec.metadata.name,
        release: spec.spec.version,
        state: state.map(|info| info.current().as_str().to_owned()).unwrap_or_default(),
        deployed: context.map(|context| context.status.as_str().to_owned()).unwrap_or_default(),
        clusters,
        ready_pods: pods.filter(|pod| pod.answers_at().is_some() && mine(&pod.owner.status_context)).count(),
    }
}

pub(crate) fn ready(world: &World) -> Vec<(String, String, SocketAddr)> {
    let pods =
        world.clusters.iter().flat_map(|(name, cluster)| cluster.pods.values().map(move |pod| (name, pod)));
    pods.filter_map(|(cluster, pod)| {
        Some((pod.spec.release.clone(), cluster.cluster.clone(), pod.answers_at()?))
    })
    .collect()
}
