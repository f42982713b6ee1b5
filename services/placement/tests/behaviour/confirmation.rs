use std::time::Duration;

use model::{
    App, AppLimits, Ask, Consent, Generation, Guard, Mobility, MobilityLevel, Mode, Policy, Rule,
    SiteCondition, SiteSource, Trigger, UeChange, Verdict,
};
use placement::{Engine, Input};

use crate::desk::*;
use crate::scene::*;

fn level(level: MobilityLevel) -> App {
    let mobility = Mobility { level, confirmation_timeout: Duration::from_secs(60) };
    App { limits: AppLimits { mobility, ..AppLimits::default() }, ..app("ar", Policy::Nearest) }
}

fn kept() -> App {
    level(MobilityLevel::NotAllowed)
}

fn asked() -> App {
    level(MobilityLevel::WithConfirmation)
}

fn stage(app: App) -> Stage {
    Stage::of(vec![app].into())
}

/// A word on the move of a UE's instance by the order of that generation.
fn word(agrees: bool, ue: u64, generation: u64, site: u32) -> Ask {
    let app = asked().id;
    let (instance, site) = (key().per_ue(&app, &supi(ue)), site_id(site));
    let generation = Generation(generation);
    if agrees {
        Ask::Confirm { app, instance, generation, site }
    } else {
        Ask::Refuse { app, instance, generation, site }
    }
}

fn yes(generation: u64, site: u32) -> Ask {
    word(true, 1, generation, site)
}

fn no(generation: u64, site: u32) -> Ask {
    word(false, 1, generation, site)
}

fn blocked(by: Guard) -> (Verdict, Rule) {
    (Verdict::Blocked, Rule::Guarded(by))
}

/// How UE 1's instance stands: the rule, and the word that it needs.
fn stands(stage: &Stage, seconds: f64) -> (Rule, Option<Consent>) {
    let told = stage.engine.why(&supi(1), &asked().id, at(seconds)).unwrap();
    (told.explanation.rule, told.explanation.limits.consent.map(|consent| consent.state))
}

const AWAITS: Rule = Rule::Guarded(Guard::AwaitingConfirmation);

#[test]
fn what_may_not_move_stays_is_placed_let_go_and_restored() {
    let mut stage = stage(kept());
    stage.put(0.0, 1, 0);
    let told = only_decision(&stage.cell(5.0, 1, 9));
    assert_eq!((told.verdict, told.explanation.rule), blocked(Guard::MobilityNotAllowed));
    assert_eq!(
        (told.target, told.explanation.limits.mobility_level),
        (Some(site_id(1)), kept().limits.mobility.level)
    );
    assert_eq!((stage.cell(6.0, 1, 10), stage.due()), (vec![], None), "told once, and nothing will change");
    for condition in [SiteCondition::Degraded, SiteCondition::Draining { deadline: None }] {
        let out = stage.said(10.0, 0, SiteSource::Probe, condition);
        assert_eq!(orders(&out), [], "{condition:?}");
    }
    let order = only_order(&stage.said(20.0, 0, SiteSource::Probe, SiteCondition::Failed));
    assert_eq!((order.trigger, order.target.clone()), (Trigger::SiteFailure, Some(site_id(1))));
    stage.done(21.0, &order);
    stage.ue(30.0, 1, UeChange::Gone);
    assert_eq!(only_order(&stage.run_to(90.0)).trigger, Trigger::UeGone);
}

#[test]
fn an_operators_move_of_what_may_not_move_is_refused_once_and_a_pin_waits() {
    let mut stage = stage(kept());
    stage.put(0.0, 1, 0);
    let out = stage.asked(1.0, go(1, 2));
    let told = only_decision(&out);
    assert_eq!((told.verdict, told.explanation.rule), blocked(Guard::MobilityNotAllowed));
    assert_eq!((told.trigger, orders(&out)), (Trigger::Operator, vec![]));
    assert_eq!(stands(&stage, 2.0).0, Rule::AlreadyBest, "the move is forgotten");
    let told = only_decision(&stage.asked(3.0, pin(1, 2)));
    assert_eq!((told.verdict, told.explanation.rule), blocked(Guard::MobilityNotAllowed));
    assert_eq!(stands(&stage, 4.0).0, Rule::Guarded(Guard::MobilityNotAllowed));
    let order = only_order(&stage.said(5.0, 0, SiteSource::Probe, SiteCondition::Failed));
    assert_eq!(
        (order.trigger, order.target),
        (Trigger::Operator, Some(site_id(2))),
        "it has to be somewhere"
    );
}

