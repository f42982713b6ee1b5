//! What operators and sources said is kept through a new catalogue and through a restart.

use model::{App, EvacuationState, Guard, Policy, Rule, Site, SiteCondition, SiteSource, Trigger};
use placement::invariants::Ledger;
use placement::{Command, Input, Topology};

use crate::desk::*;
use crate::scene::*;

fn nearest() -> App {
    app("ar", Policy::Nearest)
}

fn of_sites(sites: Vec<Site>) -> Topology {
    Topology::new(sites, (0..=40).map(cell).collect(), Vec::new()).unwrap()
}

/// The ledger starts anew: what was said of sites before is not known to it.
fn replace(stage: &mut Stage, seconds: f64, topology: Topology, apps: Vec<App>) -> Vec<Command> {
    let mut out = Vec::new();
    stage.ledger = Ledger::new(&topology).with(&apps);
    stage.engine.replace(at(seconds), topology, apps, &mut out).unwrap();
    stage.checked(out)
}

#[test]
fn conditions_are_kept_by_the_ids_of_sites_when_the_catalogue_changes() {
    let mut stage = Stage::new(vec![nearest()]);
    stage.said(0.5, 2, SiteSource::Emco, SiteCondition::Cordoned);
    stage.asked(0.5, cordon(0));
    // s0 leaves the catalogue, s3 comes: every index is another one.
    let out = replace(&mut stage, 1.0, of_sites((1..4).map(site).collect()), vec![nearest()]);
    assert_eq!(out, []);
    assert_eq!(stage.engine.counts().closed_sites, 1);
    let decision = only_decision(&stage.cell(2.0, 1, 21));
    assert_eq!(decision.target, Some(site_id(3)));
    let guards: Vec<_> =
        decision.explanation.candidates.iter().map(|c| (c.site.clone(), c.rejected_by)).collect();
    let expected = [(2, Some(Guard::Cordoned)), (3, None), (1, None)];
    assert_eq!(guards, expected.map(|(number, by)| (site_id(number), by)));
    // An older word of the same source is still none, a newer one is.
    let old = report(2, at(0.0), SiteSource::Emco, SiteCondition::InService);
    stage.handle(at(3.0), Input::Site(&old));
    assert_eq!(stage.engine.counts().closed_sites, 1);
    stage.said(4.0, 2, SiteSource::Emco, SiteCondition::InService);
    assert_eq!(stage.engine.counts().closed_sites, 0);
}

#[test]
fn an_evacuation_goes_on_under_another_catalogue() {
    let tight = || App { max_concurrent_relocations: 1, ..nearest() };
    let mut stage = Stage::new(vec![tight()]);
    (1..=3).for_each(|ue| drop(stage.put(0.0, ue, 11)));
    let first = only_order(&stage.asked(1.0, drain_by(1, 20.0)));
    let out =
        replace(&mut stage, 2.0, of_sites([1, 2, 3].map(site).into()), vec![app("vr", threshold()), tight()]);
    assert!(orders(&out).iter().all(|order| order.app.as_str() == "vr"));
    assert_eq!(evacuations(&out), [], "nothing of it is news");
    assert_eq!(stage.engine.counts().waiting, 2);
    let second = only_order(&stage.done(3.0, &first));
    assert_eq!((second.source.clone(), second.trigger), (Some(site_id(1)), Trigger::Maintenance));
    let out = stage.run_to(30.0);
    let states: Vec<_> = evacuations(&out);
    let last = states.last().unwrap();
    assert_eq!(last, &("s1".to_owned(), EvacuationState::Overdue, [3, 2, 0]));
    assert_eq!(told(&out).last().unwrap().evacuation.unwrap().since, at(1.0));
    let third = only_order(&stage.done(31.0, &second));
    let out = stage.done(32.0, &third);
    assert_eq!(evacuations(&out), [("s1".to_owned(), EvacuationState::Done, [3, 0, 0])]);
}

#[test]
fn a_site_that_is_left_and_leaves_the_catalogue_is_left_all_the_same() {
    let tight = || App { max_concurrent_relocations: 1, ..app("ar", threshold()) };
    let mut stage = Stage::new(vec![tight()]);
    stage.put(0.0, 1, 1);
    stage.put(0.0, 2, 1);
    let first = only_order(&stage.asked(1.0, drain(0)));
    assert_eq!(orders(&replace(&mut stage, 2.0, of_sites([1, 2].map(site).into()), vec![tight()])), []);
    let second = only_order(&stage.done(3.0, &first));
    assert_eq!((second.source.clone(), second.trigger), (Some(site_id(0)), Trigger::Maintenance));
    let out = stage.done(4.0, &second);
    assert_eq!(evacuations(&out), [("s0".to_owned(), EvacuationState::Done, [2, 0, 0])]);
}

