//! What goes wrong on the way, and what becomes of it.

#![allow(missing_docs)]

mod lab;

use std::time::Duration;

use executor::SteerError;
use lab::{Lab, Setup, completed, name, order, release, steps};
use model::{OutcomeKind, Step, Stream};
use relocation::Class;

const UE: &str = "0123456789abcdef";

fn undone(told: &[OutcomeKind], because: &str) {
    let last = told.last();
    assert!(matches!(last, Some(OutcomeKind::Undone { reason }) if reason.contains(because)), "{told:?}");
}

/// A lab in which the instance serves from site a.
async fn placed(setup: Setup) -> (Lab, lab::Running) {
    let lab = Lab::new(setup).await;
    let running = lab.start().await;
    assert!(completed(&lab.carry_out(&order(UE, 1, None, Some("a"))).await));
    (lab, running)
}

/// The instance serves from site a as before, and nothing else is left.
fn as_before(lab: &Lab) {
    let first = order(UE, 1, None, Some("a"));
    assert_eq!(lab.groups(), [release(&first)]);
    assert_eq!(lab.leads_to(&first), Some(("edge-a".into(), release(&first))));
    assert_eq!(lab.least_ready(&[release(&first)]), 1);
}

#[tokio::test]
async fn a_target_that_never_gets_ready_is_taken_away_again() {
    let (lab, running) = placed(Setup { ready: Duration::from_secs(3), ..Setup::default() }).await;
    lab.sim.set_pod_never_ready("edge-b", true);
    let told = lab.carry_out(&order(UE, 2, Some("a"), Some("b"))).await;
    undone(&told, "ready took longer than its deadline allows: readyStatus is \"NotReady\" with");
    as_before(&lab);
    let told = lab.carry_out(&order(UE, 3, Some("a"), Some("c"))).await;
    assert!(completed(&told), "the next order goes through: {told:?}");
    running.kill().await;
}

#[tokio::test]
async fn a_target_that_the_cluster_rejects_is_taken_away_with_the_reason() {
    let (lab, running) = placed(Setup::default()).await;
    lab.sim.set_manifest_rejected("srv", true);
    undone(&lab.carry_out(&order(UE, 2, Some("a"), Some("b"))).await, "was not accepted");
    as_before(&lab);
    running.kill().await;
}

#[tokio::test]
async fn rsync_that_is_down_for_a_while_only_delays() {
    let (lab, running) = placed(Setup::default()).await;
    let second = order(UE, 2, Some("a"), Some("b"));
    lab.sim.set_rsync_up(false);
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    outcomes.progress(&second, Step::Prepare).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    lab.sim.set_rsync_up(true);
    assert!(completed(&outcomes.end_of(&second).await));
    assert_eq!(lab.actions(&release(&second), "instantiate"), 1);
    running.kill().await;
}

#[tokio::test]
async fn a_target_that_cannot_be_reached_leaves_the_source_alone_and_asks_for_an_operator() {
    let setup = Setup { ready: Duration::from_secs(2), undo: Duration::from_secs(4), ..Setup::default() };
    let (lab, running) = placed(setup).await;
    lab.sim.set_cluster_reachable("edge-b", false);
    let told = lab.carry_out(&order(UE, 2, Some("a"), Some("b"))).await;
    let Some(OutcomeKind::Failed { reason }) = told.last() else { panic!("{told:?}") };
    let second = release(&order(UE, 2, Some("a"), Some("b")));
    let waited = "ready took longer than its deadline allows: deployedStatus is \"Instantiating\", edge/edge-b does \
                  not answer EMCO; undoing start";
    for part in [waited, "terminate and delete it in EMCO", "cluster edge/edge-b", &second] {
        assert!(reason.contains(part), "{part} is not in: {reason}");
    }
    let first = order(UE, 1, None, Some("a"));
    assert_eq!(lab.leads_to(&first), Some(("edge-a".into(), release(&first))));
    assert!(
        completed(&lab.carry_out(&order(UE, 3, Some("a"), Some("c"))).await),
        "the instance is not stuck"
    );
    lab.sim.set_cluster_reachable("edge-b", true);
    gone(&lab, &second).await;
    running.kill().await;
}

