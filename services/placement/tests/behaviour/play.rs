//! Plays a story to an engine, under the eyes of the ledger and, where there are no limits, of the reference.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{
    Ask, Generation, OperatorCommand, Order, Outcome, QosReport, QosSource, SiteId, SiteLoad, SiteStatus,
    Timestamp, UeChange,
};
use placement::invariants::Ledger;
use placement::{Command, Engine, Fleet, Input, Question, Topology};
use uuid::Uuid;

use crate::country::At;
use crate::desk;
use crate::reference::Reference;
use crate::scene::*;
use crate::story::{About, What, apps};
use crate::town::Town;
use crate::verdict::recomputed;

pub(crate) struct Play {
    pub(crate) engine: Engine,
    /// All that it said.
    pub(crate) log: Vec<Command>,
    town: Town,
    fleet: Fleet,
    ledger: Ledger,
    /// Rooms that come free are used at the next look at who could go there, which the reference does not know.
    reference: Option<Reference>,
    now: Timestamp,
    live: BTreeMap<(String, String), Order>,
    ended: Vec<Outcome>,
    asked: Vec<OperatorCommand>,
    /// What was told last of each site.
    told: BTreeMap<SiteId, SiteStatus>,
}

impl Play {
    pub(crate) fn new(town: Town) -> Self {
        Self::within(town, apps().into())
    }

    pub(crate) fn within(town: Town, fleet: Fleet) -> Self {
        let engine = Engine::new(town.topology(), fleet.clone(), key()).unwrap();
        let unlimited = town.rooms.iter().all(Option::is_none);
        Self {
            ledger: Ledger::new(engine.topology()).with(&fleet.apps).within(&fleet.limits).keyed(&key()),
            engine,
            log: Vec::new(),
            town,
            reference: unlimited.then(|| Reference::new(fleet.clone(), town)),
            fleet,
            now: at(1_000.0),
            live: BTreeMap::new(),
            ended: Vec::new(),
            asked: Vec::new(),
            told: BTreeMap::new(),
        }
    }

    pub(crate) fn run(mut self, story: &[(u64, What)]) -> Self {
        for (pause, what) in story {
            self.pass(Duration::from_millis(*pause));
            self.step(what);
            // What follows at the same instant.
            self.pass(Duration::ZERO);
        }
        self
    }

    /// Every order is carried out and every pause ends, until nothing happens any more.
    pub(crate) fn calm_down(mut self) -> Self {
        for _ in 0..200 {
            while let Some(order) = self.live.values().next().cloned() {
                self.end(&outcome(&order, self.now, completed(&order)));
            }
            self.pass(Duration::from_secs(5));
        }
        assert!(self.live.is_empty());
        self
    }

