use model::{
    App, Basis, Decision, Guard, Policy, Position, Rule, Site, Trigger, UeChange, UeLocation, UePosition,
    Verdict,
};
use placement::{Command, Engine, Topology};

use crate::desk::*;
use crate::scene::*;
use crate::town::stripe;

const DOUBT: Rule = Rule::Guarded(Guard::Uncertain);

fn stage() -> Stage {
    Stage::new(vec![app("ar", Policy::Nearest)])
}

fn told(commands: &[Command]) -> (Verdict, Rule, Trigger) {
    let Decision { verdict, trigger, explanation, .. } = only_decision(commands);
    (verdict, explanation.rule, trigger)
}

#[test]
fn a_position_outweighs_the_cell_that_it_is_told_with() {
    let mut stage = stage();
    let centre = Position::new(1.9, 0.0).unwrap();
    let position = Some(UePosition::new(centre, 50.0).unwrap());
    let cell = Some(cell_id(2));
    let out = stage.ue(0.0, 1, UeChange::Location(UeLocation { cell, tai: None, position }));
    let decision = only_decision(&out);
    assert_eq!(decision.target, Some(site_id(2)));
    let explanation = decision.explanation;
    assert_eq!((explanation.basis, explanation.uncertainty_meters), (Basis::Position, Some(50.0)));
    assert!((explanation.candidates[0].meters - 11_131.9).abs() < 0.1, "{explanation:?}");
}

#[test]
fn a_position_places_who_is_in_a_cell_that_the_catalogue_does_not_know() {
    let mut stage = stage();
    assert_eq!(stage.cell(0.0, 1, 99), []);
    assert_eq!(only_order(&stage.ue(1.0, 1, at_position(120, 0))).target, Some(site_id(1)));
    assert_eq!(stage.engine.counts().positions, 1);
}

#[test]
fn nothing_moves_while_the_circle_covers_both_sites() {
    let mut stage = stage();
    stage.placed_at(0.0, 1, 0);
    // s0 is 67 km away and s1 44 km; both lie within 70 km.
    assert_eq!(told(&stage.ue(1.0, 1, at_position(60, 70))), (Verdict::Blocked, DOUBT, Trigger::Mobility));
    // The same doubt is told once.
    assert_eq!(stage.ue(2.0, 1, at_position(61, 70)), []);
    // 22 km nearer: 11 km are as much as may be, and that is met with 10 km.
    assert_eq!(only_order(&stage.ue(3.0, 1, at_position(60, 10))).target, Some(site_id(1)));
}

#[test]
fn nothing_moves_while_the_circle_reaches_where_the_serving_site_is_nearer() {
    let mut stage = stage();
    stage.placed_at(0.0, 1, 0);
    // No site is within 12 km, but so is the middle between them.
    let out = stage.ue(1.0, 1, at_position(60, 12));
    assert_eq!(told(&out), (Verdict::Blocked, DOUBT, Trigger::Mobility));
    let serving = only_decision(&out).explanation.serving.unwrap();
    assert!(serving.meters.unwrap() > 60_000.0);
    // A cell has no circle.
    assert_eq!(only_order(&stage.cell(2.0, 1, 6)).target, Some(site_id(1)));
}

#[test]
fn doubt_holds_the_policy_alone() {
    let mut stage = stage();
    let first = only_order(&stage.ue(0.0, 1, at_position(10, 200)));
    assert_eq!((first.trigger, &first.target), (Trigger::FirstPlacement, &Some(site_id(0))));
    stage.done(0.5, &first);
    let asked = only_order(&stage.asked(1.0, go(1, 2)));
    assert_eq!((asked.trigger, &asked.target), (Trigger::Operator, &Some(site_id(2))));
    stage.done(2.0, &asked);
    let left = only_order(&stage.asked(3.0, drain(2)));
    assert_eq!((left.trigger, left.target), (Trigger::Maintenance, Some(site_id(0))));
}

#[test]
fn who_is_in_an_area_is_there_by_the_centre_of_the_circle() {
    let sites = vec![Site { service_area: Some(stripe(0, 12)), ..site(0) }, site(1)];
    let topology = Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap();
    let mut stage = Stage::with(Engine::new(topology, vec![app("ar", Policy::Nearest)], key()).unwrap());
    let order = only_order(&stage.ue(0.0, 1, at_position(10, 0)));
    stage.done(0.5, &order);
    assert_eq!(told(&stage.ue(1.0, 1, at_position(120, 99))), (Verdict::Blocked, DOUBT, Trigger::Mobility));
    let left = only_order(&stage.ue(2.0, 1, at_position(121, 99)));
    assert_eq!((left.trigger, left.target), (Trigger::LeftArea, Some(site_id(1))));
}

#[test]
fn a_position_is_forgotten_with_the_next_cell_and_with_its_ue() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let positions = |stage: &Stage| stage.engine.counts().positions;
    for ue in 0..5 {
        stage.ue(0.0, ue, at_position(10 * ue as u32, 0));
        stage.ue(1.0, ue, at_position(10 * ue as u32 + 1, 0));
    }
    assert_eq!(positions(&stage), 5);
    stage.cell(2.0, 1, 3);
    stage.ue(2.0, 2, UeChange::Gone);
    assert_eq!(positions(&stage), 3);
    // A number that is free again is given again, and nobody else is there.
    stage.ue(3.0, 1, at_position(299, 0));
    let why = stage.engine.why(&supi(3), &"ar".parse().unwrap(), at(3.0)).unwrap();
    assert!(why.explanation.candidates[0].meters < 35_000.0);
}

#[test]
fn positions_survive_a_restart_and_a_new_catalogue() {
    let apps = || vec![App { max_concurrent_relocations: 9, ..app("ar", Policy::Nearest) }];
    let mut stage = Stage::new(apps());
    for ue in 0..4 {
        let order = only_order(&stage.ue(0.0, ue, at_position(10, 9)));
        stage.done(0.0, &order);
    }
    stage.ue(1.0, 2, UeChange::Gone);
    stage.ue(1.0, 3, at_position(30, 9));
    let bytes = stage.engine.snapshot();
    let mut restored = Engine::restore(&bytes, topology(), apps(), key()).unwrap();
    assert!(restored.snapshot() == bytes);
    let why = |engine: &Engine| engine.why(&supi(3), &"ar".parse().unwrap(), at(2.0)).unwrap();
    assert_eq!(why(&restored), why(&stage.engine));
    // A site appears beside the UE.
    let near = Site { position: Some(Position::new(0.31, 0.0).unwrap()), ..site(7) };
    let sites = (0..3).map(site).chain([near]).collect();
    let wider = Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap();
    let mut out = Vec::new();
    restored.replace(at(3.0), wider, apps(), &mut out).unwrap();
    restored.check().unwrap();
    let order = only_order(&out);
    assert_eq!((order.instance, order.target), (key().per_ue(&order.app, &supi(3)), Some(site_id(7))));
}
