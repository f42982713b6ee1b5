use model::{
    Basis, Generation, Policy, Rule, Scope, SupiRange, Trigger, UeChange, UeLocation, Users, Verdict,
};
use placement::{AppError, Engine};

use crate::scene::*;

#[test]
fn a_ue_that_appears_gets_an_instance_at_the_nearest_site() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let out = stage.cell(1.0, 7, 12);
    let (decision, order) = (only_decision(&out), only_order(&out));
    assert_eq!((decision.verdict, decision.explanation.rule), (Verdict::Move, Rule::NoInstanceYet));
    assert_eq!(decision.explanation.basis, Basis::Cell(cell_id(12)));
    assert_eq!(decision.explanation.candidates.len(), 3);
    assert_eq!(order.trigger, Trigger::FirstPlacement);
    assert_eq!((order.source, order.target), (None, Some(site_id(1))));
    assert_eq!((order.generation, order.observed_at, order.due_at), (Generation(1), at(1.0), at(1.0)));
    assert_eq!(order.instance, key().per_ue(&order.app, &supi(7)));
    assert!((decision.explanation.candidates[0].meters - 22_264.0).abs() < 1.0);
}

#[test]
fn ues_outside_users_never_cause_an_order() {
    let ranges = vec![SupiRange { first: supi(10), last: supi(19) }];
    let some =
        model::App { users: Users::Only { supis: vec![supi(3)], ranges }, ..app("ar", Policy::Nearest) };
    let mut stage = Stage::new(vec![some]);
    assert_eq!(stage.cell(1.0, 4, 1), []);
    assert_eq!(stage.engine.counts().ues, 0);
    assert_eq!(orders(&stage.cell(1.0, 3, 1)).len(), 1);
    assert_eq!(orders(&stage.cell(1.0, 10, 1)).len(), 1);
    assert_eq!(stage.cell(1.0, 20, 1), []);
}

#[test]
fn a_ue_that_is_nowhere_gets_nothing_until_it_is_somewhere() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    assert_eq!(stage.cell(1.0, 1, 999), []);
    let nothing = UeLocation { cell: None, tai: None, position: None };
    assert_eq!(stage.ue(2.0, 1, UeChange::Location(nothing)), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.unknown_cells, counts.nowhere, counts.ues), (1, 2, 1));
    let why = stage.engine.why(&supi(1), &model::AppId::new("ar").unwrap(), at(2.0)).unwrap();
    assert_eq!((why.explanation.rule, why.explanation.basis), (Rule::NoCandidate, Basis::Unknown));
    assert_eq!(orders(&stage.cell(3.0, 1, 5)).len(), 1);
}

#[test]
fn every_app_of_a_ue_has_an_instance_of_its_own() {
    let mut stage = Stage::new(vec![app("ar", threshold()), app("vr", Policy::Nearest)]);
    let ordered = orders(&stage.cell(1.0, 1, 1));
    assert_eq!(ordered.iter().map(|o| o.app.as_str()).collect::<Vec<_>>(), ["ar", "vr"]);
    assert_ne!(ordered[0].instance, ordered[1].instance);
}

#[test]
fn the_same_report_again_changes_nothing() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    let order = stage.placed_at(1.0, 1, 1);
    let before = stage.engine.snapshot();
    assert_eq!(stage.cell(2.0, 1, 1), []);
    let kind = completed(&order);
    assert_eq!(stage.end(3.0, &order, kind), []);
    assert_eq!(stage.engine.snapshot(), before);
}

#[test]
fn what_cannot_be_placed_is_refused_by_name() {
    let refused = |apps| Engine::new(topology(), apps, key()).expect_err("refused").to_string();
    let message = refused(vec![model::App { scope: Scope::Group, ..app("vr", threshold()) }]);
    assert!(message.contains("`vr`") && message.contains("needs `groups`"), "{message}");
    let choosing = Policy::OrchestratorChooses(model::OrchestratorChooses::default());
    let message = refused(vec![model::App { scope: Scope::Shared, ..app("vr", choosing) }]);
    assert!(message.contains("`vr`") && message.contains("orchestrator-chooses"), "{message}");
    assert!(refused(vec![app("ar", threshold()), app("ar", threshold())]).contains("more than once"));
    let idle = model::App { max_concurrent_relocations: 0, ..app("ar", threshold()) };
    assert!(refused(vec![idle]).contains("max_concurrent_relocations"));
    let knobs = model::Threshold { margin_meters: f64::NAN, ..model::Threshold::default() };
    let odd = Engine::new(topology(), vec![app("ar", Policy::Threshold(knobs))], key());
    assert!(matches!(odd, Err(AppError::Margin(_))));
}