#[test]
fn a_move_is_asked_for_once_and_goes_when_somebody_agrees() {
    let mut stage = stage(asked());
    stage.put(0.0, 1, 0);
    let told = only_decision(&stage.cell(5.0, 1, 9));
    assert_eq!((told.verdict, told.explanation.rule), blocked(Guard::AwaitingConfirmation));
    let seen = told.explanation.limits.consent.unwrap();
    assert_eq!(
        (seen.state, seen.generation, seen.age_ms, seen.left_ms),
        (Consent::Open, Generation(2), 0, 60_000)
    );
    assert_eq!(stage.cell(6.0, 1, 10), []);
    let [open] = &stage.engine.questions(at(7.0))[..] else { panic!("one question") };
    assert_eq!(
        (open.from.clone(), open.to.clone(), open.trigger),
        (site_id(0), site_id(1), Trigger::Mobility)
    );
    assert_eq!((open.since, open.expires, open.supi.clone()), (at(5.0), at(65.0), Some(supi(1))));
    let order = only_order(&stage.ask(8.0, yes(2, 1)));
    assert_eq!((order.relocation, order.target.clone()), (open.relocation, Some(site_id(1))));
    assert_eq!(stage.engine.questions(at(8.0)), []);
    assert_eq!(stage.done(9.0, &order), []);
}

#[test]
fn a_word_for_another_generation_or_site_is_no_answer() {
    let mut stage = stage(asked());
    stage.put(0.0, 1, 0);
    stage.cell(5.0, 1, 9);
    for (seconds, wrong) in [(6.0, yes(1, 1)), (7.0, yes(3, 1)), (8.0, yes(2, 2)), (9.0, word(true, 2, 2, 1))]
    {
        assert_eq!(stage.ask(seconds, wrong), []);
    }
    assert_eq!(stage.engine.counts().ignored_commands, 3, "that of the other site may be asked for yet");
    assert_eq!(stands(&stage, 10.0), (AWAITS, Some(Consent::Open)));
    // It is asked for: the UE has gone on, and the word has been given.
    assert_eq!(only_order(&stage.cell(11.0, 1, 20)).target, Some(site_id(2)));
}

#[test]
fn a_refusal_is_remembered_for_ten_timeouts_and_another_site_is_another_question() {
    let mut stage = stage(asked());
    stage.put(0.0, 1, 0);
    stage.cell(5.0, 1, 9);
    assert_eq!(stage.ask(6.0, no(2, 1)), []);
    assert_eq!(stage.run_to(605.0), []);
    assert_eq!(stands(&stage, 605.0), (AWAITS, Some(Consent::Refused)));
    let told = only_decision(&stage.cell(100.0, 1, 20));
    assert_eq!(
        (told.target, told.explanation.limits.consent.unwrap().state),
        (Some(site_id(2)), Consent::Open)
    );
    assert_eq!(stage.cell(101.0, 1, 9), [], "it was refused, and that was told");
    let told = only_decision(&stage.run_to(606.0));
    assert_eq!(
        (told.target, told.explanation.limits.consent.unwrap().state),
        (Some(site_id(1)), Consent::Open)
    );
    assert_eq!(only_order(&stage.ask(607.0, yes(2, 1))).target, Some(site_id(1)));
}

#[test]
fn a_question_expires_and_a_word_that_is_late_has_no_effect() {
    let mut stage = stage(asked());
    stage.put(0.0, 1, 0);
    stage.cell(5.0, 1, 9);
    assert_eq!((stage.due(), stage.run_to(65.0)), (Some(65.0), vec![]));
    assert_eq!(stands(&stage, 65.0), (AWAITS, Some(Consent::Expired)));
    assert_eq!((stage.ask(65.0, yes(2, 1)), stage.engine.questions(at(65.0))), (vec![], vec![]));
    assert_eq!((stage.due(), stage.engine.counts().ignored_commands), (Some(665.0), 1));
    assert_eq!(only_decision(&stage.run_to(665.0)).explanation.rule, AWAITS);
    assert_eq!(stage.engine.questions(at(666.0)).len(), 1);
    // Given in time, and heard after the time was up.
    let given = command(at(724.0), yes(2, 1));
    stage.run_to(726.0);
    assert_eq!(only_order(&stage.handle(at(727.0), Input::Operator(&given))).target, Some(site_id(1)));
}

