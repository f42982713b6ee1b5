//! The two predicates held against every status that a real EMCO gave, lies included.

#![allow(missing_docs)]

mod recordings;

use emco::GroupStatus;
use emco::gone::{self, Gone};
use emco::readiness::{self, Readiness};
use recordings::{Exchange, Recording, read};

/// The one recording whose name begins so.
fn one(number: &str) -> Option<Recording> {
    read(&[number]).map(|mut all| all.remove(0))
}

fn judged(recording: &Recording, cluster: &str, at_ms: u64) -> Readiness {
    let pairs = recording.pairs();
    let (deployed, ready, _) =
        pairs.iter().find(|(_, _, e)| e.at_ms == at_ms).expect("there is a status at that time");
    readiness::judge(deployed, ready, "edge", cluster)
}

fn labelled<'a>(recording: &'a Recording, label: &str) -> &'a Exchange {
    recording.exchanges.iter().find(|e| e.label.contains(label)).expect("there is such an exchange")
}

fn is_ready(readiness: &Readiness) -> bool {
    *readiness == Readiness::Ready
}

#[test]
fn ready_is_never_said_where_no_pod_was_ready() {
    let Some(all) = read(&[]) else { return };
    let (mut looked, mut ready_at) = (0, 0);
    for recording in all.iter().filter(|recording| !recording.pods.is_empty()) {
        for (deployed, ready, exchange) in recording.pairs() {
            for cluster in ["edge-a", "edge-b", "edge-c"] {
                looked += 1;
                if is_ready(&readiness::judge(&deployed, &ready, "edge", cluster)) {
                    ready_at += 1;
                    let mut pods = ready.on("edge", cluster).flat_map(|(_, c)| &c.resources);
                    assert!(
                        pods.any(|r| r.gvk.kind == "Pod" && recording.was_ready(&r.name, exchange.at_ms)),
                        "{} at {} ms: ready on {cluster}, where no Pod was",
                        exchange.file,
                        exchange.at_ms
                    );
                }
            }
        }
    }
    assert!(looked > 100 && ready_at > 10, "{looked} looked at, {ready_at} ready");
}

#[test]
fn what_serves_is_ready_on_its_cluster_and_on_no_other() {
    let cases =
        [("02", 7_004, "edge-a"), ("08", 6_773, "edge-a"), ("08", 13_577, "edge-b"), ("09", 7_199, "edge-a")];
    for (file, at_ms, cluster) in cases {
        let Some(recording) = one(file) else { return };
        for other in ["edge-a", "edge-b"] {
            let expected = cluster == other;
            let found = judged(&recording, other, at_ms);
            assert_eq!(is_ready(&found), expected, "{file} at {at_ms} on {other}: {found:?}");
        }
    }
}

#[test]
fn lie_a_a_filter_that_matches_nothing_is_not_ready() {
    for (file, label) in [("02", "cluster=edge%2Bedge-b"), ("03", "ready filter on the OLD cluster")] {
        let Some(recording) = one(file) else { return };
        let exchange = labelled(&recording, label);
        assert_eq!(exchange.response["readyStatus"], "Ready", "it is the lie");
        for cluster in ["edge-a", "edge-b"] {
            assert!(!is_ready(&judged(&recording, cluster, exchange.at_ms)));
        }
    }
}

#[test]
fn lie_b_what_is_terminated_is_not_ready() {
    for (file, times) in [("06", &[213, 747][..]), ("08", &[14_777, 15_298][..])] {
        let Some(recording) = one(file) else { return };
        for &at_ms in times {
            let pairs = recording.pairs();
            let pair = pairs.iter().find(|(_, _, e)| e.at_ms == at_ms).expect("a status");
            assert_eq!(pair.1.ready_status, "Ready", "it is the lie");
            let found = readiness::judge(&pair.0, &pair.1, "edge", "edge-a");
            assert!(matches!(found, Readiness::Never(_)), "{file} at {at_ms}: {found:?}");
        }
    }
}

#[test]
fn lie_c_old_data_from_a_cluster_that_was_left_is_not_ready() {
    for (file, at_ms) in [("04", 578), ("07", 22_913), ("14", 334)] {
        let Some(recording) = one(file) else { return };
        let pairs = recording.pairs();
        let pair = pairs.iter().find(|(_, _, e)| e.at_ms == at_ms).expect("a status");
        assert_eq!(pair.1.ready_status, "Ready", "it is the lie");
        assert!(!is_ready(&readiness::judge(&pair.0, &pair.1, "edge", "edge-a")), "{file}");
    }
    // Asked with a filter, right after the update: deployedStatus Created, readyStatus Ready, no Pod.
    let Some(recording) = one("04") else { return };
    let lie = labelled(&recording, "target filter immediately after update").status_answer();
    assert_eq!((lie.ready_status.as_str(), lie.pods().count()), ("Ready", 0));
    let deployed = GroupStatus { deployed_status: "Instantiated".into(), ..lie.clone() };
    assert!(!is_ready(&readiness::judge(&deployed, &lie, "edge", "edge-a")));
}

#[test]
fn lie_d_objects_that_another_group_deleted_are_not_ready() {
    let Some(recording) = one("09") else { return };
    for label in ["f1 while f2 has taken over the objects", "f1 ready status"] {
        let exchange = labelled(&recording, label);
        assert_eq!(exchange.response["readyStatus"], "Ready", "it is the lie");
        let found = judged(&recording, "edge-a", exchange.at_ms);
        assert!(matches!(found, Readiness::NotYet(_)), "{label}: {found:?}");
    }
}

