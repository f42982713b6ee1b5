//! The engine's slow and obvious counterpart: looks at everything after every step, computes every distance
//! anew, and knows no timer, queue or index. It follows the engine's commands and says which are wrong and
//! which are missing.

mod asks;
mod consent;
mod groups;
mod hosts;
mod limits;
mod loads;
mod numbers;
mod quality;
mod weighing;
mod wish;

use std::collections::BTreeMap;

use model::{
    App, AppId, Consent, Decision, Generation, Guard, InstanceId, Limits, Mode, Order, OutcomeKind, Rule,
    SiteId, Timestamp, Trigger, Verdict,
};
use placement::{Command, Fleet};

use crate::country::{At, Country, meters, uncertainty};
use crate::reference::groups::Team;
use crate::reference::hosts::{Host, Place};
use crate::reference::loads::Loads;
use crate::reference::quality::Heard;
use crate::reference::wish::Wish;
use crate::scene::supi;
use crate::town::Town;
use crate::verdict::recomputed;

#[derive(Debug, Clone, Default)]
struct Inst {
    serving: Option<(SiteId, Timestamp)>,
    live: Option<Order>,
    generation: u64,
    better_since: Option<Timestamp>,
    /// Where it was before, and how many reports on its UE there had been when it came where it is.
    came_from: Option<SiteId>,
    opened: usize,
    failures: u32,
    pause: Option<(Option<SiteId>, Timestamp)>,
    hold_told: bool,
    poor_told: bool,
    /// By what it was told last that it is blocked, and its place in the queue: a number that only grows.
    waiting: Option<(Guard, u64)>,
}

/// An instance, where it wants to go, and why.
type Turn = ((usize, u64), Option<SiteId>, Trigger);

pub(crate) struct Reference {
    apps: Vec<App>,
    ues: BTreeMap<u64, (At, Timestamp)>,
    insts: BTreeMap<(usize, u64), Inst>,
    hosts: BTreeMap<Place, Host>,
    /// The host that was started for one that is not known yet to have been chosen.
    started_for: Option<Place>,
    /// Every report that told something new, for ever.
    history: BTreeMap<u64, Vec<(Timestamp, At)>>,
    country: Country,
    teams: Vec<Team>,
    /// Every measurement that came in while its UE was there, by app, UE and site.
    heard: BTreeMap<(usize, u64, SiteId), Vec<Heard>>,
    loads: Loads,
    blocked: u64,
    limits: Limits,
    /// Every order that takes from budgets: when, of which app, from where, to where.
    given: Vec<(Timestamp, usize, Option<SiteId>, SiteId)>,
    /// Those that waited longer than the one that is to be given an order, and could have gone.
    older: Vec<Turn>,
    /// What is said of sites, or asked, has changed what instances wish that need not have been looked at yet.
    unsettled: bool,
    /// Every question that was asked and every answer that was heard, in order.
    said: Vec<consent::Said>,
}

impl Reference {
    pub(crate) fn new(fleet: Fleet, town: Town) -> Self {
        let (ues, insts, history) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let Fleet { apps, limits } = fleet;
        let (country, heard, given) = (Country::of(town), BTreeMap::new(), Vec::new());
        Self {
            teams: groups::teams(&apps),
            apps,
            ues,
            insts,
            hosts: BTreeMap::new(),
            started_for: None,
            history,
            country,
            heard,
            loads: Loads::default(),
            blocked: 0,
            limits,
            given,
            older: Vec::new(),
            unsettled: false,
            said: Vec::new(),
        }
    }

    /// How many orders are live.
    pub(crate) fn live(&self) -> usize {
        let hosts = self.hosts.values().filter(|host| host.live.is_some()).count();
        self.insts.values().filter(|inst| inst.live.is_some()).count() + hosts
    }

    /// Somebody is there now, and so are the groups that they belong to.
    pub(crate) fn report(&mut self, ue: u64, at: At, now: Timestamp) {
        self.tell(ue, at, now);
        let teams: Vec<_> = self.teams.iter_mut().filter_map(|team| team.hear(ue, at)).collect();
        for (team, at) in teams {
            self.tell(team, at, now);
        }
    }