    pub(crate) fn linger(&self, app: &model::AppId) -> Duration {
        self.fleet.apps.iter().find(|other| other.id == *app).unwrap().linger
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The decision on each instance, as things stand.
    pub(crate) fn each_decision(&self) -> Vec<model::Decision> {
        let pairs = (0..5).flat_map(|ue| apps().into_iter().map(move |app| (supi(ue), app.id)));
        pairs.filter_map(|(supi, app)| self.engine.why(&supi, &app, self.now)).collect()
    }

    fn topology(&self) -> Topology {
        self.town.topology()
    }

    /// Lets time pass, waking the engine when it wants to be woken.
    fn pass(&mut self, span: Duration) {
        let (until, mut calls) = (self.now.plus(span), 0);
        while let Some(due) = self.engine.next_timeout().filter(|due| *due <= until) {
            // A deadline that had passed when it was said is looked at at once.
            self.now = self.now.max(due);
            let mut out = Vec::new();
            self.engine.handle_timeout(self.now, &mut out);
            let same = self.engine.next_timeout().is_some_and(|next| next <= self.now);
            calls = if same { calls + 1 } else { 0 };
            assert!(calls < 10, "a timer that was due was not handled");
            self.follow(out);
        }
        self.now = until;
    }

    fn step(&mut self, what: &What) {
        match what {
            What::Report { ue, cell } => {
                self.reference.iter_mut().for_each(|known| known.report(*ue, At::Cell(*cell), self.now));
                self.input(Input::Ue(&event(*ue, self.now, in_cell(*cell))));
            }
            What::Position { ue, hundredths, kilometers } => {
                let place = At::Point(*hundredths, *kilometers);
                self.reference.iter_mut().for_each(|known| known.report(*ue, place, self.now));
                self.input(Input::Ue(&event(*ue, self.now, at_position(*hundredths, *kilometers))));
            }
            What::Gone { ue } => {
                self.reference.iter_mut().for_each(|known| known.report(*ue, At::Gone, self.now));
                self.input(Input::Ue(&event(*ue, self.now, UeChange::Gone)));
            }
            What::End { pick, how } => {
                let count = self.live.len().max(1);
                let Some(order) = self.live.values().nth(pick % count).cloned() else { return };
                self.end(&outcome(&order, self.now, how.kind(&order)));
            }
            What::Again { pick } => {
                let Some(ended) = self.ended.iter().rev().nth(*pick).cloned() else { return };
                self.input(Input::Outcome(&ended));
            }
            What::Ask(asking) => {
                let id = Uuid::from_u128(self.asked.len() as u128);
                let command = OperatorCommand { id, ..desk::command(self.now, asking.ask(self.now)) };
                self.asked.push(command.clone());
                self.command(&command);
            }
            What::Answer { about, agrees, age } => {
                let Some(ask) = self.answer(*about, *agrees) else { return };
                let at = Timestamp::from_micros(self.now.as_micros() - age * 1_000);
                let id = Uuid::from_u128(self.asked.len() as u128);
                let command = OperatorCommand { id, ..desk::command(at, ask) };
                self.asked.push(command.clone());
                self.command(&command);
            }
            What::AskAgain { pick } => {
                let Some(command) = self.asked.iter().rev().nth(*pick).cloned() else { return };
                self.command(&command);
            }
            What::Said { site, source, condition, age } => {
                let at = Timestamp::from_micros(self.now.as_micros() - age * 1_000);
                let report = desk::report(*site, at, *source, *condition);
                self.reference.iter_mut().for_each(|known| known.said(&report));
                self.input(Input::Site(&report));
            }
            What::Measured { ue, app, site, measured, age } => {
                let report = QosReport {
                    supi: supi(*ue),
                    app: app.map(|app| apps()[app].id.clone()),
                    site: site.map(site_id),
                    observed_at: Timestamp::from_micros(self.now.as_micros() - age * 1_000),
                    reported_at: None,
                    source: QosSource::App,
                    measured: *measured,
                };
                self.reference.iter_mut().for_each(|known| known.measured(&report, self.now));
                self.input(Input::Qos(&report));
            }
            What::Loaded { site, source, percent, age, valid } => {
                let at = Timestamp::from_micros(self.now.as_micros() - age * 1_000);
                let load = SiteLoad {
                    site: site_id(*site),
                    source: *source,
                    at,
                    load: f64::from(*percent) / 100.0,
                    valid_until: at.plus(Duration::from_millis(*valid)),
                    resources: BTreeMap::new(),
                };
                self.reference.iter_mut().for_each(|known| known.load(&load, self.now));
                self.input(Input::Load(&load));
            }
            What::Wait => (),
            What::Restart => {
                let bytes = self.engine.snapshot();
                self.engine = Engine::restore(&bytes, self.topology(), self.fleet.clone(), key()).unwrap();
                assert!(self.engine.snapshot() == bytes, "another engine after a restart");
            }
        }
    }

    fn answer(&self, about: About, agrees: bool) -> Option<Ask> {
        let (app, instance, generation, site) = match about {
            About::Open { pick, ahead, site } => {
                let open = self.engine.questions(self.now);
                let Question { app, instance, generation, to, .. } =
                    open.get(pick % open.len().max(1))?.clone();
                (app, instance, generation.0.saturating_add_signed(ahead), site.map_or(to, site_id))
            }
            About::Any { app, ue, generation, site } => {
                let app = apps()[app].id.clone();
                let instance = key().per_ue(&app, &supi(ue));
                (app, instance, generation, site_id(site))
            }
        };
        let generation = Generation(generation);
        Some(if agrees {
            Ask::Confirm { app, instance, generation, site }
        } else {
            Ask::Refuse { app, instance, generation, site }
        })
    }

    fn end(&mut self, ended: &Outcome) {
        let key = (ended.app.to_string(), ended.instance.to_string());
        let order = self.live[&key].clone();
        self.reference.iter_mut().for_each(|known| known.outcome(&order, &ended.kind, self.now, self.now));
        if ended.kind.ends_order() {
            self.live.remove(&key);
            self.ended.push(ended.clone());
        }
        self.input(Input::Outcome(ended));
    }

    fn command(&mut self, command: &OperatorCommand) {
        self.reference.iter_mut().for_each(|known| known.command(command, self.now));
        self.input(Input::Operator(command));
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
        for decision in decisions(&out) {
            let app = self.fleet.apps.iter().find(|app| app.id == decision.app).unwrap();
            let (verdict, _) = recomputed(&decision, app.linger);
            assert_eq!(verdict, decision.verdict, "{decision:?}");
        }
        for order in orders(&out) {
            self.live.insert((order.app.to_string(), order.instance.to_string()), order);
        }
        for status in desk::told(&out) {
            let last = self.told.insert(status.site.clone(), status.clone());
            assert!(
                last.is_none_or(|last| last.at < status.at),
                "two at one time, or an older one: {status:?}"
            );
        }
        let idle = self.engine.next_timeout().is_none_or(|due| due > self.now);
        if let Some(reference) = &mut self.reference {
            reference.follow(self.now, &out, idle);
            assert_eq!(self.live.len(), reference.live());
            if idle {
                reference.statuses(self.now, &self.told);
                let whose = |open: &((usize, u64), SiteId)| {
                    let app = self.fleet.apps[open.0.0].id.clone();
                    (app.clone(), key().per_ue(&app, &supi(open.0.1)), open.1.clone())
                };
                let wanted: BTreeSet<_> = reference.questions(self.now).iter().map(whose).collect();
                let told = self.engine.questions(self.now);
                assert_eq!(
                    told.iter()
                        .map(|q| (q.app.clone(), q.instance.clone(), q.to.clone()))
                        .collect::<BTreeSet<_>>(),
                    wanted
                );
            }
        }
        assert_eq!(self.ledger.live(), self.live.len());
        self.log.extend(out);
    }
}