#[test]
fn lie_e_instantiated_with_nothing_applied_is_not_ready() {
    let Some(recording) = one("16") else { return };
    let deployed = recording.exchanges.iter().find(|e| e.at_ms == 17_393).expect("a status").status_answer();
    assert_eq!(deployed.deployed_status, "Instantiated", "it is the lie");
    let ready = recording.exchanges.iter().find(|e| e.at_ms == 17_443).expect("a status").status_answer();
    assert!(!is_ready(&readiness::judge(&deployed, &ready, "edge", "edge-c")));
    // Even if the other view went along.
    let ready = GroupStatus { ready_status: "Ready".into(), ..ready };
    assert!(!is_ready(&readiness::judge(&deployed, &ready, "edge", "edge-c")));
}

#[test]
fn lie_f_two_views_of_different_contexts_are_not_ready() {
    let Some(recording) = one("02") else { return };
    let pairs = recording.pairs();
    let (deployed, ready, _) = pairs.iter().find(|(_, _, e)| e.at_ms == 7_004).expect("a status");
    let mut older = deployed.clone();
    older.states.statusctxid = "1".into();
    assert!(is_ready(&readiness::judge(deployed, ready, "edge", "edge-a")));
    assert!(!is_ready(&readiness::judge(&older, ready, "edge", "edge-a")));
    older.states.statusctxid.clear();
    assert!(!is_ready(&readiness::judge(&older, &older, "edge", "edge-a")));
}

#[test]
fn a_failed_instantiation_is_known_to_stay_so_and_says_why() {
    let Some(recording) = one("16") else { return };
    let pick =
        |at_ms| recording.exchanges.iter().find(|e| e.at_ms == at_ms).expect("a status").status_answer();
    let dead = readiness::judge(&pick(10_323), &pick(10_415), "edge", "edge-c");
    assert!(matches!(&dead, Readiness::Never(why) if why.contains("edge-c is Retrying")), "{dead:?}");
    let rejected = readiness::judge(&pick(31_888), &pick(32_619), "edge", "edge-a");
    assert!(matches!(&rejected, Readiness::Never(why) if why.contains("was not accepted")), "{rejected:?}");
    let trying = readiness::judge(&pick(5_284), &pick(5_329), "edge", "edge-c");
    assert!(matches!(trying, Readiness::NotYet(_)), "{trying:?}");
}

#[test]
fn kinds_that_monitor_does_not_know_do_not_stand_in_the_way() {
    let Some(recording) = one("02") else { return };
    let pairs = recording.pairs();
    let (deployed, ready, _) = pairs.iter().find(|(_, _, e)| e.at_ms == 7_004).expect("a status");
    let with = |kind: &str| {
        let mut ready = ready.clone();
        ready.ready_status = "NotReady".into();
        let unknown = serde_json::json!({"GVK": {"Kind": kind}, "name": "x", "readyStatus": "NotPresent"});
        let unknown = serde_json::from_value(unknown).expect("a resource");
        ready.apps[0].clusters[0].resources.push(unknown);
        readiness::judge(deployed, &ready, "edge", "edge-a")
    };
    assert!(is_ready(&with("IngressRoute")));
    assert!(!is_ready(&with("Service")));
    assert!(!is_ready(&with("StatefulSet")));
}

#[test]
fn gone_means_terminated_and_without_pods() {
    let cases = [
        ("06", 213, false),
        ("06", 747, true),
        ("06", 11_900, false),
        ("06", 12_435, true),
        ("08", 14_777, false),
        ("08", 15_298, true),
        ("08", 30_587, true),
        ("09", 16_388, true),
    ];
    for (file, at_ms, expected) in cases {
        let Some(recording) = one(file) else { return };
        let pairs = recording.pairs();
        let (deployed, ready, _) = pairs.iter().find(|(_, _, e)| e.at_ms == at_ms).expect("a status");
        let found = gone::judge(deployed, ready);
        assert_eq!(found == Gone::Yes, expected, "{file} at {at_ms}: {found:?}");
    }
}

#[test]
fn gone_tells_apart_what_was_never_there_what_runs_and_what_was_given_up() {
    let Some(recording) = one("16") else { return };
    let pick =
        |at_ms| recording.exchanges.iter().find(|e| e.at_ms == at_ms).expect("a status").status_answer();
    assert!(matches!(gone::judge(&pick(26_807), &pick(26_861)), Gone::GivenUp(_)));
    let trying = gone::judge(&pick(20_732), &pick(20_795));
    assert!(matches!(&trying, Gone::NotYet(why) if why.contains("does not answer EMCO")), "{trying:?}");
    let Some(recording) = one("00") else { return };
    for label in ["status Created", "status Approved"] {
        let status = labelled(&recording, label).status_answer();
        assert_eq!(gone::judge(&status, &status), Gone::Yes);
    }
    let Some(recording) = one("02") else { return };
    let pairs = recording.pairs();
    let (deployed, ready, _) = pairs.iter().find(|(_, _, e)| e.at_ms == 7_004).expect("a status");
    assert_eq!(gone::judge(deployed, ready), Gone::NotTerminated);
}

#[test]
fn every_recorded_status_can_be_read() {
    let Some(all) = read(&[]) else { return };
    // The forms `?apps`, `?clusters` and `?resources` are lists of names and never asked for.
    let asked = |e: &&Exchange| e.status_query().is_some_and(|(_, query)| query.starts_with("status="));
    let exchanges: Vec<_> = all.iter().flat_map(|r| &r.exchanges).filter(asked).collect();
    assert!(exchanges.len() > 150, "{}", exchanges.len());
    for exchange in exchanges {
        assert!(!exchange.status_answer().name.is_empty(), "{} at {}", exchange.file, exchange.at_ms);
    }
}
