use model::{
    App, Basis, Cell, Guard, Pin, Policy, Rule, Site, SiteCondition, SiteSource, Threshold, Trigger, Verdict,
};
use placement::{Command, Engine, RestoreError, Topology};

use crate::desk::*;
use crate::scene::*;
use crate::town::stripe;

/// Sites s0, s1, s2 that serve from one cell to another, or everywhere; a cell c at c / 10.
fn town(areas: [Option<(u32, u32)>; 3]) -> Topology {
    let served = |(number, area): (u32, Option<(u32, u32)>)| Site {
        service_area: area.map(|(first, last)| stripe(first, last)),
        ..site(number)
    };
    let sites = (0_u32..).zip(areas).map(served).collect();
    Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap()
}

fn stage(areas: [Option<(u32, u32)>; 3], apps: Vec<App>) -> Stage {
    Stage::with(Engine::new(town(areas), apps.clone(), key()).unwrap()).with_apps(&apps)
}

/// So slow that only what goes before the policy moves anything.
fn patient() -> Vec<App> {
    let hours = std::time::Duration::from_secs(36_000);
    let knobs = Threshold { margin_meters: 1e6, time_to_trigger: hours, minimum_stay: hours };
    vec![App { max_concurrent_relocations: 1, ..app("ar", Policy::Threshold(knobs)) }]
}

fn guards(decision: &model::Decision) -> Vec<(String, Option<Guard>)> {
    decision.explanation.candidates.iter().map(|c| (c.site.to_string(), c.rejected_by)).collect()
}

#[test]
fn a_site_is_no_candidate_for_who_is_outside_its_area() {
    let mut stage = stage([Some((0, 4)), None, None], vec![app("ar", Policy::Nearest)]);
    let inside = only_decision(&stage.cell(0.0, 1, 4));
    assert_eq!(inside.target, Some(site_id(0)));
    // The edge belongs to the area; the next cell does not, and the site is told with the reason.
    let beyond = only_decision(&stage.cell(0.0, 2, 5));
    assert_eq!((beyond.verdict, &beyond.target), (Verdict::Move, &Some(site_id(1))));
    let told = [("s0", Some(Guard::OutsideArea)), ("s1", None), ("s2", None)];
    assert_eq!(guards(&beyond), told.map(|(site, guard)| (site.to_owned(), guard)));
}

#[test]
fn who_leaves_the_area_of_the_serving_site_leaves_the_site_at_once() {
    let mut stage = stage([Some((0, 12)), None, None], patient());
    stage.placed_at(0.0, 1, 0);
    assert_eq!(orders(&stage.cell(1.0, 1, 12)), []);
    let out = stage.cell(2.0, 1, 13);
    let (decision, order) = (only_decision(&out), only_order(&out));
    assert_eq!((decision.trigger, decision.explanation.rule), (Trigger::LeftArea, Rule::LeftArea));
    assert_eq!((&order.source, &order.target), (&Some(site_id(0)), &Some(site_id(1))));
    let serving = decision.explanation.serving.unwrap();
    assert_eq!((serving.rejected_by, serving.stayed_ms), (Some(Guard::OutsideArea), 2_000));
    stage.done(3.0, &order);
    // Back in the area it stays where it is: that is the policy's business.
    assert_eq!(orders(&stage.cell(4.0, 1, 1)), []);
}

#[test]
fn leaving_an_area_passes_over_neither_slots_nor_freezes() {
    let mut stage = stage([Some((0, 12)), None, None], patient());
    for ue in 1..=3 {
        stage.placed_at(0.0, ue, 0);
    }
    let first = only_order(&stage.cell(1.0, 1, 13));
    let waits = only_decision(&stage.cell(2.0, 2, 13));
    let held = Rule::Guarded(Guard::ConcurrentRelocations);
    assert_eq!(
        (waits.verdict, waits.explanation.rule, waits.trigger),
        (Verdict::Blocked, held, Trigger::LeftArea)
    );
    let second = only_order(&stage.done(3.0, &first));
    stage.done(4.0, &second);
    stage.ask(5.0, freeze(None, None));
    let frozen = only_decision(&stage.cell(6.0, 3, 13));
    assert_eq!(frozen.explanation.rule, Rule::Guarded(Guard::Frozen));
    assert_eq!(only_order(&stage.asked(7.0, thaw(None))).trigger, Trigger::LeftArea);
}

