//! Orders that go all the way, and orders that are not taken.

#![allow(missing_docs, clippy::wildcard_enum_match_arm)]

mod lab;

use bus::{Bus as _, Record, Start};
use emco_sim::HistoryEvent;
use lab::{Lab, Setup, completed, name, order, release, steps};
use model::{Generation, Mode, Order, OutcomeKind, SiteId, Step, Stream, Timestamp};
use relocation::Kind;

const UE: &str = "0123456789abcdef";

#[tokio::test]
async fn an_instance_is_placed_moved_and_let_go() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;

    let first = order(UE, 1, None, Some("a"));
    let told = lab.carry_out(&first).await;
    assert_eq!(steps(&told), Kind::FirstPlacement.steps(), "{told:?}");
    let serving = match told.last() {
        Some(OutcomeKind::Completed { serving: Some(serving), .. }) => serving.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(serving.deployment_intent_group, release(&first));
    assert_eq!(lab.leads_to(&first), Some(("edge-a".into(), release(&first))));
    let state = lab.instance(&first).await.expect("it is published");
    assert_eq!((state.generation, state.serving), (Generation(1), Some(serving)));

    let second = order(UE, 2, Some("a"), Some("b"));
    let told = lab.carry_out(&second).await;
    assert_eq!(steps(&told), Kind::Move.steps());
    assert!(completed(&told) && matches!(told.last(), Some(OutcomeKind::Retired)), "{told:?}");
    assert_eq!(lab.leads_to(&second), Some(("edge-b".into(), release(&second))));
    assert_eq!(lab.groups(), [release(&second)], "the first group is forgotten");

    let last = order(UE, 3, Some("b"), None);
    let told = lab.carry_out(&last).await;
    assert_eq!(steps(&told), Kind::LetGo.steps());
    assert!(told.iter().any(|kind| matches!(kind, OutcomeKind::Completed { serving: None, .. })));
    assert_eq!(lab.names.of(&name(&last)), None);
    assert!(lab.groups().is_empty() && lab.sim.ready_releases().is_empty());
    let state = lab.instance(&last).await.expect("it is published");
    assert_eq!((state.generation, state.serving), (Generation(3), None));
    running.kill().await;
}

#[tokio::test]
async fn no_name_is_guessed_where_nothing_is_left() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    let (first, second) = (order(UE, 1, None, Some("a")), order(UE, 2, Some("a"), Some("b")));
    lab.carry_out(&first).await;
    lab.carry_out(&second).await;
    let intents = format!("{}/intents/", release(&first));
    let asked = lab.sim.requests();
    let asked = asked.iter().filter(|(method, path)| method == "GET" && path.contains(&intents));
    let asked: Vec<_> = asked.filter_map(|(_, path)| path.rsplit('/').next()).collect();
    let own = format!("{}-intents", release(&first));
    // Once before it was made, and once before it was deleted.
    assert_eq!(asked, [own.as_str(), own.as_str()]);
    running.kill().await;
}

#[tokio::test]
async fn the_second_look_at_a_ready_target_is_the_one_that_shows_its_address() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    let first = order(UE, 1, None, Some("a"));
    lab.carry_out(&first).await;
    let status = format!("{}/status?", release(&first));
    let asked = lab.sim.requests();
    let asked: Vec<_> = asked.iter().filter_map(|(_, path)| Some(path.split_once(&status)?.1)).collect();
    let looks = ["status=deployed", "status=ready", "status=deployed", "status=ready&output=detail"];
    assert!(asked.ends_with(&looks), "{asked:?}");
    running.kill().await;
}

#[tokio::test]
async fn the_source_answers_until_the_target_does() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    let (first, second) = (order(UE, 1, None, Some("a")), order(UE, 2, Some("a"), Some("b")));
    lab.carry_out(&first).await;
    lab.carry_out(&second).await;
    let history = lab.sim.history();
    let position = |wanted: &dyn Fn(&HistoryEvent) -> bool| {
        history.iter().position(|(_, event)| wanted(event)).expect("it happened")
    };
    let (old, new) = (release(&first), release(&second));
    let ready = position(&|e| matches!(e, HistoryEvent::PodReady { release, .. } if *release == new));
    let going = position(&|e| matches!(e, HistoryEvent::PodTerminating { release, .. } if *release == old));
    let gone = position(&|e| matches!(e, HistoryEvent::PodGone { release, .. } if *release == old));
    let forgotten = position(&|e| matches!(e, HistoryEvent::GroupDeleted { group } if *group == old));
    assert!(ready < going && going < gone && gone < forgotten, "{ready} {going} {gone} {forgotten}");
    running.kill().await;
}

