use std::time::Duration;

use model::{
    App, Decision, Guard, Measured, Mode, Policy, QosReport, QosSource, QosTarget, Rule, SiteCondition,
    SiteSource, Trigger, UeChange, Verdict,
};
use placement::{Command, Engine, Input};

use crate::desk::*;
use crate::scene::*;
use crate::verdict::recomputed;

/// 20 ms for 5 s; a measurement counts for 30 s.
fn target() -> QosTarget {
    QosTarget { rtt: Some(Duration::from_millis(20)), ..QosTarget::default() }
}

fn wanting(policy: Policy) -> App {
    App { qos: Some(target()), ..app("ar", policy) }
}

/// A UE in the cell of s0, whose instance serves there.
fn stage() -> Stage {
    let mut stage = Stage::new(vec![wanting(Policy::Nearest)]);
    stage.placed_at(0.0, 1, 0);
    stage
}

fn rtt(millis: u32) -> Measured {
    Measured { rtt_us: Some(millis * 1_000), ..Measured::default() }
}

fn report(seconds: f64, site: Option<u32>, measured: Measured) -> QosReport {
    QosReport {
        supi: supi(1),
        app: None,
        site: site.map(site_id),
        observed_at: at(seconds),
        reported_at: None,
        source: QosSource::App,
        measured,
    }
}

impl Stage {
    /// A report comes in, and all that follows at the same instant.
    fn measured(&mut self, seconds: f64, site: Option<u32>, measured: Measured) -> Vec<Command> {
        self.heard(seconds, &report(seconds, site, measured))
    }

    fn heard(&mut self, seconds: f64, report: &QosReport) -> Vec<Command> {
        let mut out = self.handle(at(seconds), Input::Qos(report));
        out.extend(self.run_to(seconds));
        out
    }

    fn why(&self, seconds: f64) -> Decision {
        self.engine.why(&supi(1), &"ar".parse().unwrap(), at(seconds)).unwrap()
    }
}

#[test]
fn what_is_too_poor_for_long_enough_is_left_for_the_nearest_unknown_site() {
    let mut stage = stage();
    assert_eq!(stage.measured(100.0, None, rtt(21)), []);
    assert_eq!(stage.measured(103.0, None, rtt(35)), []);
    assert_eq!(stage.due(), Some(105.0));
    let waiting = stage.why(104.9);
    assert_eq!((waiting.verdict, waiting.explanation.rule), (Verdict::Stay, Rule::AlreadyBest));
    let out = stage.run_to(105.0);
    let decision = only_decision(&out);
    assert_eq!((decision.trigger, decision.explanation.rule), (Trigger::Qos, Rule::QosViolated));
    let serving = decision.explanation.serving.as_ref().unwrap().qos.unwrap();
    assert_eq!((serving.rtt_us, serving.violated_ms), (Some(35_000), Some(5_000)));
    assert_eq!(decision.explanation.qos, Some(target()));
    assert_eq!(recomputed(&decision, Duration::from_secs(60)), (Verdict::Move, None));
    let order = only_order(&out);
    assert_eq!((order.target, order.due_at), (Some(site_id(1)), at(105.0)));
}

#[test]
fn quality_around_the_limit_moves_nothing() {
    let mut stage = stage();
    for round in 0..60 {
        let now = 100.0 + 4.0 * f64::from(round);
        assert_eq!(stage.measured(now, None, rtt(21)), []);
        assert_eq!(
            stage.measured(now + 3.0, None, rtt(20)),
            [],
            "a limit that is met is none that is exceeded"
        );
        assert_eq!(stage.run_to(now + 3.9), []);
    }
}

#[test]
fn one_report_and_then_silence_is_enough_while_it_counts() {
    let mut stage = stage();
    stage.measured(100.0, None, rtt(90));
    assert_eq!(only_order(&stage.run_to(105.0)).trigger, Trigger::Qos);
}

#[test]
fn a_site_that_is_known_to_be_good_goes_before_a_nearer_one_of_which_nothing_is_known() {
    let mut stage = stage();
    stage.measured(100.0, Some(2), rtt(12));
    stage.measured(100.0, Some(0), rtt(40));
    let decision = only_decision(&stage.run_to(105.0));
    assert_eq!(decision.target, Some(site_id(2)));
    let told: Vec<_> = decision.explanation.candidates.iter().map(|c| (c.rejected_by, c.qos)).collect();
    assert_eq!((told[1], told[2].1.unwrap().rtt_us), ((None, None), Some(12_000)));
}

