//! A driver over virtual time, and a world in which steps have effects that can be looked at.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of it")]

use std::time::Duration;

use model::{AppId, Generation, InstanceId, RelocationId, SiteId, Step, Timestamp, Trigger};
use relocation::{
    Action, Class, Deadlines, Ended, Entry, Event, Kind, NoticeKind, Plan, PlannedStep, Saga, check,
};

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Transient,
    Permanent,
    /// The reply is lost; it happened.
    LostDone,
    /// The reply is lost; it did not happen.
    LostUndone,
    /// No result before the deadline.
    Hang,
}

/// Where the name leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Nowhere,
    Source,
    Target,
}

/// The effects of steps. All of them may happen twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    pub prepared: bool,
    pub started: bool,
    pub name: Name,
    pub source_runs: bool,
    pub source_known: bool,
}

/// The shapes that an order can have, with what it does: whether it deploys.
pub const SHAPES: [Shape; 6] = [
    Shape { kind: Kind::Move, deploys: true },
    Shape { kind: Kind::FirstPlacement, deploys: true },
    Shape { kind: Kind::LetGo, deploys: true },
    Shape { kind: Kind::Move, deploys: false },
    Shape { kind: Kind::FirstPlacement, deploys: false },
    Shape { kind: Kind::LetGo, deploys: false },
];

/// The shape of an order, and whether it deploys what it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub kind: Kind,
    pub deploys: bool,
}

impl Shape {
    pub fn steps(self) -> &'static [Step] {
        if self.deploys { self.kind.steps() } else { self.kind.steps_of_seat() }
    }
}

impl From<Kind> for Shape {
    fn from(kind: Kind) -> Self {
        Self { kind, deploys: true }
    }
}

pub fn plan(shape: impl Into<Shape>) -> Plan {
    let shape = shape.into();
    let Shape { kind, deploys } = shape;
    let app = AppId::new("ar").expect("valid");
    let instance = InstanceId::new("0123456789abcdef").expect("valid");
    let site = |name: &str| Some(SiteId::new(name).expect("valid"));
    let generation = Generation(7);
    let second = Duration::from_secs(1);
    Plan {
        relocation: RelocationId::new(&app, &instance, generation),
        app,
        instance,
        generation,
        trigger: Trigger::Mobility,
        source: if kind == Kind::FirstPlacement { None } else { site("a") },
        target: if kind == Kind::LetGo { None } else { site("b") },
        planned_at: Timestamp::from_micros(1_000_000),
        steps: shape.steps().iter().map(|&step| PlannedStep { step, params: step.as_str().into() }).collect(),
        deadlines: Deadlines {
            ready: 60 * second,
            verify: 20 * second,
            retire: 60 * second,
            undo: 90 * second,
        },
        drain: 10 * second,
        settle: 2 * second,
        deploys,
    }
}

/// Drives a saga. `script` says what becomes of an attempt: (step, undo, attempt).
pub struct Run<'a> {
    pub saga: Saga,
    pub log: Vec<Entry>,
    pub world: World,
    pub now: Timestamp,
    pub told: Vec<(u32, NoticeKind)>,
    pub acted: Vec<(Step, bool)>,
    script: Box<dyn FnMut(Step, bool, u32) -> Outcome + 'a>,
    /// Supersede when this step is waited for or about to start.
    pub supersede_at: Option<Step>,
    /// Crash when the log has this many records: before acting on the last one.
    pub crash_at: Vec<usize>,
    /// Do what a step does twice each time.
    pub twice: bool,
}

impl<'a> Run<'a> {
    pub fn new(shape: impl Into<Shape>, script: impl FnMut(Step, bool, u32) -> Outcome + 'a) -> Self {
        let plan = plan(shape);
        let source = plan.source.is_some();
        // The hosts of a seat run whatever becomes of it.
        let hosted = !plan.deploys && plan.target.is_some();
        Self {
            now: plan.planned_at,
            saga: Saga::new(plan).expect("a good plan"),
            log: Vec::new(),
            world: World {
                prepared: hosted,
                started: hosted,
                name: if source { Name::Source } else { Name::Nowhere },
                source_runs: source,
                source_known: source,
            },
            told: Vec::new(),
            acted: Vec::new(),
            script: Box::new(script),
            supersede_at: None,
            crash_at: Vec::new(),
            twice: false,
        }
    }

    /// Runs to the end.
    pub fn finish(&mut self) -> Ended {
        for _ in 0..10_000 {
            if let Some(ended) = self.once() {
                self.check_end(ended);
                return ended;
            }
        }
        panic!("no end: {:?} {:?}", self.saga.stage(), self.log.last());
    }

    /// Does one thing.
    pub fn once(&mut self) -> Option<Ended> {
        if let Some(position) = self.crash_at.iter().position(|at| *at == self.log.len()) {
            self.crash_at.remove(position);
            self.crash();
        }
        match self.saga.next_action(self.now) {
            Action::Append(event) => self.append(event),
            Action::Publish(notice) => {
                let told = (notice.sequence, notice.kind);
                if !self.told.contains(&told) {
                    self.told.push(told);
                }
                self.saga.told();
            }
            Action::Run { step, attempt, doubtful } => self.act(step, false, attempt, doubtful),
            Action::Undo { step, attempt, doubtful } => self.act(step, true, attempt, doubtful),
            Action::SleepUntil(then) => {
                assert!(then > self.now, "a sleep that is over");
                assert!(then < Timestamp::from_micros(u64::MAX), "a sleep without end");
                self.now = then;
            }
            Action::Finish(ended) => return Some(ended),
        }
        None
    }