#[test]
fn pins_and_freezes_are_kept_by_the_ids_of_sites_and_apps() {
    let mut stage = Stage::new(vec![nearest(), app("vr", Policy::Nearest)]);
    for ue in 1..=2 {
        orders(&stage.cell(0.0, ue, 10)).iter().for_each(|order| drop(stage.done(0.0, order)));
    }
    let order = only_order(&stage.ask(1.0, pin(1, 2)));
    stage.done(1.0, &order);
    let order = only_order(&stage.ask(1.0, pin(2, 0)));
    stage.done(1.0, &order);
    stage.ask(2.0, freeze(Some("vr"), Some(50.0)));
    // The other way round, with one more before, and without the site of the second pin.
    let apps = vec![app("aa", Policy::Nearest), app("vr", Policy::Nearest), nearest()];
    let out = replace(&mut stage, 3.0, of_sites((1..4).map(site).collect()), apps);
    let ordered: Vec<_> =
        orders(&out).into_iter().map(|order| (order.app.to_string(), order.source, order.target)).collect();
    let aa = ("aa".to_owned(), None, Some(site_id(1)));
    let unpinned = ("ar".to_owned(), Some(site_id(0)), Some(site_id(1)));
    assert_eq!(ordered.len(), 3);
    assert_eq!(ordered.iter().filter(|order| **order == aa).count(), 2);
    assert!(ordered.contains(&unpinned), "{ordered:?}");
    let out = stage.cell(4.0, 1, 30);
    let vr = decisions(&out).into_iter().find(|decision| decision.app.as_str() == "vr").unwrap();
    assert_eq!(vr.explanation.rule, Rule::Guarded(Guard::Frozen));
    assert!(decisions(&out).iter().all(|decision| decision.app.as_str() != "ar"), "pinned: {out:?}");
    let freed = orders(&stage.run_to(60.0));
    assert!(freed.iter().any(|order| order.app.as_str() == "vr" && order.decided_at == at(50.0)));
}

#[test]
fn a_new_catalogue_with_room_takes_in_who_was_stranded() {
    let full = |number| Site { max_instances: Some(0), ..site(number) };
    let mut stage = Stage::with(
        placement::Engine::new(of_sites((0..3).map(full).collect()), vec![nearest()], key()).unwrap(),
    );
    assert_eq!(only_decision(&stage.cell(0.0, 1, 0)).explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
    let sites = vec![full(0), Site { max_instances: Some(1), ..site(1) }, full(2)];
    let order = only_order(&replace(&mut stage, 1.0, of_sites(sites), vec![nearest()]));
    assert_eq!((order.target.clone(), stage.engine.counts().held), (Some(site_id(1)), 0));
    // A limit below what is there throws nobody out.
    stage.done(2.0, &order);
    let out = replace(&mut stage, 3.0, of_sites((0..3).map(full).collect()), vec![nearest()]);
    assert_eq!(decisions(&out), []);
    let status = told(&out).into_iter().find(|status| status.site == site_id(1)).unwrap();
    assert_eq!((status.instances, status.instances_limit), (1, Some(0)));
}

#[test]
fn nothing_is_told_of_sites_while_history_is_read_and_each_is_told_once_afterwards() {
    let mut stage = Stage::new(vec![nearest()]);
    stage.engine.catch_up();
    let instance = key().per_ue(&nearest().id, &supi(1));
    let runs = instance_state("ar", &instance, 3, Some(0), at(0.0));
    assert_eq!(stage.handle(at(9.0), Input::Instance(&runs)), []);
    assert_eq!(stage.handle(at(9.0), Input::Operator(&command(at(1.0), drain(0)))), []);
    let failed = report(1, at(2.0), SiteSource::Probe, SiteCondition::Failed);
    assert_eq!(stage.handle(at(9.0), Input::Site(&failed)), []);
    assert_eq!((stage.timeout(9.0), stage.due()), (vec![], None));
    let out = stage.settle(10.0);
    let sites: Vec<_> = told(&out).iter().map(|s| (s.site.clone(), s.condition, s.since)).collect();
    let draining = SiteCondition::Draining { deadline: None };
    assert_eq!(
        sites,
        [(site_id(0), draining, at(1.0)), (site_id(1), SiteCondition::Failed, at(2.0))],
        "as of when it was said"
    );
    let order = only_order(&out);
    assert_eq!((order.source.clone(), order.target.clone()), (Some(site_id(0)), Some(site_id(2))));
    let out = stage.done(11.0, &order);
    assert_eq!(evacuations(&out), [("s0".to_owned(), EvacuationState::Done, [1, 0, 0])]);
}