#[test]
fn where_no_site_serves_nothing_is_placed_and_what_serves_stays() {
    let mut stage = stage([Some((0, 4)), Some((8, 12)), Some((18, 22))], patient());
    let placed = stage.placed_at(0.0, 1, 4);
    let nowhere = Rule::Guarded(Guard::NoFeasibleSite);
    let blocked = only_decision(&stage.cell(1.0, 1, 6));
    assert_eq!((blocked.verdict, blocked.trigger), (Verdict::Blocked, Trigger::LeftArea));
    assert_eq!((blocked.explanation.rule, blocked.explanation.basis), (nowhere, Basis::Cell(cell_id(6))));
    assert!(guards(&blocked).iter().all(|(_, guard)| *guard == Some(Guard::OutsideArea)));
    assert_eq!(stage.engine.counts().held, 1);
    // It is told once, and first placements wait likewise.
    assert_eq!(stage.cell(2.0, 1, 7), []);
    let first = only_decision(&stage.cell(3.0, 2, 14));
    assert_eq!((first.verdict, first.trigger), (Verdict::Blocked, Trigger::FirstPlacement));
    assert_eq!((first.explanation.rule, guards(&first).len()), (nowhere, 3));
    // Home again there is nothing to wait for; in the next area there is.
    assert_eq!((stage.cell(4.0, 1, 3), stage.engine.counts().held), (vec![], 1));
    let onward = only_order(&stage.cell(5.0, 1, 9));
    assert_eq!((onward.source, onward.target), (placed.target, Some(site_id(1))));
}

