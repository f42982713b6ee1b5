//! The recorded scenarios, each in the state in which it was recorded.

mod lives;
mod refusals;
mod relocations;

use std::time::Instant;

use emco_sim::{ClusterConfig, Config, EmcoSim, Provision};
use serde_json::Value;

use crate::replay::{PATIENCE, POLL, Replay};

/// Two clusters, as in the recordings.
pub(crate) fn config(net: u8) -> Config {
    let cluster = |name: &str, second: u8| ClusterConfig {
        cluster: name.into(),
        pod_net: std::net::Ipv4Addr::new(127, net, second, 0),
        ..ClusterConfig::default()
    };
    Config { clusters: vec![cluster("edge-a", 0), cluster("edge-b", 128)], speed: 10.0, ..Config::default() }
}

/// A simulator in the state that most recordings begin with.
pub(crate) async fn provisioned(config: Config) -> EmcoSim {
    let sim = EmcoSim::start(config).await.unwrap();
    for version in ["v1", "v2"] {
        sim.provision(Provision {
            project: "mec".into(),
            composite_app: "edgeapp".into(),
            version: version.into(),
            apps: vec!["srv".into()],
            profile: "prof".into(),
            logical_cloud: "admin-lc".into(),
            release_in_names: false,
        })
        .await;
    }
    sim
}

/// For recordings in which nothing happens beside the exchanges.
pub(crate) async fn nothing(_: &EmcoSim, _: &str, _: &Value) {}

/// The clusters on which a release answers.
pub(crate) fn serving(sim: &EmcoSim) -> Vec<String> {
    sim.ready_releases().into_iter().map(|(_, cluster, _)| cluster).collect()
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(POLL).await;
    }
}

/// Waits until the logical cloud can be deployed to.
pub(crate) async fn until_cloud_is_instantiated(replay: &Replay) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = replay.http.send("GET", "/v2/projects/mec/logical-clouds/admin-lc/status", None).await;
        if String::from_utf8_lossy(&status.body).contains("\"deployedStatus\":\"Instantiated\"") {
            return;
        }
        assert!(Instant::now() < deadline, "never: logical cloud instantiated");
        tokio::time::sleep(POLL).await;
    }
}
