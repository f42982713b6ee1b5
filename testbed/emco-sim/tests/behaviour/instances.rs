//! Instances behind the groups.

use emco_sim::{Config, HistoryEvent};
use serde_json::json;

use crate::http::Http;
use crate::lab::{GROUPS, Lab, config, until};

#[tokio::test]
async fn an_instance_says_its_release_and_answers_beyond_terminated() {
    // As recorded, not faster: 0.35 s until Terminated, 1.24 s until the instance is gone.
    let lab = Lab::start(Config { speed: 1.0, ..config(60) }).await;
    lab.instantiated("er-1", "edge-a").await;
    assert!(!lab.is_ready("er-1"), "a Pod takes its time");
    until("er-1 ready", || lab.is_ready("er-1")).await;
    let (_, cluster, address) = lab.sim.ready_releases().remove(0);
    assert_eq!((cluster.as_str(), address.port()), ("edge-a", 8081));
    let instance = Http::new(&format!("http://{address}"));
    let answer = instance.send("GET", "/", None).await;
    assert!(String::from_utf8_lossy(&answer.body).contains("er-1"));

    assert_eq!(lab.act("er-1", "terminate").await, 202);
    until("er-1 terminated", || lab.group("er-1").deployed == "Terminated").await;
    assert_eq!(instance.send("GET", "/", None).await.status, 200);
    let gone =
        |event: &HistoryEvent| matches!(event, HistoryEvent::PodGone { release, .. } if release == "er-1");
    until("er-1 gone", || lab.sim.history().iter().any(|(_, event)| gone(event))).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn history_tells_a_life_in_order() {
    // Slow enough for a busy machine to keep the order.
    let lab = Lab::start(Config { speed: 2.0, ..config(61) }).await;
    lab.instantiated("er-1", "edge-b").await;
    until("er-1 ready", || lab.is_ready("er-1")).await;
    assert_eq!(lab.act("er-1", "terminate").await, 202);
    let told = || -> Vec<String> {
        let name = |(_, event)| {
            let event = serde_json::to_value::<HistoryEvent>(event).unwrap();
            format!(
                "{}{}",
                event["event"].as_str().unwrap(),
                event["action"].as_str().map_or(String::new(), |a| format!(" {a}"))
            )
        };
        lab.sim.history().into_iter().map(name).collect()
    };
    until("er-1 gone", || told().iter().any(|event| event == "pod_gone")).await;
    let told = told();
    let at = |what: &str| {
        told.iter().position(|event| event == what).unwrap_or_else(|| panic!("{what} in {told:?}"))
    };
    let order = [
        "group_created",
        "action approve",
        "pod_scheduled",
        "pod_ready",
        "action terminate",
        "pod_terminating",
        "pod_gone",
    ];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{told:?}");
    assert!(at("instantiated") < at("pod_ready") && at("terminated") < at("pod_gone"), "{told:?}");
    let millis: Vec<u64> = lab.sim.history().into_iter().map(|(millis, _)| millis).collect();
    assert!(millis.is_sorted());
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn a_pod_held_short_of_ready_becomes_ready_when_let() {
    let lab = Lab::start(config(62)).await;
    lab.sim.set_pod_never_ready("edge-a", true);
    lab.instantiated("er-1", "edge-a").await;
    until("instantiated", || lab.group("er-1").deployed == "Instantiated").await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert!(!lab.is_ready("er-1"));
    lab.sim.set_pod_never_ready("edge-a", false);
    until("er-1 ready", || lab.is_ready("er-1")).await;
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn a_cluster_that_comes_back_is_deployed_to() {
    let lab = Lab::start(config(63)).await;
    lab.sim.set_cluster_reachable("edge-a", false);
    lab.instantiated("er-1", "edge-a").await;
    let path = format!("{GROUPS}/er-1/status?status=deployed");
    loop {
        let (_, status) = lab.get(&path).await;
        if status["apps"][0]["clusters"][0]["connectivity"] == "Retrying" {
            assert_eq!(status["deployedStatus"], "Instantiating");
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    lab.sim.set_cluster_reachable("edge-a", true);
    until("er-1 ready", || lab.is_ready("er-1")).await;
    assert_eq!(lab.group("er-1").ready_pods, 1);
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn instances_outlive_the_reach_of_their_api_server() {
    let lab = Lab::start(config(64)).await;
    lab.instantiated("er-1", "edge-a").await;
    until("er-1 ready", || lab.is_ready("er-1")).await;
    lab.sim.set_cluster_reachable("edge-a", false);
    assert_eq!(lab.act("er-1", "terminate").await, 202);
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert!(lab.is_ready("er-1"));
    assert_eq!(lab.group("er-1").deployed, "Terminating");
    lab.sim.set_cluster_reachable("edge-a", true);
    until("er-1 gone", || !lab.is_ready("er-1")).await;
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn any_of_takes_one_cluster_and_labels_take_all_that_carry_them() {
    let lab = Lab::start(config(65)).await;
    for cluster in ["edge-a", "edge-b"] {
        let path = format!("/v2/cluster-providers/edge/clusters/{cluster}/labels");
        assert_eq!(lab.post(&path, json!({"clusterLabel": "zone"})).await.status, 201);
    }
    let by_label = json!([{"clusterProvider": "edge", "clusterLabel": "zone"}]);
    lab.approved("er-all", json!({"allOf": by_label})).await;
    lab.approved("er-any", json!({"anyOf": by_label})).await;
    for group in ["er-all", "er-any"] {
        assert_eq!(lab.act(group, "instantiate").await, 202);
    }
    assert_eq!(lab.group("er-all").clusters, ["edge-a", "edge-b"]);
    assert_eq!(lab.group("er-any").clusters.len(), 1);
    let (_, clusters) = lab.get("/v2/cluster-providers/edge/clusters?label=zone").await;
    assert_eq!(clusters, json!(["edge-a", "edge-b"]));
    lab.sim.shutdown().await;
}