    fn tell(&mut self, ue: u64, at: At, now: Timestamp) {
        if at == At::Gone && !self.ues.contains_key(&ue) {
            return;
        }
        let known = self.ues.entry(ue).or_insert((at, now));
        let history = self.history.entry(ue).or_default();
        if known.0 != at {
            *known = (at, now);
        }
        if history.last().map(|(_, last)| *last) != Some(at) {
            history.push((now, at));
        }
        if at == At::Gone {
            self.heard.retain(|(_, other, _), _| *other != ue);
        } else {
            for app in (0..self.apps.len()).filter(|app| self.uses(*app, ue)).collect::<Vec<_>>() {
                self.insts.entry((app, ue)).or_default();
            }
        }
    }

    pub(crate) fn outcome(&mut self, order: &Order, kind: &OutcomeKind, at: Timestamp, now: Timestamp) {
        self.host_outcome(order, kind, at, now);
        let found = self.insts.iter_mut().find(|(_, inst)| inst.live.as_ref() == Some(order));
        let Some((&key, inst)) = found else { return };
        let ue = key.1;
        let reports = self.history[&ue].len();
        let failed = match kind {
            OutcomeKind::Completed { serving, .. } => {
                inst.settle(serving.as_ref().map(|placed| (placed.site.clone(), at)), reports);
                inst.failures = 0;
                false
            }
            OutcomeKind::Fenced { newest, serving } => {
                if serving.as_ref() != inst.serving.as_ref().map(|(site, _)| site) {
                    inst.settle(serving.clone().map(|site| (site, at)), reports);
                }
                inst.generation = inst.generation.max(newest.0);
                inst.failures += 1;
                true
            }
            OutcomeKind::Undone { .. } => {
                inst.failures += 1;
                true
            }
            OutcomeKind::Failed { .. } => {
                inst.failures = 255;
                true
            }
            OutcomeKind::Progress { .. } | OutcomeKind::Retired | OutcomeKind::Leftover { .. } => return,
        };
        inst.live = None;
        inst.pause = failed.then(|| (order.target.clone(), pause(inst.failures, now)));
        self.may_have_left(key, at);
    }

    /// Holds the commands of one step against what should be done. `idle`: the engine has nothing more to do now.
    pub(crate) fn follow(&mut self, now: Timestamp, commands: &[Command], idle: bool) {
        self.refresh(now);
        let mut expected: Option<Decision> = None;
        for command in commands {
            match command {
                Command::Decide(decision) => {
                    assert_eq!(expected, None, "a move of an app in mode act without its order");
                    expected = self.decision(now, decision);
                }
                Command::Order(order) => {
                    let decision = expected.take().expect("an order without its decision");
                    self.order(&decision, order);
                }
                Command::Site(_) => {}
            }
            self.refresh(now);
        }
        assert_eq!(expected, None, "a move of an app in mode act without its order");
        if idle {
            self.all_are_chosen(now);
            self.nothing_is_missing(now);
            self.no_host_is_missing(now);
            self.unsettled = false;
        }
    }

