//! Sites that are overloaded: they take nothing, and the cheapest of what they have leaves, in rounds.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{
    App, AppLimits, Ask, Decision, Generation, Guard, Mobility, MobilityLevel, Order, OutcomeKind, Policy,
    Rule, Site, SiteLoad, SiteSource, Tier, Trigger, UeChange, Verdict, WaterMarks,
};
use placement::invariants::Ledger;
use placement::{Command, Engine, Input, Topology};

use crate::desk::*;
use crate::scene::*;
use crate::verdict::recomputed;

/// 85 %, 70 %, 5 % an instance, 10 s.
fn marks() -> WaterMarks {
    WaterMarks { per_instance: Some(0.05), settle: Duration::from_secs(10), ..WaterMarks::default() }
}

fn marked(number: u32) -> Site {
    Site { water_marks: Some(marks()), ..site(number) }
}

fn of_sites(sites: Vec<Site>) -> Topology {
    Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap()
}

fn stage_of(sites: Vec<Site>, apps: Vec<App>) -> Stage {
    Stage::with(Engine::new(of_sites(sites), apps.clone(), key()).unwrap()).with_apps(&apps)
}

fn stage(apps: Vec<App>) -> Stage {
    stage_of((0..3).map(marked).collect(), apps)
}

fn ar() -> App {
    App { max_concurrent_relocations: 9, ..app("ar", Policy::Nearest) }
}

fn measured(site: u32, seconds: f64, load: f64) -> SiteLoad {
    SiteLoad {
        site: site_id(site),
        source: SiteSource::Metrics,
        at: at(seconds),
        load,
        valid_until: at(seconds + 60.0),
        resources: BTreeMap::new(),
    }
}

impl Stage {
    /// A load comes in, and all that follows at the same instant.
    fn load(&mut self, seconds: f64, site: u32, load: f64) -> Vec<Command> {
        let mut out = self.handle(at(seconds), Input::Load(&measured(site, seconds, load)));
        out.extend(self.run_to(seconds));
        for decision in decisions(&out) {
            assert_eq!(recomputed(&decision, Duration::from_secs(60)).0, decision.verdict, "{decision:?}");
        }
        out
    }

    /// The numbers of UEs whose instances were ordered to go, in that order.
    fn leavers(&self, out: &[Command]) -> Vec<u64> {
        decisions(out).iter().filter(|decision| decision.order.is_some()).map(number).collect()
    }
}

fn number(decision: &Decision) -> u64 {
    (0..99).find(|ue| decision.supi == Some(supi(*ue))).expect("a UE of the story")
}

fn guards(decision: &Decision) -> Vec<Option<Guard>> {
    decision.explanation.candidates.iter().map(|candidate| candidate.rejected_by).collect()
}

/// UEs 0 to 7 at s0, in pairs in the cells 0 to 3.
fn eight() -> Stage {
    let mut stage = stage(vec![ar()]);
    (0..8).for_each(|ue| drop(stage.put(0.0, ue, ue as u32 / 2)));
    stage
}

#[test]
fn an_overloaded_site_takes_nothing_until_its_load_is_at_the_low_mark() {
    let mut stage = stage(vec![ar()]);
    let out = stage.load(1.0, 0, 0.86);
    assert_eq!((decisions(&out), stage.engine.counts().overloaded_sites), (vec![], 1));
    let relief = told(&out)[0].relief.unwrap();
    assert_eq!((relief.since, relief.load, relief.high, relief.low), (at(1.0), 0.86, 0.85, 0.7));
    let out = stage.cell(2.0, 1, 0);
    let decision = only_decision(&out);
    stage.done(2.5, &only_order(&out));
    assert_eq!((decision.target.clone(), decision.verdict), (Some(site_id(1)), Verdict::Move));
    assert_eq!(guards(&decision), [Some(Guard::Overloaded), None, None]);
    let load = decision.explanation.candidates[0].load.unwrap();
    assert_eq!((load.load, load.overloaded, load.instances), (0.86, true, 0));
    // It has fallen, but not far enough.
    assert_eq!(told(&stage.load(3.0, 0, 0.71)), []);
    assert_eq!(only_order(&stage.cell(3.0, 2, 0)).target, Some(site_id(1)));
    let refused = only_decision(&stage.ask(3.0, go(1, 0)));
    assert_eq!(refused.explanation.rule, Rule::Guarded(Guard::Overloaded));
    let out = stage.load(4.0, 0, 0.7);
    assert_eq!((told(&out)[0].relief, stage.engine.counts().overloaded_sites), (None, 0));
    assert_eq!(only_order(&stage.cell(5.0, 4, 0)).target, Some(site_id(0)));
}

