//! Recordings 01, 07 to 10 and 16 to 18: relocations and what can go wrong with them.

use std::time::Duration;

use emco_sim::{Config, Delays, EmcoSim};
use serde_json::{Value, json};

use super::{config, nothing, provisioned, serving, until, until_cloud_is_instantiated};
use crate::form::form;
use crate::recording::{Entry, Exchange, load};
use crate::replay::Replay;

#[tokio::test]
async fn an_unreachable_cluster_is_retried_for_ever_as_recorded_in_01() {
    let Some(mut recording) = load("01") else { return };
    let mut replay = Replay::new(provisioned(config(52)).await);
    replay.sim.set_cluster_reachable("edge-a", false);
    // Passing states are left out of a replay; here they are what it is about.
    let mut stuck = Vec::new();
    recording.exchanges.retain(|entry| match entry {
        Entry::Exchange(exchange) if exchange.is_group_status() => {
            stuck.push(exchange.response.body["status"].clone());
            false
        }
        Entry::Exchange(_) | Entry::Observation { .. } => true,
    });
    for entry in &recording.exchanges {
        let Entry::Exchange(exchange) = entry else { continue };
        replay.one(&recording.scenario, exchange).await;
        // Long enough for rsync to see a stop flag.
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(stuck.iter().all(|status| status == "Instantiating" || status.is_null()));
    let group = &replay.sim.deployment_groups()[0];
    assert_eq!((group.state.as_str(), group.deployed.as_str()), ("TerminateStopped", "Instantiating"));
    let status = replay.http.send("GET", &format!("{GROUPS}/d-unr/status"), None).await;
    let status: Value = serde_json::from_slice(&status.body).unwrap();
    assert_eq!(status["apps"][0]["clusters"][0]["readyStatus"], "Retrying");
    assert_eq!(status["rsyncStatus"], json!({"Pending": 3}));
    replay.sim.shutdown().await;
}

#[tokio::test]
async fn migrate_there_and_back_is_as_recorded_in_07() {
    let Some(recording) = load("07") else { return };
    let mut replay = Replay::new(provisioned(config(53)).await);
    replay.all(&recording, nothing).await;
    assert!(replay.compared > 30, "{}", replay.compared);
    replay.sim.shutdown().await;
}

#[tokio::test]
async fn a_new_group_and_its_compensation_are_as_recorded_in_08_and_failures_as_in_09_and_10() {
    let (Some(saga), Some(failures), Some(unreachable)) = (load("08"), load("09"), load("10")) else {
        return;
    };
    let mut replay = Replay::new(provisioned(config(54)).await);
    replay
        .all(&saga, async |sim: &EmcoSim, what: &str, _: &Value| {
            if what.starts_with("compensation run") {
                sim.set_pod_never_ready("edge-a", true);
            }
        })
        .await;
    assert_eq!(serving(&replay.sim), ["edge-b"]);
    replay.sim.set_pod_never_ready("edge-a", false);

    replay.all(&failures, failing).await;
    assert_eq!(serving(&replay.sim), ["edge-b"]);

    replay.all(&unreachable, failing).await;
    assert!(replay.compared > 60, "{}", replay.compared);
    replay.sim.shutdown().await;
}

async fn failing(sim: &EmcoSim, what: &str, data: &Value) {
    match what {
        "rsync stopped" => sim.set_rsync_up(false),
        "rsync started again" => sim.set_rsync_up(true),
        "apiserver of edge-a stopped" => sim.set_cluster_reachable("edge-a", false),
        // f1 is Instantiated and Ready to EMCO, and nothing of it runs.
        "kubectl on edge-a after terminating f2 (f1 is still 'Instantiated')" => {
            assert_eq!(data, &json!([]));
            until("edge-a is left", || !serving(sim).contains(&"edge-a".to_owned())).await;
            assert!(
                sim.deployment_groups()
                    .iter()
                    .any(|group| group.name == "f1" && group.deployed == "Instantiated")
            );
        }
        // The update to a dead cluster killed the healthy source.
        "kubectl on edge-b" => {
            until("nothing runs", || serving(sim).is_empty()).await;
        }
        _ => (),
    }
}

#[tokio::test]
async fn bounded_retries_and_rejected_manifests_are_as_recorded_in_16() {
    let Some(recording) = load("16") else { return };
    let sim = provisioned(Config { max_retries: Some(2), ..config(55) }).await;
    sim.set_manifest_rejected("bad", true);
    let mut replay = Replay::new(sim);
    // edge-c, which nobody listens on, joined cluster manager and logical cloud in an earlier run.
    let metadata = json!({"metadata": {"name": "edge-c"}}).to_string();
    let reference = json!({
        "metadata": {"name": "ref-edge-c"},
        "spec": {"clusterProvider": "edge", "cluster": "edge-c", "loadBalancerIP": "0.0.0.0"},
    });
    let cloud = "/v2/projects/mec/logical-clouds/admin-lc";
    let reference = Some(("application/json".to_owned(), reference.to_string().into_bytes()));
    for (path, body, status) in [
        ("/v2/cluster-providers/edge/clusters".to_owned(), Some(form(&metadata, b"kubeconfig")), 201),
        (format!("{cloud}/cluster-references"), reference, 201),
        (format!("{cloud}/update"), None, 202),
    ] {
        assert_eq!(replay.http.send("POST", &path, body).await.status, status, "{path}");
    }
    for entry in &recording.exchanges {
        let Entry::Exchange(exchange) = entry else { continue };
        if exchange.label == "logical cloud update" || exchange.request.path.ends_with("/admin-lc/status") {
            until_cloud_is_instantiated(&replay).await;
        }
        replay.one(&recording.scenario, exchange).await;
    }
    assert!(replay.compared > 35, "{}", replay.compared);
    replay.sim.shutdown().await;
}

#[tokio::test]
async fn release_names_and_races_are_as_recorded_in_17() {
    let Some(recording) = load("17") else { return };
    // Rivals must meet before the first of them is done, on a busy machine as well.
    let second = Duration::from_secs(1);
    let delays = Delays { instantiate: 3 * second, terminate: 3 * second, ..Delays::default() };
    let mut replay = Replay::new(provisioned(Config { delays, ..config(56) }).await);
    let mut at = 0;
    while let Some(entry) = recording.exchanges.get(at) {
        at += 1;
        match entry {
            Entry::Observation { what, .. } => observed_race(&replay.sim, what).await,
            Entry::Exchange(exchange) if exchange.label.contains("concurrent") => {
                // Requests of one race carry the same label but for their number, in the order of their answers.
                let race = exchange.label.split('#').next().unwrap_or_default();
                let mut rivals: Vec<&Exchange> = vec![exchange];
                while let Some(Entry::Exchange(rival)) = recording.exchanges.get(at)
                    && rival.label.starts_with(race)
                {
                    rivals.push(rival);
                    at += 1;
                }
                race_of(&replay, &rivals).await;
            }
            Entry::Exchange(exchange) => replay.one(&recording.scenario, exchange).await,
        }
    }
    assert!(replay.compared > 30, "{}", replay.compared);
    replay.sim.shutdown().await;
}

/// All rivals at once: nothing keeps them apart, each is accepted.
async fn race_of(replay: &Replay, rivals: &[&Exchange]) {
    let mut tasks = tokio::task::JoinSet::new();
    for rival in rivals {
        let (http, request) = (replay.http.clone(), &rival.request);
        let (method, path) = (request.method.clone(), request.path.clone());
        tasks.spawn(async move { http.send(&method, &path, None).await });
    }
    let recorded = &rivals[0].response;
    for answer in tasks.join_all().await {
        assert_eq!(
            (answer.status, answer.content_type.as_deref()),
            (recorded.status, recorded.content_type())
        );
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        assert_eq!(body.trim_end(), recorded.body.as_str().map_or(recorded.body.to_string(), str::to_owned));
    }
}

async fn observed_race(sim: &EmcoSim, what: &str) {
    let ready = |release: &str| sim.ready_releases().iter().any(|(ready, ..)| ready == release);
    if let Some((group, _)) = what.split_once(" ready after ") {
        until(what, || ready(&format!("r-{group}"))).await;
    }
    match what {
        "edge-a holds p1 and p3" => assert!(ready("r-p1") && ready("r-p3")),
        // Recorded four seconds after the terminate.
        "edge-a after terminating p1" => {
            until(what, || !ready("r-p1")).await;
            assert!(ready("r-p3"));
        }
        _ => (),
    }
}

#[tokio::test]
async fn addresses_and_identity_are_as_recorded_in_18() {
    let Some(recording) = load("18") else { return };
    let mut replay = Replay::new(provisioned(Config { pod_port: 8080, ..config(57) }).await);
    replay
        .all(&recording, async |sim: &EmcoSim, what: &str, data: &Value| {
            let answers = |release: &str| sim.ready_releases().iter().any(|(ready, ..)| ready == release);
            match (what, data.as_str()) {
                ("source: instance answers" | "target: instance answers", Some(release))
                    if release != "no answer" =>
                {
                    assert!(answers(release));
                }
                ("pods left on edge-a", _) => {
                    until("edge-a is left", || !serving(sim).contains(&"edge-a".to_owned())).await;
                }
                _ => (),
            }
        })
        .await;
    assert!(replay.compared >= 24, "{}", replay.compared);
    replay.sim.shutdown().await;
}

/// The groups of most recordings.
const GROUPS: &str = "/v2/projects/mec/composite-apps/edgeapp/v1/deployment-intent-groups";