/// Waits until a group is gone from EMCO.
async fn gone(lab: &Lab, group: &str) {
    let gone = async {
        while lab.groups().iter().any(|there| there == group) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(lab::GUARD, gone).await.expect("it is removed in the end");
}

#[tokio::test]
async fn a_source_that_cannot_be_removed_is_left_over_and_holds_no_lock() {
    let (lab, running) = placed(Setup { retire: Duration::from_secs(3), ..Setup::default() }).await;
    let (second, third) = (order(UE, 2, Some("a"), Some("b")), order(UE, 3, Some("b"), Some("c")));
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    outcomes.progress(&second, Step::Start).await;
    lab.sim.set_cluster_reachable("edge-a", false);
    outcomes.progress(&second, Step::Verify).await;
    lab.give(&third).await;
    assert!(completed(&outcomes.end_of(&third).await));
    let told = outcomes.end_of(&second).await;
    let Some(OutcomeKind::Leftover { reason }) = told.last() else { panic!("{told:?}") };
    let first = release(&order(UE, 1, None, Some("a")));
    let parts =
        ["does not answer EMCO", "cluster edge/edge-a", "terminate and delete it in EMCO", first.as_str()];
    for part in parts {
        assert!(reason.contains(part), "{part} is not in: {reason}");
    }
    // The next run knows of it still, and removes it once the cluster is back.
    running.kill().await;
    let running = lab.start().await;
    lab.sim.set_cluster_reachable("edge-a", true);
    gone(&lab, &first).await;
    outcomes.until(|o| o.relocation == second.relocation && o.kind == OutcomeKind::Retired).await;
    assert_eq!(lab.actions(&first, "terminate"), 1);
    assert_eq!(lab.leads_to(&third), Some(("edge-c".into(), release(&third))));
    running.kill().await;
    assert!(lab.store.facts("executor/leftover/").await.expect("readable").is_empty(), "and it is forgotten");
}

#[tokio::test]
async fn what_is_left_over_keeps_its_cluster_occupied_across_a_restart() {
    let setup = Setup { release_in_names: false, retire: Duration::from_secs(2), ..Setup::default() };
    let (lab, running) = placed(setup).await;
    let first = release(&order(UE, 1, None, Some("a")));
    let second = order(UE, 2, Some("a"), Some("b"));
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    outcomes.progress(&second, Step::Start).await;
    lab.sim.set_cluster_reachable("edge-a", false);
    assert!(matches!(outcomes.end_of(&second).await.last(), Some(OutcomeKind::Leftover { .. })));
    running.kill().await;
    let running = lab.start().await;
    let other = "fedcba9876543210";
    undone(&lab.carry_out(&order(other, 1, None, Some("a"))).await, &first);
    lab.sim.set_cluster_reachable("edge-a", true);
    outcomes.until(|o| o.relocation == second.relocation && o.kind == OutcomeKind::Retired).await;
    // It is told before its cluster is free.
    let mut generation = 2;
    while !completed(&lab.carry_out(&order(other, generation, None, Some("a"))).await) {
        generation += 1;
    }
    assert_eq!(lab.groups().len(), 2);
    running.kill().await;
}

#[tokio::test]
async fn what_emco_answers_instead_of_a_status_is_told() {
    let poll = Duration::from_secs(1);
    let lab = Lab::new(Setup { ready: Duration::from_millis(1_800), poll, ..Setup::default() }).await;
    let running = lab.start().await;
    let first = order(UE, 1, None, Some("a"));
    let mut outcomes = lab.outcomes().await;
    lab.sim.delay_next("POST", "/instantiate", Duration::from_millis(500));
    lab.give(&first).await;
    outcomes.progress(&first, Step::Prepare).await;
    tokio::time::sleep(Duration::from_millis(250)).await;
    for _ in 0..2 {
        lab.sim.fail_next("GET", "/status", 401, "Jwt is missing");
    }
    undone(&outcomes.end_of(&first).await, "401 Jwt is missing");
    running.kill().await;
}

#[tokio::test]
async fn a_reply_that_is_lost_is_read_after_and_nothing_is_done_twice() {
    let second = order(UE, 2, Some("a"), Some("b"));
    let (new, old) = (release(&second), release(&order(UE, 1, None, Some("a"))));
    let faults = [
        ("POST", "/deployment-intent-groups".to_owned()),
        ("POST", format!("{new}/generic-placement-intents")),
        ("POST", format!("{new}-gpi/app-intents")),
        ("POST", format!("{new}/intents")),
        ("POST", format!("{new}/approve")),
        ("POST", format!("{new}/instantiate")),
        ("POST", format!("{old}/terminate")),
        ("DELETE", "/srv-place".to_owned()),
        ("DELETE", format!("/{old}-gpi")),
        ("DELETE", format!("/{old}-intents")),
        ("DELETE", format!("/{old}")),
    ];
    let mut runs = tokio::task::JoinSet::new();
    for (method, suffix) in faults {
        runs.spawn(async move {
            let (lab, running) = placed(Setup::default()).await;
            lab.sim.lose_next_reply(method, &suffix).await;
            let second = order(UE, 2, Some("a"), Some("b"));
            let told = lab.carry_out(&second).await;
            assert!(matches!(told.last(), Some(OutcomeKind::Retired)), "{method} {suffix}: {told:?}");
            let (new, old) = (release(&second), release(&order(UE, 1, None, Some("a"))));
            assert_eq!((lab.creations(&new), lab.actions(&new, "instantiate")), (1, 1), "{method} {suffix}");
            assert_eq!(lab.actions(&old, "terminate"), 1, "{method} {suffix}");
            assert_eq!(lab.groups(), std::slice::from_ref(&new));
            assert!(lab.least_ready(&[old, new]) >= 1);
            running.kill().await;
        });
    }
    while let Some(run) = runs.join_next().await {
        run.expect("no fault does harm");
    }
}

#[tokio::test]
async fn an_action_that_arrives_late_is_waited_for_before_it_is_repeated() {
    let lab = Lab::new(Setup::default()).await;
    let url = lab.sim.url().parse().expect("a URL");
    let config = emco::Config { timeout: Duration::from_millis(400), ..emco::Config::at(url) };
    let running = lab.start_with(emco::Client::new(config).expect("a client")).await;
    let first = order(UE, 1, None, Some("a"));
    lab.sim.delay_next("POST", "/instantiate", Duration::from_millis(1_500));
    assert!(completed(&lab.carry_out(&first).await));
    assert_eq!(lab.actions(&release(&first), "instantiate"), 1);
    running.kill().await;
}

#[tokio::test]
async fn errors_without_an_effect_only_delay() {
    let (lab, running) = placed(Setup::default()).await;
    for suffix in ["/instantiate", "/approve", "/terminate"] {
        lab.sim.fail_next("POST", suffix, 500, "The server encountered an internal error\n");
    }
    lab.sim.fail_next("GET", "/status", 503, "upstream connect error");
    let told = lab.carry_out(&order(UE, 2, Some("a"), Some("b"))).await;
    assert!(matches!(told.last(), Some(OutcomeKind::Retired)), "{told:?}");
    running.kill().await;
}

#[tokio::test]
async fn emco_may_be_away_at_the_start_and_in_the_middle() {
    let lab = Lab::new(Setup::default()).await;
    lab.sim.stop_listening().await;
    let running = lab.start().await;
    let (first, second) = (order(UE, 1, None, Some("a")), order(UE, 2, Some("a"), Some("b")));
    let mut outcomes = lab.outcomes().await;
    lab.give(&first).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    lab.sim.listen_again().await.expect("the port is free");
    assert!(completed(&outcomes.end_of(&first).await));
    lab.give(&second).await;
    outcomes.progress(&second, Step::Start).await;
    lab.sim.restart_listener(Duration::from_millis(700)).await.expect("the port is free");
    let told = outcomes.end_of(&second).await;
    assert!(matches!(told.last(), Some(OutcomeKind::Retired)), "{told:?}");
    running.kill().await;
}

#[tokio::test]
async fn a_name_server_that_stumbles_delays_and_one_that_refuses_undoes() {
    let (lab, running) = placed(Setup::default()).await;
    let fail = |class, reason: &str| {
        let failure = SteerError { class, reason: reason.to_owned() };
        lab.names.failures.lock().expect("not poisoned").push(failure);
    };
    fail(Class::Transient(Duration::ZERO), "no connection");
    fail(Class::Unknown, "no answer");
    assert!(completed(&lab.carry_out(&order(UE, 2, Some("a"), Some("b"))).await));
    fail(Class::Permanent, "REFUSED: look at the TSIG key");
    let third = order(UE, 3, Some("b"), Some("c"));
    undone(&lab.carry_out(&third).await, "look at the TSIG key");
    let second = order(UE, 2, Some("a"), Some("b"));
    assert_eq!(lab.leads_to(&second), Some(("edge-b".into(), release(&second))));
    assert_eq!(lab.groups(), [release(&second)]);
    assert!(lab.names.of(&name(&second)).is_some());
    running.kill().await;
}

#[tokio::test]
async fn what_is_missing_is_named_all_at_once_and_looked_for_again() {
    let lab = Lab::new(Setup { provisioned: false, ..Setup::default() }).await;
    let running = lab.start().await;
    undone(&lab.carry_out(&order(UE, 1, None, Some("a"))).await, "project `mec`");
    let mut part = lab::provision(true);
    part.composite_app = "another".into();
    part.logical_cloud = "another".into();
    lab.sim.provision(part).await;
    // The executor looks again after a while; each try is an order of its own.
    let mut generation = 1;
    let mut until = async |fits: &dyn Fn(&[OutcomeKind]) -> bool| loop {
        generation += 1;
        let told = lab.carry_out(&order(UE, generation, None, Some("a"))).await;
        if fits(&told) {
            return told;
        }
        undone(&told, "EMCO has no");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let says = |told: &[OutcomeKind], what: &str| matches!(told.last(), Some(OutcomeKind::Undone { reason }) if reason.contains(what));
    until(&|told| {
        says(told, "composite app `addrapp` in version `v1`; EMCO has no logical cloud `admin-lc`")
    })
    .await;
    lab.sim.provision(lab::provision(true)).await;
    until(&|told| completed(told)).await;
    running.kill().await;
}

#[tokio::test]
async fn an_app_without_a_profile_and_a_cloud_that_is_not_instantiated_are_named() {
    let mut lab = Lab::new(Setup::default()).await;
    let http = reqwest::Client::new();
    let base = format!("{}/v2/projects/mec", lab.sim.url());
    let profile = format!("{base}/composite-apps/addrapp/v1/composite-profiles/prof/profiles/srv-prof");
    http.delete(profile).send().await.and_then(reqwest::Response::error_for_status).expect("deleted");
    let cloud = r#"{"metadata":{"name":"idle-lc"},"spec":{"level":"0"}}"#;
    let made = http.post(format!("{base}/logical-clouds")).body(cloud).send().await;
    made.and_then(reqwest::Response::error_for_status).expect("created");
    lab.spec.emco.logical_cloud = "idle-lc".into();
    let running = lab.start().await;
    let told = lab.carry_out(&order(UE, 1, None, Some("a"))).await;
    undone(&told, "EMCO has no profile for app `srv` in composite profile `prof`");
    undone(&told, "EMCO has no instantiated logical cloud `idle-lc` (it is Created; instantiate it)");
    assert!(lab.groups().is_empty());
    running.kill().await;
}

#[tokio::test]
async fn a_bus_that_takes_nothing_for_a_while_gets_everything_later() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    let first = order(UE, 1, None, Some("a"));
    let mut outcomes = lab.outcomes().await;
    lab.bus.refuse(Stream::Outcomes, true);
    lab.give(&first).await;
    while lab.instance(&first).await.is_none() && lab.sim.ready_releases().is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    lab.bus.refuse(Stream::Outcomes, false);
    let told = outcomes.end_of(&first).await;
    assert_eq!(steps(&told).len(), 5);
    assert!(completed(&told));
    running.kill().await;
}