#[test]
fn as_many_leave_as_are_too_many_the_cheapest_first_and_a_quarter_at_most() {
    let mut stage = eight();
    // 16 % too much: four of 5 %; two are a quarter of eight. Those in cell 3 have the shortest way to s1.
    let out = stage.load(100.0, 0, 0.86);
    assert_eq!(stage.leavers(&out), [6, 7]);
    for decision in decisions(&out) {
        assert_eq!((decision.trigger, decision.explanation.rule), (Trigger::Capacity, Rule::Relief));
        assert_eq!((&decision.source, &decision.target), (&Some(site_id(0)), &Some(site_id(1))));
        let serving = decision.explanation.serving.unwrap();
        assert_eq!((serving.rejected_by, serving.load.unwrap().instances), (Some(Guard::Overloaded), 8));
    }
    let relief = told(&stage.run_to(101.0)).last().unwrap().relief.unwrap();
    assert_eq!((relief.leaving, relief.left), (2, 0));
    assert_eq!(stage.engine.counts().relieving, 2);
}

#[test]
fn the_next_ones_are_chosen_once_a_load_was_measured_after_the_last_had_left() {
    let mut stage = eight();
    let [one, two] = &orders(&stage.load(100.0, 0, 0.86))[..] else { panic!("not two") };
    assert_eq!(decisions(&stage.load(101.0, 0, 0.95)), [], "both are under way");
    stage.done(102.0, one);
    assert_eq!(decisions(&stage.load(103.0, 0, 0.95)), [], "one is under way");
    stage.done(104.0, two);
    assert_eq!(decisions(&stage.load(113.9, 0, 0.9)), [], "measured too soon after it left");
    let mut out = stage.load(114.0, 0, 0.9);
    assert_eq!(stage.leavers(&out), [4], "a quarter of six");
    out.extend(stage.run_to(116.0));
    let relief = told(&out).last().and_then(|status| status.relief).unwrap();
    assert_eq!((relief.leaving, relief.left), (1, 2));
}

#[test]
fn no_more_leave_than_the_load_asks_for() {
    let mut stage = stage(vec![ar()]);
    (0..16).for_each(|ue| drop(stage.put(0.0, ue, 1)));
    let first = orders(&stage.load(100.0, 0, 0.9));
    assert_eq!(first.len(), 4);
    first.iter().for_each(|order| drop(stage.done(101.0, order)));
    // 4 % above the low mark: one of 5 %, though three were a quarter.
    assert_eq!(orders(&stage.load(120.0, 0, 0.74)).len(), 1);
}

#[test]
fn those_that_left_stay_away_as_long_as_it_is_overloaded_and_come_back_by_their_policy() {
    let mut stage = eight();
    let away = orders(&stage.load(100.0, 0, 0.86));
    for order in &away {
        assert_eq!(decisions(&stage.done(101.0, order)), [], "at its second best site, and content");
    }
    assert_eq!(decisions(&stage.load(105.0, 0, 0.75)), []);
    assert_eq!(decisions(&stage.cell(106.0, 6, 2)), []);
    let out = stage.load(110.0, 0, 0.6);
    let back = decisions(&out);
    assert_eq!(back.len(), 2);
    assert!(back.iter().all(|decision| decision.trigger == Trigger::Mobility), "{back:?}");
}

