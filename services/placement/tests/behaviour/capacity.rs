use std::collections::BTreeSet;

use model::{App, Guard, Policy, Rule, Site, Trigger, Verdict};
use placement::{Engine, Topology};

use crate::desk::*;
use crate::scene::*;

/// Sites with room for so many instances; `None`: for any number.
fn rooms(limits: &[Option<u32>], apps: Vec<App>) -> Stage {
    let sites = (0_u32..).zip(limits).map(|(number, limit)| Site { max_instances: *limit, ..site(number) });
    let topology = Topology::new(sites.collect(), (0..=30).map(cell).collect(), Vec::new()).unwrap();
    Stage::with(Engine::new(topology, apps.clone(), key()).unwrap()).with_apps(&apps)
}

fn labels<const N: usize>(words: [&str; N]) -> BTreeSet<String> {
    words.map(str::to_owned).into()
}

/// Sites with these labels.
fn labelled(of: &[&[&str]], apps: Vec<App>) -> Stage {
    let words = |words: &&[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let sites = (0_u32..).zip(of).map(|(number, of)| Site { labels: words(of), ..site(number) });
    let topology = Topology::new(sites.collect(), (0..=30).map(cell).collect(), Vec::new()).unwrap();
    Stage::with(Engine::new(topology, apps.clone(), key()).unwrap()).with_apps(&apps)
}

fn nearest() -> Vec<App> {
    vec![app("ar", Policy::Nearest)]
}

#[test]
fn what_finds_no_room_goes_to_the_second_best_site() {
    let mut stage = rooms(&[Some(1), None, None], nearest());
    stage.put(0.0, 1, 0);
    let out = stage.cell(1.0, 2, 0);
    let decision = only_decision(&out);
    assert_eq!((decision.verdict, decision.target), (Verdict::Move, Some(site_id(1))));
    let guards = [Some(Guard::Full), None, None];
    assert_eq!(decision.explanation.candidates.iter().map(|c| c.rejected_by).collect::<Vec<_>>(), guards);
    // The one that is there is not thrown out by its own weight.
    assert_eq!(decisions(&stage.cell(2.0, 1, 1)), []);
}

#[test]
fn an_order_counts_where_it_goes_and_where_it_comes_from_until_it_has_ended() {
    let mut stage = rooms(&[Some(1), Some(1), None], nearest());
    stage.put(0.0, 1, 0);
    let away = only_order(&stage.cell(1.0, 1, 10));
    assert_eq!(away.target, Some(site_id(1)));
    // Full at both ends: the first cannot take the one, nor the second.
    let second = only_order(&stage.cell(2.0, 2, 0));
    let third = only_order(&stage.cell(3.0, 3, 10));
    assert_eq!((&second.target, &third.target), (&Some(site_id(2)), &Some(site_id(2))));
    stage.done(4.0, &second);
    stage.done(4.0, &third);
    // When it has ended, the site that it left has room again, and the one that it came to has none.
    stage.done(5.0, &away);
    assert_eq!(only_order(&stage.cell(6.0, 4, 0)).target, Some(site_id(0)));
    assert_eq!(only_order(&stage.cell(7.0, 5, 10)).target, Some(site_id(2)));
}

#[test]
fn an_order_that_comes_to_nothing_gives_its_room_back() {
    let mut stage = rooms(&[Some(1), None, None], nearest());
    let order = only_order(&stage.cell(0.0, 1, 0));
    let kind = undone();
    assert_eq!(orders(&stage.end(1.0, &order, kind)), []);
    assert_eq!(only_order(&stage.cell(1.5, 2, 0)).target, Some(site_id(0)));
}

#[test]
fn room_that_comes_free_wakes_who_has_waited_longest() {
    let mut stage = rooms(&[Some(1), Some(0), Some(1)], nearest());
    stage.put(0.0, 1, 0);
    stage.put(0.0, 2, 20);
    let blocked = only_decision(&stage.cell(1.0, 3, 0));
    assert_eq!((blocked.verdict, blocked.trigger), (Verdict::Blocked, Trigger::FirstPlacement));
    assert_eq!(blocked.explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
    assert!(blocked.explanation.candidates.iter().all(|c| c.rejected_by == Some(Guard::Full)));
    stage.cell(2.0, 4, 0);
    assert_eq!(stage.engine.counts().held, 2);
    stage.ue(3.0, 2, model::UeChange::Gone);
    let going = only_order(&stage.run_to(63.0));
    assert_eq!(going.target, None);
    let next = only_order(&stage.done(64.0, &going));
    assert_eq!((next.instance, next.target), (blocked.instance, Some(site_id(2))));
    assert_eq!(stage.engine.counts().held, 1);
}

#[test]
fn room_at_a_better_site_is_taken_at_the_next_look() {
    let mut stage = rooms(&[Some(1), None, None], nearest());
    stage.put(0.0, 1, 0);
    stage.put(0.0, 2, 1);
    let away = only_order(&stage.cell(1.0, 1, 10));
    stage.done(2.0, &away);
    // It is well where it is and waits for nothing; its next report finds the room.
    let order = only_order(&stage.cell(3.0, 2, 0));
    assert_eq!((order.source, order.target), (Some(site_id(1)), Some(site_id(0))));
}

#[test]
fn both_apps_of_a_ue_count_and_what_is_only_observed_weighs_on_nothing_real() {
    let watched = App { mode: model::Mode::Observe, ..app("seen", Policy::Nearest) };
    let apps = vec![app("ar", Policy::Nearest), app("vr", Policy::Nearest), watched];
    let mut stage = rooms(&[Some(2), None, None], apps);
    let out = stage.cell(0.0, 1, 0);
    let targets: Vec<_> = orders(&out).into_iter().map(|order| order.target).collect();
    assert_eq!(targets, [Some(site_id(0)), Some(site_id(0))]);
    // What is observed sees the room that the others left: none.
    let seen = decisions(&out).into_iter().find(|decision| decision.app.as_str() == "seen").unwrap();
    assert_eq!(seen.target, Some(site_id(1)));
    let status = told(&out).pop().unwrap();
    assert_eq!((status.instances, status.instances_limit), (2, Some(2)));
}

#[test]
fn what_is_only_observed_takes_no_room() {
    let watched = App { mode: model::Mode::Observe, ..app("seen", Policy::Nearest) };
    let mut stage = rooms(&[Some(1), None, None], vec![watched, app("ar", Policy::Nearest)]);
    let out = stage.cell(0.0, 1, 0);
    assert!(decisions(&out).iter().all(|decision| decision.target == Some(site_id(0))), "{out:?}");
}

#[test]
fn how_many_are_at_a_site_with_a_limit_is_told_once_a_second_at_most() {
    let mut stage = rooms(&[Some(9), None, None], nearest());
    let counts = |out: &[placement::Command]| -> Vec<_> {
        told(out).into_iter().map(|status| (status.at, status.instances, status.instances_limit)).collect()
    };
    assert_eq!(counts(&stage.cell(10.0, 1, 0)), [(at(10.0), 1, Some(9))]);
    assert_eq!(counts(&stage.cell(10.3, 2, 0)), []);
    assert_eq!(counts(&stage.cell(10.6, 3, 0)), []);
    assert_eq!(counts(&stage.run_to(30.0)), [(at(11.0), 3, Some(9))]);
    // Sites without one are not told of.
    assert_eq!(told(&stage.cell(40.0, 4, 20)), []);
}

#[test]
fn an_app_is_placed_only_where_all_that_it_requires_is() {
    let gpu = App { requires: labels(["gpu", "ssd"]), ..app("ar", Policy::Nearest) };
    let plain = app("vr", Policy::Nearest);
    let mut stage = labelled(&[&["gpu"], &[], &["gpu", "ssd", "arm"]], vec![gpu, plain]);
    let out = stage.cell(0.0, 1, 0);
    let (ar, vr) = (decisions(&out).remove(0), decisions(&out).remove(1));
    assert_eq!((ar.app.as_str(), &ar.target), ("ar", &Some(site_id(2))));
    let guards = [Some(Guard::MissingLabel), Some(Guard::MissingLabel), None];
    assert_eq!(ar.explanation.candidates.iter().map(|c| c.rejected_by).collect::<Vec<_>>(), guards);
    assert_eq!((vr.app.as_str(), &vr.target), ("vr", &Some(site_id(0))));
    assert!(vr.explanation.candidates.iter().all(|c| c.rejected_by.is_none()));
    orders(&out).iter().for_each(|order| drop(stage.done(1.0, order)));
    // Moving about changes nothing of that; nor does an operator.
    assert!(orders(&stage.cell(2.0, 1, 1)).is_empty());
    let refused = only_decision(&stage.ask(3.0, go(1, 1)));
    assert_eq!(refused.explanation.rule, Rule::Guarded(Guard::MissingLabel));
    // The only one is drained: the other sites are no way out.
    let stranded = only_decision(&stage.asked(4.0, drain(2)));
    assert_eq!(stranded.explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
}

#[test]
fn a_label_that_no_site_has_places_nothing_and_says_so() {
    let odd = App { requires: labels(["tpu"]), ..app("ar", Policy::Nearest) };
    let mut stage = labelled(&[&["gpu"], &[], &[]], vec![odd]);
    let blocked = only_decision(&stage.cell(0.0, 1, 0));
    assert_eq!(blocked.explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
    assert!(blocked.explanation.candidates.iter().all(|c| c.rejected_by == Some(Guard::MissingLabel)));
    assert_eq!(stage.run_to(600.0), []);
}

#[test]
fn beyond_the_ranked_sites_the_nearest_that_takes_it_is_found() {
    // More sites than are ranked for a cell; the ranked ones are full.
    let limits: Vec<_> = (0..9).map(|number| (number < 6).then_some(0)).collect();
    let mut stage = rooms(&limits, nearest());
    let decision = only_decision(&stage.cell(0.0, 1, 0));
    assert_eq!((decision.verdict, decision.target), (Verdict::Move, Some(site_id(6))));
    let told: Vec<_> =
        decision.explanation.candidates.iter().map(|c| (c.site.clone(), c.rejected_by)).collect();
    let expected: Vec<_> =
        (0..7).map(|number| (site_id(number), (number < 6).then_some(Guard::Full))).collect();
    assert_eq!(told, expected);
}
