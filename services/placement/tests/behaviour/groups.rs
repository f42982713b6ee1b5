//! One instance for UEs that must meet.

use std::time::Duration;

use model::{
    Aim, App, AppId, Basis, Decision, Generation, Guard, InstanceId, Policy, QosTarget, Rule, Scope, Site,
    Trigger, UeChange, UeLocation, Verdict,
};
use placement::{AppError, Engine, Input, Topology};

use crate::desk::*;
use crate::scene::*;
use crate::town::stripe;

const TEAM: &[(&str, &[u64])] = &[("team", &[1, 2, 3])];

fn team(aim: Aim) -> App {
    meeting("meet", aim, TEAM)
}

fn whose() -> (AppId, InstanceId) {
    let app = AppId::new("meet").unwrap();
    (app.clone(), key().per_group(&app, "team"))
}

/// UEs 1 and 2 are at s0, and the instance with them.
fn at_home(aim: Aim) -> Stage {
    let mut stage = Stage::new(vec![team(aim)]);
    stage.placed_at(0.0, 1, 0);
    assert_eq!(orders(&stage.cell(0.0, 2, 0)), []);
    stage
}

fn told(stage: &Stage, seconds: f64) -> Decision {
    let (app, instance) = whose();
    stage.engine.standing(&app, &instance, at(seconds)).unwrap().decision
}

fn meters(decision: &Decision) -> Vec<(String, f64)> {
    let kilometres = |meters: f64| (meters / 1_000.0).round();
    decision.explanation.candidates.iter().map(|c| (c.site.to_string(), kilometres(c.meters))).collect()
}

fn far(sites: [(&str, f64); 3]) -> Vec<(String, f64)> {
    sites.into_iter().map(|(site, far)| (site.to_owned(), far)).collect()
}

#[test]
fn the_first_member_brings_the_instance_and_the_others_share_it() {
    let mut stage = Stage::new(vec![team(Aim::Worst)]);
    let out = stage.cell(0.0, 2, 0);
    let (decision, order) = (only_decision(&out), only_order(&out));
    assert_eq!((&order.app, &order.instance), (&whose().0, &whose().1));
    assert_eq!((decision.trigger, decision.supi.clone()), (Trigger::FirstPlacement, None));
    assert_eq!(decision.explanation.basis, Basis::Members { located: 1, of: 3 });
    let group = decision.group.unwrap();
    assert_eq!((group.name.as_str(), group.members, group.present), ("team", 3, 1));
    stage.end(1.0, &order, completed(&order));
    assert_eq!(orders(&stage.cell(2.0, 1, 0)), []);
    assert_eq!(orders(&stage.cell(2.0, 3, 3)), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.ues, counts.instances, counts.detached), (0, 1, 0));
    // Who is in no group has no part in it.
    assert_eq!(stage.cell(3.0, 4, 0), []);
    assert_eq!(stage.engine.standings(&supi(4), at(4.0)), None);
    assert_eq!(stage.engine.standings(&supi(3), at(4.0)).unwrap().len(), 1);
    assert_eq!(stage.engine.why(&supi(3), &whose().0, at(4.0)), Some(told(&stage, 4.0)));
}

#[test]
fn the_worst_distance_draws_it_to_the_middle_and_the_mean_to_the_many() {
    // Two at cell 0, one at cell 14: for him s1 is a degree nearer, for the two a degree farther.
    let mut worst = at_home(Aim::Worst);
    let held = only_decision(&worst.cell(100.0, 3, 14));
    assert_eq!((held.verdict, held.explanation.rule), (Verdict::Stay, Rule::CostNotReached));
    assert_eq!(meters(&held), far([("s1", 111.0), ("s0", 156.0), ("s2", 223.0)]));
    let group = held.group.unwrap();
    let each: Vec<_> =
        group.farthest.iter().map(|m| (m.supi.clone(), m.target_meters.unwrap().round())).collect();
    assert_eq!(each, [(supi(1), 111_319.0), (supi(2), 111_319.0), (supi(3), 44_528.0)]);
    let due = worst.due().unwrap();
    let out = worst.timeout(due);
    assert_eq!(only_decision(&out).explanation.rule, Rule::CostReached);
    assert_eq!(only_order(&out).target, Some(site_id(1)));

    let mut mean = at_home(Aim::Mean);
    assert_eq!(mean.cell(100.0, 3, 14), []);
    assert_eq!(mean.due(), None);
    assert_eq!(meters(&told(&mean, 200.0)), far([("s0", 52.0), ("s1", 89.0), ("s2", 171.0)]));
}

