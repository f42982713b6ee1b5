use model::{App, AppLimits, Budget, Guard, Limits, Policy, Rate, Rule, SiteCondition, SiteSource, Verdict};
use placement::{Command, Engine, Fleet, Input};

use crate::desk::*;
use crate::scene::*;

fn at_once(concurrent: u32) -> Budget {
    Budget { concurrent: Some(concurrent), rate: None }
}

fn often(per_minute: u32, burst: u32) -> Budget {
    Budget { concurrent: None, rate: Some(Rate { per_minute, burst }) }
}

/// Two apps that go to the nearest site.
fn fleet(limits: Limits) -> Fleet {
    let app = |id| App { max_concurrent_relocations: 50, ..app(id, Policy::Nearest) };
    Fleet { apps: vec![app("ar"), app("vr")], limits }
}

fn of_total(total: Budget) -> Fleet {
    fleet(Limits { total, ..Limits::default() })
}

fn of_site(site: u32, budget: Budget) -> Fleet {
    fleet(Limits { sites: [(site_id(site), budget)].into(), ..Limits::default() })
}

fn rules(commands: &[Command]) -> Vec<(Verdict, Rule)> {
    decisions(commands).iter().map(|told| (told.verdict, told.explanation.rule)).collect()
}

/// Places the instances of a UE one after another.
fn place(stage: &mut Stage, ue: u64, cell: u32) {
    let mut live = orders(&stage.cell(0.0, ue, cell));
    while let Some(order) = live.pop() {
        live.extend(orders(&stage.done(0.0, &order)));
    }
}

const fn blocked(by: Guard) -> (Verdict, Rule) {
    (Verdict::Blocked, Rule::Guarded(by))
}

const PLACED: (Verdict, Rule) = (Verdict::Move, Rule::NoInstanceYet);

#[test]
fn all_apps_together_have_a_budget_and_its_line_is_one() {
    let mut stage = Stage::of(of_total(at_once(3)));
    let first = orders(&stage.cell(0.0, 1, 0));
    let out = stage.cell(1.0, 2, 0);
    assert_eq!(rules(&out), [PLACED, blocked(Guard::TotalConcurrent)]);
    let told = &decisions(&out)[1].explanation;
    assert_eq!((told.limits.budgets[0].used, told.limits.budgets[0].limit), (3, 3));
    assert_eq!(rules(&stage.cell(2.0, 3, 0)), [blocked(Guard::TotalConcurrent); 2]);
    // Oldest first, whatever the app.
    let next = only_order(&stage.done(3.0, &first[0]));
    assert_eq!((next.app.as_str(), next.instance.clone()), ("vr", decisions(&out)[1].instance.clone()));
    assert_eq!(only_order(&stage.done(4.0, &first[1])).app.as_str(), "ar");
    assert_eq!((stage.engine.counts().waiting, stage.engine.counts().under_way), (1, 3));
}

#[test]
fn a_site_s_budget_counts_what_comes_and_what_leaves_and_sends_nobody_elsewhere() {
    let mut stage = Stage::of(of_site(1, at_once(1)));
    [(1, 0), (2, 9), (3, 20)].into_iter().for_each(|(ue, cell)| place(&mut stage, ue, cell));
    let mut out = stage.cell(1.0, 1, 10);
    let live = orders(&out);
    assert_eq!(rules(&out), [(Verdict::Move, Rule::Nearer), blocked(Guard::SiteConcurrent)]);
    assert_eq!(decisions(&out)[1].target, Some(site_id(1)), "not the second best");
    let told = decisions(&out)[1].explanation.limits.budgets.clone();
    assert_eq!((told[0].guard, told[0].site.clone()), (Guard::SiteConcurrent, Some(site_id(1))));
    // Who leaves the site needs its budget too; who has nothing to do with it does not.
    assert_eq!(rules(&stage.cell(2.0, 2, 0)), [blocked(Guard::SiteConcurrent); 2]);
    assert_eq!(orders(&stage.cell(3.0, 3, 0)).len(), 2);
    let mut order = live[0].clone();
    let mut went = Vec::new();
    for step in 0..3 {
        out = stage.done(4.0 + f64::from(step), &order);
        order = only_order(&out);
        went.push((order.app.to_string(), order.target.clone()));
    }
    let [one, two] = [site_id(1), site_id(0)].map(Some);
    assert_eq!(went, [("vr".into(), one), ("ar".into(), two.clone()), ("vr".into(), two)]);
}

