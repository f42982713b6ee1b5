//! Shared apps: UEs have seats, sites have hosts.

use std::time::Duration;

use model::{
    App, Generation, Guard, HostState, InstanceId, Mode, Order, OutcomeKind, Policy, Rule, Scope, Site,
    SiteCondition, SiteSource, Trigger, UeChange, Verdict,
};
use placement::invariants::Ledger;
use placement::{Command, Engine, Fleet, Input, Topology};

use crate::desk;
use crate::scene::*;

pub(crate) fn shared() -> App {
    App { scope: Scope::Shared, ..app("ar", Policy::Nearest) }
}

fn stage_of(fleet: impl Into<Fleet>) -> Stage {
    on(topology(), fleet)
}

fn on(topology: Topology, fleet: impl Into<Fleet>) -> Stage {
    let fleet = fleet.into();
    let ledger = Ledger::new(&topology).with(&fleet.apps).within(&fleet.limits).keyed(&key());
    Stage { ledger, engine: Engine::new(topology, fleet, key()).unwrap() }
}

fn host(site: u32) -> InstanceId {
    key().per_site(&shared().id, &site_id(site))
}

fn seat(ue: u64) -> InstanceId {
    key().per_ue(&shared().id, &supi(ue))
}

/// Ends an order well.
fn done(stage: &mut Stage, seconds: f64, order: &Order) -> Vec<Command> {
    stage.end(seconds, order, completed(order))
}

/// The host at a site is started for a UE in that cell, and the UE's seat joins it.
fn seated(stage: &mut Stage, seconds: f64, ue: u64, cell: u32) -> (Order, Order) {
    let started = only_order(&stage.cell(seconds, ue, cell));
    let joined = only_order(&done(stage, seconds, &started));
    assert_eq!(done(stage, seconds, &joined), []);
    (started, joined)
}

/// A host whose only seat was let go in second 71, after its UE had gone in second 10.
fn deserted() -> Stage {
    let mut stage = stage_of(vec![shared()]);
    seated(&mut stage, 0.0, 1, 0);
    stage.ue(10.0, 1, UeChange::Gone);
    let gone = only_order(&stage.timeout(70.0));
    done(&mut stage, 71.0, &gone);
    stage
}

#[test]
fn the_first_ue_has_a_host_started_and_joins_it_when_it_serves() {
    let mut stage = stage_of(vec![shared()]);
    let out = stage.cell(0.0, 1, 0);
    let started = only_order(&out);
    assert_eq!((started.instance.clone(), started.host.clone()), (host(0), None));
    assert_eq!((started.source.clone(), started.target.clone()), (None, Some(site_id(0))));
    assert_eq!((started.trigger, started.generation), (Trigger::FirstPlacement, Generation(1)));
    let [of_host, of_seat] = &decisions(&out)[..] else { panic!("not two: {out:?}") };
    assert_eq!((of_host.verdict, of_host.explanation.rule), (Verdict::Move, Rule::NoInstanceYet));
    let told = (of_seat.verdict, of_seat.explanation.rule, of_seat.instance.clone());
    assert_eq!(told, (Verdict::Blocked, Rule::Guarded(Guard::HostStarting), seat(1)));
    let seen = of_seat.explanation.limits.host.clone().unwrap();
    assert_eq!((seen.instance, seen.state), (host(0), HostState::UnderWay));
    let joined = only_order(&done(&mut stage, 5.0, &started));
    assert_eq!((joined.instance.clone(), joined.host.clone()), (seat(1), Some(host(0))));
    assert_eq!((joined.source.clone(), joined.target.clone()), (None, Some(site_id(0))));
    assert_eq!(done(&mut stage, 6.0, &joined), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.instances, counts.hosts, counts.detached, counts.under_way), (2, 1, 0, 0));
}