#[test]
fn a_gain_that_does_not_last_moves_nobody() {
    let mut stage = at_home(Aim::Worst);
    for round in 0..20 {
        let now = 100.0 + 30.0 * f64::from(round);
        assert_eq!(orders(&stage.cell(now, 3, 14)), []);
        assert_eq!(orders(&stage.cell(now + 2.0, 3, 2)), []);
        assert_eq!(orders(&stage.timeout(now + 29.0)), []);
    }
}

#[test]
fn who_leaves_counts_no_longer_and_the_last_one_ends_it() {
    let mut stage = at_home(Aim::Worst);
    stage.cell(100.0, 3, 14);
    let due = stage.due().unwrap();
    let order = only_order(&stage.timeout(due));
    stage.end(due, &order, completed(&order));
    // Back to the two, once that has paid and it may return.
    stage.ue(200.0, 3, UeChange::Gone);
    let due = stage.due().unwrap();
    let back = only_order(&stage.timeout(due));
    assert_eq!(back.target, Some(site_id(0)));
    stage.end(due, &back, completed(&back));
    assert_eq!(stage.ue(300.0, 1, UeChange::Gone), []);
    assert_eq!(stage.due(), None, "one is still there");
    assert_eq!(stage.ue(310.0, 2, UeChange::Gone), []);
    assert_eq!(stage.due(), Some(370.0));
    assert_eq!(stage.ue(320.0, 2, UeChange::Gone), [], "known already");
    let out = stage.timeout(370.0);
    let (decision, end) = (only_decision(&out), only_order(&out));
    assert_eq!((decision.trigger, end.target.clone()), (Trigger::UeGone, None));
    stage.end(371.0, &end, completed(&end));
    let counts = stage.engine.counts();
    assert_eq!((counts.instances, counts.detached, counts.ended), (0, 0, 1));
    // Its generation goes on.
    assert_eq!(only_order(&stage.cell(400.0, 3, 20)).generation, end.generation.next());
}

#[test]
fn who_comes_back_within_linger_keeps_it() {
    let mut stage = at_home(Aim::Worst);
    stage.ue(10.0, 1, UeChange::Gone);
    stage.ue(11.0, 2, UeChange::Gone);
    assert_eq!(orders(&stage.cell(60.0, 3, 1)), []);
    assert_eq!(orders(&stage.timeout(500.0)), []);
}

#[test]
fn a_member_somewhere_unknown_keeps_it_and_draws_it_nowhere() {
    let mut stage = at_home(Aim::Worst);
    stage.ue(10.0, 3, UeChange::Location(UeLocation { cell: None, tai: None, position: None }));
    let decision = told(&stage, 11.0);
    assert_eq!(decision.explanation.basis, Basis::Members { located: 2, of: 3 });
    assert_eq!(decision.group.unwrap().present, 3);
    stage.ue(20.0, 1, UeChange::Gone);
    stage.ue(20.0, 2, UeChange::Gone);
    assert_eq!(told(&stage, 21.0).explanation.rule, Rule::NoCandidate);
    assert_eq!(orders(&stage.timeout(500.0)), []);
}

#[test]
fn an_area_must_hold_every_member() {
    let area = |number, area: Option<(u32, u32)>| Site {
        service_area: area.map(|(first, last)| stripe(first, last)),
        ..site(number)
    };
    let sites = vec![area(0, Some((0, 12))), area(1, Some((2, 20))), area(2, None)];
    let topology = Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap();
    let mut stage = Stage::with(Engine::new(topology, vec![team(Aim::Worst)], key()).unwrap());
    stage.placed_at(0.0, 1, 0);
    // UE 3 leaves the area of s0, and that of s1 does not hold UE 1.
    let out = stage.cell(10.0, 3, 13);
    let decision = only_decision(&out);
    assert_eq!((decision.trigger, decision.explanation.rule), (Trigger::LeftArea, Rule::LeftArea));
    let guards: Vec<_> =
        decision.explanation.candidates.iter().map(|c| (c.site.to_string(), c.rejected_by)).collect();
    let outside = Some(Guard::OutsideArea);
    let expected = [("s1", outside), ("s0", outside), ("s2", None)];
    assert_eq!(guards, expected.map(|(site, guard)| (site.to_owned(), guard)));
    let order = only_order(&out);
    assert_eq!(order.target, Some(site_id(2)));
    stage.end(11.0, &order, completed(&order));
    // Without UE 1 the area of s1 holds all, and the policy may go there.
    stage.ue(20.0, 1, UeChange::Gone);
    let due = stage.due().unwrap();
    assert_eq!(only_order(&stage.timeout(due)).target, Some(site_id(1)));
}