#[test]
fn orders_are_given_at_their_rate_and_the_engine_wakes_for_each() {
    let mut stage = Stage::of(of_total(often(60, 2)));
    let mut given = orders(&stage.cell(0.0, 1, 0));
    let told = only_decision(&stage.cell(0.25, 2, 0)[..1]);
    assert_eq!((told.verdict, told.explanation.rule), blocked(Guard::TotalRate));
    let seen = &told.explanation.limits.budgets[0];
    assert_eq!((seen.used, seen.limit, seen.per_minute), (2, 2, Some(60)));
    assert_eq!(given.len(), 2);
    for second in 1..=2 {
        assert_eq!(stage.due(), Some(f64::from(second)));
        let out = stage.timeout(f64::from(second));
        given.push(only_order(&out));
    }
    assert_eq!(stage.due(), None);
    assert!(given.iter().all(|order| order.due_at == order.decided_at || order.due_at == at(0.0)));
}

#[test]
fn who_waits_goes_before_who_comes_when_a_token_has_come_meanwhile() {
    let mut stage = Stage::of(of_total(often(60, 1)));
    let placed = |out: &[Command]| only_order(out).instance;
    stage.cell(0.0, 1, 0);
    let vr = key().per_ue(&model::AppId::new("vr").unwrap(), &supi(1));
    // The clock of the caller comes late: an event is handed in before the timer that was due.
    let out = stage.cell(1.5, 2, 0);
    assert_eq!(placed(&out), vr);
}

#[test]
fn an_app_has_a_rate_of_its_own_and_letting_go_takes_nothing() {
    let limits = AppLimits { rate: Some(Rate { per_minute: 6, burst: 1 }), ..AppLimits::default() };
    let apps = vec![App { limits, ..app("ar", Policy::Nearest) }, app("vr", Policy::Nearest)];
    let mut stage = Stage::of(apps.into());
    orders(&stage.cell(0.0, 1, 0)).iter().for_each(|order| drop(stage.done(0.5, order)));
    assert_eq!(rules(&stage.cell(1.0, 2, 0)), [blocked(Guard::AppRate), PLACED]);
    stage.ue(1.0, 1, model::UeChange::Gone);
    assert_eq!(only_order(&stage.run_to(10.0)).app.as_str(), "ar");
    let gone = orders(&stage.run_to(61.0));
    assert_eq!(gone.iter().filter(|order| order.target.is_none()).count(), 2);
    assert_eq!(rules(&stage.cell(61.0, 3, 0)), [PLACED, PLACED]);
}

#[test]
fn leaving_a_failed_site_and_operators_wait_for_budgets_too() {
    let mut stage = Stage::of(of_site(0, at_once(1)));
    (1..=2).for_each(|ue| place(&mut stage, ue, 0));
    let asked = only_order(&stage.ask(1.0, go(1, 2)));
    assert_eq!(rules(&stage.ask(2.0, go(2, 2))), [blocked(Guard::SiteConcurrent)]);
    let out = stage.said(3.0, 0, SiteSource::Probe, SiteCondition::Failed);
    assert_eq!(rules(&out), [blocked(Guard::SiteConcurrent); 2]);
    // The operator's came first.
    let next = orders(&stage.done(4.0, &asked)).remove(0);
    assert_eq!((next.trigger, next.target), (model::Trigger::Operator, Some(site_id(2))));
}

