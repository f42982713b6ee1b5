//! The scene: sites `s0`… at longitudes 0, 1, …; cells `c` at c tenths of a degree; UEs by number.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{
    Aim, App, AppId, Cell, CellId, ClusterRef, Decision, Gathering, Generation, InstanceId, InstanceKey,
    InstanceState, Mode, Order, Outcome, OutcomeKind, Pin, Placement, PlmnId, Policy, Position, Regret,
    Scope, Site, SiteId, Supi, Threshold, Timestamp, UeChange, UeEvent, UeLocation, UePosition, UeSource,
    Users,
};
use placement::invariants::Ledger;
use placement::{Command, Engine, Fleet, Input, Topology};

pub(crate) fn at(seconds: f64) -> Timestamp {
    Timestamp::from_micros((seconds * 1e6).round() as u64)
}

pub(crate) fn key() -> InstanceKey {
    InstanceKey::new(b"sixteen bytes or more").unwrap()
}

pub(crate) fn supi(ue: u64) -> Supi {
    Supi::from_imsi(1_010_000_000_000 + ue, 15).unwrap()
}

pub(crate) fn site_id(site: u32) -> SiteId {
    SiteId::new(format!("s{site}")).unwrap()
}

pub(crate) fn site(number: u32) -> Site {
    Site {
        id: site_id(number),
        name: format!("site {number}"),
        position: Some(Position::new(f64::from(number), 0.0).unwrap()),
        cluster: ClusterRef { provider: "p".into(), cluster: format!("k{number}") },
        ingress: None,
        tier: model::Tier::Edge,
        water_marks: None,
        labels: BTreeSet::new(),
        max_instances: None,
        service_area: None,
        tenants: BTreeSet::new(),
        cost: None,
    }
}

pub(crate) fn cell_id(cell: u32) -> CellId {
    CellId::nr(PlmnId::new("001", "01").unwrap(), &format!("{cell:x}"), None).unwrap()
}

pub(crate) fn cell(number: u32) -> Cell {
    let position = Position::new(f64::from(number) / 10.0, 0.0).unwrap();
    Cell { id: cell_id(number), tai: None, pin: Pin::Position(position) }
}

/// Sites s0, s1, s2 and cells 0 to 30: one site a degree, ten cells between two sites.
pub(crate) fn topology() -> Topology {
    Topology::new((0..3).map(site).collect(), (0..=30).map(cell).collect(), Vec::new()).unwrap()
}

pub(crate) fn app(id: &str, policy: Policy) -> App {
    App {
        id: AppId::new(id).unwrap(),
        users: Users::All,
        mode: Mode::Act,
        scope: Scope::PerUe,
        policy,
        max_concurrent_relocations: 4,
        linger: Duration::from_secs(60),
        requires: BTreeSet::new(),
        qos: None,
        tenant: None,
        residency: BTreeMap::new(),
        limits: model::AppLimits::default(),
        groups: BTreeMap::new(),
    }
}

/// 5 km, 10 s, 30 s.
pub(crate) fn threshold() -> Policy {
    Policy::Threshold(Threshold { margin_meters: 5_000.0, ..Threshold::default() })
}

/// A relocation costs what 11 km (a cell) for 30 s do; 5 s ahead, averaged over 4 s, no return within 40 s, decided
/// each half second.
pub(crate) fn regret() -> Policy {
    Policy::Regret(costs())
}

fn costs() -> Regret {
    Regret {
        relocation_cost: 330_000.0,
        look_ahead: Duration::from_secs(5),
        smoothing: Duration::from_secs(4),
        no_return: Duration::from_secs(40),
        tick: Duration::from_millis(500),
    }
}

/// An app for groups, at the costs of [`regret`].
pub(crate) fn meeting(id: &str, aim: Aim, groups: &[(&str, &[u64])]) -> App {
    let members = |ues: &[u64]| ues.iter().map(|ue| supi(*ue)).collect();
    App {
        scope: Scope::Group,
        groups: groups.iter().map(|(name, ues)| ((*name).to_owned(), members(ues))).collect(),
        ..app(id, Policy::Group(Gathering { aim, cost: costs() }))
    }
}

/// A laboratory: both sites stand in the same rack, and each of two cells is pinned to one of them.
pub(crate) fn rack(policy: Policy) -> Stage {
    rack_of(vec![app("ar", policy)])
}

/// The same with these apps.
pub(crate) fn rack_of(apps: Vec<App>) -> Stage {
    let position = Some(Position::new(3.0, 50.0).unwrap());
    let racked = |number| Site { position, ..site(number) };
    let pinned = |number| Cell { pin: Pin::Site(site_id(number)), ..cell(number) };
    let (sites, cells) = ((0..2).map(racked).collect(), (0..2).map(pinned).collect());
    let topology = Topology::new(sites, cells, Vec::new()).unwrap();
    Stage::with(Engine::new(topology, apps, key()).unwrap())
}

pub(crate) fn event(ue: u64, now: Timestamp, change: UeChange) -> UeEvent {
    UeEvent { supi: supi(ue), observed_at: now, reported_at: None, source: UeSource::Poll, amf: None, change }
}

pub(crate) fn in_cell(cell: u32) -> UeChange {
    UeChange::Location(UeLocation { cell: Some(cell_id(cell)), tai: None, position: None })
}