#[test]
fn a_site_that_opens_takes_those_who_left_the_area_of_theirs() {
    let mut stage = stage([Some((0, 4)), Some((5, 30)), Some((18, 30))], patient());
    stage.placed_at(0.0, 1, 0);
    stage.asked(1.0, cordon(1));
    let stranded = only_decision(&stage.cell(2.0, 1, 10));
    assert_eq!(stranded.explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
    let told = guards(&stranded);
    assert_eq!(told[0], ("s1".to_owned(), Some(Guard::Cordoned)));
    assert_eq!((told[1].1, told[2].1), (Some(Guard::OutsideArea), Some(Guard::OutsideArea)));
    let order = only_order(&stage.asked(3.0, resume(1)));
    assert_eq!((order.trigger, order.target), (Trigger::LeftArea, Some(site_id(1))));
}

#[test]
fn a_place_without_a_position_is_in_every_area() {
    let sites = (0..3).map(|number| Site { service_area: Some(stripe(25, 30)), ..site(number) }).collect();
    let pinned = |number, to| Cell { pin: Pin::Site(site_id(to)), ..cell(number) };
    let topology = Topology::new(sites, vec![pinned(0, 0), pinned(1, 1)], Vec::new()).unwrap();
    let apps = patient();
    let mut stage = Stage::with(Engine::new(topology, apps, key()).unwrap());
    assert_eq!(stage.placed_at(0.0, 1, 0).target, Some(site_id(0)));
    assert_eq!(orders(&stage.cell(1.0, 1, 1)), []);
    // Nor does anybody leave the area of a site while nothing is known of where they are.
    assert_eq!(stage.cell(2.0, 1, 77), []);
}

#[test]
fn an_operator_goes_before_areas_but_cannot_widen_them() {
    let mut stage = stage([Some((0, 4)), None, Some((15, 30))], patient());
    stage.placed_at(0.0, 1, 0);
    let refused = only_decision(&stage.ask(1.0, go(1, 2)));
    assert_eq!(
        (refused.verdict, refused.explanation.rule),
        (Verdict::Blocked, Rule::Guarded(Guard::OutsideArea))
    );
    assert_eq!(stage.ask(2.0, pin(1, 0)), []);
    // A pin holds nobody at a site that does not serve the place, and takes back whoever returns.
    let away = only_order(&stage.cell(3.0, 1, 10));
    assert_eq!((away.trigger, &away.target), (Trigger::LeftArea, &Some(site_id(1))));
    let waits = only_decision(&stage.done(4.0, &away));
    assert_eq!(waits.explanation.rule, Rule::Guarded(Guard::OutsideArea));
    assert_eq!(only_order(&stage.cell(5.0, 1, 2)).target, Some(site_id(0)));
}

#[test]
fn a_site_that_fails_is_left_for_that_even_by_those_outside_its_area() {
    let mut stage = stage([Some((0, 4)), None, None], patient());
    stage.placed_at(0.0, 1, 0);
    stage.ask(1.0, freeze(None, None));
    stage.cell(2.0, 1, 10);
    stage.said(3.0, 0, SiteSource::Probe, SiteCondition::Failed);
    let order = only_order(&stage.asked(4.0, thaw(None)));
    assert_eq!((order.trigger, order.target), (Trigger::SiteFailure, Some(site_id(1))));
}

#[test]
fn sites_that_do_not_serve_the_place_do_not_end_the_search() {
    // A hundred sites are nearer and serve elsewhere, four that serve take nothing, one does.
    let near = |number: u32| Site {
        position: Some(model::Position::new(f64::from(number) / 1e4, 0.0).unwrap()),
        service_area: Some(stripe(25, 30)),
        ..site(number)
    };
    let far = |number: u32| Site { service_area: Some(stripe(0, 5)), max_instances: Some(0), ..site(number) };
    let last = Site { max_instances: None, ..far(105) };
    let sites = (0..100).map(near).chain((101..105).map(far)).chain([last]).collect();
    let topology = Topology::new(sites, vec![cell(0)], Vec::new()).unwrap();
    let mut stage = Stage::with(Engine::new(topology, patient(), key()).unwrap());
    let decision = only_decision(&stage.cell(0.0, 1, 0));
    assert_eq!((decision.verdict, &decision.target), (Verdict::Move, &Some(site_id(105))));
    let by = |guard| decision.explanation.candidates.iter().filter(|c| c.rejected_by == guard).count();
    assert_eq!((by(Some(Guard::OutsideArea)), by(Some(Guard::Full)), by(None)), (4, 4, 1));
}

#[test]
fn a_catalogue_with_other_areas_moves_those_who_are_outside_now() {
    let mut stage = stage([None, None, None], patient());
    for (ue, cell) in [(1, 0), (2, 4)] {
        stage.placed_at(0.0, ue, cell);
    }
    let mut out = Vec::new();
    let narrow = town([Some((2, 6)), None, None]);
    stage.ledger = placement::invariants::Ledger::new(&narrow).with(&patient());
    stage.engine.replace(at(1.0), narrow, patient(), &mut out).unwrap();
    let order = only_order(&stage.checked(out));
    assert_eq!(order.instance, key().per_ue(&order.app, &supi(1)));
    assert_eq!((order.trigger, order.target), (Trigger::LeftArea, Some(site_id(1))));
}

#[test]
fn areas_are_of_the_catalogue_not_of_the_state() {
    let areas = [Some((0, 4)), Some((5, 30)), None];
    let mut stage = stage(areas, patient());
    stage.placed_at(0.0, 1, 0);
    stage.cell(1.0, 2, 10);
    let bytes = stage.engine.snapshot();
    let again = Engine::restore(&bytes, town(areas), patient(), key()).unwrap();
    assert!(again.snapshot() == bytes);
    let other = Engine::restore(&bytes, town([Some((0, 5)), areas[1], None]), patient(), key()).unwrap_err();
    assert_eq!(other, RestoreError::OtherCatalogue);
}

#[test]
fn an_account_stands_still_while_its_site_does_not_serve_the_place() {
    let mut stage = stage([None, Some((6, 8)), None], vec![app("ar", regret())]);
    stage.placed_at(0.0, 1, 0);
    let account = |stage: &Stage, seconds: f64| {
        let decision = stage.engine.why(&supi(1), &app("ar", regret()).id, at(seconds)).unwrap();
        decision
            .explanation
            .candidates
            .iter()
            .find(|c| c.site == site_id(1))
            .and_then(|c| c.regret)
            .map(|r| r.account)
    };
    stage.cell(100.0, 1, 6);
    let before = account(&stage, 105.0).unwrap();
    assert!(before > 0.0);
    stage.cell(105.0, 1, 9);
    assert_eq!(account(&stage, 1_000.0), None);
    assert_eq!(orders(&stage.run_to(1_000.0)), []);
    stage.cell(1_000.0, 1, 6);
    assert!((account(&stage, 1_000.0).unwrap() - before).abs() < 1.0);
}

#[test]
fn areas_that_hold_every_place_change_nothing() {
    let wide = Some((0, 30));
    let apps = || vec![app("ar", threshold())];
    let (mut plain, mut areas) = (stage([None; 3], apps()), stage([wide; 3], apps()));
    for (step, cell) in [0, 4, 9, 14, 30, 2, 11].into_iter().enumerate() {
        let told = |stage: &mut Stage| -> Vec<Command> {
            let mut out = stage.cell(step as f64 * 60.0, 1, cell);
            out.extend(
                orders(&out)
                    .iter()
                    .flat_map(|order| stage.done(step as f64 * 60.0 + 1.0, order))
                    .collect::<Vec<_>>(),
            );
            out.extend(stage.run_to(step as f64 * 60.0 + 30.0));
            out
        };
        let version = |commands: Vec<Command>| -> Vec<_> {
            orders(&commands).into_iter().map(|order| (order.source, order.target, order.trigger)).collect()
        };
        assert_eq!(version(told(&mut plain)), version(told(&mut areas)));
    }
}