#[tokio::test]
async fn the_group_says_which_relocation_made_it_and_how() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    let first = order(UE, 1, None, Some("a"));
    lab.carry_out(&first).await;
    let composite =
        emco::CompositeApp { project: "mec".into(), name: "addrapp".into(), version: "v1".into() };
    let copy = lab.client().read_in_full(&composite.group(release(&first))).await.expect("an answer");
    let copy = copy.expect("it is there");
    assert_eq!(copy.user_data1, first.relocation.to_string());
    assert_eq!(
        (copy.spec.version.as_str(), copy.cluster()),
        (release(&first).as_str(), Some(("edge", "edge-a")))
    );
    assert_eq!((copy.placements[0].intent_name.as_str(), copy.obstacles.len()), ("srv-place", 0));
    running.kill().await;
}

#[tokio::test]
async fn an_order_that_comes_twice_is_carried_out_once() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    let first = order(UE, 1, None, Some("a"));
    let mut outcomes = lab.outcomes().await;
    lab.give(&first).await;
    lab.give(&first).await;
    assert!(completed(&outcomes.end_of(&first).await));
    lab.give(&first).await;
    // The same id with other content is refused, and changes nothing.
    let mut other = first.clone();
    other.target = Some(SiteId::new("c").expect("valid"));
    lab.give(&other).await;
    let second = order(UE, 2, Some("a"), Some("b"));
    lab.give(&second).await;
    assert!(completed(&outcomes.end_of(&second).await));
    // An older one that comes once more is not answered in another way than before.
    lab.give(&first).await;
    let third = order(UE, 3, Some("b"), Some("a"));
    lab.give(&third).await;
    assert!(completed(&outcomes.end_of(&third).await));
    let endings = outcomes.of(&first).into_iter().filter(OutcomeKind::ends_order);
    assert!(endings.into_iter().all(|kind| matches!(kind, OutcomeKind::Completed { .. })));
    assert_eq!(lab.creations(&release(&first)), 1);
    assert_eq!(lab.actions(&release(&first), "instantiate"), 1);
    assert!(lab.sim.ready_releases().iter().all(|(_, cluster, _)| cluster != "edge-c"));
    running.kill().await;
}

#[tokio::test]
async fn a_stale_order_is_fenced_with_what_holds_instead() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    lab.carry_out(&order(UE, 5, None, Some("a"))).await;
    let holds = |newest| OutcomeKind::Fenced {
        newest: Generation(newest),
        serving: Some(SiteId::new("a").expect("valid")),
    };
    // Of a decider that does not know of the fifth.
    let late = Order { decided_at: Timestamp::from_micros(1), ..order(UE, 4, Some("a"), Some("b")) };
    assert_eq!(lab.carry_out(&late).await, [holds(5)]);
    assert_eq!(lab.carry_out(&order(UE, 6, Some("c"), Some("b"))).await, [holds(6)]);
    assert_eq!(lab.carry_out(&order(UE, 7, None, Some("b"))).await, [holds(7)]);
    let told = lab.carry_out(&order(UE, 8, Some("a"), Some("b"))).await;
    assert!(completed(&told));
    running.kill().await;
}

