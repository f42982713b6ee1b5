use model::{App, Mode, Policy, UeChange, Users};
use placement::{AppError, Topology};

use crate::scene::*;

fn without_s1() -> Topology {
    Topology::new(vec![site(0), site(2)], (0..=30).map(cell).collect(), Vec::new()).unwrap()
}

fn replace(stage: &mut Stage, seconds: f64, topology: Topology, apps: Vec<App>) -> Vec<placement::Command> {
    let mut out = Vec::new();
    stage.ledger = placement::invariants::Ledger::new(&topology);
    stage.engine.replace(at(seconds), topology, apps, &mut out).unwrap();
    stage.checked(out)
}

#[test]
fn a_site_that_is_no_longer_listed_is_left_as_the_policy_allows() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let placed = stage.placed_at(0.0, 1, 14);
    assert_eq!(placed.target, Some(site_id(1)));
    let held = replace(&mut stage, 100.0, without_s1(), vec![app("ar", threshold())]);
    assert_eq!(only_decision(&held).explanation.serving.unwrap().meters, None);
    let order = only_order(&stage.timeout(110.0));
    assert_eq!((order.source, order.target), (Some(site_id(1)), Some(site_id(2))));
    assert_eq!(order.generation, placed.generation.next());
}

#[test]
fn cells_that_become_known_place_those_who_were_there() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    assert_eq!(stage.cell(0.0, 1, 40), []);
    let wider = Topology::new((0..3).map(site).collect(), (0..=40).map(cell).collect(), Vec::new()).unwrap();
    let out = replace(&mut stage, 1.0, wider, vec![app("ar", threshold())]);
    assert_eq!(only_order(&out).target, Some(site_id(2)));
}

#[test]
fn live_orders_queues_and_generations_survive() {
    let tight = || App { max_concurrent_relocations: 1, ..app("ar", Policy::Nearest) };
    let mut stage = Stage::new(vec![tight()]);
    let first = only_order(&stage.cell(0.0, 1, 0));
    for ue in [5, 3, 4] {
        stage.cell(ue as f64, ue, 0);
    }
    stage.ue(10.0, 5, UeChange::Gone);
    assert_eq!(replace(&mut stage, 11.0, without_s1(), vec![app("new", threshold()), tight()]).len(), 6);
    assert_eq!(stage.engine.counts().waiting, 2);
    let kind = completed(&first);
    let next = only_order(&stage.end(12.0, &first, kind));
    assert_eq!(next.instance, key().per_ue(&next.app, &supi(3)));
}

#[test]
fn apps_come_and_go() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    stage.placed_at(0.0, 1, 0);
    let out = replace(&mut stage, 1.0, topology(), vec![app("vr", threshold()), app("ar", threshold())]);
    assert_eq!(only_order(&out).app.as_str(), "vr");
    assert_eq!(replace(&mut stage, 2.0, topology(), vec![app("vr", threshold())]), []);
    assert_eq!(stage.engine.counts().instances, 1);
    // Who no longer uses an app keeps the instance, but nothing is decided about it.
    let nobody = Users::Only { supis: vec![], ranges: vec![] };
    replace(&mut stage, 3.0, topology(), vec![App { users: nobody, ..app("vr", threshold()) }]);
    assert_eq!((stage.cell(500.0, 1, 20), stage.timeout(900.0)), (vec![], vec![]));
}

#[test]
fn a_change_of_mode_needs_a_restart() {
    let mut stage = Stage::new(vec![App { mode: Mode::Observe, ..app("ar", threshold()) }]);
    let before = stage.engine.snapshot();
    let refused = stage.engine.replace(at(1.0), topology(), vec![app("ar", threshold())], &mut Vec::new());
    assert!(matches!(&refused, Err(AppError::ModeChanged(id)) if id.as_str() == "ar"));
    assert_eq!(stage.engine.snapshot(), before);
}
