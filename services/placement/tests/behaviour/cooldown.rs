use std::time::Duration;

use model::{
    App, AppLimits, Guard, Mode, Policy, Rule, SiteCondition, SiteSource, Trigger, UeChange, Verdict,
};

use crate::desk::*;
use crate::scene::*;

fn cool(policy: Policy) -> App {
    let limits = AppLimits { cooldown: Duration::from_secs(60), ..AppLimits::default() };
    App { limits, ..app("ar", policy) }
}

#[test]
fn the_policy_waits_until_the_cooldown_ends_and_goes_at_that_instant() {
    for policy in [Policy::Nearest, threshold(), regret()] {
        let mut stage = Stage::new(vec![cool(policy)]);
        stage.put(0.0, 1, 0);
        let (mut out, mut due) = (stage.cell(5.0, 1, 9), 5.0);
        while orders(&out).is_empty() {
            due = stage.due().expect("a time to look again");
            out = stage.timeout(due);
        }
        assert_eq!(due, 60.0, "{policy:?}");
        assert_eq!(only_order(&out).target, Some(site_id(1)));
    }
}

#[test]
fn what_is_told_of_a_cooldown_recomputes_the_verdict() {
    let mut stage = Stage::new(vec![cool(Policy::Nearest)]);
    stage.put(0.0, 1, 0);
    let told = only_decision(&stage.cell(5.0, 1, 9));
    assert_eq!((told.verdict, told.explanation.rule), (Verdict::Blocked, Rule::Guarded(Guard::Cooldown)));
    assert_eq!(told.explanation.limits.cooldown_ms, Some(60_000));
    assert_eq!(told.explanation.serving.as_ref().map(|serving| serving.stayed_ms), Some(5_000));
    assert_eq!(told.target, Some(site_id(1)));
    // Told once; and no longer wished for, it costs one look.
    assert_eq!(stage.cell(6.0, 1, 10), []);
    assert_eq!(stage.cell(7.0, 1, 1), []);
    assert_eq!(stage.run_to(100.0), []);
    assert_eq!(stage.due(), None);
}

#[test]
fn placing_leaving_letting_go_and_operators_wait_for_no_cooldown() {
    let mut stage = Stage::new(vec![cool(Policy::Nearest)]);
    stage.put(0.0, 1, 0);
    let out = stage.said(1.0, 0, SiteSource::Probe, SiteCondition::Failed);
    let order = only_order(&out);
    assert_eq!((order.trigger, order.target.clone()), (Trigger::SiteFailure, Some(site_id(1))));
    stage.done(2.0, &order);
    let asked = only_order(&stage.ask(3.0, go(1, 2)));
    assert_eq!(asked.trigger, Trigger::Operator);
    stage.done(4.0, &asked);
    stage.ue(5.0, 1, UeChange::Gone);
    assert_eq!(only_order(&stage.run_to(65.0)).trigger, Trigger::UeGone);
}

#[test]
fn a_cooldown_is_seen_while_observing() {
    let app = App { mode: Mode::Observe, ..cool(Policy::Nearest) };
    let mut stage = Stage::new(vec![app]);
    assert_eq!(only_decision(&stage.cell(0.0, 1, 0)).verdict, Verdict::Move);
    assert_eq!(only_decision(&stage.cell(5.0, 1, 9)).explanation.rule, Rule::Guarded(Guard::Cooldown));
    assert_eq!(only_decision(&stage.run_to(60.0)).verdict, Verdict::Move);
}

#[test]
fn an_order_that_is_undone_does_not_begin_a_cooldown() {
    let mut stage = Stage::new(vec![cool(Policy::Nearest)]);
    stage.put(0.0, 1, 0);
    stage.cell(5.0, 1, 9);
    let order = only_order(&stage.run_to(60.0));
    assert_eq!(stage.end(61.0, &order, undone()), []);
    assert_eq!(only_order(&stage.run_to(63.0)).target, Some(site_id(1)));
}