#[test]
fn a_second_ue_joins_without_a_deployment_and_a_third_waits_for_the_same_host() {
    let mut stage = stage_of(vec![shared()]);
    let started = only_order(&stage.cell(0.0, 1, 0));
    assert_eq!(orders(&stage.cell(1.0, 2, 1)), [], "the same host is on its way");
    let joined = orders(&done(&mut stage, 5.0, &started));
    assert_eq!(joined.iter().map(|order| order.instance.clone()).collect::<Vec<_>>(), [seat(1), seat(2)]);
    joined.iter().for_each(|order| drop(done(&mut stage, 6.0, order)));
    let third = only_order(&stage.cell(7.0, 3, 2));
    assert_eq!((third.instance, third.host), (seat(3), Some(host(0))));
    assert_eq!(stage.engine.counts().hosts, 1);
}

#[test]
fn a_seat_moves_to_a_host_that_serves_and_the_host_that_nobody_uses_goes_after_linger() {
    let mut stage = stage_of(vec![shared()]);
    let (first, _) = seated(&mut stage, 0.0, 1, 0);
    seated(&mut stage, 1.0, 2, 10);
    let moved = only_order(&stage.cell(10.0, 1, 10));
    assert_eq!((moved.source.clone(), moved.target.clone()), (Some(site_id(0)), Some(site_id(1))));
    assert_eq!((moved.host.clone(), moved.trigger), (Some(host(1)), Trigger::Mobility));
    // While the seat is under way it counts at both ends.
    assert_eq!(stage.due(), None);
    assert_eq!(done(&mut stage, 12.0, &moved), []);
    assert_eq!(stage.due(), Some(72.0));
    let out = stage.timeout(72.0);
    let (told, gone) = (only_decision(&out), only_order(&out));
    assert_eq!((told.trigger, told.explanation.rule), (Trigger::UeGone, Rule::LingerOver));
    assert_eq!((gone.instance.clone(), gone.generation), (first.instance, Generation(2)));
    assert_eq!((gone.source.clone(), gone.target.clone(), gone.host.clone()), (Some(site_id(0)), None, None));
    assert_eq!(done(&mut stage, 73.0, &gone), []);
    assert_eq!(stage.engine.counts().hosts, 1);
}

#[test]
fn when_the_last_user_leaves_first_the_seat_goes_and_then_the_host() {
    let mut stage = stage_of(vec![shared()]);
    seated(&mut stage, 0.0, 1, 0);
    stage.ue(10.0, 1, UeChange::Gone);
    let seat_goes = only_order(&stage.timeout(70.0));
    assert_eq!((seat_goes.instance.clone(), seat_goes.target.clone()), (seat(1), None));
    assert_eq!(seat_goes.host, Some(host(0)), "the host that it leaves");
    assert_eq!(stage.due(), None, "the host has a seat until that has gone");
    assert_eq!(done(&mut stage, 71.0, &seat_goes), []);
    assert_eq!(stage.due(), Some(131.0));
    let host_goes = only_order(&stage.timeout(131.0));
    assert_eq!((host_goes.instance.clone(), host_goes.target.clone()), (host(0), None));
    done(&mut stage, 132.0, &host_goes);
    let counts = stage.engine.counts();
    assert_eq!((counts.instances, counts.hosts, counts.ues, counts.ended), (0, 0, 0, 1));
}

#[test]
fn who_comes_back_within_linger_keeps_the_host() {
    let mut stage = deserted();
    let joined = only_order(&stage.cell(130.0, 1, 0));
    assert_eq!((joined.instance.clone(), joined.host.clone()), (seat(1), Some(host(0))));
    assert_eq!(orders(&stage.timeout(131.0)), []);
    done(&mut stage, 132.0, &joined);
    assert_eq!(stage.due(), None);
}

#[test]
fn a_host_that_is_going_is_not_used_and_is_asked_for_again_afterwards() {
    let mut stage = deserted();
    let going = only_order(&stage.timeout(131.0));
    let out = stage.cell(132.0, 2, 0);
    assert_eq!(orders(&out), []);
    assert_eq!(only_decision(&out).explanation.rule, Rule::Guarded(Guard::HostStarting));
    let again = only_order(&done(&mut stage, 133.0, &going));
    assert_eq!((again.instance.clone(), again.generation), (host(0), Generation(3)));
    let joined = only_order(&done(&mut stage, 140.0, &again));
    assert_eq!(joined.instance, seat(2));
}

