//! Instances that others started, and charts that others wrote.

#![allow(missing_docs)]

mod lab;

use std::time::Duration;

use catalogue::{Adopted, AdoptedInstance};
use emco::CompositeApp;
use emco_sim::HistoryEvent;
use lab::operator::{operator, operator_at};
use lab::{Lab, OTHER, Setup, UE, completed, order, release};
use model::{Generation, InstanceId, Mode, OutcomeKind};

fn adopts(group: &str) -> Vec<Adopted> {
    let instance = AdoptedInstance::Id(InstanceId::new(UE).expect("valid"));
    vec![Adopted { instance, deployment_intent_group: group.to_owned() }]
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

/// Two groups made by hand, on sites a and b.
async fn on_both_sites(lab: &mut Lab, releases: [&str; 2]) {
    let entry = |ue: &str, group: &str| Adopted {
        instance: AdoptedInstance::Id(InstanceId::new(ue).expect("valid")),
        deployment_intent_group: group.to_owned(),
    };
    lab.spec.instances = vec![entry(UE, "one"), entry(OTHER, "two")];
    operator_at(lab, "one", releases[0], "edge-a", &[]).await;
    operator_at(lab, "two", releases[1], "edge-b", &[]).await;
}

#[tokio::test]
async fn instances_taken_over_on_both_sites_can_go_to_each_others() {
    // Two releases tell by their disjoint names; two of one name only by names that carry it.
    for releases in [["srv", "v1"], ["edge-r1", "edge-r1"]] {
        let mut lab = Lab::new(Setup::default()).await;
        on_both_sites(&mut lab, releases).await;
        let running = lab.start().await;
        let told = lab.carry_out_when_taken_over(&order(UE, 1, Some("a"), Some("b"))).await;
        assert!(completed(&told), "{releases:?}: {told:?}");
        running.kill().await;
    }
}

#[tokio::test]
async fn apps_that_share_a_composite_app_share_what_is_known_of_its_chart() {
    let mut lab = Lab::new(Setup::default()).await;
    on_both_sites(&mut lab, ["srv", "v1"]).await;
    let mut sibling = lab.spec.clone();
    sibling.app.id = model::AppId::new("vr").expect("valid");
    sibling.instances = lab.spec.instances.split_off(1);
    lab.siblings.push(sibling);
    let running = lab.start().await;
    let told = lab.carry_out_when_taken_over(&order(UE, 1, Some("a"), Some("b"))).await;
    assert!(completed(&told), "{told:?}");
    running.kill().await;
}

#[tokio::test]
async fn while_nothing_tells_whether_names_collide_nobody_waits_for_ever() {
    // A word of the composite app may be in its names by chance, and there is no second release to compare.
    let mut lab = Lab::new(Setup::default()).await;
    on_both_sites(&mut lab, ["srv", "srv"]).await;
    let running = lab.start().await;
    let told = lab.carry_out_when_taken_over(&order(UE, 1, Some("a"), Some("b"))).await;
    assert!(
        matches!(told.last(), Some(OutcomeKind::Undone { reason }) if reason.contains("not known yet")),
        "{told:?}"
    );
    assert!(completed(&lab.carry_out(&order(UE, 2, Some("a"), Some("c"))).await), "a free cluster tells");
    assert!(
        completed(&lab.carry_out(&order(OTHER, 1, Some("b"), Some("c"))).await),
        "from then on all may move"
    );
    running.kill().await;
}

#[tokio::test]
async fn with_fixed_names_the_second_release_may_come_once_the_first_is_gone() {
    let drain = Duration::from_secs(3);
    let lab = Lab::new(Setup { release_in_names: false, drain, ..Setup::default() }).await;
    let running = lab.start().await;
    let orders = [
        order(UE, 1, None, Some("a")),
        order(UE, 2, Some("a"), Some("b")),
        order(UE, 3, Some("b"), Some("a")),
        order(UE, 4, Some("b"), Some("a")),
    ];
    let mut outcomes = lab.outcomes().await;
    lab.give(&orders[0]).await;
    assert!(completed(&outcomes.end_of(&orders[0]).await));
    lab.give(&orders[1]).await;
    outcomes.progress(&orders[1], model::Step::Verify).await;
    // Back to where the first still drains.
    lab.give(&orders[2]).await;
    occupied(&outcomes.end_of(&orders[2]).await, "edge/edge-a", &release(&orders[0]));
    assert!(completed(&outcomes.end_of(&orders[1]).await));
    lab.give(&orders[3]).await;
    assert!(completed(&outcomes.end_of(&orders[3]).await));
    let history = lab.sim.history();
    let gone = history
        .iter()
        .position(|(_, event)| matches!(event, HistoryEvent::PodGone { cluster, .. } if cluster == "edge-a"));
    let again = history.iter().position(|(_, event)| {
        matches!(event, HistoryEvent::Action { group, action: "instantiate" } if *group == release(&orders[3]))
    });
    assert!(gone.expect("it went") < again.expect("it came back"), "{history:?}");
    running.kill().await;
}

#[tokio::test]
async fn with_fixed_names_an_occupied_cluster_is_told_at_once_and_holds_nobody() {
    // Nobody waits for the deadline, which is far away.
    let setup = Setup { release_in_names: false, ready: Duration::from_secs(3_600), ..Setup::default() };
    let lab = Lab::new(setup).await;
    let running = lab.start().await;
    let ues: Vec<String> = (1..=4).map(|n| format!("{n:016x}")).collect();
    let one = order(UE, 1, None, Some("a"));
    let swap = order(OTHER, 1, None, Some("b"));
    assert!(completed(&lab.carry_out(&one).await) && completed(&lab.carry_out(&swap).await));
    for ue in &ues {
        occupied(&lab.carry_out(&order(ue, 1, None, Some("a"))).await, "edge/edge-a", &release(&one));
    }
    occupied(&lab.carry_out(&order(UE, 2, Some("a"), Some("b"))).await, "edge/edge-b", &release(&swap));
    occupied(&lab.carry_out(&order(OTHER, 2, Some("b"), Some("a"))).await, "edge/edge-a", &release(&one));
    assert_eq!(lab.groups().len(), 2);
    assert!(completed(&lab.carry_out(&order(UE, 3, Some("a"), Some("c"))).await), "elsewhere is free");
    assert!(completed(&lab.carry_out(&order(&ues[0], 2, None, Some("a"))).await), "and now a is");
    running.kill().await;
}

#[tokio::test]
async fn who_waits_to_learn_of_the_names_says_for_which_group() {
    let ready = Duration::from_secs(2);
    let lab = Lab::new(Setup { ready, ..Setup::default() }).await;
    lab.sim.set_rsync_up(false);
    let running = lab.start().await;
    let (one, two) = (order(UE, 1, None, Some("a")), order(OTHER, 1, None, Some("a")));
    let mut outcomes = lab.outcomes().await;
    lab.give(&one).await;
    outcomes.progress(&one, model::Step::Prepare).await;
    // The first one gives up a moment before the second, but does not get away so soon.
    lab.sim.delay_next("DELETE", &format!("/{}-gpi", release(&one)), Duration::from_secs(4));
    lab.give(&two).await;
    let told = outcomes.end_of(&two).await;
    let Some(OutcomeKind::Undone { reason }) = told.last() else { panic!("{told:?}") };
    let waited =
        format!("prepare took longer than its deadline allows: deployment intent group {}", release(&one));
    assert!(reason.contains(&waited), "{reason}");
    running.kill().await;
}

fn occupied(told: &[OutcomeKind], cluster: &str, by: &str) {
    let Some(OutcomeKind::Undone { reason }) = told.last() else { panic!("{told:?}") };
    for part in [cluster, by, "{{ .Release.Name }}"] {
        assert!(reason.contains(part), "{part} is not in: {reason}");
    }
}