    /// Brings what depends on time and place up to date.
    fn refresh(&mut self, now: Timestamp) {
        self.drop_moot_moves();
        self.assess(now);
        self.refresh_hosts(now);
        let wishes: Vec<_> =
            self.insts.keys().map(|&key| (key, self.wish(key, now), self.better(key, now))).collect();
        for (key, wish, better) in wishes {
            let Some(inst) = self.insts.get_mut(&key) else { continue };
            if inst.live.is_some() {
                (inst.better_since, inst.hold_told, inst.waiting) = (None, false, None);
                inst.poor_told = false;
                continue;
            }
            inst.poor_told &= matches!(wish, Wish::Poor(_) | Wish::Go(..) | Wish::Stuck(..));
            inst.better_since = better.then(|| inst.better_since.unwrap_or(now));
            match wish {
                Wish::Nothing(rule) => {
                    inst.waiting = None;
                    inst.hold_told &= !matches!(rule, Rule::AlreadyBest | Rule::AmongChoices | Rule::Pinned);
                }
                Wish::Hold(..) | Wish::Poor(_) => inst.waiting = None,
                Wish::Go(..) | Wish::Stuck(..) => (),
            }
        }
        let idle = |ue: u64, insts: &BTreeMap<(usize, u64), Inst>| {
            let own = |((_, other), _): &(&(usize, u64), &Inst)| *other == ue;
            insts.iter().filter(own).all(|(_, inst)| inst.live.is_none() && inst.serving.is_none())
        };
        let gone: Vec<_> =
            self.ues.iter().filter(|(_, (at, _))| *at == At::Gone).map(|(ue, _)| *ue).collect();
        for ue in gone {
            if !idle(ue, &self.insts) {
                continue;
            }
            self.ues.remove(&ue);
            for (key, inst) in self.insts.iter_mut().filter(|((_, other), _)| *other == ue) {
                (inst.pause, inst.hold_told, inst.waiting) = (None, false, None);
                inst.poor_told = false;
                if inst.generation == 0 {
                    self.country.asks.remove(key);
                }
            }
        }
    }

    fn decision(&mut self, now: Timestamp, decision: &Decision) -> Option<Decision> {
        if let Some(expected) = self.host_decision(now, decision) {
            return expected;
        }
        let app = self.apps.iter().position(|app| app.id == decision.app).expect("a known app");
        let ue = self.whose_is(&decision.app, &decision.instance);
        assert_eq!(decision.supi.is_some(), decision.group.is_none());
        assert!(decision.supi.as_ref().is_none_or(|of| *of == supi(ue)));
        let key_of = (app, ue);
        self.was_started_for(app, decision);
        if decision.trigger == Trigger::Capacity {
            self.choose(key_of, now);
        }
        let inst = self.insts[&key_of].clone();
        let wish = self.wish(key_of, now);
        self.numbers(key_of, &wish, decision, now);
        let told = decision.explanation.rule;
        let guard = if let Rule::Guarded(guard) = told { Some(guard) } else { None };
        assert_eq!(recomputed(decision, self.apps[app].linger), (decision.verdict, guard), "{decision:?}");
        assert_eq!(inst.live, None, "a decision while an order is live");
        assert_eq!(decision.mode, self.apps[app].mode);
        match (&wish, decision.verdict) {
            (Wish::Hold(rule, target), Verdict::Stay) => {
                assert_eq!((told, decision.target.as_ref()), (*rule, Some(target)));
                assert!(!inst.hold_told, "a hold is told twice");
                self.inst(key_of).hold_told = true;
                None
            }
            (Wish::Poor(target), Verdict::Stay) => {
                assert_eq!((told, decision.target.as_ref()), (Rule::NoBetterQos, Some(target)));
                assert!(!inst.poor_told, "told twice that nothing is better");
                self.inst(key_of).poor_told = true;
                None
            }
            (Wish::Go(_, target, trigger), Verdict::Blocked) => {
                let by = self.held(key_of, target, *trigger, now).expect("blocked although nothing holds it");
                let refused = self.country.asks.get(&key_of).is_some_and(|asked| !asked.pinned);
                if by == Guard::MobilityNotAllowed && refused {
                    assert_eq!((guard, &decision.target), (Some(by), target));
                    self.country.asks.remove(&key_of);
                    return None;
                }
                assert!(!self.paused(&inst, target, now), "told within a pause");
                self.block(key_of, by, decision, target);
                None
            }
            (Wish::Stuck(by, target, _), Verdict::Blocked) => {
                let refused = self.country.asks.get(&key_of).is_some_and(|asked| !asked.pinned);
                if by.is_of_site() && refused {
                    assert_eq!((guard, &decision.target), (Some(*by), target));
                    self.country.asks.remove(&key_of);
                } else {
                    let paused = *by != Guard::NoFeasibleSite && self.paused(&inst, target, now);
                    assert!(!paused, "told within a pause");
                    self.block(key_of, *by, decision, target);
                }
                None
            }
            (Wish::Go(rule, target, trigger), Verdict::Move) => {
                assert_eq!((told, &decision.target), (*rule, target));
                assert!(!self.paused(&inst, target, now), "moved within a pause");
                assert_eq!(
                    self.held(key_of, target, *trigger, now),
                    None,
                    "moved although something holds it"
                );
                if target.is_some() {
                    self.is_next(key_of, now);
                    self.older = self.older_that_can_go(key_of, now);
                }
                if *rule == Rule::OperatorMove {
                    self.country.asks.remove(&key_of);
                }
                let generation = inst.generation + 1;
                assert_eq!(decision.order.map(|(generation, _)| generation), Some(Generation(generation)));
                let mode = decision.mode;
                let target = target.clone();
                let reports = self.history[&ue].len();
                let inst = self.inst(key_of);
                inst.generation = generation;
                if mode == Mode::Act {
                    return Some(decision.clone());
                }
                inst.settle(target.map(|site| (site, now)), reports);
                inst.better_since = None;
                (inst.hold_told, inst.waiting, inst.pause) = (false, None, None);
                inst.poor_told = false;
                None
            }
            (wish, verdict) => panic!("{verdict:?} where {wish:?} is right: {decision:?}"),
        }
    }