#[test]
fn a_site_takes_no_more_than_its_own_load_leaves_room_for() {
    let mut stage = eight();
    // Room for one of 5 %, not for two: the second goes on to s2.
    assert_eq!(decisions(&stage.load(99.0, 1, 0.76)), []);
    let out = stage.load(100.0, 0, 0.99);
    let targets: Vec<_> = orders(&out).into_iter().map(|order| order.target).collect();
    assert_eq!(targets, [Some(site_id(1)), Some(site_id(2))]);
    let second = &decisions(&out)[1];
    let load = second.explanation.candidates.iter().find(|c| c.site == site_id(1)).unwrap().load.unwrap();
    assert_eq!((load.overloaded, load.instances, load.instances_limit), (false, 1, Some(1)));
    // The same holds for whoever comes for another reason, until it is measured anew.
    assert_eq!(only_order(&stage.cell(101.0, 20, 9)).target, Some(site_id(2)));
    assert_eq!(decisions(&stage.load(102.0, 1, 0.5)), []);
    assert_eq!(only_order(&stage.cell(103.0, 21, 9)).target, Some(site_id(1)));
}

#[test]
fn what_one_instance_takes_is_estimated_where_nobody_says_it() {
    let unsaid = |number| {
        let marks = WaterMarks { per_instance: None, ..marks() };
        Site { water_marks: Some(marks), ..site(number) }
    };
    let mut stage = stage_of((0..3).map(unsaid).collect(), vec![ar()]);
    (0..16).for_each(|ue| drop(stage.put(0.0, ue, 1)));
    stage.put(0.0, 20, 10);
    // Six percent each at s0: 26 % are five of them, and four are a quarter.
    stage.load(99.0, 1, 0.66);
    let targets: Vec<_> =
        orders(&stage.load(100.0, 0, 0.96)).into_iter().map(|order| order.target.unwrap()).collect();
    // The one at s1 takes all of its load: another one of that size does not fit below the high mark.
    assert_eq!(targets, [site_id(2), site_id(2), site_id(2), site_id(2)]);
}

#[test]
fn a_load_that_is_no_longer_valid_is_unknown() {
    let mut stage = eight();
    let frozen = stage.ask(99.0, freeze(None, None));
    assert_eq!(frozen, []);
    assert_eq!(decisions(&stage.load(100.0, 0, 0.9)), [], "nobody could go");
    stage.ask(101.0, thaw(None));
    assert_eq!(stage.due(), Some(160.0));
    let out = stage.run_to(160.0);
    assert_eq!((told(&out).last().unwrap().relief, stage.engine.counts().overloaded_sites), (None, 0));
    assert_eq!(only_order(&stage.cell(161.0, 30, 0)).target, Some(site_id(0)));
    // Heard after its time it says nothing, and an older one than the last is none.
    let late = SiteLoad { valid_until: at(162.0), ..measured(0, 161.5, 0.9) };
    assert_eq!(stage.handle(at(163.0), Input::Load(&late)), []);
    stage.load(164.0, 0, 0.5);
    assert_eq!(stage.handle(at(165.0), Input::Load(&measured(0, 163.5, 0.9))), []);
    assert_eq!(stage.engine.counts().overloaded_sites, 0);
}

