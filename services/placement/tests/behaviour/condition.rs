use model::{Guard, Policy, Rule, SiteCondition, SiteReport, SiteSource, Trigger, Verdict};
use placement::Input;

use crate::desk::*;
use crate::scene::*;

const DRAINING: SiteCondition = SiteCondition::Draining { deadline: None };

fn nearest() -> Stage {
    Stage::new(vec![app("ar", Policy::Nearest)])
}

#[test]
fn a_cordoned_site_keeps_what_it_has_and_takes_no_more() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    let out = stage.asked(1.0, cordon(0));
    assert_eq!(decisions(&out), []);
    let [status] = &told(&out)[..] else { panic!("{out:?}") };
    assert_eq!((status.condition, status.evacuation), (SiteCondition::Cordoned, None));
    assert_eq!(status.instances, 1);
    // The one that is there moves within its reach without being moved.
    assert_eq!(decisions(&stage.cell(2.0, 1, 2)), []);
    let other = only_decision(&stage.cell(3.0, 2, 0));
    assert_eq!((other.verdict, other.target), (Verdict::Move, Some(site_id(1))));
    assert_eq!(other.explanation.candidates[0].rejected_by, Some(Guard::Cordoned));
    // One that left does not come back before it is open again.
    let order = only_order(&stage.cell(4.0, 1, 10));
    stage.done(5.0, &order);
    assert_eq!(decisions(&stage.cell(6.0, 1, 0)), []);
    let back = only_order(&stage.asked(7.0, resume(0)));
    assert_eq!((back.target, back.instance), (Some(site_id(0)), order.instance));
}

#[test]
fn degraded_and_failed_sites_are_left_for_their_own_reasons() {
    let cases = [
        (SiteCondition::Degraded, Guard::Degraded, Trigger::SiteDegraded),
        (SiteCondition::Failed, Guard::Failed, Trigger::SiteFailure),
        (DRAINING, Guard::Draining, Trigger::Maintenance),
    ];
    for (condition, guard, trigger) in cases {
        let mut stage = nearest();
        stage.put(0.0, 1, 0);
        let out = stage.said(1.0, 0, SiteSource::Probe, condition);
        let (decision, order) = (only_decision(&out), only_order(&out));
        assert_eq!((decision.trigger, order.trigger), (trigger, trigger));
        assert_eq!(decision.explanation.rule, Rule::Evacuation);
        assert_eq!(decision.explanation.serving.unwrap().rejected_by, Some(guard));
        assert_eq!(decision.explanation.candidates[0].rejected_by, Some(guard));
        assert_eq!(order.target, Some(site_id(1)));
        let status = told(&out).remove(0);
        assert_eq!((status.source, status.reason.as_deref()), (Some(SiteSource::Probe), Some("seen")));
        // It comes back when its site does.
        stage.done(2.0, &order);
        let back = only_order(&stage.said(3.0, 0, SiteSource::Probe, SiteCondition::InService));
        assert_eq!((back.target, back.trigger), (Some(site_id(0)), Trigger::Mobility));
    }
}

#[test]
fn the_gravest_word_holds_whoever_says_it() {
    let mut stage = nearest();
    let holds = |out: &[placement::Command]| told(out).last().map(|s| (s.condition, s.source.unwrap()));
    let (emco, probe, operator) = (SiteSource::Emco, SiteSource::Probe, SiteSource::Operator);
    let out = stage.said(1.0, 0, emco, SiteCondition::Cordoned);
    assert_eq!(holds(&out), Some((SiteCondition::Cordoned, emco)));
    let out = stage.said(2.0, 0, probe, SiteCondition::Failed);
    assert_eq!(holds(&out), Some((SiteCondition::Failed, probe)));
    // A lesser word changes nothing that holds.
    assert_eq!(holds(&stage.asked(3.0, drain(0))), None);
    let out = stage.said(4.0, 0, probe, SiteCondition::InService);
    assert_eq!(holds(&out), Some((DRAINING, operator)));
    // Resume ends what operators said, not what others say.
    let out = stage.asked(5.0, resume(0));
    assert_eq!(holds(&out), Some((SiteCondition::Cordoned, emco)));
    assert_eq!(stage.engine.counts().closed_sites, 1);
    let out = stage.said(6.0, 0, emco, SiteCondition::InService);
    assert_eq!(holds(&out).map(|(condition, _)| condition), Some(SiteCondition::InService));
    assert_eq!(stage.engine.counts().closed_sites, 0);
}

#[test]
fn an_older_report_of_the_same_source_is_no_news() {
    let mut stage = nearest();
    stage.said(10.0, 0, SiteSource::Emco, SiteCondition::Failed);
    let old = report(0, at(9.0), SiteSource::Emco, SiteCondition::InService);
    assert_eq!(stage.handle(at(11.0), Input::Site(&old)), []);
    assert_eq!(stage.engine.counts().closed_sites, 1);
    // Of another source it is.
    let other = report(1, at(9.0), SiteSource::Metrics, SiteCondition::Degraded);
    stage.handle(at(11.0), Input::Site(&other));
    assert_eq!(stage.engine.counts().closed_sites, 2);
}

#[test]
fn the_same_word_again_is_told_once() {
    let mut stage = nearest();
    assert_eq!(stage.said(1.0, 0, SiteSource::Emco, SiteCondition::Cordoned).len(), 1);
    assert_eq!(stage.said(2.0, 0, SiteSource::Emco, SiteCondition::Cordoned), []);
}

#[test]
fn reports_on_sites_that_nobody_has_are_ignored_and_counted() {
    let mut stage = nearest();
    stage.put(0.0, 1, 0);
    let before = stage.engine.snapshot();
    assert_eq!(stage.said(1.0, 77, SiteSource::Emco, SiteCondition::Failed), []);
    // Operators have commands.
    let forged =
        SiteReport { source: SiteSource::Operator, ..report(0, at(1.0), SiteSource::Emco, DRAINING) };
    assert_eq!(stage.handle(at(1.0), Input::Site(&forged)), []);
    assert_eq!(stage.engine.snapshot(), before);
    assert_eq!(stage.asked(1.0, cordon(77)), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.ignored_reports, counts.ignored_commands, counts.closed_sites), (2, 1, 0));
}

#[test]
fn a_site_outside_the_catalogue_is_left_if_something_runs_there() {
    let mut stage = nearest();
    let instance = key().per_ue(&app("ar", Policy::Nearest).id, &supi(1));
    let runs = instance_state("ar", &instance, 3, Some(77), at(0.0));
    stage.handle(at(0.0), Input::Instance(&runs));
    // Nothing says where it is, and nothing where its UE is: it waits for the UE.
    let out = stage.said(1.0, 77, SiteSource::Emco, SiteCondition::Failed);
    assert_eq!(only_decision(&out).explanation.rule, Rule::Guarded(Guard::NoFeasibleSite));
    let order = only_order(&stage.cell(2.0, 1, 20));
    assert_eq!((order.source, order.target), (Some(site_id(77)), Some(site_id(2))));
    assert_eq!(order.trigger, Trigger::SiteFailure);
}
