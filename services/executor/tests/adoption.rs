//! Instances that others started, and charts that others wrote.

#![allow(missing_docs)]

mod lab;

use std::collections::BTreeMap;
use std::time::Duration;

use catalogue::{Adopted, AdoptedInstance};
use emco::{
    AppIntent, AppIntentSpec, CompositeApp, Group, GroupRef, GroupSpec, Intents, IntentsSpec, Metadata,
    Named, PlacementIntent,
};
use emco_sim::HistoryEvent;
use lab::{Lab, Setup, completed, order, release};
use model::{Generation, InstanceId, Mode, OutcomeKind};

const UE: &str = "0123456789abcdef";

fn adopts(group: &str) -> Vec<Adopted> {
    let instance = AdoptedInstance::Id(InstanceId::new(UE).expect("valid"));
    vec![Adopted { instance, deployment_intent_group: group.to_owned() }]
}

/// What an operator did before EdgeRoam came.
async fn operator(lab: &Lab, further: &[(&str, &str)]) -> GroupRef {
    let client = lab.client();
    let app = CompositeApp { project: "mec".into(), name: "addrapp".into(), version: "v1".into() };
    let group = app.group("by-hand");
    let spec = GroupSpec {
        composite_profile: "prof".into(),
        version: "edge-r1".into(),
        logical_cloud: "admin-lc".into(),
        override_values: vec![serde_json::json!({"app": "srv", "values": {"size": "large"}})],
    };
    let wanted = Group { metadata: Metadata::named("by-hand"), spec };
    client.create_group(&app, &wanted).await.expect("accepted");
    client.create_placement(&group, &Named { metadata: Metadata::named("where") }).await.expect("accepted");
    let placed = AppIntent {
        metadata: Metadata::named("srv-there"),
        spec: AppIntentSpec { app: "srv".into(), intent: PlacementIntent::at("edge", "edge-a") },
    };
    client.create_app_intent(&group, "where", &placed).await.expect("accepted");
    let mut intent = BTreeMap::from([("genericPlacementIntent".to_owned(), "where".to_owned())]);
    intent.extend(further.iter().map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())));
    let intents = Intents { metadata: Metadata::named("by-hand-intents"), spec: IntentsSpec { intent } };
    client.create_intents(&group, &intents).await.expect("accepted");
    client.approve(&group).await.expect("accepted");
    client.instantiate(&group).await.expect("accepted");
    group
}