#[test]
fn a_host_that_could_not_be_let_go_is_used_again() {
    let mut stage = deserted();
    let going = only_order(&stage.timeout(131.0));
    stage.cell(132.0, 2, 0);
    let joined = only_order(&stage.end(133.0, &going, undone()));
    assert_eq!((joined.instance, joined.host), (seat(2), Some(host(0))));
}

#[test]
fn a_host_that_does_not_start_is_tried_again_and_its_seats_stay_where_they_are() {
    let mut stage = stage_of(vec![shared()]);
    seated(&mut stage, 0.0, 1, 0);
    let joined = only_order(&stage.cell(1.0, 2, 1));
    done(&mut stage, 1.0, &joined);
    let started = only_order(&stage.cell(10.0, 1, 10));
    assert_eq!(orders(&stage.cell(11.0, 2, 10)), []);
    assert_eq!(orders(&stage.end(12.0, &started, undone())), []);
    let why = stage.engine.why(&supi(1), &shared().id, at(13.0)).unwrap();
    assert_eq!(why.explanation.limits.host.map(|host| host.state), Some(HostState::Paused));
    assert_eq!(why.source, Some(site_id(0)));
    assert_eq!(stage.due(), Some(14.0));
    // One of the two asks, and both are served in the end.
    let again = only_order(&stage.timeout(14.0));
    assert_eq!((again.instance.clone(), again.generation), (host(1), Generation(2)));
    let joined = orders(&done(&mut stage, 15.0, &again));
    assert_eq!(joined.len(), 2);
}

#[test]
fn a_host_that_is_not_wanted_any_longer_when_it_is_ready_stays_empty_for_linger() {
    let mut stage = stage_of(vec![shared()]);
    seated(&mut stage, 0.0, 1, 0);
    let started = only_order(&stage.cell(10.0, 1, 10));
    assert_eq!(orders(&stage.cell(11.0, 1, 0)), []);
    assert_eq!(orders(&done(&mut stage, 12.0, &started)), []);
    assert_eq!(stage.due(), Some(72.0));
    let gone = only_order(&stage.timeout(72.0));
    assert_eq!((gone.instance, gone.target), (host(1), None));
}

#[test]
fn seats_leave_a_site_that_is_drained_and_its_host_goes_at_once_after_the_last() {
    let mut stage = stage_of(vec![shared()]);
    seated(&mut stage, 0.0, 1, 0);
    let joined = only_order(&stage.cell(1.0, 2, 0));
    done(&mut stage, 1.0, &joined);
    let draining = SiteCondition::Draining { deadline: None };
    let report = desk::report(0, at(10.0), SiteSource::Emco, draining);
    stage.handle(at(10.0), Input::Site(&report));
    let out = stage.timeout(10.0);
    let started = only_order(&out);
    assert_eq!((started.instance.clone(), started.target.clone()), (host(1), Some(site_id(1))));
    let moves = orders(&done(&mut stage, 12.0, &started));
    assert_eq!(moves.len(), 2);
    assert!(moves.iter().all(|order| order.trigger == Trigger::Maintenance && order.host == Some(host(1))));
    assert_eq!(orders(&done(&mut stage, 13.0, &moves[0])), [], "one is there still");
    let out = done(&mut stage, 14.0, &moves[1]);
    let gone = only_order(&out);
    assert_eq!((gone.instance.clone(), gone.trigger), (host(0), Trigger::Maintenance));
    let status = desk::told(&done(&mut stage, 20.0, &gone));
    let evacuation = status.last().and_then(|status| status.evacuation).unwrap();
    // Two seats and their host.
    assert_eq!((evacuation.instances, evacuation.remaining), (3, 0));
}