/// At so many hundredths of a degree, give or take so many kilometres; in the cell that is there.
pub(crate) fn at_position(hundredths: u32, kilometers: u32) -> UeChange {
    let centre = Position::new(f64::from(hundredths) / 100.0, 0.0).unwrap();
    let position = Some(UePosition::new(centre, f64::from(kilometers) * 1e3).unwrap());
    UeChange::Location(UeLocation { cell: Some(cell_id(hundredths / 10)), tai: None, position })
}

pub(crate) fn placed(site: &SiteId) -> Placement {
    Placement {
        site: site.clone(),
        release: "er-000000000000".parse().unwrap(),
        deployment_intent_group: "g".into(),
        address: "192.0.2.1:80".into(),
    }
}

pub(crate) fn outcome(order: &Order, now: Timestamp, kind: OutcomeKind) -> Outcome {
    Outcome {
        relocation: order.relocation,
        app: order.app.clone(),
        instance: order.instance.clone(),
        generation: order.generation,
        source: order.source.clone(),
        target: order.target.clone(),
        at: now,
        kind,
    }
}

/// As an executor says it; an orchestrator that has a choice takes now the one, now the other.
pub(crate) fn completed(order: &Order) -> OutcomeKind {
    let turn = order.generation.0 as usize % order.choices.len().max(1);
    let site = order.choices.get(turn).or(order.target.as_ref());
    OutcomeKind::Completed { serving: site.map(placed), took_ms: 1 }
}

pub(crate) fn undone() -> OutcomeKind {
    OutcomeKind::Undone { reason: "no room".into() }
}

pub(crate) fn instance_state(
    app: &str,
    instance: &InstanceId,
    generation: u64,
    serving: Option<u32>,
    now: Timestamp,
) -> InstanceState {
    InstanceState {
        app: AppId::new(app).unwrap(),
        instance: instance.clone(),
        generation: Generation(generation),
        serving: serving.map(|site| placed(&site_id(site))),
        at: now,
    }
}

/// One engine under the eyes of the ledger.
pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) ledger: Ledger,
}

impl Stage {
    pub(crate) fn new(apps: Vec<App>) -> Self {
        Self::with(Engine::new(topology(), apps, key()).unwrap())
    }

    /// On the usual scene, under a ledger that knows every limit.
    pub(crate) fn of(fleet: Fleet) -> Self {
        let ledger = Ledger::new(&topology()).with(&fleet.apps).within(&fleet.limits);
        Self { ledger, engine: Engine::new(topology(), fleet, key()).unwrap() }
    }

    pub(crate) fn with(engine: Engine) -> Self {
        Self { ledger: Ledger::new(engine.topology()), engine }
    }

    pub(crate) fn handle(&mut self, now: Timestamp, input: Input<'_>) -> Vec<Command> {
        let mut out = Vec::new();
        self.ledger.input(&input);
        self.engine.handle(now, input, &mut out);
        self.checked(out)
    }

    pub(crate) fn checked(&mut self, out: Vec<Command>) -> Vec<Command> {
        out.iter().for_each(|command| self.ledger.command(command).unwrap());
        self.engine.check().unwrap();
        out
    }

    pub(crate) fn ue(&mut self, seconds: f64, ue: u64, change: UeChange) -> Vec<Command> {
        self.handle(at(seconds), Input::Ue(&event(ue, at(seconds), change)))
    }

    /// A report of a cell.
    pub(crate) fn cell(&mut self, seconds: f64, ue: u64, cell: u32) -> Vec<Command> {
        self.ue(seconds, ue, in_cell(cell))
    }

    pub(crate) fn end(&mut self, seconds: f64, order: &Order, kind: OutcomeKind) -> Vec<Command> {
        self.handle(at(seconds), Input::Outcome(&outcome(order, at(seconds), kind)))
    }

    pub(crate) fn timeout(&mut self, seconds: f64) -> Vec<Command> {
        let mut out = Vec::new();
        self.engine.handle_timeout(at(seconds), &mut out);
        self.checked(out)
    }

    pub(crate) fn settle(&mut self, seconds: f64) -> Vec<Command> {
        let mut out = Vec::new();
        self.engine.settle(at(seconds), &mut out);
        self.checked(out)
    }

    /// Places an instance for a UE at a cell, at once.
    pub(crate) fn placed_at(&mut self, seconds: f64, ue: u64, cell: u32) -> Order {
        let order = only_order(&self.cell(seconds, ue, cell));
        let kind = completed(&order);
        assert_eq!(self.end(seconds, &order, kind), []);
        order
    }

    pub(crate) fn due(&self) -> Option<f64> {
        self.engine.next_timeout().map(|due| due.as_micros() as f64 / 1e6)
    }
}

pub(crate) fn orders(commands: &[Command]) -> Vec<Order> {
    commands
        .iter()
        .filter_map(|command| match command {
            Command::Order(order) => Some((**order).clone()),
            Command::Decide(_) | Command::Site(_) => None,
        })
        .collect()
}

pub(crate) fn decisions(commands: &[Command]) -> Vec<Decision> {
    commands
        .iter()
        .filter_map(|command| match command {
            Command::Decide(decision) => Some((**decision).clone()),
            Command::Order(_) | Command::Site(_) => None,
        })
        .collect()
}

pub(crate) fn only_order(commands: &[Command]) -> Order {
    let [order] = &orders(commands)[..] else { panic!("not one order: {commands:?}") };
    order.clone()
}

pub(crate) fn only_decision(commands: &[Command]) -> Decision {
    let [decision] = &decisions(commands)[..] else { panic!("not one decision: {commands:?}") };
    decision.clone()
}
