use model::{
    App, AppLimits, FreezeWindow, Guard, Limits, Policy, Rule, SiteCondition, SiteSource, Trigger, UeChange,
    Verdict, Weekday,
};
use placement::Fleet;

use crate::desk::*;
use crate::scene::*;

/// Midnight of Monday, 5 January 1970.
const MONDAY: f64 = 4.0 * 86_400.0;
const FIVE: f64 = MONDAY + 17.0 * 3_600.0;

/// From 17:00 to 19:00 by a clock that is an hour ahead: 16:00 to 18:00 UTC.
fn rush() -> FreezeWindow {
    FreezeWindow {
        days: [Weekday::Mon].into(),
        from: "17:00".parse().unwrap(),
        to: "19:00".parse().unwrap(),
        zone: "+01:00".parse().unwrap(),
    }
}

fn of_all() -> Fleet {
    let limits = Limits { freeze_windows: vec![rush()], ..Limits::default() };
    Fleet { apps: vec![app("ar", Policy::Nearest)], limits }
}

fn of_app() -> Fleet {
    let limits = AppLimits { freeze_windows: vec![rush()], ..AppLimits::default() };
    vec![App { limits, ..app("ar", Policy::Nearest) }].into()
}

#[test]
fn the_policy_moves_nothing_within_a_window_and_the_engine_wakes_at_its_end() {
    for fleet in [of_all(), of_app()] {
        let mut stage = Stage::of(fleet);
        stage.put(MONDAY, 1, 0);
        let told = only_decision(&stage.cell(FIVE, 1, 9));
        assert_eq!(
            (told.verdict, told.explanation.rule),
            (Verdict::Blocked, Rule::Guarded(Guard::FreezeWindow))
        );
        assert_eq!(told.explanation.limits.freeze_window, Some(rush()));
        assert_eq!(stage.cell(FIVE + 60.0, 1, 10), []);
        assert_eq!(stage.due(), Some(MONDAY + 18.0 * 3_600.0));
        assert_eq!(only_order(&stage.run_to(MONDAY + 18.0 * 3_600.0)).target, Some(site_id(1)));
    }
}

#[test]
fn before_a_window_and_on_other_days_the_policy_goes_on() {
    let mut stage = Stage::of(of_all());
    stage.put(MONDAY, 1, 0);
    let order = only_order(&stage.cell(MONDAY + 16.0 * 3_600.0 - 0.001, 1, 9));
    stage.done(MONDAY + 16.0 * 3_600.0, &order);
    only_order(&stage.cell(FIVE + 86_400.0, 1, 0));
}

#[test]
fn placing_leaving_operators_and_letting_go_pass_through_a_window() {
    let mut stage = Stage::of(of_all());
    stage.put(FIVE, 1, 0);
    stage.put(FIVE, 2, 0);
    let left = stage.said(FIVE + 1.0, 0, SiteSource::Probe, SiteCondition::Failed);
    let left = orders(&left);
    assert!(left.iter().all(|order| order.trigger == Trigger::SiteFailure) && left.len() == 2, "{left:?}");
    left.iter().for_each(|order| drop(stage.done(FIVE + 2.0, order)));
    assert_eq!(only_order(&stage.ask(FIVE + 3.0, go(1, 2))).trigger, Trigger::Operator);
    stage.ue(FIVE + 4.0, 2, UeChange::Gone);
    assert_eq!(only_order(&stage.run_to(FIVE + 64.0)).trigger, Trigger::UeGone);
}

#[test]
fn a_window_ends_with_the_catalogue_that_had_it() {
    let mut stage = Stage::of(of_all());
    stage.put(MONDAY, 1, 0);
    only_decision(&stage.cell(FIVE, 1, 9));
    let mut out = Vec::new();
    let apps = vec![app("ar", Policy::Nearest)];
    stage.engine.replace(at(FIVE + 5.0), topology(), apps, &mut out).unwrap();
    assert_eq!(only_order(&stage.checked(out)).target, Some(site_id(1)));
}