#[test]
fn a_site_that_has_failed_is_left_and_its_host_let_go() {
    let mut stage = stage_of(vec![shared()]);
    seated(&mut stage, 0.0, 1, 0);
    let report = desk::report(0, at(10.0), SiteSource::Probe, SiteCondition::Failed);
    stage.handle(at(10.0), Input::Site(&report));
    let started = only_order(&stage.timeout(10.0));
    let moved = only_order(&done(&mut stage, 12.0, &started));
    assert_eq!((moved.trigger, moved.target.clone()), (Trigger::SiteFailure, Some(site_id(1))));
    let gone = only_order(&done(&mut stage, 13.0, &moved));
    assert_eq!((gone.instance, gone.target, gone.trigger), (host(0), None, Trigger::SiteFailure));
}

#[test]
fn a_limit_of_a_site_counts_hosts_and_not_seats() {
    let sites = (0..3).map(|number| Site { max_instances: Some(1), ..site(number) }).collect();
    let topology = Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap();
    let alone = App { scope: Scope::PerUe, ..app("vr", Policy::Nearest) };
    let only = model::Users::Only { supis: vec![supi(9)], ranges: Vec::new() };
    let mut stage = on(topology, vec![shared(), App { users: only, ..alone }]);
    seated(&mut stage, 0.0, 1, 0);
    for ue in 2..5 {
        let joined = only_order(&stage.cell(1.0, ue, 0));
        done(&mut stage, 1.0, &joined);
    }
    // One of another app finds the site full; its own seat does not.
    let out = orders(&stage.cell(2.0, 9, 0));
    let sites: Vec<_> = out.iter().map(|order| (order.app.as_str(), order.target.clone())).collect();
    assert_eq!(sites, [("ar", Some(site_id(0))), ("vr", Some(site_id(1)))]);
    // Where a site is full of others no host can be, and so no seat.
    let out = stage.cell(3.0, 1, 14);
    let best = only_order(&out);
    assert_eq!((best.instance, best.target), (host(2), Some(site_id(2))));
}

#[test]
fn budgets_count_hosts_and_seats_and_who_waits_has_the_host_started_when_its_turn_comes() {
    let tight = App { max_concurrent_relocations: 1, ..shared() };
    let mut stage = stage_of(vec![tight]);
    let started = only_order(&stage.cell(0.0, 1, 0));
    let out = stage.cell(1.0, 2, 10);
    assert_eq!(orders(&out), []);
    let waits = Rule::Guarded(Guard::ConcurrentRelocations);
    assert_eq!(only_decision(&out).explanation.rule, waits);
    assert_eq!(stage.engine.counts().waiting, 1);
    // The one in line goes first: its host, and then whoever came first.
    let next = only_order(&done(&mut stage, 2.0, &started));
    assert_eq!(next.instance, host(1));
    let mut order = next;
    let mut all = Vec::new();
    for second in 3..20 {
        let more = orders(&done(&mut stage, f64::from(second), &order));
        let [next] = &more[..] else { break };
        all.push(next.instance.clone());
        order = next.clone();
    }
    all.sort();
    let mut seats = vec![seat(1), seat(2)];
    seats.sort();
    assert_eq!(all, seats);
}

#[test]
fn who_joins_when_a_freeze_ends_keeps_the_host_that_was_to_go() {
    let mut stage = deserted();
    let freeze = model::Ask::Freeze { app: None, until: None };
    stage.handle(at(80.0), Input::Operator(&desk::command(at(80.0), freeze)));
    // Both wait for the end of the freeze: first a UE, then the host.
    assert_eq!(orders(&stage.cell(90.0, 2, 0)), []);
    assert_eq!(orders(&stage.timeout(131.0)), []);
    let thaw = model::Ask::Thaw { app: None };
    let command = model::OperatorCommand { id: uuid::Uuid::from_u128(8), ..desk::command(at(140.0), thaw) };
    let joined = only_order(&stage.handle(at(140.0), Input::Operator(&command)));
    assert_eq!((joined.instance, joined.host), (seat(2), Some(host(0))));
}

