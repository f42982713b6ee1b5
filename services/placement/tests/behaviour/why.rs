//! What is told when it is asked, whether or not anything is decided.

use model::{
    Basis, Generation, Guard, InstanceId, Policy, Rule, SiteCondition, SiteSource, UeChange, Verdict,
};
use placement::Input;

use crate::desk;
use crate::scene::*;

#[test]
fn an_instance_that_stays_is_explained_by_its_ue_and_by_its_id_and_nothing_follows() {
    let mut stage = Stage::new(vec![app("vr", threshold()), app("ar", Policy::Nearest)]);
    stage.cell(0.0, 1, 0);
    let before = stage.engine.snapshot();
    let all = stage.engine.standings(&supi(1), at(5.0)).unwrap();
    // In the order of the apps, as they were listed.
    let apps: Vec<_> = all.iter().map(|standing| standing.decision.app.as_str()).collect();
    assert_eq!(apps, ["vr", "ar"]);
    for standing in &all {
        let decision = &standing.decision;
        assert_eq!(decision.at, at(5.0));
        let own = stage.engine.standing(&decision.app, &decision.instance, at(5.0)).unwrap();
        assert_eq!(own, *standing);
        assert_eq!(stage.engine.why(&supi(1), &decision.app, at(5.0)).unwrap().verdict, decision.verdict);
    }
    assert!(stage.engine.snapshot() == before, "asking changed something");
    assert_eq!(stage.engine.standings(&supi(2), at(5.0)), None);
    let nobody = InstanceId::new("00000000000000ff").unwrap();
    assert_eq!(stage.engine.standing(&all[0].decision.app, &nobody, at(5.0)), None);
}

#[test]
fn a_live_order_is_named_and_no_other_one_with_it() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    let told = stage.engine.standing(&order.app, &order.instance, at(1.0)).unwrap();
    assert_eq!(told.live, Some((order.generation, order.relocation)));
    assert_eq!((told.decision.verdict, told.decision.order), (Verdict::Move, None));
    assert_eq!(told.decision.explanation.under_way, 0, "its own slot is not counted against it");
    stage.end(2.0, &order, completed(&order));
    let told = stage.engine.standing(&order.app, &order.instance, at(3.0)).unwrap();
    assert_eq!((told.live, told.decision.explanation.rule), (None, Rule::AlreadyBest));
}

#[test]
fn a_pause_after_an_order_that_came_to_nothing_is_told() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    stage.end(1.0, &order, undone());
    let told = stage.engine.standing(&order.app, &order.instance, at(2.0)).unwrap();
    assert_eq!((told.decision.verdict, told.paused_until), (Verdict::Move, Some(at(3.0))));
    assert_eq!(told.decision.order.map(|(generation, _)| generation), Some(Generation(2)));
}

#[test]
fn an_instance_whose_ue_is_not_known_is_explained_by_where_it_serves() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    let instance = key().per_ue(&"ar".parse().unwrap(), &supi(1));
    stage.handle(at(0.0), Input::Instance(&instance_state("ar", &instance, 3, Some(1), at(0.0))));
    let asked =
        |stage: &Stage, now| stage.engine.standing(&"ar".parse().unwrap(), &instance, at(now)).unwrap();
    let told = asked(&stage, 5.0).decision;
    assert_eq!((told.supi, told.verdict, told.explanation.rule), (None, Verdict::Stay, Rule::NoCandidate));
    assert_eq!((told.source, told.explanation.serving.unwrap().stayed_ms), (Some(site_id(1)), 5_000));
    for site in [0, 2] {
        let closed = desk::report(site, at(6.0), SiteSource::Probe, SiteCondition::Cordoned);
        stage.handle(at(6.0), Input::Site(&closed));
    }
    let fails = desk::report(1, at(6.0), SiteSource::Probe, SiteCondition::Failed);
    stage.handle(at(6.0), Input::Site(&fails));
    let told = asked(&stage, 7.0).decision;
    assert_eq!(told.explanation.basis, Basis::ServingSite);
    assert_eq!(told.explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
}

#[test]
fn what_has_ended_for_a_ue_that_has_left_is_not_told_any_more() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    let order = stage.placed_at(0.0, 1, 0);
    stage.ue(1.0, 1, UeChange::Gone);
    let told = stage.engine.standing(&order.app, &order.instance, at(2.0)).unwrap();
    assert_eq!(told.decision.explanation.rule, Rule::NoCandidate);
    let gone = only_order(&stage.timeout(61.0));
    stage.end(62.0, &gone, completed(&gone));
    assert_eq!(stage.engine.standing(&order.app, &order.instance, at(63.0)), None);
    assert_eq!(stage.engine.standings(&supi(1), at(63.0)), None);
}