#[test]
fn nobody_is_missed_before_anybody_and_who_is_not_known_goes_up() {
    let cloud = Site { tier: Tier::Cloud, ..marked(2) };
    let mut stage =
        stage_of(vec![marked(0), marked(1), cloud], vec![App { linger: Duration::from_secs(999), ..ar() }]);
    let (app, runs) = (ar().id, |ue| key().per_ue(&ar().id, &supi(ue)));
    let adopted = instance_state(app.as_str(), &runs(50), 3, Some(0), at(0.0));
    stage.handle(at(0.0), Input::Instance(&adopted));
    (0..7).for_each(|ue| drop(stage.put(1.0, ue, 4)));
    stage.ue(2.0, 6, UeChange::Gone);
    let out = stage.load(100.0, 0, 0.95);
    let all = decisions(&out);
    let went: Vec<_> = all.iter().map(|decision| (decision.supi.clone(), decision.target.clone())).collect();
    // Gone: let go. Not known: to the cloud, though s1 is nearer.
    assert_eq!(went, [(Some(supi(6)), None), (None, Some(site_id(2)))]);
    assert!(all.iter().all(|decision| decision.explanation.rule == Rule::Relief));
    // Where nothing above the edge takes it, the nearest site does.
    let again = orders(&out);
    again.iter().for_each(|order| drop(stage.done(101.0, order)));
    stage.asked(102.0, cordon(2));
    let adopted = instance_state("ar", &runs(51), 3, Some(0), at(103.0));
    stage.handle(at(103.0), Input::Instance(&adopted));
    let order = only_order(&stage.load(130.0, 0, 0.95));
    assert_eq!((order.instance, order.target), (runs(51), Some(site_id(1))));
}

#[test]
fn who_is_pinned_frozen_observed_or_has_nowhere_to_go_is_not_chosen() {
    let seen = App { mode: model::Mode::Observe, ..app("seen", Policy::Nearest) };
    let gpu = App { requires: ["gpu".to_owned()].into(), ..app("xr", Policy::Nearest) };
    let labelled = Site { labels: ["gpu".to_owned()].into(), ..marked(0) };
    let apps = vec![ar(), seen, gpu, app("vr", Policy::Nearest)];
    let mut stage = stage_of(vec![labelled, marked(1), marked(2)], apps);
    for ue in 0..4 {
        let out = stage.cell(0.0, ue, 4);
        orders(&out).iter().for_each(|order| drop(stage.done(0.0, order)));
    }
    stage.asked(1.0, pin(0, 0));
    stage.asked(1.0, freeze(Some("vr"), None));
    // Twelve act: three leave, all of `ar`; the one that is pinned, `seen`, `xr` and `vr` do not.
    let out = stage.load(100.0, 0, 1.5);
    assert_eq!(stage.leavers(&out), [1, 2, 3]);
    assert!(orders(&out).iter().all(|order| order.app.as_str() == "ar"));
    // Whoever is pinned after having been chosen stays.
    let kind = undone();
    stage.end(101.0, &orders(&out)[0], kind);
    let out = stage.asked(101.0, pin(1, 0));
    assert_eq!(decisions(&out), []);
    assert_eq!(stage.run_to(140.0).iter().filter(|c| matches!(c, Command::Order(_))).count(), 0);
}

#[test]
fn they_wait_for_slots_and_what_came_to_nothing_is_chosen_anew() {
    let tight = App { max_concurrent_relocations: 1, ..ar() };
    let mut stage = stage(vec![tight]);
    (0..8).for_each(|ue| drop(stage.put(0.0, ue, ue as u32 / 2)));
    let out = stage.load(100.0, 0, 0.99);
    let all = decisions(&out);
    assert_eq!(all.iter().map(number).collect::<Vec<_>>(), [6, 7]);
    assert_eq!(all[1].explanation.rule, Rule::Guarded(Guard::ConcurrentRelocations));
    assert_eq!(all[1].trigger, Trigger::Capacity);
    // Measured anew while it waits: nobody else is chosen.
    assert_eq!(decisions(&stage.load(101.0, 0, 0.99)), []);
    let first = only_order(&out);
    let second = only_order(&stage.end(102.0, &first, undone()));
    stage.done(103.0, &second);
    let again = only_order(&stage.run_to(104.0));
    assert_eq!((&again.instance, again.trigger), (&first.instance, Trigger::Capacity));
    stage.end(105.0, &again, OutcomeKind::Failed { reason: "stuck".into() });
    // The pause of the one that failed lasts: the next cheapest goes in its place.
    let out = stage.load(113.0, 0, 0.99);
    let next = only_order(&out);
    assert_ne!(next.instance, first.instance, "{out:?}");
}