#[test]
fn who_finds_another_budget_used_up_keeps_its_age() {
    let limits = Limits { sites: [(site_id(0), at_once(1))].into(), ..Limits::default() };
    let narrow = |id| App { max_concurrent_relocations: 1, ..app(id, Policy::Nearest) };
    let mut stage = Stage::of(Fleet { apps: vec![narrow("ar"), narrow("vr")], limits });
    let far = orders(&stage.cell(0.0, 1, 20));
    assert_eq!(rules(&stage.cell(1.0, 2, 0)), [blocked(Guard::ConcurrentRelocations); 2]);
    assert_eq!(rules(&stage.cell(2.0, 3, 0)), [blocked(Guard::ConcurrentRelocations); 2]);
    let mut near = only_order(&stage.done(3.0, &far[1]));
    assert_eq!((near.app.as_str(), near.target.clone()), ("vr", Some(site_id(0))));
    // The other app's slot is free, but not the site: both go on waiting there, and the younger one behind the older.
    assert_eq!(rules(&stage.done(4.0, &far[0])), [blocked(Guard::SiteConcurrent); 2]);
    let mut went = Vec::new();
    for second in 5..8 {
        near = only_order(&stage.done(f64::from(second), &near));
        went.push((near.app.to_string(), near.instance.clone()));
    }
    let id = |app: &str, ue| (app.to_owned(), key().per_ue(&model::AppId::new(app).unwrap(), &supi(ue)));
    assert_eq!(went, [id("ar", 2), id("ar", 3), id("vr", 3)]);
}

#[test]
fn orders_of_before_a_restart_count_whether_from_a_snapshot_or_from_the_bus() {
    let fleet = of_total(often(6, 3));
    let mut before = Stage::of(fleet.clone());
    let mut given = orders(&before.cell(0.0, 1, 0));
    let out = before.cell(1.0, 2, 0);
    assert_eq!(rules(&out), [PLACED, blocked(Guard::TotalRate)]);
    given.extend(orders(&out));
    assert_eq!(before.due(), Some(10.0));
    let bytes = before.engine.snapshot();
    let restored = Engine::restore(&bytes, topology(), fleet.clone(), key()).unwrap();
    assert!(restored.snapshot() == bytes);
    assert_eq!(restored.counts().waiting, 1);
    assert_eq!(restored.next_timeout(), before.engine.next_timeout());

    let mut cold = Stage::of(fleet);
    cold.engine.catch_up();
    // What runs where is read first: of one order it is known already that it has ended.
    let runs = instance_state("ar", &given[0].instance, 1, Some(0), at(0.5));
    cold.handle(at(4.0), Input::Instance(&runs));
    for order in &given {
        cold.handle(at(4.0), Input::OrderSeen(order));
    }
    cold.cell(4.0, 1, 0);
    cold.cell(4.0, 2, 0);
    assert_eq!(rules(&cold.settle(5.0)), [blocked(Guard::TotalRate)]);
    assert_eq!((cold.due(), cold.engine.counts().under_way), (Some(10.0), 2));
    assert_eq!(only_order(&cold.timeout(10.0)).app.as_str(), "vr");
}

#[test]
fn budgets_change_with_the_catalogue_and_those_that_wait_keep_their_order() {
    let mut stage = Stage::of(of_total(at_once(1)));
    let live = orders(&stage.cell(0.0, 1, 0));
    (2..5).for_each(|ue| drop(stage.cell(ue as f64, ue, 0)));
    assert_eq!((live.len(), stage.engine.counts().waiting), (1, 7));
    let mut out = Vec::new();
    stage.engine.replace(at(5.0), topology(), of_total(at_once(4)), &mut out).unwrap();
    stage.ledger = placement::invariants::Ledger::new(&topology());
    stage.ledger.input(&Input::OrderSeen(&live[0]));
    let went: Vec<_> = orders(&stage.checked(out)).into_iter().map(|order| order.instance).collect();
    let id = |app: &str, ue| key().per_ue(&model::AppId::new(app).unwrap(), &supi(ue));
    assert_eq!(went, [id("vr", 1), id("ar", 2), id("vr", 2)]);
    assert_eq!(stage.engine.counts().waiting, 4);
}

#[test]
fn what_is_observed_takes_from_no_budget_and_waits_for_none() {
    let mut fleet = of_total(Budget { concurrent: Some(1), rate: Some(Rate { per_minute: 1, burst: 1 }) });
    fleet.apps[0].mode = model::Mode::Observe;
    let mut stage = Stage::of(fleet);
    for ue in 1..=3 {
        let out = stage.cell(0.0, ue, 0);
        assert_eq!(rules(&out)[0], PLACED);
        assert!(decisions(&out)[0].explanation.limits.budgets.is_empty());
    }
    assert_eq!((stage.engine.counts().under_way, stage.engine.counts().waiting), (1, 2));
}