#[test]
fn where_no_site_is_better_it_stays_and_that_is_told_once() {
    let mut stage = stage();
    for site in [0, 1, 2] {
        stage.measured(100.0, Some(site), rtt(40));
    }
    let out = stage.run_to(105.0);
    let decision = only_decision(&out);
    assert_eq!((decision.verdict, decision.trigger), (Verdict::Stay, Trigger::Qos));
    assert_eq!(decision.explanation.rule, Rule::NoBetterQos);
    let rejected: Vec<_> = decision.explanation.candidates.iter().map(|c| c.rejected_by).collect();
    assert_eq!(rejected, [None, Some(Guard::QosViolated), Some(Guard::QosViolated)]);
    assert_eq!(stage.measured(106.0, None, rtt(41)), []);
    // What was measured of the others counts no longer: they are unknown.
    assert_eq!(stage.run_to(129.9), []);
    assert_eq!(only_order(&stage.run_to(130.0)).target, Some(site_id(1)));
}

#[test]
fn the_policy_does_not_pull_it_back_while_the_old_site_is_known_to_be_poor() {
    let mut stage = stage();
    stage.measured(100.0, None, rtt(60));
    let order = only_order(&stage.run_to(105.0));
    assert_eq!(stage.done(106.0, &order), []);
    let held = stage.why(110.0).explanation;
    assert_eq!((held.rule, held.candidates[0].rejected_by), (Rule::AlreadyBest, Some(Guard::QosViolated)));
    stage.measured(120.0, None, rtt(15));
    assert_eq!(stage.cell(125.0, 1, 1), []);
    assert_eq!(stage.run_to(129.9), []);
    let back = only_order(&stage.run_to(130.0));
    assert_eq!((back.trigger, back.target), (Trigger::Mobility, Some(site_id(0))));
}

#[test]
fn a_good_report_on_the_old_site_lets_the_policy_go_back_at_once() {
    let mut stage = stage();
    stage.measured(100.0, None, rtt(60));
    let order = only_order(&stage.run_to(105.0));
    stage.done(106.0, &order);
    let back = only_order(&stage.measured(112.0, Some(0), rtt(9)));
    assert_eq!((back.trigger, back.target), (Trigger::Mobility, Some(site_id(0))));
}

#[test]
fn what_was_measured_before_it_came_says_nothing_of_where_it_is() {
    let mut stage = stage();
    stage.measured(100.0, None, rtt(60));
    let order = only_order(&stage.run_to(105.0));
    stage.done(106.0, &order);
    // Under way when it moved: of s0.
    stage.heard(107.0, &report(105.5, None, rtt(70)));
    assert_eq!(stage.engine.counts().ignored_measurements, 1);
    assert_eq!(stage.why(107.0).explanation.serving.unwrap().qos, None);
}

#[test]
fn older_reports_the_same_again_and_those_of_strangers_have_no_effect() {
    let mut stage = stage();
    stage.measured(100.0, None, rtt(9));
    let stranger = QosReport { supi: supi(7), ..report(101.0, None, rtt(60)) };
    let nowhere = report(101.0, Some(9), rtt(60));
    let other = QosReport { app: Some("vr".parse().unwrap()), ..report(101.0, None, rtt(60)) };
    let stale = report(71.0, Some(1), rtt(60));
    for late in [report(99.0, None, rtt(60)), report(100.0, None, rtt(60)), stranger, nowhere, other, stale] {
        assert_eq!(stage.heard(101.0, &late), []);
    }
    let counts = stage.engine.counts();
    assert_eq!((counts.measured, counts.ignored_measurements), (1, 6));
    assert_eq!(stage.run_to(110.0), []);
}

#[test]
fn what_comes_together_is_weighed_together() {
    let mut stage = stage();
    // A decider that was away reads both at once: what the first one says has long been over.
    assert_eq!(stage.handle(at(110.0), Input::Qos(&report(100.0, None, rtt(60)))), []);
    assert_eq!(stage.handle(at(110.0), Input::Qos(&report(109.0, None, rtt(8)))), []);
    assert_eq!(stage.run_to(110.0), []);
}

#[test]
fn history_is_taken_in_without_a_verdict_and_settled_as_a_whole() {
    let mut stage = stage();
    stage.engine.catch_up();
    for (time, millis) in [(100.0, 60), (104.0, 8), (107.0, 70)] {
        assert_eq!(stage.handle(at(113.0), Input::Qos(&report(time, None, rtt(millis)))), []);
    }
    // Of the UE's last 6 s.
    let decision = only_decision(&stage.settle(113.0));
    assert_eq!(decision.explanation.serving.unwrap().qos.unwrap().violated_ms, Some(6_000));
    assert_eq!(decision.trigger, Trigger::Qos);
}

#[test]
fn guarantees_that_the_core_breaks_count_where_nothing_is_measured() {
    let guaranteed = |yes| Measured { guaranteed: Some(yes), ..Measured::default() };
    let mut stage = stage();
    stage.measured(100.0, None, guaranteed(false));
    stage.measured(104.0, None, guaranteed(true));
    assert_eq!(stage.run_to(120.0), []);
    stage.measured(130.0, None, guaranteed(false));
    stage.measured(131.0, None, rtt(9));
    assert_eq!(stage.run_to(150.0), [], "measured to be good");
    assert_eq!(stage.measured(161.0, None, guaranteed(false)), []);
    assert_eq!(only_order(&stage.run_to(166.0)).trigger, Trigger::Qos);
}

