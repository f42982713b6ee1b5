//! Stories in which the decider is killed: a snapshot and the streams are all that is left, or the streams alone. Whoever
//! has agreed to a move is not asked again, and no order is given twice.

use std::time::Duration;

use model::{
    App, AppLimits, Ask, Consent, Guard, Mobility, MobilityLevel, OperatorCommand, Order, Outcome, Policy,
    Rule, Timestamp, UeEvent,
};
use placement::invariants::Ledger;
use placement::{Command, Engine, Input, Question};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use crate::desk;
use crate::scene::*;

#[derive(Debug, Clone)]
enum Step {
    Report {
        ue: u64,
        cell: u32,
    },
    End {
        pick: usize,
        done: bool,
    },
    Answer {
        pick: usize,
        agrees: bool,
    },
    /// A snapshot is kept.
    Keep,
    /// Somebody answers, and before that is read the decider is killed; another one starts so many seconds later.
    Kill {
        pick: usize,
        cold: bool,
        dead: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4_u64, 0..31_u32).prop_map(|(ue, cell)| Step::Report { ue, cell }),
        5 => (0..4_usize, any::<bool>()).prop_map(|(pick, done)| Step::End { pick, done: done || pick > 0 }),
        2 => (0..4_usize, any::<bool>()).prop_map(|(pick, agrees)| Step::Answer { pick, agrees }),
        1 => Just(Step::Keep),
        2 => (0..4_usize, any::<bool>(), 0..30_u64).prop_map(|(pick, cold, dead)| Step::Kill { pick, cold, dead }),
    ]
}

fn apps() -> Vec<App> {
    let level = MobilityLevel::WithConfirmation;
    let mobility = Mobility { level, confirmation_timeout: Duration::from_secs(60) };
    vec![App { limits: AppLimits { mobility, ..AppLimits::default() }, ..app("ar", Policy::Nearest) }]
}

/// What stands on the streams.
#[derive(Default)]
struct Streams {
    commands: Vec<OperatorCommand>,
    orders: Vec<Order>,
    outcomes: Vec<Outcome>,
    events: Vec<UeEvent>,
}

impl Streams {
    fn ends(&self) -> [usize; 4] {
        [self.commands.len(), self.orders.len(), self.outcomes.len(), self.events.len()]
    }
}

struct Town {
    engine: Engine,
    ledger: Ledger,
    now: Timestamp,
    streams: Streams,
    live: Vec<Order>,
    kept: (Vec<u8>, [usize; 4]),
}

impl Town {
    fn new() -> Self {
        let engine = Engine::new(topology(), apps(), key()).unwrap();
        let kept = (engine.snapshot(), [0; 4]);
        let ledger = Ledger::new(&topology()).with(&apps());
        let (streams, now) = (Streams::default(), at(1_000.0));
        Self { engine, ledger, now, streams, live: Vec::new(), kept }
    }

    fn follow(&mut self, out: Vec<Command>) {
        out.iter().for_each(|command| self.ledger.command(command).unwrap());
        self.engine.check().unwrap();
        self.live.extend(orders(&out));
        self.streams.orders.extend(orders(&out));
    }

    fn hear(&mut self, input: Input<'_>) {
        self.ledger.input(&input);
        let mut out = Vec::new();
        self.engine.handle(self.now, input, &mut out);
        self.follow(out);
    }

