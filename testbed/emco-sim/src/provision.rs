//! What an operator would have posted before the first relocation.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::chart::Chart;
use crate::cloud;
use crate::database::state::StateInfo;
use crate::database::{Kind, Payload, schema};
use crate::names::ClusterName;
use crate::sim::Inner;

/// The objects that relocations take for granted.
#[derive(Debug, Clone)]
pub struct Provision {
    /// The project.
    pub project: String,
    /// The composite app.
    pub composite_app: String,
    /// Its version.
    pub version: String,
    /// Its apps.
    pub apps: Vec<String>,
    /// The composite profile.
    pub profile: String,
    /// The logical cloud over every configured cluster.
    pub logical_cloud: String,
    /// Whether the charts have the release in the names of their objects, a node port and a variable `RELEASE`.
    pub release_in_names: bool,
}

/// Creates it all; what exists stays as it is.
pub(crate) async fn provision(inner: &Arc<Inner>, what: &Provision) {
    let metadata = |name: &str| json!({"metadata": {"name": name}});
    create(
        inner,
        Kind::Controller,
        "controllers",
        json!({
            "metadata": {"name": "rsync"},
            "spec": {"host": "127.0.0.1", "port": 9031},
        }),
    );
    let clusters: Vec<ClusterName> = inner.world().clusters.keys().cloned().collect();
    let cloud = format!("projects/{}/logical-clouds/{}", what.project, what.logical_cloud);
    create(inner, Kind::Project, "projects", metadata(&what.project));
    create(
        inner,
        Kind::LogicalCloud,
        &format!("projects/{}/logical-clouds", what.project),
        json!({
            "metadata": {"name": what.logical_cloud},
            "spec": {"level": "0"},
        }),
    );
    for ClusterName { provider, cluster } in &clusters {
        let provider_key = format!("cluster-providers/{provider}");
        create(inner, Kind::ClusterProvider, "cluster-providers", metadata(provider));
        create(inner, Kind::Cluster, &format!("{provider_key}/clusters"), metadata(cluster));
        create(
            inner,
            Kind::ClusterReference,
            &format!("{cloud}/cluster-references"),
            json!({
                "metadata": {"name": format!("ref-{cluster}")},
                "spec": {"clusterProvider": provider, "cluster": cluster, "loadBalancerIP": "0.0.0.0"},
            }),
        );
    }
    create(
        inner,
        Kind::CompositeApp,
        &format!("projects/{}/composite-apps", what.project),
        json!({
            "metadata": {"name": what.composite_app},
            "spec": {"compositeAppVersion": what.version},
        }),
    );
    let app_key = format!("projects/{}/composite-apps/{}/{}", what.project, what.composite_app, what.version);
    let profile_key = format!("{app_key}/composite-profiles/{}", what.profile);
    create(inner, Kind::CompositeProfile, &format!("{app_key}/composite-profiles"), metadata(&what.profile));
    for app in &what.apps {
        let chart = Payload::Chart(Chart::standard(app, what.release_in_names), bytes::Bytes::new());
        create_with(inner, Kind::App, &format!("{app_key}/apps"), metadata(app), chart);
        create(
            inner,
            Kind::AppProfile,
            &format!("{profile_key}/profiles"),
            json!({
                "metadata": {"name": format!("{app}-prof")},
                "spec": {"app": app},
            }),
        );
    }
    // A cloud that is already instantiated refuses, which is as well.
    if let Err(refusal) = cloud::act(inner, &cloud, cloud::Action::Instantiate).await {
        tracing::debug!(%refusal, "logical cloud");
    }
    instantiated(inner, &cloud).await;
}

/// Waits until the cloud can be deployed to.
async fn instantiated(inner: &Inner, cloud: &str) {
    loop {
        let done = {
            let world = inner.world();
            let context = world.states.get(cloud).and_then(|info| world.contexts.get(info.last_context()));
            context.is_none_or(|context| !context.running)
        };
        if done {
            return;
        }
        tokio::time::sleep(inner.pace.exact(inner.config.delays.request)).await;
    }
}

fn create(inner: &Inner, kind: Kind, collection: &str, body: Value) {
    create_with(inner, kind, collection, body, Payload::File(bytes::Bytes::new()));
}

fn create_with(inner: &Inner, kind: Kind, collection: &str, body: Value, payload: Payload) {
    let accepted = match schema::accept(kind, body) {
        Ok(accepted) => accepted,
        Err(refusal) => return tracing::error!(%refusal, collection, "cannot provision"),
    };
    let key = format!("{collection}/{}", accepted.name);
    let mut world = inner.world();
    if !world.store.contains(&key) {
        world.store.put(&key, kind, accepted.json, payload);
        if kind == Kind::LogicalCloud {
            world.states.insert(key, StateInfo::created());
        }
    }
}
