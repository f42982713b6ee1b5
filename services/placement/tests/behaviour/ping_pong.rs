use std::time::Duration;

use model::{App, AppLimits, Guard, Policy, Rule, SiteCondition, SiteSource, Trigger, Verdict};

use crate::desk::*;
use crate::scene::*;

fn damped() -> Vec<App> {
    let limits = AppLimits { no_return: Duration::from_secs(50), ..AppLimits::default() };
    vec![App { limits, ..app("ar", Policy::Nearest) }, app("free", Policy::Nearest)]
}

/// An instance that went from s0 to s1 and came there at 11 s.
fn moved(stage: &mut Stage) {
    for order in orders(&stage.cell(0.0, 1, 0)) {
        stage.done(1.0, &order);
    }
    for order in orders(&stage.cell(10.0, 1, 9)) {
        stage.done(11.0, &order);
    }
}

#[test]
fn there_is_no_way_back_before_its_time_and_one_on_to_elsewhere() {
    let mut stage = Stage::new(damped());
    moved(&mut stage);
    let out = stage.cell(20.0, 1, 1);
    let told = decisions(&out).into_iter().find(|told| told.app.as_str() == "ar").unwrap();
    assert_eq!((told.verdict, told.explanation.rule), (Verdict::Blocked, Rule::Guarded(Guard::PingPong)));
    assert_eq!(told.explanation.limits.not_back_to, Some(site_id(0)));
    assert_eq!(only_order(&out).app.as_str(), "free");
    stage.done(21.0, &only_order(&out));
    assert_eq!(stage.due(), Some(61.0));
    assert_eq!(only_order(&stage.run_to(61.0)).target, Some(site_id(0)));

    let mut stage = Stage::new(damped());
    moved(&mut stage);
    let targets: Vec<_> = orders(&stage.cell(20.0, 1, 19)).into_iter().map(|order| order.target).collect();
    assert_eq!(targets, [Some(site_id(2)), Some(site_id(2))]);
}

#[test]
fn who_must_leave_and_whom_an_operator_sends_may_go_back() {
    let mut stage = Stage::new(damped());
    moved(&mut stage);
    let asked = only_order(&stage.ask(20.0, go(1, 0)));
    assert_eq!((asked.trigger, asked.target.clone()), (Trigger::Operator, Some(site_id(0))));
    stage.done(21.0, &asked);

    let mut stage = Stage::new(damped());
    moved(&mut stage);
    let out = stage.said(20.0, 1, SiteSource::Probe, SiteCondition::Failed);
    let targets: Vec<_> = orders(&out).into_iter().map(|order| order.target).collect();
    assert_eq!(targets, [Some(site_id(0)), Some(site_id(0))]);
}

#[test]
fn where_it_came_from_survives_a_restart_and_a_reload_and_costs_others_nothing() {
    let mut stage = Stage::new(damped());
    moved(&mut stage);
    let bytes = stage.engine.snapshot();
    let mut other = damped();
    other[0].limits.no_return = Duration::ZERO;
    let mut without = Stage::new(other);
    moved(&mut without);
    assert!(without.engine.snapshot().len() < bytes.len());
    let restored = placement::Engine::restore(&bytes, topology(), damped(), key()).unwrap();
    let mut stage = Stage { engine: restored, ledger: stage.ledger };
    assert!(stage.engine.snapshot() == bytes);
    let mut longer = damped();
    longer[0].limits.no_return = Duration::from_secs(80);
    let mut out = Vec::new();
    stage.engine.replace(at(15.0), topology(), longer, &mut out).unwrap();
    stage.checked(out);
    let told = decisions(&stage.cell(20.0, 1, 1));
    assert!(told.iter().any(|told| told.explanation.rule == Rule::Guarded(Guard::PingPong)), "{told:?}");
    assert!(stage.due() == Some(91.0));
}