    fn pass(&mut self, millis: u64) {
        let until = self.now.plus(Duration::from_millis(millis));
        while let Some(due) = self.engine.next_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let mut out = Vec::new();
            self.engine.handle_timeout(self.now, &mut out);
            self.follow(out);
        }
        self.now = until;
    }

    /// An answer to a question that is open.
    fn answer(&self, pick: usize, agrees: bool) -> Option<(Question, OperatorCommand)> {
        let open = self.engine.questions(self.now);
        let question = open.get(pick % open.len().max(1))?.clone();
        let Question { app, instance, generation, to: site, .. } = question.clone();
        let ask = if agrees {
            Ask::Confirm { app, instance, generation, site }
        } else {
            Ask::Refuse { app, instance, generation, site }
        };
        let id = Uuid::from_u128(self.streams.commands.len() as u128);
        Some((question, OperatorCommand { id, ..desk::command(self.now, ask) }))
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Report { ue, cell } => {
                let event = event(*ue, self.now, in_cell(*cell));
                self.streams.events.push(event.clone());
                self.hear(Input::Ue(&event));
            }
            Step::End { pick, done } => {
                if self.live.is_empty() {
                    return;
                }
                let order = self.live.remove(pick % self.live.len());
                let kind = if *done { completed(&order) } else { undone() };
                let ended = outcome(&order, self.now, kind);
                self.streams.outcomes.push(ended.clone());
                self.hear(Input::Outcome(&ended));
            }
            Step::Answer { pick, agrees } => {
                let Some((_, command)) = self.answer(*pick, *agrees) else { return };
                self.streams.commands.push(command.clone());
                self.hear(Input::Operator(&command));
            }
            Step::Keep => self.kept = (self.engine.snapshot(), self.streams.ends()),
            Step::Kill { pick, cold, dead } => self.kill(*pick, *cold, *dead),
        }
    }

    fn kill(&mut self, pick: usize, cold: bool, dead: u64) {
        let answered = self.answer(pick, true);
        if let Some((_, command)) = &answered {
            self.streams.commands.push(command.clone());
            self.ledger.input(&Input::Operator(command));
        }
        self.now = self.now.plus(Duration::from_secs(dead));
        let [commands, orders, outcomes, events] = if cold { [0; 4] } else { self.kept.1 };
        self.engine = if cold {
            Engine::new(topology(), apps(), key()).unwrap()
        } else {
            Engine::restore(&self.kept.0, topology(), apps(), key()).unwrap()
        };
        let (engine, now, mut out) = (&mut self.engine, self.now, Vec::new());
        engine.catch_up();
        let Streams { commands: asked, orders: given, outcomes: ended, events: heard } = &self.streams;
        asked[commands..].iter().for_each(|command| engine.handle(now, Input::Operator(command), &mut out));
        given[orders..].iter().for_each(|order| engine.handle(now, Input::OrderSeen(order), &mut out));
        ended[outcomes..].iter().for_each(|ended| engine.handle(now, Input::Outcome(ended), &mut out));
        heard[events..].iter().for_each(|event| engine.handle(now, Input::Ue(event), &mut out));
        assert_eq!(out, [], "something was decided from history");
        engine.settle(now, &mut out);
        if let Some((question, _)) = answered {
            self.is_settled(&question, &out);
        }
        self.follow(out);
    }

    /// Whoever wants to go where somebody has agreed to goes, or waits for something else.
    fn is_settled(&self, question: &Question, out: &[Command]) {
        let own = |given: &&Order| given.relocation == question.relocation;
        let ordered = self.streams.orders.iter().chain(&orders(out)).any(|order| own(&order));
        let supi = question.supi.as_ref().unwrap();
        let told = self.engine.why(supi, &question.app, self.now).unwrap();
        let awaits = told.explanation.rule == Rule::Guarded(Guard::AwaitingConfirmation);
        let same = told.target.as_ref() == Some(&question.to);
        assert!(ordered || !(awaits && same), "{question:?} is asked again: {told:?}");
        for decision in decisions(out).iter().filter(|decision| decision.instance == question.instance) {
            let asked = decision.explanation.limits.consent.is_some_and(|consent| {
                consent.state == Consent::Open && consent.generation == question.generation
            });
            assert!(!(asked && decision.target.as_ref() == Some(&question.to)), "{decision:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn who_has_agreed_before_a_kill_is_not_asked_again(
        story in vec((prop_oneof![Just(0_u64), 1..20_000_u64], step()), 1..80),
    ) {
        let mut town = Town::new();
        for (pause, step) in &story {
            town.pass(*pause);
            town.step(step);
            town.pass(0);
        }
    }
}
