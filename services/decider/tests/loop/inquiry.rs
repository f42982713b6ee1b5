//! Questions about how instances stand.

use std::sync::Arc;

use decider::{About, Answer};
use model::{AppId, InstanceId, InstanceKey, Rule, Supi, Verdict};

use crate::life::*;

fn supi(ue: u64) -> Supi {
    event(ue, model::Timestamp::default(), model::UeChange::Gone).supi
}

fn about(ue: u64, app: Option<&str>) -> About {
    About::Ue { supi: supi(ue), app: app.map(|app| app.parse().unwrap()) }
}

#[test]
fn whoever_asks_is_told_how_an_instance_stands_and_nothing_is_published() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    let order = world.order(1);
    let Answer::Stands(live) = life.ask(about(1, None)).unwrap() else { panic!("it is known") };
    assert_eq!(live[0].live, Some((order.generation, order.relocation)));
    world.complete(&order);
    until("its completion", || life.outcomes() == 1);
    world.pass(7);
    let published = (world.decisions().len(), world.orders().len());
    let Answer::Stands(stands) = life.ask(about(1, Some("ar"))).unwrap() else { panic!("it is known") };
    let [standing] = &stands[..] else { panic!("one instance: {stands:?}") };
    let decision = &standing.decision;
    assert_eq!((decision.verdict, decision.explanation.rule), (Verdict::Stay, Rule::AlreadyBest));
    assert_eq!((decision.at, standing.live), (world.now(), None));
    let by_id = About::Instance { app: decision.app.clone(), instance: decision.instance.clone() };
    assert_eq!(life.ask(by_id).unwrap(), Answer::Stands(stands.clone()));
    assert_eq!((world.decisions().len(), world.orders().len()), published);
    life.stop();
}

#[test]
fn what_is_not_known_is_told_with_the_apps_that_the_ue_uses() {
    let world = World::new();
    let life = world.live();
    world.report(1, 0);
    world.order(1);
    let apps = |answer| match answer {
        Answer::Unknown { apps } => apps,
        Answer::Stands(_) | Answer::Moves(_) | Answer::StandsBy => panic!("{answer:?}"),
    };
    assert_eq!(apps(life.ask(about(1, Some("vr"))).unwrap()), ["ar".parse::<AppId>().unwrap()]);
    assert_eq!(apps(life.ask(about(2, None)).unwrap()), []);
    let key = InstanceKey::new(b"sixteen bytes or more").unwrap();
    let app: AppId = "ar".parse().unwrap();
    for instance in [key.per_ue(&app, &supi(2)), InstanceId::new("x").unwrap()] {
        assert_eq!(apps(life.ask(About::Instance { app: app.clone(), instance }).unwrap()), []);
    }
    life.stop();
}

#[test]
fn a_replica_that_stands_by_says_so_and_answers_once_it_decides() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let (bus, script) = world.bus.replica();
    let life = Life::start(&world, Arc::new(bus), dir.path()).unwrap();
    world.report(1, 0);
    assert_eq!(life.ask(about(1, None)).unwrap(), Answer::StandsBy);
    script.gain();
    until("it to lead", || life.leads());
    world.order(1);
    assert!(matches!(life.ask(about(1, None)).unwrap(), Answer::Stands(_)));
    script.lose();
    until("the part to be given back", || script.released() == 1);
    assert_eq!(life.ask(about(1, None)).unwrap(), Answer::StandsBy);
    life.stop();
}