#[test]
fn who_has_not_left_yet_need_not_once_the_load_has_fallen() {
    let tight = App { max_concurrent_relocations: 1, ..ar() };
    let mut stage = stage(vec![tight]);
    (0..8).for_each(|ue| drop(stage.put(0.0, ue, 1)));
    let first = only_order(&stage.load(100.0, 0, 0.99));
    assert_eq!(stage.engine.counts().waiting, 1);
    stage.load(101.0, 0, 0.6);
    assert_eq!((stage.engine.counts().waiting, stage.engine.counts().relieving), (0, 1));
    // What was under way goes on; its policy has it back.
    assert_eq!(only_order(&stage.done(102.0, &first)).trigger, Trigger::Mobility);
    assert_eq!(stage.engine.counts().relieving, 0);
}

/// The engine after a restart, and after a new catalogue with one more site before all others.
#[test]
fn a_round_goes_on_after_a_restart_and_under_another_catalogue() {
    let tight = || App { max_concurrent_relocations: 1, ..ar() };
    let mut stage = stage(vec![tight()]);
    (0..8).for_each(|ue| drop(stage.put(0.0, ue, ue as u32 / 2)));
    let load = measured(0, 100.0, 0.99);
    assert_eq!(orders(&stage.handle(at(100.0), Input::Load(&load))), [], "the way has not begun");
    let restart = |stage: &mut Stage| {
        let bytes = stage.engine.snapshot();
        let sites = (0..3).map(marked).collect();
        stage.engine = Engine::restore(&bytes, of_sites(sites), vec![tight()], key()).unwrap();
        assert!(stage.engine.snapshot() == bytes);
    };
    restart(&mut stage);
    let first = only_order(&stage.run_to(100.0));
    restart(&mut stage);
    let mut sites: Vec<Site> = (0..3).map(marked).collect();
    sites.insert(0, Site { id: "a0".parse().unwrap(), ..site(28) });
    let mut out = Vec::new();
    let topology = of_sites(sites);
    stage.ledger = Ledger::new(&topology).with(&[tight()]);
    stage.engine.replace(at(101.0), topology, vec![tight()], &mut out).unwrap();
    assert_eq!(orders(&out), []);
    assert_eq!((stage.engine.counts().relieving, stage.engine.counts().overloaded_sites), (2, 1));
    let second = only_order(&stage.done(102.0, &first));
    assert_eq!((second.trigger, second.source.clone()), (Trigger::Capacity, Some(site_id(0))));
    // Higher marks: it is not overloaded any longer.
    let high =
        |number| Site { water_marks: Some(WaterMarks { high: 1.0, low: 0.995, ..marks() }), ..site(number) };
    let topology = of_sites((0..3).map(high).collect());
    stage.engine.replace(at(103.0), topology, vec![tight()], &mut out).unwrap();
    assert_eq!(stage.engine.counts().overloaded_sites, 0);
    stage.engine.check().unwrap();
}

#[test]
fn history_chooses_nobody_and_orders_that_are_under_way_are_adopted() {
    let mut stage = stage(vec![ar()]);
    let gave: Vec<Order> = orders(&eight().load(100.0, 0, 0.9));
    stage.engine.catch_up();
    for ue in 0..8 {
        let runs = instance_state("ar", &key().per_ue(&ar().id, &supi(ue)), 1, Some(0), at(0.0));
        stage.handle(at(110.0), Input::Instance(&runs));
        stage.cell(110.0, ue, ue as u32 / 2);
    }
    stage.handle(at(110.0), Input::Load(&measured(0, 100.0, 0.9)));
    gave.iter().for_each(|order| drop(stage.handle(at(110.0), Input::OrderSeen(order))));
    let out = stage.settle(110.0);
    assert_eq!(orders(&out), []);
    assert_eq!(told(&out).last().and_then(|status| status.relief).map(|relief| relief.leaving), Some(2));
    assert_eq!(orders(&stage.run_to(110.0)), []);
    assert_eq!(orders(&stage.load(111.0, 0, 0.9)), [], "two are under way");
    gave.iter().for_each(|order| drop(stage.done(112.0, order)));
    assert_eq!(orders(&stage.load(121.0, 0, 0.9)), []);
    assert_eq!(orders(&stage.load(122.0, 0, 0.9)).len(), 1);
}