#[test]
fn a_site_that_is_drained_is_left_for_the_next_best_of_the_group() {
    let mut stage = at_home(Aim::Worst);
    stage.cell(10.0, 3, 12);
    let out = stage.ask(11.0, drain(0));
    let out = [out, stage.timeout(11.0)].concat();
    let order = only_order(&out);
    assert_eq!((order.trigger, order.target), (Trigger::Maintenance, Some(site_id(1))));
}

#[test]
fn an_operator_may_name_its_site() {
    let mut stage = at_home(Aim::Worst);
    let (app, instance) = whose();
    let out = stage.ask(10.0, model::Ask::Move { app, instance, site: site_id(2) });
    assert_eq!(only_order(&out).target, Some(site_id(2)));
}

#[test]
fn where_all_are_pinned_to_one_site_no_distance_counts() {
    let mut stage = rack_of(vec![team(Aim::Worst)]);
    stage.placed_at(0.0, 1, 0);
    stage.cell(1.0, 2, 1);
    // Both sites stand in one place: members at both keep it where it is.
    assert_eq!(stage.due(), None);
    stage.cell(100.0, 1, 1);
    assert_eq!(told(&stage, 100.0).explanation.serving.unwrap().meters, None);
    let due = stage.due().unwrap();
    assert_eq!(only_order(&stage.timeout(due)).target, Some(site_id(1)));
}

#[test]
fn a_restart_changes_nothing() {
    let mut stage = at_home(Aim::Worst);
    stage.cell(100.0, 3, 14);
    let due = stage.due().unwrap();
    let bytes = stage.engine.snapshot();
    let apps = || vec![team(Aim::Worst)];
    stage.engine = Engine::restore(&bytes, topology(), apps(), key()).unwrap();
    assert!(stage.engine.snapshot() == bytes);
    assert_eq!(stage.due(), Some(due));
    // Another member is another catalogue.
    let other = meeting("meet", Aim::Worst, &[("team", &[1, 2, 4])]);
    assert!(Engine::restore(&bytes, topology(), vec![other], key()).is_err());
    let mut out = Vec::new();
    stage.engine.replace(at(due - 0.5), topology(), apps(), &mut out).unwrap();
    assert_eq!(orders(&stage.checked(out)), []);
    let then = stage.due().unwrap();
    assert!((then - due).abs() < 0.51, "{then} is not {due}");
    assert_eq!(only_order(&stage.timeout(then)).target, Some(site_id(1)));
}

fn replaced(stage: &mut Stage, seconds: f64, apps: Vec<App>) -> Vec<placement::Command> {
    let mut out = Vec::new();
    stage.engine.replace(at(seconds), topology(), apps, &mut out).unwrap();
    stage.checked(out)
}

#[test]
fn a_group_that_is_not_listed_any_longer_is_left_alone() {
    let mut stage = at_home(Aim::Worst);
    let other = || vec![meeting("meet", Aim::Worst, &[("others", &[7])])];
    assert_eq!(replaced(&mut stage, 10.0, other()), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.instances, counts.detached), (1, 1));
    assert_eq!(stage.ue(11.0, 1, UeChange::Gone), []);
    assert_eq!(stage.due(), None);
    assert_eq!(told(&stage, 12.0).group, None);
}