#[test]
fn a_word_counts_for_the_timeout_from_when_it_was_given() {
    let app = App { max_concurrent_relocations: 1, ..asked() };
    let mut stage = stage(app);
    stage.put(0.0, 1, 0);
    stage.put(1.0, 2, 0);
    stage.cell(5.0, 1, 9);
    stage.cell(5.0, 2, 9);
    let under_way = only_order(&stage.ask(6.0, word(true, 2, 2, 1)));
    let told = only_decision(&stage.ask(10.0, yes(2, 1)));
    assert_eq!(told.explanation.rule, Rule::Guarded(Guard::ConcurrentRelocations));
    assert_eq!(told.explanation.limits.consent.unwrap().state, Consent::Confirmed);
    assert_eq!(stage.due(), Some(65.0));
    let told = decisions(&stage.run_to(70.0));
    assert_eq!(
        told.iter().map(|told| told.explanation.rule).collect::<Vec<_>>(),
        [AWAITS],
        "it is asked again"
    );
    assert_eq!(orders(&stage.done(71.0, &under_way)), []);
    assert_eq!(only_order(&stage.ask(72.0, yes(2, 1))).target, Some(site_id(1)));
}

#[test]
fn nobody_is_asked_about_failed_sites_operators_moves_and_what_is_only_observed() {
    let mut one = stage(asked());
    one.put(0.0, 1, 0);
    assert_eq!(
        only_order(&one.said(1.0, 0, SiteSource::Probe, SiteCondition::Failed)).trigger,
        Trigger::SiteFailure
    );
    for ask in [go(1, 2), pin(1, 2)] {
        let mut stage = stage(asked());
        stage.put(0.0, 1, 0);
        assert_eq!(only_order(&stage.ask(1.0, ask)).target, Some(site_id(2)));
    }
    let mut seen = stage(App { mode: Mode::Observe, ..asked() });
    seen.cell(0.0, 1, 0);
    assert_eq!(only_decision(&seen.cell(5.0, 1, 9)).verdict, Verdict::Move);
    assert_eq!(seen.engine.questions(at(6.0)), []);
    let mut gone = stage(asked());
    gone.put(0.0, 1, 0);
    gone.ue(1.0, 1, UeChange::Gone);
    assert_eq!(only_order(&gone.run_to(61.0)).trigger, Trigger::UeGone);
}

#[test]
fn a_site_that_is_drained_is_left_as_far_as_somebody_agrees() {
    let mut stage = stage(asked());
    stage.put(0.0, 1, 0);
    stage.put(0.0, 2, 0);
    let out = stage.asked(1.0, drain(0));
    assert_eq!((orders(&out), decisions(&out).len()), (vec![], 2));
    let open = stage.engine.questions(at(2.0));
    assert!(open.iter().all(|question| question.trigger == Trigger::Maintenance) && open.len() == 2);
    assert_eq!(only_order(&stage.ask(3.0, yes(2, 1))).trigger, Trigger::Maintenance);
    assert_eq!(stage.ask(4.0, word(false, 2, 2, 1)), []);
}

#[test]
fn an_order_that_comes_to_nothing_is_a_new_question() {
    let mut stage = stage(asked());
    stage.put(0.0, 1, 0);
    stage.cell(5.0, 1, 9);
    let order = only_order(&stage.ask(6.0, yes(2, 1)));
    assert_eq!(stage.end(7.0, &order, undone()), []);
    let told = only_decision(&stage.run_to(9.0));
    let consent = told.explanation.limits.consent.unwrap();
    assert_eq!(
        (told.explanation.rule, consent.state, consent.generation),
        (AWAITS, Consent::Open, Generation(3))
    );
    assert_eq!(stage.ask(10.0, yes(2, 1)), [], "that was the one before");
    assert_eq!(only_order(&stage.ask(11.0, yes(3, 1))).generation, Generation(3));
}

/// The engine as it was at some time, history read again from there by another run.
fn again(bytes: Option<&[u8]>) -> Stage {
    let fleet = vec![asked()];
    let mut engine = match bytes {
        Some(bytes) => Engine::restore(bytes, topology(), fleet, key()).unwrap(),
        None => Engine::new(topology(), fleet, key()).unwrap(),
    };
    engine.catch_up();
    Stage::with(engine).with_apps(&[asked()])
}

#[test]
fn an_answer_that_is_read_before_its_question_is_known_counts_once_history_is_read() {
    let mut before = stage(asked());
    let placed = before.put(0.0, 1, 0);
    let bytes = before.engine.snapshot();
    // The run that asked at 5 s is killed before it kept anything of that, or had heard the answer of 8 s.
    for bytes in [Some(&bytes[..]), None] {
        let mut stage = again(bytes);
        let runs = instance_state("ar", &placed.instance, 1, Some(0), at(0.0));
        assert_eq!(stage.handle(at(20.0), Input::Instance(&runs)), []);
        assert_eq!(stage.handle(at(20.0), Input::Operator(&command(at(8.0), yes(2, 1)))), []);
        assert_eq!(stage.handle(at(20.0), Input::Ue(&event(1, at(5.0), in_cell(9)))), []);
        let order = only_order(&stage.settle(20.0));
        assert_eq!((order.generation, order.target), (Generation(2), Some(site_id(1))));
    }
}