/// One round of a site with many instances: chosen a slice a call, the cheapest of all.
#[test]
fn the_cheapest_of_many_are_found_in_slices() {
    let many = 9_000_u64;
    let wide = App { max_concurrent_relocations: 10_000, ..ar() };
    let little = WaterMarks { per_instance: Some(0.000_1), ..marks() };
    let small = |number| Site { water_marks: Some(little), ..site(number) };
    let engine = Engine::new(of_sites((0..3).map(small).collect()), vec![wide], key()).unwrap();
    let (mut engine, mut out) = (engine, Vec::new());
    for ue in 0..many {
        let cell = if ue % 30 == 7 { 4 } else { 1 };
        engine.handle(at(0.0), Input::Ue(&event(ue, at(0.0), in_cell(cell))), &mut out);
    }
    for order in orders(&out) {
        let ended = outcome(&order, at(1.0), completed(&order));
        engine.handle(at(1.0), Input::Outcome(&ended), &mut Vec::new());
    }
    out.clear();
    // 18 % of a hundredth of a percent each would be 1,800; 1,024 are the most at a time.
    engine.handle(at(2.0), Input::Load(&measured(0, 2.0, 0.88)), &mut out);
    let mut calls = 0;
    while engine.next_timeout().is_some_and(|due| due <= at(2.0)) {
        engine.handle_timeout(at(2.0), &mut out);
        calls += 1;
    }
    assert_eq!((calls, orders(&out).len()), (3, 1_024));
    let near =
        decisions(&out).iter().filter(|d| d.explanation.basis == model::Basis::Cell(cell_id(4))).count();
    assert_eq!(near, 300, "all of those that have the shorter way");
    engine.check().unwrap();
}

#[test]
fn who_may_not_move_is_not_chosen_and_who_was_refused_not_again() {
    let of = |level| {
        let mobility = Mobility { level, ..Mobility::default() };
        AppLimits { mobility, ..AppLimits::default() }
    };
    let fixed = App { limits: of(MobilityLevel::NotAllowed), ..app("fixed", Policy::Nearest) };
    let mut stage = stage(vec![fixed, App { limits: of(MobilityLevel::WithConfirmation), ..ar() }]);
    for ue in 0..4 {
        let placed = orders(&stage.cell(0.0, ue, ue as u32));
        placed.iter().for_each(|order| drop(stage.done(0.0, order)));
    }
    // Two are a quarter of eight.
    let asked = decisions(&stage.load(100.0, 0, 0.86));
    let waits = |decision: &Decision| {
        let rule = Rule::Guarded(Guard::AwaitingConfirmation);
        (decision.app.as_str(), decision.trigger, decision.explanation.rule)
            == ("ar", Trigger::Capacity, rule)
    };
    assert_eq!(asked.iter().map(number).collect::<Vec<_>>(), [3, 2]);
    assert!(asked.iter().all(waits), "{asked:?}");
    assert_eq!(decisions(&stage.load(101.0, 0, 0.9)), [], "somebody is asked");
    let about = |number: usize| (asked[number].app.clone(), asked[number].instance.clone(), Generation(2));
    let (app, instance, generation) = about(0);
    assert_eq!(decisions(&stage.ask(102.0, Ask::Refuse { app, instance, generation, site: site_id(1) })), []);
    let (app, instance, generation) = about(1);
    let order = only_order(&stage.ask(103.0, Ask::Confirm { app, instance, generation, site: site_id(1) }));
    stage.done(104.0, &order);
    let asked = decisions(&stage.load(120.0, 0, 0.86));
    assert_eq!(asked.iter().map(number).collect::<Vec<_>>(), [1], "neither who was refused nor who may not");
}
