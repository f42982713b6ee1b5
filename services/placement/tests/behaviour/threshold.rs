use model::{CmState, Policy, Rule, Trigger, UeChange, Verdict};

use crate::scene::*;

#[test]
fn a_move_needs_margin_time_and_stay() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    stage.placed_at(0.0, 1, 0);
    // Cell 8 is 0.2 degrees from s1 and 0.8 from s0.
    let held = only_decision(&stage.cell(5.0, 1, 8));
    assert_eq!((held.verdict, held.explanation.rule), (Verdict::Stay, Rule::TimeToTrigger));
    assert_eq!((held.source, held.target), (Some(site_id(0)), Some(site_id(1))));
    assert_eq!(stage.due(), Some(30.0));
    assert_eq!(stage.timeout(29.9), []);
    let out = stage.timeout(30.0);
    let (decision, order) = (only_decision(&out), only_order(&out));
    assert_eq!((decision.explanation.rule, decision.explanation.better_for_ms), (Rule::ThresholdMet, 25_000));
    assert_eq!(decision.explanation.serving.unwrap().stayed_ms, 30_000);
    assert_eq!((order.source, order.target), (Some(site_id(0)), Some(site_id(1))));
    assert_eq!((order.trigger, order.observed_at, order.due_at), (Trigger::Mobility, at(5.0), at(30.0)));
}

#[test]
fn going_back_in_time_holds_for_nothing_and_is_told_once() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    stage.placed_at(0.0, 1, 0);
    assert_eq!(decisions(&stage.cell(100.0, 1, 8)).len(), 1);
    // Still better elsewhere: the same episode, nothing new is told and the time goes on.
    assert_eq!(stage.cell(104.0, 1, 9), []);
    assert_eq!(stage.due(), Some(110.0));
    // Back where it is served: the episode is over, and the timer finds nothing to do.
    assert_eq!(stage.cell(108.0, 1, 1), []);
    assert_eq!(stage.timeout(110.0), []);
    assert_eq!(stage.due(), None);
    // A new episode is told again and starts from nothing.
    assert_eq!(decisions(&stage.cell(120.0, 1, 8)).len(), 1);
    assert_eq!(orders(&stage.timeout(129.9)), []);
    assert_eq!(orders(&stage.timeout(130.0)).len(), 1);
}

#[test]
fn the_time_runs_on_while_another_site_becomes_the_best() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    stage.placed_at(0.0, 1, 0);
    stage.cell(100.0, 1, 9);
    assert_eq!(stage.cell(105.0, 1, 18), []);
    assert_eq!(only_order(&stage.timeout(110.0)).target, Some(site_id(2)));
}

#[test]
fn within_the_margin_nothing_moves() {
    let wide = model::Threshold { margin_meters: 30_000.0, ..model::Threshold::default() };
    let mut stage = Stage::new(vec![app("ar", Policy::Threshold(wide))]);
    stage.placed_at(0.0, 1, 0);
    // Cell 6: 0.6 degrees from s0, 0.4 from s1, 22 km apart.
    let held = only_decision(&stage.cell(100.0, 1, 6));
    assert_eq!((held.verdict, held.explanation.rule), (Verdict::Stay, Rule::WithinMargin));
    assert_eq!((stage.due(), stage.timeout(1_000.0)), (None, vec![]));
    // Over the margin in the same episode: not told again, but the time runs.
    assert_eq!(stage.cell(1_000.0, 1, 7), []);
    assert_eq!(only_order(&stage.timeout(1_010.0)).target, Some(site_id(1)));
}

#[test]
fn an_idle_ue_keeps_its_instance_and_its_timers() {
    let mut stage = Stage::new(vec![app("ar", threshold())]);
    stage.placed_at(0.0, 1, 0);
    stage.cell(100.0, 1, 8);
    assert_eq!(stage.ue(101.0, 1, UeChange::Connectivity { cm: CmState::Idle }), []);
    assert_eq!(stage.ue(101.0, 99, UeChange::Connectivity { cm: CmState::Idle }), []);
    assert_eq!(orders(&stage.timeout(110.0)).len(), 1);
}

#[test]
fn nearest_moves_at_once() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    stage.placed_at(0.0, 1, 0);
    let out = stage.cell(0.1, 1, 6);
    assert_eq!(only_decision(&out).explanation.rule, Rule::Nearer);
    assert_eq!(only_order(&out).due_at, at(0.1));
    assert_eq!(stage.due(), None);
}

#[test]
fn a_pin_to_another_site_outweighs_every_margin() {
    let mut stage = rack(threshold());
    stage.placed_at(0.0, 1, 0);
    let held = only_decision(&stage.cell(100.0, 1, 1));
    assert_eq!(held.explanation.rule, Rule::TimeToTrigger);
    assert_eq!(held.explanation.serving.unwrap().meters, None);
    assert_eq!(only_order(&stage.timeout(110.0)).target, Some(site_id(1)));
}