    /// A new driver reads the log; what the old one was waiting for is lost.
    pub fn crash(&mut self) {
        let mut again = Saga::recover(self.saga.plan().clone(), self.log.clone()).expect("its own log");
        assert!(again.is_same(&self.saga), "replaying the log gives another saga");
        again.resume(self.now);
        self.saga = again;
    }

    fn append(&mut self, event: Event) {
        self.now = self.now.plus(Duration::from_millis(1));
        self.log.push(Entry { at: self.now, event: event.clone() });
        assert!(self.saga.accepts(self.now, &event));
        self.saga.handle(self.now, event).expect("a fitting event");
        assert_eq!(check(&self.saga), Ok(()));
    }

    fn act(&mut self, step: Step, undo: bool, attempt: u32, doubtful: bool) {
        let expected =
            if undo { Event::UndoStarted { step, attempt } } else { Event::Started { step, attempt } };
        assert_eq!(self.log.last().map(|e| &e.event), Some(&expected), "acted before it was appended");
        if self.supersede_at == Some(step) && !undo && self.saga.can_be_superseded() {
            self.supersede_at = None;
            return self.append(Event::Superseded { by: Generation(8) });
        }
        self.acted.push((step, undo));
        let outcome = (self.script)(step, undo, attempt);
        if matches!(outcome, Outcome::Done | Outcome::LostDone) {
            self.effect(step, undo, doubtful);
            if self.twice {
                self.effect(step, undo, true);
            }
        }
        let reason = format!("{outcome:?}");
        let failed = |class| {
            if undo {
                Event::UndoFailed { step, class, reason: reason.clone() }
            } else {
                Event::Failed { step, class, reason: reason.clone() }
            }
        };
        self.now = self.now.plus(Duration::from_millis(100));
        match outcome {
            Outcome::Done if undo => self.append(Event::Undone { step }),
            Outcome::Done => self.append(Event::Succeeded { step, output: step.as_str().into() }),
            Outcome::Transient => self.append(failed(Class::Transient(Duration::from_millis(10)))),
            Outcome::Permanent => self.append(failed(Class::Permanent)),
            Outcome::LostDone | Outcome::LostUndone => self.append(failed(Class::Unknown)),
            Outcome::Hang => {}
        }
    }

    fn effect(&mut self, step: Step, undo: bool, doubtful: bool) {
        let world = &mut self.world;
        let target = self.saga.plan().target.is_some();
        match (step, undo) {
            (Step::Prepare, false) => world.prepared = true,
            (Step::Start, false) => {
                assert!(world.prepared, "started what nobody prepared");
                assert!(doubtful || !world.started, "started twice without a doubt");
                world.started = true;
            }
            (Step::Steer, false) => {
                assert!(!target || world.started, "the name is led to nothing");
                world.name = if target { Name::Target } else { Name::Nowhere };
            }
            (Step::Verify, false) => {
                assert_eq!(world.name, if target { Name::Target } else { Name::Nowhere });
            }
            (Step::Retire, false) => {
                assert_ne!(world.name, Name::Source, "the source goes while the name leads to it");
                assert!(!target || world.started, "the source goes and nothing serves");
                world.source_runs = false;
            }
            (Step::Forget, false) => {
                assert!(!world.source_runs, "forgot what runs");
                world.source_known = false;
            }
            (Step::Ready | Step::Drain, false) => {}
            (Step::Steer, true) => {
                let source = self.saga.plan().source.is_some();
                world.name = if source { Name::Source } else { Name::Nowhere };
            }
            (Step::Start, true) => {
                assert_ne!(world.name, Name::Target, "the target goes while the name leads to it");
                world.started = false;
            }
            (Step::Prepare, true) => {
                assert!(!world.started, "forgot what runs");
                world.prepared = false;
            }
            (Step::Ready | Step::Verify | Step::Drain | Step::Retire | Step::Forget, true) => {
                panic!("{step:?} cannot be undone");
            }
        }
    }

    /// What an end promises about the world.
    fn check_end(&self, ended: Ended) {
        let plan = self.saga.plan();
        let (source, target) = (plan.source.is_some(), plan.target.is_some());
        let hosted = !plan.deploys && target;
        let world = &self.world;
        match ended {
            Ended::Undone => {
                let name = if source { Name::Source } else { Name::Nowhere };
                let before = World {
                    prepared: hosted,
                    started: hosted,
                    name,
                    source_runs: source,
                    source_known: source,
                };
                assert_eq!(*world, before, "something is left");
            }
            Ended::Failed => assert_eq!(world.source_runs, source, "the source must not suffer"),
            Ended::Completed | Ended::Retired => {
                assert_eq!(world.started, target);
                assert_eq!(world.name, if target { Name::Target } else { Name::Nowhere });
                let stays = source && !plan.deploys;
                assert_eq!((world.source_runs, world.source_known), (stays, stays));
            }
            Ended::Leftover => assert_eq!(world.started, target),
        }
        let ends: Vec<_> = self.told.iter().filter(|(_, kind)| ends_order(kind)).collect();
        assert_eq!(ends.len(), 1, "an order ends once: {:?}", self.told);
        let replayed = Saga::recover(plan.clone(), self.log.clone()).expect("its own log");
        assert!(replayed.is_same(&self.saga));
    }
}

fn ends_order(kind: &NoticeKind) -> bool {
    match kind {
        NoticeKind::Completed { .. } | NoticeKind::Undone { .. } | NoticeKind::Failed { .. } => true,
        NoticeKind::Progress(_) | NoticeKind::Retired | NoticeKind::Leftover { .. } => false,
    }
}
