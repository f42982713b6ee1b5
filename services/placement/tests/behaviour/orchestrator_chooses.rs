use model::{OrchestratorChooses, OutcomeKind, Policy, Rule, Verdict};

use crate::desk::*;
use crate::scene::*;

fn choosing() -> Policy {
    Policy::OrchestratorChooses(OrchestratorChooses { candidates: 2, ..OrchestratorChooses::default() })
}

/// The instance of UE 1, whose cell is near to s0, at the site that the orchestrator took: s1, the second one.
fn at_second() -> Stage {
    let mut stage = Stage::new(vec![app("ar", choosing())]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    assert_eq!(
        (order.target.clone(), order.choices.clone()),
        (Some(site_id(0)), vec![site_id(0), site_id(1)])
    );
    let taken = OutcomeKind::Completed { serving: Some(placed(&site_id(1))), took_ms: 1 };
    assert_eq!(stage.end(0.0, &order, taken), []);
    stage
}

#[test]
fn what_the_orchestrator_took_stays_while_it_is_among_the_choices() {
    let mut stage = at_second();
    // s0 is nearer all the time.
    for (seconds, cell) in [(40.0, 1), (80.0, 2), (120.0, 3)] {
        assert_eq!(stage.cell(seconds, 1, cell), []);
    }
    assert_eq!(stage.due(), None);
}

#[test]
fn once_beyond_the_choices_for_long_enough_those_of_the_place_are_offered() {
    // s1 is among the nearest two all the way.
    assert_eq!(at_second().cell(50.0, 1, 28), []);
    let mut stage = Stage::new(vec![app("ar", choosing())]);
    let order = only_order(&stage.cell(0.0, 1, 0));
    let first = OutcomeKind::Completed { serving: order.target.as_ref().map(placed), took_ms: 1 };
    assert_eq!(stage.end(0.0, &order, first), []);
    let held = only_decision(&stage.cell(50.0, 1, 28));
    assert_eq!((held.verdict, held.explanation.rule), (Verdict::Stay, Rule::TimeToTrigger));
    let out = stage.timeout(60.0);
    assert_eq!(only_decision(&out).explanation.rule, Rule::BeyondChoices);
    let order = only_order(&out);
    assert_eq!((order.source.clone(), order.target.clone()), (Some(site_id(0)), Some(site_id(2))));
    assert_eq!(order.choices, [site_id(2), site_id(1)]);
}

#[test]
fn a_site_that_takes_nothing_is_not_offered_and_one_alone_is_no_choice() {
    let mut stage = Stage::new(vec![app("ar", choosing())]);
    stage.asked(0.0, cordon(1));
    assert_eq!(only_order(&stage.cell(1.0, 1, 0)).choices, [site_id(0), site_id(2)]);
    stage.asked(2.0, cordon(2));
    let order = only_order(&stage.cell(3.0, 2, 0));
    assert_eq!((order.target, order.choices), (Some(site_id(0)), vec![]));
}

#[test]
fn who_must_leave_a_site_is_offered_the_others() {
    let mut stage = at_second();
    let order = only_order(&stage.asked(50.0, drain(1)));
    assert_eq!((order.target, order.choices), (Some(site_id(0)), vec![site_id(0), site_id(2)]));
}