    /// It was told that a guard blocks it: another one than was told last. It keeps its place where it waits for
    /// something of the same kind.
    fn block(&mut self, key: (usize, u64), by: Guard, decision: &Decision, target: &Option<SiteId>) {
        assert_eq!((decision.explanation.rule, &decision.target), (Rule::Guarded(by), target));
        let before = self.insts[&key].waiting;
        let asked = by == Guard::AwaitingConfirmation && self.asks_now(key, target, decision.at);
        assert!(asked || before.map(|(guard, _)| guard) != Some(by), "a block is told twice");
        self.blocked += 1;
        let queues = before.is_some_and(|(guard, _)| queue(guard).is_some() && queue(guard) == queue(by));
        let place = before.filter(|_| queues).map_or(self.blocked, |(_, place)| place);
        let inst = self.inst(key);
        inst.waiting = Some((by, place));
        if queue(by).is_some() {
            inst.pause = None;
        }
    }

    /// What holds back what is right.
    fn held(
        &self,
        key: (usize, u64),
        target: &Option<SiteId>,
        trigger: Trigger,
        now: Timestamp,
    ) -> Option<Guard> {
        let moves = self.insts[&key].serving.is_some() && target.is_some();
        let bound = moves && self.left(key) != Some(Guard::Failed);
        if bound && self.may_not_move(key) {
            return Some(Guard::MobilityNotAllowed);
        }
        let policy =
            matches!(trigger, Trigger::Mobility | Trigger::Qos).then(|| self.unhurried(key, target, now));
        let doubt = trigger == Trigger::Mobility && self.either_may_be_nearer(key, target);
        let doubt = doubt.then_some(Guard::Uncertain);
        let frozen = || self.frozen(key.0, now).then_some(Guard::Frozen);
        let awaits = || {
            let asks = bound && trigger != Trigger::Operator && self.needs_word(key);
            (asks && self.state(key, target, now) != Consent::Confirmed)
                .then_some(Guard::AwaitingConfirmation)
        };
        let held = doubt.or_else(|| policy.flatten()).or_else(frozen).or_else(awaits);
        held.or_else(|| self.waits_for_host(key.0, target, now)).or_else(|| {
            let budgets = self.budgets(key, target, now);
            budgets.into_iter().find(|budget| budget.used >= budget.limit).map(|budget| budget.guard)
        })
    }

    /// Whether somebody who is anywhere in the circle may be no farther from where it is served than from there.
    fn either_may_be_nearer(&self, key: (usize, u64), target: &Option<SiteId>) -> bool {
        let at = self.ues[&key.1].0;
        let (Some(radius), Some(target)) = (uncertainty(at), target) else { return false };
        let Some((serving, _)) = &self.insts[&key].serving else { return false };
        meters(at, serving)
            .zip(meters(at, target))
            .is_some_and(|(here, there)| (here - there).abs() <= 2.0 * radius)
    }

