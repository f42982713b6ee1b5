use model::{
    App, Basis, EvacuationState, Guard, Policy, Rule, SiteCondition, SiteSource, Threshold, Trigger,
    UeChange, Verdict,
};
use placement::Input;

use crate::desk::*;
use crate::scene::*;

/// A policy that would never move anything by itself.
fn steady() -> Policy {
    Policy::Threshold(Threshold { margin_meters: 1e9, ..Threshold::default() })
}

fn paced(most: u32) -> Vec<App> {
    vec![App { max_concurrent_relocations: most, ..app("ar", steady()) }]
}

fn rejected(decision: &model::Decision) -> Vec<(String, Option<Guard>)> {
    decision.explanation.candidates.iter().map(|c| (c.site.to_string(), c.rejected_by)).collect()
}

#[test]
fn what_serves_at_a_drained_site_leaves_over_the_policys_margin() {
    let mut stage = Stage::new(paced(4));
    let placed = stage.put(0.0, 1, 1);
    stage.put(0.0, 2, 12);
    let out = stage.asked(1.0, drain(0));
    let (decision, order) = (only_decision(&out), only_order(&out));
    assert_eq!((decision.verdict, decision.trigger), (Verdict::Move, Trigger::Maintenance));
    assert_eq!(decision.explanation.rule, Rule::Evacuation);
    assert_eq!(decision.explanation.serving.as_ref().unwrap().rejected_by, Some(Guard::Draining));
    let looked_at = [("s0", Some(Guard::Draining)), ("s1", None), ("s2", None)];
    assert_eq!(rejected(&decision), looked_at.map(|(site, by)| (site.to_owned(), by)));
    assert_eq!((order.source.clone(), order.target.clone()), (Some(site_id(0)), Some(site_id(1))));
    assert_eq!((order.trigger, order.instance.clone()), (Trigger::Maintenance, placed.instance));
    assert_eq!((order.due_at, order.generation), (at(1.0), placed.generation.next()));
    assert_eq!(decisions(&stage.done(2.0, &order)), []);
    // Near to the drained site all the same: it stays away.
    assert_eq!(decisions(&stage.cell(3.0, 1, 0)), []);
    let why = stage.engine.why(&supi(1), &order.app, at(3.0)).unwrap();
    assert_eq!((why.verdict, why.explanation.rule), (Verdict::Stay, Rule::AlreadyBest));
    assert_eq!(rejected(&why)[0], ("s0".to_owned(), Some(Guard::Draining)));
}

#[test]
fn draining_is_paced_by_max_concurrent_relocations() {
    let mut stage = Stage::new(paced(2));
    for ue in 1..=5 {
        stage.put(0.0, ue, 0);
    }
    let out = stage.asked(1.0, drain(0));
    let mut live = orders(&out);
    assert_eq!(live.len(), 2);
    let blocked: Vec<_> = decisions(&out).into_iter().filter(|d| d.verdict == Verdict::Blocked).collect();
    assert_eq!(blocked.len(), 3);
    assert!(blocked.iter().all(|d| d.explanation.rule == Rule::Guarded(Guard::ConcurrentRelocations)));
    assert!(blocked.iter().all(|d| d.trigger == Trigger::Maintenance));
    assert_eq!(stage.engine.counts().waiting, 3);
    let mut moved = Vec::new();
    while let Some(order) = (!live.is_empty()).then(|| live.remove(0)) {
        assert!(stage.engine.counts().under_way <= 2);
        let out = stage.done(2.0, &order);
        live.extend(orders(&out));
        moved.push(order.instance);
    }
    moved.sort();
    moved.dedup();
    assert_eq!((moved.len(), stage.engine.counts().waiting), (5, 0));
}

#[test]
fn nothing_new_is_placed_at_a_drained_site() {
    let mut stage = Stage::new(paced(4));
    stage.asked(0.0, drain(0));
    let out = stage.cell(1.0, 1, 0);
    let decision = only_decision(&out);
    assert_eq!((decision.trigger, decision.target), (Trigger::FirstPlacement, Some(site_id(1))));
    assert_eq!(decision.explanation.candidates[0].rejected_by, Some(Guard::Draining));
    // The policy, too, sees only sites that take instances.
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    stage.put(0.0, 1, 20);
    stage.asked(1.0, drain(0));
    let order = only_order(&stage.cell(2.0, 1, 0));
    assert_eq!((order.target, order.trigger), (Some(site_id(1)), Trigger::Mobility));
}