#[test]
fn in_mode_observe_hosts_are_assumed_to_be_there() {
    let mut stage = stage_of(vec![App { mode: Mode::Observe, ..shared() }]);
    let out = stage.cell(0.0, 1, 0);
    assert_eq!(orders(&out), []);
    let verdicts: Vec<_> = decisions(&out).iter().map(|told| (told.instance.clone(), told.verdict)).collect();
    assert_eq!(verdicts, [(host(0), Verdict::Move), (seat(1), Verdict::Move)]);
    assert_eq!(stage.engine.counts().hosts, 1);
    let moved = stage.cell(10.0, 1, 10);
    assert_eq!(decisions(&moved).len(), 2);
    assert_eq!(stage.due(), Some(70.0));
    assert_eq!(only_decision(&stage.timeout(70.0)).explanation.rule, Rule::LingerOver);
}

#[test]
fn a_host_takes_no_asks_and_is_never_moved() {
    let mut stage = stage_of(vec![shared()]);
    seated(&mut stage, 0.0, 1, 0);
    let pin = model::Ask::Pin { app: shared().id, instance: host(0), site: site_id(2) };
    let out = stage.handle(at(1.0), Input::Operator(&desk::command(at(1.0), pin)));
    assert_eq!((out, stage.engine.counts().ignored_commands), (vec![], 1));
    // A seat does: it goes where it is asked to, as soon as there is a host.
    let ask = model::Ask::Move { app: shared().id, instance: seat(1), site: site_id(2) };
    let command = model::OperatorCommand { id: uuid::Uuid::from_u128(7), ..desk::command(at(2.0), ask) };
    let started = only_order(&stage.handle(at(2.0), Input::Operator(&command)));
    assert_eq!(started.instance, host(2));
    let moved = only_order(&done(&mut stage, 3.0, &started));
    assert_eq!((moved.instance, moved.trigger), (seat(1), Trigger::Operator));
}

/// What follows is the same whether or not there was a restart in between, from a snapshot or from the bus.
#[test]
fn a_restart_at_each_point_changes_nothing() {
    fn again(stage: &mut Stage) {
        let bytes = stage.engine.snapshot();
        stage.engine = Engine::restore(&bytes, topology(), vec![shared()], key()).unwrap();
        assert!(stage.engine.snapshot() == bytes);
    }
    let mut stage = stage_of(vec![shared()]);
    let started = only_order(&stage.cell(0.0, 1, 0));
    again(&mut stage);
    let joined = only_order(&done(&mut stage, 5.0, &started));
    again(&mut stage);
    assert_eq!(done(&mut stage, 6.0, &joined), []);
    again(&mut stage);
    let away = only_order(&stage.cell(10.0, 1, 10));
    again(&mut stage);
    let moved = only_order(&done(&mut stage, 11.0, &away));
    again(&mut stage);
    done(&mut stage, 12.0, &moved);
    again(&mut stage);
    assert_eq!(stage.due(), Some(72.0));
    let gone = only_order(&stage.timeout(72.0));
    again(&mut stage);
    assert_eq!(done(&mut stage, 73.0, &gone), []);
    assert_eq!(stage.engine.counts().hosts, 1);
}

#[test]
fn from_the_bus_hosts_and_seats_are_told_apart_and_what_is_under_way_is_adopted() {
    let mut before = stage_of(vec![shared()]);
    let (first, joined) = seated(&mut before, 0.0, 1, 0);
    let away = only_order(&before.cell(10.0, 1, 10));
    let mut stage = stage_of(vec![shared()]);
    stage.engine.catch_up();
    for order in [&first, &joined, &away] {
        stage.handle(at(20.0), Input::OrderSeen(order));
    }
    for order in [&first, &joined] {
        stage.handle(at(20.0), Input::Outcome(&outcome(order, at(1.0), completed(order))));
    }
    stage.handle(at(20.0), Input::Ue(&event(1, at(10.0), in_cell(10))));
    assert_eq!(orders(&stage.settle(21.0)), [], "the host is on its way");
    let counts = stage.engine.counts();
    assert_eq!((counts.instances, counts.hosts, counts.detached, counts.under_way), (3, 2, 0, 1));
    let moved = only_order(&done(&mut stage, 22.0, &away));
    assert_eq!((moved.instance, moved.host), (seat(1), Some(host(1))));
    assert_eq!(moved.generation, joined.generation.next());
}