#[test]
fn members_that_are_known_are_members_of_a_new_group_at_once() {
    let mut stage = at_home(Aim::Worst);
    stage.cell(5.0, 3, 0);
    let groups: &[(&str, &[u64])] = &[("team", &[1, 2]), ("new", &[3, 9])];
    let out = replaced(&mut stage, 10.0, vec![meeting("meet", Aim::Worst, groups)]);
    let order = only_order(&out);
    assert_eq!(order.instance, key().per_group(&order.app, "new"));
    assert_eq!(told(&stage, 10.0).explanation.basis, Basis::Members { located: 2, of: 2 });
    // UE 3 is no longer one of the team.
    stage.ue(20.0, 1, UeChange::Gone);
    stage.ue(20.0, 2, UeChange::Gone);
    let (app, instance) = whose();
    stage.timeout(80.0);
    assert!(stage.engine.standing(&app, &instance, at(80.0)).unwrap().live.is_some());
}

#[test]
fn whoever_was_there_may_be_a_member_no_longer() {
    let mut stage = at_home(Aim::Worst);
    assert_eq!(replaced(&mut stage, 1_000.0, vec![meeting("meet", Aim::Worst, &[("team", &[3])])]), []);
    // Not at once, although nothing was heard for long.
    assert_eq!(stage.due(), Some(1_060.0));
    assert_eq!(only_order(&stage.timeout(1_060.0)).target, None);
}

#[test]
fn what_ran_before_a_cold_start_is_found_by_the_groups_name() {
    for gone in [false, true] {
        let mut stage = Stage::new(vec![team(Aim::Worst)]);
        let (_, instance) = whose();
        let state = instance_state("meet", &instance, 4, Some(0), at(1.0));
        stage.handle(at(2.0), Input::Instance(&state));
        let counts = stage.engine.counts();
        assert_eq!((counts.instances, counts.detached), (1, 1));
        assert_eq!(
            told(&stage, 3.0).group.map(|group| (group.name, group.present)),
            Some(("team".into(), 0))
        );
        if gone {
            stage.ue(10.0, 3, UeChange::Gone);
            let end = only_order(&stage.timeout(70.0));
            assert_eq!((end.target, end.generation), (None, Generation(5)));
        } else {
            assert_eq!(orders(&stage.cell(10.0, 3, 1)), []);
            assert_eq!(stage.engine.counts().detached, 0);
        }
    }
}

#[test]
fn a_ue_may_be_in_several_groups_and_have_instances_of_its_own() {
    let groups: &[(&str, &[u64])] = &[("one", &[1, 2]), ("two", &[1, 3])];
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest), meeting("meet", Aim::Worst, groups)]);
    assert_eq!(orders(&stage.cell(0.0, 1, 0)).len(), 3);
    assert_eq!(stage.engine.standings(&supi(1), at(1.0)).unwrap().len(), 3);
    assert_eq!(stage.engine.standings(&supi(2), at(1.0)).map(|all| all.len()), Some(1), "met through UE 1");
    assert_eq!(stage.engine.counts().ues, 1);
}

#[test]
fn other_policies_look_at_the_worst_distance() {
    let nearest = App { policy: Policy::Nearest, ..team(Aim::Worst) };
    let mut stage = Stage::new(vec![nearest]);
    stage.placed_at(0.0, 1, 0);
    assert_eq!(only_order(&stage.cell(1.0, 2, 14)).target, Some(site_id(1)));
}

#[test]
fn what_does_not_go_together_is_refused_with_what_to_do() {
    let refused = |app: App| {
        let error = Engine::new(topology(), vec![app], key()).expect_err("refused");
        assert!(matches!(error, AppError::Group { .. }), "{error}");
        error.to_string()
    };
    let told = |app, words: &str| {
        let error = refused(app);
        assert!(error.contains(words) && error.contains("`meet`"), "{error}");
    };
    told(App { scope: Scope::PerUe, ..team(Aim::Worst) }, "scope: group");
    told(App { scope: Scope::PerUe, policy: Policy::Nearest, ..team(Aim::Worst) }, "scope: group");
    told(App { groups: Default::default(), ..team(Aim::Worst) }, "needs `groups`");
    let rtt = QosTarget { rtt: Some(Duration::from_millis(20)), ..QosTarget::default() };
    told(App { qos: Some(rtt), ..team(Aim::Worst) }, "`qos`");
    told(meeting("meet", Aim::Worst, &[("team", &[])]), "no member");
    told(meeting("meet", Aim::Worst, &[("team", &[1, 1])]), "twice");
}