/// Waits until the executor has said something about the instance.
async fn taken_over(lab: &Lab) -> model::InstanceState {
    loop {
        if let Some(state) = lab.instance(&order(UE, 1, None, Some("a"))).await {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_running_group_is_taken_over_and_its_copy_is_like_it() {
    let lab = Lab::new(Setup { instances: adopts("by-hand"), ..Setup::default() }).await;
    operator(&lab, &[]).await;
    let running = lab.start().await;
    let state = tokio::time::timeout(lab::GUARD, taken_over(&lab)).await.expect("it is taken over");
    let serving = state.serving.expect("it serves");
    assert_eq!((state.generation, serving.site.as_str()), (Generation(0), "a"));
    assert_eq!((serving.release.as_str(), serving.deployment_intent_group.as_str()), ("edge-r1", "by-hand"));
    let first = order(UE, 1, Some("a"), Some("b"));
    let mut outcomes = lab.outcomes().await;
    lab.give(&first).await;
    outcomes.progress(&first, model::Step::Verify).await;
    let app = CompositeApp { project: "mec".into(), name: "addrapp".into(), version: "v1".into() };
    let copy = lab.client().read_in_full(&app.group(release(&first))).await.expect("an answer");
    let copy = copy.expect("it is there");
    assert_eq!(copy.spec.override_values[0]["values"]["size"], "large");
    assert_eq!(
        (copy.placements[0].intent_name.as_str(), copy.cluster()),
        ("srv-there", Some(("edge", "edge-b")))
    );
    let told = outcomes.end_of(&first).await;
    assert!(matches!(told.last(), Some(OutcomeKind::Retired)), "{told:?}");
    assert_eq!(lab.groups(), [release(&first)], "the group made by hand is gone with its children");
    assert!(lab.least_ready(&["edge-r1".to_owned(), release(&first)]) >= 1);
    running.kill().await;
}

#[tokio::test]
async fn it_is_taken_over_once() {
    let lab = Lab::new(Setup { instances: adopts("by-hand"), ..Setup::default() }).await;
    operator(&lab, &[]).await;
    let running = lab.start().await;
    tokio::time::timeout(lab::GUARD, taken_over(&lab)).await.expect("it is taken over");
    let first = order(UE, 1, Some("a"), Some("b"));
    assert!(completed(&lab.carry_out(&first).await));
    running.kill().await;
    // The entry is still in the configuration; what happened since counts.
    let running = lab.start().await;
    assert!(completed(&lab.carry_out(&order(UE, 2, Some("b"), Some("c"))).await));
    running.kill().await;
}

#[tokio::test]
async fn an_order_that_comes_before_the_adoption_does_not_start_a_second_instance() {
    let lab = Lab::new(Setup { instances: adopts("by-hand"), ..Setup::default() }).await;
    operator(&lab, &[]).await;
    let running = lab.start().await;
    let told = lab.carry_out(&order(UE, 1, None, Some("b"))).await;
    assert!(
        matches!(&told[..], [OutcomeKind::Fenced { serving: Some(site), newest: Generation(1) }]
            if site.as_str() == "a"),
        "{told:?}"
    );
    assert_eq!(lab.groups(), ["by-hand"]);
    running.kill().await;
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused_by_name_before_anything_moves() {
    let lab = Lab::new(Setup { instances: adopts("by-hand"), ..Setup::default() }).await;
    operator(&lab, &[("genericK8sIntent", "extra-config")]).await;
    let running = lab.start().await;
    let told = lab.carry_out(&order(UE, 1, None, Some("b"))).await;
    let refused =
        |reason: &str| reason.contains("by-hand") && reason.contains("genericK8sIntent `extra-config`");
    assert!(matches!(&told[..], [OutcomeKind::Undone { reason }] if refused(reason)), "{told:?}");
    assert_eq!(lab.groups(), ["by-hand"]);
    running.kill().await;
}

#[tokio::test]
async fn a_group_that_is_not_there_is_named() {
    let lab = Lab::new(Setup { instances: adopts("nobody"), ..Setup::default() }).await;
    let running = lab.start().await;
    let told = lab.carry_out(&order(UE, 1, None, Some("b"))).await;
    assert!(matches!(&told[..], [OutcomeKind::Undone { reason }] if reason.contains("`nobody`")), "{told:?}");
    running.kill().await;
}

#[tokio::test]
async fn an_app_that_is_only_observed_is_read_and_nothing_else() {
    let setup = Setup { instances: adopts("by-hand"), mode: Mode::Observe, ..Setup::default() };
    let lab = Lab::new(setup).await;
    operator(&lab, &[]).await;
    let before = lab.sim.history().iter().filter(|(_, e)| matches!(e, HistoryEvent::Action { .. })).count();
    let running = lab.start().await;
    tokio::time::timeout(lab::GUARD, taken_over(&lab)).await.expect("it is seen");
    lab.carry_out(&order(UE, 1, Some("a"), Some("b"))).await;
    let after = lab.sim.history().iter().filter(|(_, e)| matches!(e, HistoryEvent::Action { .. })).count();
    assert_eq!((before, lab.groups()), (after, vec!["by-hand".to_owned()]));
    running.kill().await;
}

#[tokio::test]
async fn with_fixed_names_the_second_release_waits_until_the_first_is_gone() {
    let drain = Duration::from_secs(3);
    let lab = Lab::new(Setup { release_in_names: false, drain, ..Setup::default() }).await;
    let running = lab.start().await;
    let orders = [
        order(UE, 1, None, Some("a")),
        order(UE, 2, Some("a"), Some("b")),
        order(UE, 3, Some("b"), Some("a")),
    ];
    let mut outcomes = lab.outcomes().await;
    lab.give(&orders[0]).await;
    assert!(completed(&outcomes.end_of(&orders[0]).await));
    lab.give(&orders[1]).await;
    outcomes.progress(&orders[1], model::Step::Verify).await;
    // Back to where the first still drains.
    lab.give(&orders[2]).await;
    assert!(completed(&outcomes.end_of(&orders[2]).await));
    assert!(completed(&outcomes.end_of(&orders[1]).await));
    let history = lab.sim.history();
    let gone = history
        .iter()
        .position(|(_, event)| matches!(event, HistoryEvent::PodGone { cluster, .. } if cluster == "edge-a"));
    let again = history.iter().position(|(_, event)| {
        matches!(event, HistoryEvent::Action { group, action: "instantiate" } if *group == release(&orders[2]))
    });
    assert!(gone.expect("it went") < again.expect("it came back"), "{history:?}");
    running.kill().await;
}

#[tokio::test]
async fn with_fixed_names_two_instances_never_share_a_cluster() {
    let setup = Setup { release_in_names: false, ready: Duration::from_secs(3), ..Setup::default() };
    let lab = Lab::new(setup).await;
    let running = lab.start().await;
    let (one, two) = (order(UE, 1, None, Some("a")), order("fedcba9876543210", 1, None, Some("a")));
    assert!(completed(&lab.carry_out(&one).await));
    let told = lab.carry_out(&two).await;
    assert!(matches!(told.last(), Some(OutcomeKind::Undone { .. })), "{told:?}");
    assert_eq!(lab.groups(), [release(&one)]);
    assert!(
        completed(&lab.carry_out(&order("fedcba9876543210", 2, None, Some("b"))).await),
        "elsewhere is free"
    );
    running.kill().await;
}
