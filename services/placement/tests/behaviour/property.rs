//! Whatever happens, the engine does what the reference would do, keeps the invariants, and is the same engine
//! after a snapshot.

use std::time::Duration;

use model::{App, Mode, Order, OutcomeKind, Policy, Step as Progress, Threshold, Timestamp, UeChange};
use placement::invariants::Ledger;
use placement::{Command, Engine, Input};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::reference::{At, Reference};
use crate::scene::*;

#[derive(Debug, Clone)]
enum What {
    Report {
        ue: u64,
        cell: u32,
    },
    Gone {
        ue: u64,
    },
    End {
        pick: usize,
        how: How,
    },
    /// An outcome that was delivered before comes again.
    Again {
        pick: usize,
    },
    Wait,
    Restart,
}

#[derive(Debug, Clone, Copy)]
enum How {
    Done,
    Undone,
    Failed,
    Fenced { ahead: u64, at: Option<u32> },
    Progress,
}

fn what() -> impl Strategy<Value = What> {
    let how = prop_oneof![
        6 => Just(How::Done),
        3 => Just(How::Undone),
        1 => Just(How::Failed),
        1 => (0..5_u64, proptest::option::of(0..3_u32)).prop_map(|(ahead, at)| How::Fenced { ahead, at }),
        1 => Just(How::Progress),
    ];
    prop_oneof![
        8 => (0..5_u64, 0..32_u32).prop_map(|(ue, cell)| What::Report { ue, cell }),
        2 => (0..5_u64).prop_map(|ue| What::Gone { ue }),
        7 => (0..8_usize, how).prop_map(|(pick, how)| What::End { pick, how }),
        1 => (0..8_usize).prop_map(|pick| What::Again { pick }),
        3 => Just(What::Wait),
        1 => Just(What::Restart),
    ]
}

/// What happens, and how many milliseconds after the step before.
fn story() -> impl Strategy<Value = Vec<(u64, What)>> {
    let pause = prop_oneof![Just(0_u64), 1..3_000_u64, 3_000..40_000_u64];
    vec((pause, what()), 1..120)
}

fn apps() -> Vec<App> {
    let fine = Threshold {
        margin_meters: 5_000.0,
        time_to_trigger: Duration::from_micros(10_000_500),
        minimum_stay: Duration::from_secs(30),
    };
    vec![
        App { max_concurrent_relocations: 2, ..app("ar", Policy::Threshold(fine)) },
        App { max_concurrent_relocations: 1, linger: Duration::from_secs(15), ..app("vr", Policy::Nearest) },
        App { mode: Mode::Observe, ..app("watched", threshold()) },
        App { max_concurrent_relocations: 2, ..app("xr", regret()) },
        App { mode: Mode::Observe, ..app("seen", regret()) },
    ]
}

struct Play {
    engine: Engine,
    ledger: Ledger,
    reference: Reference,
    now: Timestamp,
    ended: Vec<model::Outcome>,
    log: Vec<Command>,
}

impl Play {
    fn new() -> Self {
        let engine = Engine::new(topology(), apps(), key()).unwrap();
        Self {
            ledger: Ledger::new(engine.topology()),
            engine,
            reference: Reference::new(apps()),
            now: at(1_000.0),
            ended: Vec::new(),
            log: Vec::new(),
        }
    }

    fn run(mut self, story: &[(u64, What)]) -> Self {
        for (pause, what) in story {
            self.pass(self.now.plus(Duration::from_millis(*pause)));
            self.step(what);
        }
        self
    }

    /// Lets time pass, waking the engine when it wants to be woken.
    fn pass(&mut self, until: Timestamp) {
        while let Some(due) = self.engine.next_timeout().filter(|due| *due <= until) {
            assert!(due >= self.now, "a timer in the past was not handled");
            self.now = due;
            let mut out = Vec::new();
            self.engine.handle_timeout(due, &mut out);
            self.follow(out);
        }
        self.now = until;
    }

    fn step(&mut self, what: &What) {
        match what {
            What::Report { ue, cell } => {
                self.reference.report(*ue, At::Cell(*cell), self.now);
                self.input(Input::Ue(&event(*ue, self.now, in_cell(*cell))));
            }
            What::Gone { ue } => {
                self.reference.report(*ue, At::Gone, self.now);
                self.input(Input::Ue(&event(*ue, self.now, UeChange::Gone)));
            }
            What::End { pick, how } => {
                let live = self.reference.live();
                let Some(order) = (!live.is_empty()).then(|| &live[pick % live.len()]) else { return };
                let ended = outcome(order, self.now, how.kind(order));
                self.reference.outcome(order, &ended.kind, self.now, self.now);
                self.input(Input::Outcome(&ended));
                self.ended.extend(ended.kind.ends_order().then_some(ended));
            }
            What::Again { pick } => {
                let Some(ended) = self.ended.iter().rev().nth(*pick).cloned() else { return };
                self.input(Input::Outcome(&ended));
            }
            What::Wait => (),
            What::Restart => {
                let bytes = self.engine.snapshot();
                self.engine = Engine::restore(&bytes, topology(), apps(), key()).unwrap();
                assert_eq!(self.engine.snapshot(), bytes);
            }
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.ledger.input(&input);
        let mut out = Vec::new();
        self.engine.handle(self.now, input, &mut out);
        self.follow(out);
    }

    fn follow(&mut self, out: Vec<Command>) {
        out.iter().for_each(|command| self.ledger.command(command).unwrap());
        self.engine.check().unwrap();
        self.reference.follow(self.now, &out);
        assert_eq!(self.ledger.live(), self.reference.live().len());
        self.log.extend(out);
    }
}

impl How {
    fn kind(self, order: &Order) -> OutcomeKind {
        match self {
            Self::Done => completed(order),
            Self::Undone => undone(),
            Self::Failed => OutcomeKind::Failed { reason: "stuck".into() },
            Self::Fenced { ahead, at } => OutcomeKind::Fenced {
                newest: model::Generation(order.generation.0 + ahead),
                serving: at.map(site_id),
            },
            Self::Progress => OutcomeKind::Progress { step: Progress::Start },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_does_what_the_reference_would_do(story in story()) {
        Play::new().run(&story);
    }

    #[test]
    fn replaying_gives_the_same_commands_and_the_same_state(story in story()) {
        let (one, two) = (Play::new().run(&story), Play::new().run(&story));
        prop_assert_eq!(one.log, two.log);
        prop_assert_eq!(one.engine.snapshot(), two.engine.snapshot());
    }
}