    fn frozen(&self, app: usize, now: Timestamp) -> bool {
        self.country.frozen(&self.apps[app], now)
    }

    fn order(&mut self, decision: &Decision, order: &Order) {
        if self.host_order(decision, order) {
            return;
        }
        let app = self.apps.iter().position(|app| app.id == order.app).expect("a known app");
        let ue = self.whose_is(&decision.app, &decision.instance);
        assert_eq!(order.instance, decision.instance);
        assert_eq!(Some((order.generation, order.relocation)), decision.order);
        assert_eq!((&order.source, &order.target), (&decision.source, &decision.target));
        assert!(order.due_at <= order.decided_at && order.observed_at <= order.due_at);
        self.joins(app, order);
        let (older, now) = (std::mem::take(&mut self.older), order.decided_at);
        if let Some(target) = &order.target {
            self.given.push((now, app, order.source.clone(), target.clone()));
        }
        assert_eq!(order.choices, self.choices((app, ue), decision, now), "{decision:?}");
        let inst = self.inst((app, ue));
        inst.live = Some(order.clone());
        inst.pause = None;
        for (key, target, trigger) in older {
            let by = self.held(key, &target, trigger, now);
            assert_eq!(by, None, "UE {ue} takes what {key:?}, who waits longer, could have had");
        }
    }

    /// Those that wait for budgets for longer than this one and could go now. What one report changes about all
    /// instances of its UE is looked at one by one.
    fn older_that_can_go(&self, key: (usize, u64), now: Timestamp) -> Vec<Turn> {
        let place = |inst: &Inst| {
            inst.waiting.filter(|(by, _)| queue(*by) == Some(Queue::Line)).map(|(_, place)| place)
        };
        let own = place(&self.insts[&key]).unwrap_or(u64::MAX);
        if self.unsettled {
            return Vec::new();
        }
        let apart = |other: &(usize, u64)| !self.related(other.1, key.1);
        let older = self.insts.iter().filter(|(other, inst)| apart(other) && inst.live.is_none());
        let older = older.filter(|(_, inst)| place(inst).is_some_and(|place| place < own));
        let wishes = older.filter_map(|(other, _)| match self.wish(*other, now) {
            Wish::Go(_, target @ Some(_), trigger) => Some((*other, target, trigger)),
            Wish::Go(_, None, _) | Wish::Nothing(_) | Wish::Hold(..) | Wish::Poor(_) | Wish::Stuck(..) => {
                None
            }
        });
        wishes.filter(|(other, target, trigger)| self.held(*other, target, *trigger, now).is_none()).collect()
    }

    /// Who is present and has this instance.
    fn whose_is(&self, app: &AppId, instance: &InstanceId) -> u64 {
        *self.ues.keys().find(|ue| self.id_of(app, **ue) == *instance).expect("a known UE")
    }

    fn nothing_is_missing(&self, now: Timestamp) {
        for (&(app, ue), inst) in &self.insts {
            if inst.live.is_some() {
                continue;
            }
            match self.wish((app, ue), now) {
                Wish::Nothing(_) => (),
                Wish::Hold(rule, _) => assert!(inst.hold_told, "UE {ue}: {rule:?} was not told"),
                Wish::Poor(_) => assert!(inst.poor_told, "UE {ue}: nothing is better, and it was not told"),
                Wish::Go(_, target, _) if self.paused(inst, &target, now) => (),
                // A freeze that begins is told when an instance is looked at for another reason.
                Wish::Go(_, target, trigger) if self.held((app, ue), &target, trigger, now).is_some() => {
                    assert!(inst.waiting.is_some(), "UE {ue} is blocked and was not told");
                    let by = self.held((app, ue), &target, trigger, now);
                    let asked = self.state((app, ue), &target, now) != Consent::Needed;
                    assert!(asked || by != Some(Guard::AwaitingConfirmation), "UE {ue}: nobody was asked");
                }
                Wish::Go(rule, target, _) => panic!("UE {ue} should go to {target:?} by {rule:?} at {now}"),
                Wish::Stuck(by, target, _)
                    if by != Guard::NoFeasibleSite && self.paused(inst, &target, now) => {}
                Wish::Stuck(by, ..) => {
                    let told = inst.waiting.map(|(guard, _)| guard);
                    assert_eq!(told, Some(by), "UE {ue} of app {app} is blocked and was not told");
                }
            }
        }
    }