#[test]
fn slots_freezes_and_sites_that_take_nothing_hold_quality_back() {
    let mut stage = stage();
    stage.said(50.0, 1, SiteSource::Emco, SiteCondition::Cordoned);
    stage.asked(99.0, freeze(None, Some(120.0)));
    stage.measured(100.0, None, rtt(60));
    let blocked = only_decision(&stage.run_to(105.0));
    assert_eq!(blocked.explanation.rule, Rule::Guarded(Guard::Frozen));
    assert_eq!((blocked.verdict, blocked.trigger), (Verdict::Blocked, Trigger::Qos));
    assert_eq!(blocked.explanation.candidates[1].rejected_by, Some(Guard::Cordoned));
    let order = only_order(&stage.run_to(120.0));
    assert_eq!((order.trigger, order.target), (Trigger::Qos, Some(site_id(2))));
}

#[test]
fn a_poor_site_is_better_than_none() {
    let mut stage = stage();
    stage.measured(100.0, Some(1), rtt(60));
    let out = stage.said(101.0, 0, SiteSource::Probe, SiteCondition::Failed);
    assert_eq!(only_order(&out).target, Some(site_id(2)), "not where it is poor");
    let mut stage = self::stage();
    for site in [1, 2] {
        stage.measured(100.0, Some(site), rtt(60));
    }
    let out = stage.said(101.0, 0, SiteSource::Probe, SiteCondition::Failed);
    assert_eq!(only_order(&out).target, Some(site_id(1)));
}

#[test]
fn operators_send_it_wherever_they_want() {
    let mut stage = stage();
    stage.measured(100.0, Some(2), rtt(60));
    let order = only_order(&stage.asked(101.0, go(1, 2)));
    assert_eq!((order.trigger, order.target), (Trigger::Operator, Some(site_id(2))));
}

#[test]
fn who_has_gone_is_forgotten() {
    let mut stage = stage();
    stage.measured(100.0, None, rtt(60));
    assert_eq!(stage.engine.counts().measured, 1);
    stage.ue(101.0, 1, UeChange::Gone);
    assert_eq!(stage.engine.counts().measured, 0);
    stage.heard(102.0, &report(102.0, None, rtt(60)));
    assert_eq!((stage.engine.counts().measured, stage.run_to(150.0)), (0, vec![]));
}

#[test]
fn an_app_that_wants_nothing_keeps_nothing() {
    let mut stage = Stage::new(vec![app("ar", Policy::Nearest)]);
    stage.placed_at(0.0, 1, 0);
    assert_eq!(stage.measured(100.0, None, rtt(900)), []);
    let counts = stage.engine.counts();
    assert_eq!((counts.measured, counts.ignored_measurements, stage.due()), (0, 1, None));
}

#[test]
fn an_app_that_is_observed_shows_what_it_would_do() {
    let mut stage = Stage::new(vec![App { mode: Mode::Observe, ..wanting(Policy::Nearest) }]);
    stage.cell(0.0, 1, 0);
    stage.measured(100.0, None, rtt(60));
    let out = stage.run_to(105.0);
    assert_eq!(only_decision(&out).explanation.rule, Rule::QosViolated);
    assert_eq!(orders(&out), []);
    assert_eq!(stage.why(106.0).source, Some(site_id(1)));
}

#[test]
fn measurements_survive_a_restart_and_a_new_catalogue() {
    let mut stage = stage();
    stage.measured(100.0, None, rtt(60));
    stage.measured(101.0, Some(2), rtt(9));
    let bytes = stage.engine.snapshot();
    let apps = || vec![wanting(Policy::Nearest)];
    stage.engine = Engine::restore(&bytes, topology(), apps(), key()).unwrap();
    assert_eq!(stage.engine.snapshot(), bytes);
    let mut out = Vec::new();
    stage.engine.replace(at(102.0), topology(), apps(), &mut out).unwrap();
    assert_eq!(out, []);
    assert_eq!(only_order(&stage.run_to(105.0)).target, Some(site_id(2)));
    // Under another target what was measured begins anew.
    let stricter = QosTarget { rtt: Some(Duration::from_millis(8)), ..target() };
    let apps = vec![App { qos: Some(stricter), ..app("ar", Policy::Nearest) }];
    stage.engine.replace(at(105.0), topology(), apps, &mut out).unwrap();
    assert_eq!(stage.engine.counts().measured, 0);
}

#[test]
fn a_target_that_cannot_be_is_refused() {
    let apps = vec![App { qos: Some(QosTarget::default()), ..app("ar", Policy::Nearest) }];
    let refused = Engine::new(topology(), apps, key()).unwrap_err().to_string();
    assert_eq!(refused, "app `ar`: qos.rtt: one of `rtt`, `jitter` and `loss` is needed");
}