#[tokio::test]
async fn what_is_no_order_goes_where_an_operator_sees_it() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    let mut forged = order(UE, 1, None, Some("a"));
    forged.relocation = order(UE, 9, None, Some("a")).relocation;
    for data in [b"{not json".to_vec(), serde_json::to_vec(&forged).expect("JSON")] {
        let record = Record { key: "ar/x".into(), id: None, data: data.into() };
        lab.bus.publish(Stream::Orders, vec![record]).await.expect("published");
    }
    let mut letters = lab.bus.consume(Stream::DeadLetter, "test", Start::Oldest).await.expect("a consumer");
    let mut read = 0;
    while read < 2 {
        let more = tokio::time::timeout(lab::GUARD, letters.next(8)).await.expect("letters come");
        for letter in more.expect("the bus is open") {
            let letter: serde_json::Value = serde_json::from_slice(&letter.data).expect("JSON");
            assert!(letter["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{letter}");
            read += 1;
        }
    }
    assert!(completed(&lab.carry_out(&order(UE, 1, None, Some("a"))).await), "it goes on");
    running.kill().await;
}

#[tokio::test]
async fn orders_that_cannot_be_carried_out_are_answered() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    let nowhere = lab.carry_out(&order(UE, 1, None, Some("atlantis"))).await;
    assert!(
        matches!(&nowhere[..], [OutcomeKind::Undone { reason }] if reason.contains("atlantis")),
        "{nowhere:?}"
    );
    running.kill().await;
    let lab = Lab::new(Setup { mode: Mode::Observe, ..Setup::default() }).await;
    let running = lab.start().await;
    let observed = lab.carry_out(&order(UE, 1, None, Some("a"))).await;
    assert!(
        matches!(&observed[..], [OutcomeKind::Undone { reason }] if reason.contains("observe")),
        "{observed:?}"
    );
    assert!(lab.groups().is_empty());
    running.kill().await;
}

#[tokio::test]
async fn a_newer_order_before_the_pivot_undoes_the_older_one_first() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    lab.carry_out(&order(UE, 1, None, Some("a"))).await;
    lab.sim.set_pod_never_ready("edge-b", true);
    let (second, third) = (order(UE, 2, Some("a"), Some("b")), order(UE, 3, Some("a"), Some("c")));
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    outcomes.progress(&second, Step::Start).await;
    lab.give(&third).await;
    let told = outcomes.end_of(&second).await;
    assert!(
        matches!(told.last(), Some(OutcomeKind::Undone { reason }) if reason.contains("superseded")),
        "{told:?}"
    );
    let told = outcomes.end_of(&third).await;
    assert!(completed(&told), "{told:?}");
    assert_eq!(lab.leads_to(&third), Some(("edge-c".into(), release(&third))));
    assert_eq!(lab.groups(), [release(&third)]);
    running.kill().await;
}

#[tokio::test]
async fn a_newer_order_after_the_pivot_starts_from_the_new_site_while_the_old_one_drains() {
    let drain = std::time::Duration::from_secs(4);
    let lab = Lab::new(Setup { drain, ..Setup::default() }).await;
    let running = lab.start().await;
    lab.carry_out(&order(UE, 1, None, Some("a"))).await;
    let (second, third) = (order(UE, 2, Some("a"), Some("b")), order(UE, 3, Some("b"), Some("a")));
    let mut outcomes = lab.outcomes().await;
    lab.give(&second).await;
    outcomes.progress(&second, Step::Verify).await;
    lab.give(&third).await;
    assert!(completed(&outcomes.end_of(&third).await));
    assert!(completed(&outcomes.end_of(&second).await));
    assert_eq!(lab.leads_to(&third), Some(("edge-a".into(), release(&third))));
    assert_eq!(lab.groups(), [release(&third)]);
    running.kill().await;
}

#[tokio::test]
async fn several_instances_move_at_the_same_time() {
    let lab = Lab::new(Setup::default()).await;
    let running = lab.start().await;
    let ues: Vec<String> = (0..6).map(|n| format!("{n:016x}")).collect();
    let mut outcomes = lab.outcomes().await;
    for (generation, source, target) in [(1, None, Some("a")), (2, Some("a"), Some("b"))] {
        let orders: Vec<_> = ues.iter().map(|ue| order(ue, generation, source, target)).collect();
        for order in &orders {
            lab.give(order).await;
        }
        for order in &orders {
            assert!(completed(&outcomes.end_of(order).await));
        }
    }
    assert_eq!(lab.sim.ready_releases().len(), ues.len());
    running.kill().await;
}