    /// Nobody of its app who waits longer for a slot, or for the end of a freeze, could go instead.
    fn is_next(&self, key: (usize, u64), now: Timestamp) {
        let (by, place) = self.insts[&key].waiting.unwrap_or((Guard::ConcurrentRelocations, u64::MAX));
        if !matches!(by, Guard::ConcurrentRelocations | Guard::Frozen) {
            return;
        }
        for (&(app, ue), other) in self.insts.iter().filter(|((app, _), _)| *app == key.0) {
            let older = other.waiting.is_some_and(|(guard, waiting)| guard == by && waiting < place);
            let could = match self.wish((app, ue), now) {
                Wish::Go(_, target @ Some(_), trigger) => {
                    self.held((app, ue), &target, trigger, now).is_none()
                }
                Wish::Go(_, None, _)
                | Wish::Nothing(_)
                | Wish::Hold(..)
                | Wish::Poor(_)
                | Wish::Stuck(..) => false,
            };
            assert!(
                !(older && could && other.live.is_none()),
                "UE {} passes UE {ue}, who waits longer",
                key.1
            );
        }
    }

    fn paused(&self, inst: &Inst, target: &Option<SiteId>, now: Timestamp) -> bool {
        inst.pause.as_ref().is_some_and(|(failed, until)| failed == target && now < *until)
    }

    /// Live orders that take from budgets.
    fn under_way(&self, counts: impl Fn(&Order) -> bool) -> usize {
        let hosts = self.hosts.values().filter_map(|host| host.live.as_ref());
        let live = self.insts.values().filter_map(|inst| inst.live.as_ref()).chain(hosts);
        live.filter(|order| order.target.is_some() && counts(order)).count()
    }

    fn inst(&mut self, key: (usize, u64)) -> &mut Inst {
        self.insts.get_mut(&key).expect("a known instance")
    }
}

impl Inst {
    /// It serves there from now on, or nowhere.
    fn settle(&mut self, serving: Option<(SiteId, Timestamp)>, reports: usize) {
        let site = |serving: &Option<(SiteId, Timestamp)>| serving.as_ref().map(|(site, _)| site.clone());
        if site(&self.serving) != site(&serving) {
            (self.came_from, self.opened) = (site(&self.serving), reports);
        }
        self.serving = serving;
    }
}

/// Where somebody who is blocked waits; nobody does for what ends at a certain instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queue {
    Held,
    Line,
}

fn queue(guard: Guard) -> Option<Queue> {
    match guard {
        Guard::Cooldown
        | Guard::PingPong
        | Guard::FreezeWindow
        | Guard::MobilityNotAllowed
        | Guard::AwaitingConfirmation
        | Guard::Uncertain => None,
        Guard::ConcurrentRelocations
        | Guard::AppRate
        | Guard::SiteConcurrent
        | Guard::SiteRate
        | Guard::TotalConcurrent
        | Guard::TotalRate => Some(Queue::Line),
        Guard::Cordoned
        | Guard::Draining
        | Guard::Degraded
        | Guard::Failed
        | Guard::Full
        | Guard::MissingLabel
        | Guard::QosViolated
        | Guard::Overloaded
        | Guard::OutsideArea
        | Guard::Tenant
        | Guard::Residency
        | Guard::NoFeasibleSite
        | Guard::HostStarting
        | Guard::Frozen => Some(Queue::Held),
    }
}

/// 2 s, doubling to 300 s, and on to a whole second.
fn pause(failures: u32, now: Timestamp) -> Timestamp {
    let seconds = (0..failures.min(20)).fold(1_u64, |pause, _| (pause * 2).min(300));
    Timestamp::from_micros((now.as_micros() + seconds * 1_000_000).div_ceil(1_000_000) * 1_000_000)
}