#[test]
fn what_no_other_site_takes_is_stranded_until_one_opens() {
    let mut stage = Stage::new(paced(4));
    let placed = stage.put(0.0, 1, 0);
    stage.asked(1.0, cordon(1));
    stage.asked(1.0, cordon(2));
    let out = stage.asked(2.0, drain(0));
    let decision = only_decision(&out);
    assert_eq!(decision.verdict, Verdict::Blocked);
    assert_eq!(decision.explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
    assert_eq!((decision.trigger, decision.target.clone()), (Trigger::Maintenance, None));
    let guards = [Guard::Draining, Guard::Cordoned, Guard::Cordoned].map(Some);
    assert_eq!(decision.explanation.candidates.iter().map(|c| c.rejected_by).collect::<Vec<_>>(), guards);
    assert_eq!(stage.engine.counts().held, 1);
    // Told once, and counted: at once, or with the next count a second later.
    let out = stage.run_to(5.0);
    assert_eq!(decisions(&out), []);
    assert_eq!(evacuations(&out), [("s0".to_owned(), EvacuationState::UnderWay, [1, 1, 1])]);
    let out = stage.asked(6.0, resume(2));
    let order = only_order(&out);
    assert_eq!((order.target.clone(), order.instance.clone()), (Some(site_id(2)), placed.instance));
    assert_eq!(stage.engine.counts().held, 0);
    let out = stage.done(7.0, &order);
    assert_eq!(evacuations(&out), [("s0".to_owned(), EvacuationState::Done, [1, 0, 0])]);
}

#[test]
fn who_has_no_site_at_all_gets_one_when_one_opens() {
    let mut stage = Stage::new(paced(4));
    (0..3).for_each(|site| drop(stage.asked(0.0, drain(site))));
    let blocked = only_decision(&stage.cell(1.0, 1, 0));
    assert_eq!(blocked.explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
    assert_eq!((blocked.trigger, blocked.verdict), (Trigger::FirstPlacement, Verdict::Blocked));
    let order = only_order(&stage.asked(2.0, resume(2)));
    assert_eq!((order.target, order.trigger), (Some(site_id(2)), Trigger::FirstPlacement));
}

#[test]
fn the_instance_of_a_ue_that_has_gone_is_let_go() {
    let mut stage = Stage::new(paced(4));
    stage.put(0.0, 1, 0);
    stage.ue(1.0, 1, UeChange::Gone);
    let out = stage.asked(2.0, drain(0));
    let (decision, order) = (only_decision(&out), only_order(&out));
    assert_eq!((decision.trigger, decision.explanation.rule), (Trigger::Maintenance, Rule::Evacuation));
    assert_eq!((order.source.clone(), order.target.clone()), (Some(site_id(0)), None));
    let out = stage.done(3.0, &order);
    assert_eq!(evacuations(&out).last().unwrap().1, EvacuationState::Done);
    assert_eq!(stage.engine.counts().ues, 0);
}

#[test]
fn an_instance_whose_ue_is_not_known_leaves_for_the_site_nearest_to_its_own() {
    let mut stage = Stage::new(paced(4));
    let instance = key().per_ue(&paced(1)[0].id, &supi(1));
    let runs = instance_state("ar", &instance, 3, Some(2), at(0.0));
    stage.handle(at(0.0), Input::Instance(&runs));
    let out = stage.asked(1.0, drain(2));
    let (decision, order) = (only_decision(&out), only_order(&out));
    assert_eq!((decision.supi, decision.explanation.basis), (None, Basis::ServingSite));
    assert_eq!((order.source.clone(), order.target.clone()), (Some(site_id(2)), Some(site_id(1))));
    // When its UE is heard of, it is the UE's.
    stage.done(2.0, &order);
    assert_eq!(decisions(&stage.cell(3.0, 1, 10)), []);
    assert_eq!(stage.engine.counts().detached, 0);
}

#[test]
fn an_evacuation_begins_progresses_once_a_second_and_is_done() {
    let mut stage = Stage::new(paced(4));
    let placed: Vec<_> = (1..=4).map(|ue| stage.put(0.0, ue, 0)).collect();
    let begun = stage.ask(10.0, drain_by(0, 60.0));
    let [status] = &told(&begun)[..] else { panic!("{begun:?}") };
    assert_eq!((&status.site, status.at, status.since), (&site_id(0), at(10.0), at(10.0)));
    assert_eq!(status.condition, SiteCondition::Draining { deadline: Some(at(60.0)) });
    assert_eq!(status.source, Some(SiteSource::Operator));
    assert_eq!(status.reason.as_deref(), Some("work on the power supply"));
    let evacuation = status.evacuation.unwrap();
    assert_eq!((evacuation.since, evacuation.deadline), (at(10.0), Some(at(60.0))));
    assert_eq!((evacuation.instances, evacuation.remaining, evacuation.stranded), (4, 4, 0));
    let live = orders(&stage.timeout(10.0));
    assert_eq!(live.len(), placed.len());
    // Three end within a second: one line, when the second is over.
    for (order, seconds) in live.iter().zip([10.2, 10.4, 10.6]) {
        assert_eq!(evacuations(&stage.done(seconds, order)), []);
    }
    let out = stage.run_to(30.0);
    assert_eq!(evacuations(&out), [("s0".to_owned(), EvacuationState::UnderWay, [4, 1, 0])]);
    assert_eq!(told(&out)[0].at, at(11.0));
    // The end is told at once.
    let out = stage.done(30.1, &live[3]);
    assert_eq!(evacuations(&out), [("s0".to_owned(), EvacuationState::Done, [4, 0, 0])]);
    // Done is done: its deadline passes unnoticed.
    assert_eq!(stage.run_to(100.0), []);
    let over = told(&stage.asked(101.0, resume(0)));
    assert_eq!((over.len(), over[0].condition, over[0].evacuation), (1, SiteCondition::InService, None));
}

#[test]
fn an_empty_site_is_drained_at_once() {
    let mut stage = Stage::new(paced(4));
    let out = stage.asked(0.0, drain(0));
    assert_eq!(evacuations(&out), [("s0".to_owned(), EvacuationState::Done, [0, 0, 0])]);
}

#[test]
fn an_evacuation_is_overdue_once_when_its_deadline_passes() {
    let mut stage = Stage::new(paced(1));
    stage.put(0.0, 1, 0);
    stage.put(0.0, 2, 0);
    let out = stage.asked(1.0, drain_by(0, 20.0));
    let first = only_order(&out);
    let out = stage.run_to(50.0);
    assert_eq!(evacuations(&out), [("s0".to_owned(), EvacuationState::Overdue, [2, 2, 0])]);
    assert_eq!(told(&out)[0].at, at(20.0));
    let second = only_order(&stage.done(51.0, &first));
    assert_eq!(stage.engine.counts().under_way, 1);
    // It goes on, and says when it is done.
    let out = stage.done(60.0, &second);
    assert_eq!(evacuations(&out), [("s0".to_owned(), EvacuationState::Done, [2, 0, 0])]);
}

#[test]
fn resuming_a_site_ends_its_evacuation_where_it_is() {
    let mut stage = Stage::new(paced(1));
    (1..=3).for_each(|ue| drop(stage.put(0.0, ue, 0)));
    let first = only_order(&stage.asked(1.0, drain_by(0, 20.0)));
    let out = stage.asked(2.0, resume(0));
    assert_eq!(orders(&out), []);
    let status = told(&out).pop().unwrap();
    assert_eq!(
        (status.condition, status.since, status.evacuation),
        (SiteCondition::InService, at(2.0), None)
    );
    assert_eq!(stage.engine.counts().waiting, 0);
    // What was under way ends; nobody follows, and no deadline is left.
    assert_eq!(orders(&stage.done(3.0, &first)), []);
    assert_eq!(stage.run_to(30.0), []);
}

#[test]
fn an_order_that_was_under_way_to_a_site_that_is_drained_meanwhile_is_made_good_afterwards() {
    let mut stage = Stage::new(paced(4));
    let order = only_order(&stage.cell(0.0, 1, 0));
    assert_eq!(orders(&stage.asked(1.0, drain(0))), []);
    let out = stage.done(2.0, &order);
    let away = only_order(&out);
    assert_eq!((away.source.clone(), away.target.clone()), (Some(site_id(0)), Some(site_id(1))));
    assert_eq!(away.trigger, Trigger::Maintenance);
}