#[test]
fn what_runs_is_learned_from_instances_alone() {
    let mut stage = stage_of(vec![shared()]);
    stage.engine.catch_up();
    let runs = |id: &InstanceId| instance_state("ar", id, 4, Some(0), at(1.0));
    stage.handle(at(20.0), Input::Instance(&runs(&host(0))));
    stage.handle(at(20.0), Input::Instance(&runs(&seat(1))));
    assert_eq!(stage.settle(21.0), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.instances, counts.hosts, counts.detached), (2, 1, 1));
    assert_eq!(stage.due(), None, "the seat keeps the host");
    let joined = only_order(&stage.cell(30.0, 2, 0));
    assert_eq!(joined.host, Some(host(0)));
}

#[test]
fn another_catalogue_keeps_hosts_and_lets_those_go_whose_site_has_left() {
    let mut stage = stage_of(vec![shared()]);
    seated(&mut stage, 0.0, 1, 0);
    let mut out = Vec::new();
    let scoped = App { scope: Scope::PerUe, ..shared() };
    assert!(stage.engine.replace(at(1.0), topology(), vec![scoped], &mut out).is_err(), "its scope changes");
    let fewer = Topology::new((1..3).map(site).collect(), (0..=30).map(cell).collect(), Vec::new()).unwrap();
    stage.ledger = Ledger::new(&fewer).with(&[shared()]).keyed(&key());
    for (id, generation) in [(host(0), 1), (seat(1), 1)] {
        stage.ledger.input(&Input::Instance(&instance_state("ar", &id, generation, Some(0), at(0.0))));
    }
    stage.engine.replace(at(2.0), fewer, vec![shared()], &mut out).unwrap();
    let out = stage.checked(out);
    let started = only_order(&out);
    assert_eq!((started.instance.clone(), started.target.clone()), (host(1), Some(site_id(1))));
    let moved = only_order(&done(&mut stage, 3.0, &started));
    assert_eq!(moved.source, Some(site_id(0)));
    done(&mut stage, 4.0, &moved);
    let gone = only_order(&stage.timeout(64.0));
    assert_eq!((gone.instance, gone.source, gone.target), (host(0), Some(site_id(0)), None));
}

#[test]
fn a_host_that_somebody_else_moved_or_stopped_is_started_again_for_who_comes() {
    let mut stage = stage_of(vec![shared()]);
    let (first, _) = seated(&mut stage, 0.0, 1, 0);
    let fenced = OutcomeKind::Fenced { newest: Generation(7), serving: None };
    let told = outcome(&Order { generation: Generation(7), ..first }, at(1.0), fenced);
    stage.handle(at(1.0), Input::Outcome(&told));
    assert_eq!(orders(&stage.cell(2.0, 2, 0)), [], "after a pause");
    let again = only_order(&stage.timeout(3.0));
    assert_eq!((again.instance, again.generation), (host(0), Generation(8)));
}

#[test]
fn an_overloaded_site_sheds_seats_and_then_its_idle_host() {
    let marks = model::WaterMarks { high: 0.8, low: 0.6, ..model::WaterMarks::default() };
    let sites =
        (0..3).map(|number| Site { water_marks: (number == 0).then_some(marks), ..site(number) }).collect();
    let topology = Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap();
    let mut stage = on(topology, vec![shared()]);
    seated(&mut stage, 0.0, 1, 0);
    let load = model::SiteLoad {
        site: site_id(0),
        source: SiteSource::Metrics,
        at: at(10.0),
        load: 0.9,
        valid_until: at(1_000.0),
        resources: std::collections::BTreeMap::new(),
    };
    let mut out = stage.handle(at(10.0), Input::Load(&load));
    out.extend(stage.timeout(10.0));
    let started = only_order(&out);
    let moved = only_order(&done(&mut stage, 11.0, &started));
    assert_eq!((moved.instance.clone(), moved.trigger), (seat(1), Trigger::Capacity));
    let gone = only_order(&done(&mut stage, 12.0, &moved));
    assert_eq!((gone.instance, gone.trigger), (host(0), Trigger::Capacity));
    assert_eq!(shared().linger, Duration::from_secs(60));
}
