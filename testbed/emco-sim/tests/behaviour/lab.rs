//! A provisioned simulator and the usual sequence of requests.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use emco_sim::{ClusterConfig, Config, EmcoSim, GroupView, Provision};
use serde_json::{Value, json};

use crate::http::{Answer, Http};

/// A guard against hanging, no expectation.
const PATIENCE: Duration = Duration::from_secs(60);

/// The groups of the provisioned app.
pub(crate) const GROUPS: &str = "/v2/projects/mec/composite-apps/echo/v1/deployment-intent-groups";

/// Two clusters whose Pods have addresses below 127.`net`.
pub(crate) fn config(net: u8) -> Config {
    let cluster = |name: &str, third: u8| ClusterConfig {
        cluster: name.into(),
        pod_net: Ipv4Addr::new(127, net, third, 0),
        ..ClusterConfig::default()
    };
    Config {
        clusters: vec![cluster("edge-a", 0), cluster("edge-b", 128)],
        speed: 10.0,
        pod_port: 8081,
        ..Config::default()
    }
}

#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) sim: EmcoSim,
    pub(crate) http: Http,
}

impl Lab {
    pub(crate) async fn start(config: Config) -> Self {
        let sim = EmcoSim::start(config).await.unwrap();
        sim.provision(Provision {
            project: "mec".into(),
            composite_app: "echo".into(),
            version: "v1".into(),
            apps: vec!["srv".into()],
            profile: "prof".into(),
            logical_cloud: "edge".into(),
            release_in_names: true,
        })
        .await;
        let http = Http::new(&sim.url());
        Self { sim, http }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.http.send("GET", path, None).await;
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then(|| ("application/json".to_owned(), body.to_string().into_bytes()));
        self.http.send("POST", path, body).await
    }

    pub(crate) async fn act(&self, group: &str, action: &str) -> u16 {
        self.post(&format!("{GROUPS}/{group}/{action}"), Value::Null).await.status
    }

    /// Everything up to an approved group, whose release is its name.
    pub(crate) async fn approved(&self, group: &str, intent: Value) {
        let metadata = |name: &str| json!({"name": name});
        let spec = json!({"compositeProfile": "prof", "version": group, "logicalCloud": "edge", "overrideValues": []});
        let placement = format!("{GROUPS}/{group}/generic-placement-intents");
        for (path, body) in [
            (GROUPS.to_owned(), json!({"metadata": metadata(group), "spec": spec})),
            (placement.clone(), json!({"metadata": metadata("gpi")})),
            (
                format!("{placement}/gpi/app-intents"),
                json!({"metadata": metadata("place"), "spec": {"app": "srv", "intent": intent}}),
            ),
            (
                format!("{GROUPS}/{group}/intents"),
                json!({"metadata": metadata("intents"), "spec": {"intent": {"genericPlacementIntent": "gpi"}}}),
            ),
        ] {
            assert_eq!(self.post(&path, body).await.status, 201, "{path}");
        }
        assert_eq!(self.act(group, "approve").await, 202);
    }

    /// A group that is being instantiated on one cluster.
    pub(crate) async fn instantiated(&self, group: &str, cluster: &str) {
        self.approved(group, on(cluster)).await;
        assert_eq!(self.act(group, "instantiate").await, 202);
    }

    pub(crate) fn group(&self, name: &str) -> GroupView {
        self.sim.deployment_groups().into_iter().find(|group| group.name == name).unwrap()
    }

    /// Whether a release has a Ready Pod.
    pub(crate) fn is_ready(&self, release: &str) -> bool {
        self.sim.ready_releases().iter().any(|(ready, ..)| ready == release)
    }
}

/// A placement on one cluster.
pub(crate) fn on(cluster: &str) -> Value {
    json!({"allOf": [{"clusterProvider": "edge", "cluster": cluster}]})
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