#[test]
fn an_answer_that_is_read_before_its_instance_is_known_counts_and_one_of_nobody_is_dropped() {
    let mut stage = again(None);
    assert_eq!(stage.handle(at(20.0), Input::Operator(&command(at(8.0), yes(2, 1)))), []);
    assert_eq!(stage.handle(at(20.0), Input::Operator(&command(at(8.0), word(true, 7, 2, 1)))), []);
    let placed = key().per_ue(&asked().id, &supi(1));
    stage.handle(at(20.0), Input::Instance(&instance_state("ar", &placed, 1, Some(0), at(0.0))));
    stage.handle(at(20.0), Input::Ue(&event(1, at(5.0), in_cell(9))));
    assert_eq!(only_order(&stage.settle(20.0)).target, Some(site_id(1)));
    let empty = again(None);
    let mut settled = again(None);
    settled.handle(at(20.0), Input::Operator(&command(at(8.0), word(true, 7, 2, 1))));
    settled.settle(20.0);
    assert!(
        settled.engine.snapshot().len() <= empty.engine.snapshot().len() + 64,
        "nothing is left of it but its id"
    );
}

#[test]
fn an_answer_to_a_question_that_was_kept_counts_after_a_kill() {
    let mut before = stage(asked());
    before.put(0.0, 1, 0);
    before.cell(5.0, 1, 9);
    let bytes = before.engine.snapshot();
    let mut stage = again(Some(&bytes));
    assert_eq!(decisions(&stage.settle(30.0)), [], "it is open since 5 s, and was told");
    assert_eq!(stage.engine.questions(at(30.0))[0].since, at(5.0));
    let mut answered = again(Some(&bytes));
    assert_eq!(answered.handle(at(30.0), Input::Operator(&command(at(10.0), yes(2, 1)))), []);
    assert_eq!(only_order(&answered.settle(30.0)).target, Some(site_id(1)));
    // Another replica may have asked again meanwhile: what it was answered is not late.
    let mut other = again(Some(&bytes));
    assert_eq!(other.handle(at(80.0), Input::Operator(&command(at(70.0), yes(2, 1)))), []);
    assert_eq!(only_order(&other.settle(80.0)).target, Some(site_id(1)));
    let mut old = again(Some(&bytes));
    assert_eq!(old.handle(at(80.0), Input::Operator(&command(at(20.0), yes(2, 1)))), []);
    assert_eq!(orders(&old.settle(80.0)), [], "it has been of worth for a minute");
}

#[test]
fn an_answer_whose_order_stands_on_the_bus_already_gives_no_second_one() {
    let mut before = stage(asked());
    before.put(0.0, 1, 0);
    let bytes = before.engine.snapshot();
    before.cell(5.0, 1, 9);
    let order = only_order(&before.ask(6.0, yes(2, 1)));
    for answered_first in [true, false] {
        let mut stage = again(Some(&bytes));
        let given = command(at(6.0), yes(2, 1));
        if answered_first {
            stage.handle(at(9.0), Input::Operator(&given));
            stage.handle(at(9.0), Input::OrderSeen(&order));
        } else {
            stage.handle(at(9.0), Input::OrderSeen(&order));
            stage.handle(at(9.0), Input::Operator(&given));
        }
        stage.handle(at(9.0), Input::Ue(&event(1, at(5.0), in_cell(9))));
        assert_eq!(orders(&stage.settle(9.0)), []);
        let ended = outcome(&order, at(10.0), undone());
        stage.handle(at(10.0), Input::Outcome(&ended));
        let told = only_decision(&stage.run_to(12.0));
        assert_eq!(told.explanation.rule, AWAITS, "the word was for the order before");
    }
}

#[test]
fn answers_and_questions_survive_a_new_catalogue_and_end_with_the_level() {
    let mut stage = stage(asked());
    stage.put(0.0, 1, 0);
    stage.cell(5.0, 1, 9);
    let mut out = Vec::new();
    stage.engine.replace(at(6.0), topology(), vec![asked()], &mut out).unwrap();
    assert_eq!((decisions(&out), stage.engine.questions(at(7.0))[0].since), (vec![], at(5.0)));
    stage.engine.replace(at(8.0), topology(), vec![app("ar", Policy::Nearest)], &mut out).unwrap();
    assert_eq!((only_order(&out).target, stage.engine.questions(at(8.0))), (Some(site_id(1)), vec![]));
}
