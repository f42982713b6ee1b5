//! The engine's slow and obvious counterpart: looks at everything after every step, computes every distance
//! anew, and knows no timer, queue or index. It follows the engine's commands and says which are wrong and
//! which are missing.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use geo::{Distance as _, Geodesic, Point};
use model::{
    App, Decision, Generation, Mode, Order, OutcomeKind, Policy, Regret, Rule, SiteId, Timestamp, Trigger,
    Verdict,
};
use placement::Command;

use crate::scene::{key, site_id, supi};
use crate::verdict::recomputed;

/// Sites at longitudes 0, 1, 2; a cell c at c / 10; cells over 30 are unknown.
const SITES: u32 = 3;

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
    /// When it was told that it is blocked, as a number that only grows: its place in the queue.
    waiting: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum At {
    Cell(u32),
    Gone,
}

/// What should be done about an instance now.
#[derive(Debug, Clone, PartialEq)]
enum Wish {
    Nothing(Rule),
    Hold(Rule, SiteId),
    Go(Rule, Option<SiteId>),
}

pub(crate) struct Reference {
    apps: Vec<App>,
    ues: BTreeMap<u64, (At, Timestamp)>,
    insts: BTreeMap<(usize, u64), Inst>,
    /// Every report that told something new, for ever.
    history: BTreeMap<u64, Vec<(Timestamp, At)>>,
    blocked: u64,
}

impl Reference {
    pub(crate) fn new(apps: Vec<App>) -> Self {
        Self { apps, ues: BTreeMap::new(), insts: BTreeMap::new(), history: BTreeMap::new(), blocked: 0 }
    }

    /// The live orders, oldest key first.
    pub(crate) fn live(&self) -> Vec<Order> {
        self.insts.values().filter_map(|inst| inst.live.clone()).collect()
    }

    pub(crate) fn report(&mut self, ue: u64, at: At, now: Timestamp) {
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
        if at != At::Gone {
            for app in 0..self.apps.len() {
                self.insts.entry((app, ue)).or_default();
            }
        }
    }

    pub(crate) fn outcome(&mut self, order: &Order, kind: &OutcomeKind, at: Timestamp, now: Timestamp) {
        let found = self.insts.iter_mut().find(|(_, inst)| inst.live.as_ref() == Some(order));
        let Some((&(_, ue), inst)) = found else { return };
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
    }

    /// Holds the commands of one step against what should be done.
    pub(crate) fn follow(&mut self, now: Timestamp, commands: &[Command]) {
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
        self.nothing_is_missing(now);
    }

    /// Brings what depends on time and place up to date.
    fn refresh(&mut self, now: Timestamp) {
        let wishes: Vec<_> =
            self.insts.keys().map(|&key| (key, self.wish(key, now), self.better(key))).collect();
        for (key, wish, better) in wishes {
            let Some(inst) = self.insts.get_mut(&key) else { continue };
            if inst.live.is_some() {
                (inst.better_since, inst.hold_told, inst.waiting) = (None, false, None);
                continue;
            }
            inst.better_since = better.then(|| inst.better_since.unwrap_or(now));
            match wish {
                Wish::Nothing(rule) => {
                    inst.waiting = None;
                    inst.hold_told &= rule != Rule::AlreadyBest;
                }
                Wish::Hold(..) => inst.waiting = None,
                Wish::Go(..) => (),
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
            for (_, inst) in self.insts.iter_mut().filter(|((_, other), _)| *other == ue) {
                (inst.pause, inst.hold_told, inst.waiting) = (None, false, None);
            }
        }
    }

    fn decision(&mut self, now: Timestamp, decision: &Decision) -> Option<Decision> {
        let app = self.apps.iter().position(|app| app.id == decision.app).expect("a known app");
        let ue = *self.ues.keys().find(|ue| Some(supi(**ue)) == decision.supi).expect("a known UE");
        let key_of = (app, ue);
        let inst = self.insts[&key_of].clone();
        let wish = self.wish(key_of, now);
        self.numbers(key_of, &inst, decision, now);
        assert_eq!(recomputed(decision, self.apps[app].linger), decision.verdict, "{decision:?}");
        assert_eq!(inst.live, None, "a decision while an order is live");
        assert_eq!(decision.mode, self.apps[app].mode);
        let told = decision.explanation.rule;
        match (&wish, decision.verdict) {
            (Wish::Hold(rule, target), Verdict::Stay) => {
                assert_eq!((told, decision.target.as_ref()), (*rule, Some(target)));
                assert!(!inst.hold_told, "a hold is told twice");
                self.inst(key_of).hold_told = true;
                None
            }
            (Wish::Go(_, target), Verdict::Blocked) => {
                assert!(target.is_some() && self.full(app), "blocked although a slot is free");
                assert_eq!(&decision.target, target);
                assert_eq!(inst.waiting, None, "a block is told twice");
                self.blocked += 1;
                let place = self.blocked;
                let inst = self.inst(key_of);
                (inst.waiting, inst.pause) = (Some(place), None);
                None
            }
            (Wish::Go(rule, target), Verdict::Move) => {
                assert_eq!((told, &decision.target), (*rule, target));
                assert!(!self.paused(&inst, target, now), "moved within a pause");
                if target.is_some() {
                    assert!(!self.full(app), "moved without a slot");
                    self.is_next(key_of, now);
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
                None
            }
            (wish, verdict) => panic!("{verdict:?} where {wish:?} is right: {decision:?}"),
        }
    }

    fn order(&mut self, decision: &Decision, order: &Order) {
        let app = self.apps.iter().position(|app| app.id == order.app).expect("a known app");
        let ue = *self.ues.keys().find(|ue| Some(supi(**ue)) == decision.supi).expect("a known UE");
        assert_eq!(order.instance, key().per_ue(&order.app, &supi(ue)));
        assert_eq!(Some((order.generation, order.relocation)), decision.order);
        assert_eq!((&order.source, &order.target), (&decision.source, &decision.target));
        assert!(order.due_at <= order.decided_at && order.observed_at <= order.due_at);
        let inst = self.inst((app, ue));
        inst.live = Some(order.clone());
        inst.pause = None;
    }

    fn nothing_is_missing(&self, now: Timestamp) {
        for (&(app, ue), inst) in &self.insts {
            if inst.live.is_some() {
                continue;
            }
            match self.wish((app, ue), now) {
                Wish::Nothing(_) => (),
                Wish::Hold(rule, _) => assert!(inst.hold_told, "UE {ue}: {rule:?} was not told"),
                Wish::Go(_, target) if self.paused(inst, &target, now) => (),
                Wish::Go(_, target) if target.is_some() && self.full(app) => {
                    assert!(inst.waiting.is_some(), "UE {ue} is blocked and was not told");
                }
                Wish::Go(rule, target) => panic!("UE {ue} should go to {target:?} by {rule:?} at {now}"),
            }
        }
    }

    /// Nobody who waits longer could go instead.
    fn is_next(&self, key: (usize, u64), now: Timestamp) {
        let place = self.insts[&key].waiting.unwrap_or(u64::MAX);
        for (&(app, ue), other) in self.insts.iter().filter(|((app, _), _)| *app == key.0) {
            let older = other.waiting.is_some_and(|waiting| waiting < place);
            let could = matches!(self.wish((app, ue), now), Wish::Go(_, Some(_)));
            assert!(
                !(older && could && other.live.is_none()),
                "UE {} passes UE {ue}, who waits longer",
                key.1
            );
        }
    }

    /// Every number of the explanation, computed anew.
    fn numbers(&self, key: (usize, u64), inst: &Inst, decision: &Decision, now: Timestamp) {
        let told = &decision.explanation;
        let (at, observed) = self.ues[&key.1];
        assert_eq!((decision.at, decision.observed_at), (now, observed));
        assert_eq!(told.policy, self.apps[key.0].policy);
        let candidates: Vec<_> = told.candidates.iter().map(|c| (c.meters, c.site.clone())).collect();
        assert_eq!(candidates, if at == At::Gone { vec![] } else { ranked(at) });
        assert_eq!(told.under_way as usize, self.under_way(key.0));
        assert_eq!(told.under_way_limit, self.apps[key.0].max_concurrent_relocations);
        for candidate in &told.candidates {
            let own = inst.serving.as_ref().is_some_and(|(site, _)| *site != candidate.site);
            let expected = match self.apps[key.0].policy {
                Policy::Regret(knobs) if own => Some(self.account(key, &knobs, &candidate.site, now)),
                Policy::Regret(_) | Policy::Nearest | Policy::Threshold(_) => None,
            };
            assert_eq!(candidate.regret.map(|regret| (regret.account, regret.trend)), expected);
        }
        let returning = told.serving.as_ref().and_then(|serving| serving.came_from.clone());
        assert_eq!(returning, self.came_from(key, now));
        let serving = told.serving.as_ref().map(|s| (s.site.clone(), s.meters, s.stayed_ms));
        let known = inst
            .serving
            .as_ref()
            .map(|(site, since)| (site.clone(), meters(at, site), now.since(*since).as_millis() as u64));
        assert_eq!(serving, known);
        assert_eq!(decision.source, inst.serving.as_ref().map(|(site, _)| site.clone()));
        let better_for = inst.better_since.map_or(0, |since| now.since(since).as_millis() as u64);
        assert_eq!(told.better_for_ms, better_for);
        let trigger = match (at, &inst.serving) {
            (At::Gone, _) => Trigger::UeGone,
            (At::Cell(_), None) => Trigger::FirstPlacement,
            (At::Cell(_), Some(_)) => Trigger::Mobility,
        };
        assert_eq!(decision.trigger, trigger);
    }

    fn wish(&self, key: (usize, u64), now: Timestamp) -> Wish {
        let (app, inst) = (&self.apps[key.0], &self.insts[&key]);
        let Some(&(at, observed)) = self.ues.get(&key.1) else { return Wish::Nothing(Rule::NoCandidate) };
        if at == At::Gone {
            let over = inst.serving.is_some() && now >= observed.plus(app.linger);
            return if over { Wish::Go(Rule::LingerOver, None) } else { Wish::Nothing(Rule::NoCandidate) };
        }
        let Some((_, best)) = ranked(at).into_iter().next() else { return Wish::Nothing(Rule::NoCandidate) };
        let Some((site, since)) = &inst.serving else { return Wish::Go(Rule::NoInstanceYet, Some(best)) };
        if *site == best {
            return Wish::Nothing(Rule::AlreadyBest);
        }
        let better = self.better(key);
        match app.policy {
            Policy::Nearest if better => Wish::Go(Rule::Nearer, Some(best)),
            Policy::Nearest => Wish::Nothing(Rule::AlreadyBest),
            Policy::Threshold(_) if !better => Wish::Hold(Rule::WithinMargin, best),
            Policy::Threshold(knobs) => {
                let passed = |since: Timestamp, wanted: Duration| {
                    Duration::from_millis(now.since(since).as_millis() as u64) >= wanted
                };
                if !passed(inst.better_since.unwrap_or(now), knobs.time_to_trigger) {
                    Wish::Hold(Rule::TimeToTrigger, best)
                } else if !passed(*since, knobs.minimum_stay) {
                    Wish::Hold(Rule::MinimumStay, best)
                } else {
                    Wish::Go(Rule::ThresholdMet, Some(best))
                }
            }
            Policy::Regret(_) if !better => Wish::Nothing(Rule::AlreadyBest),
            Policy::Regret(knobs) => {
                let (account, trend) = self.account(key, &knobs, &best, now);
                if account + knobs.look_ahead.as_secs_f64() * trend < knobs.relocation_cost {
                    Wish::Hold(Rule::CostNotReached, best)
                } else if self.came_from(key, now).as_ref() == Some(&best) {
                    Wish::Hold(Rule::NoReturn, best)
                } else {
                    Wish::Go(Rule::CostReached, Some(best))
                }
            }
        }
    }

    /// Where an instance came from, if it may not go back yet.
    fn came_from(&self, key: (usize, u64), now: Timestamp) -> Option<SiteId> {
        let (Policy::Regret(knobs), inst) = (self.apps[key.0].policy, &self.insts[&key]) else { return None };
        let (_, since) = inst.serving.as_ref()?;
        let stayed = Duration::from_millis(now.since(*since).as_millis() as u64);
        inst.came_from.clone().filter(|_| stayed < knobs.no_return)
    }

    /// Account and trend of a site, from every report since the instance came where it is.
    fn account(&self, key: (usize, u64), knobs: &Regret, site: &SiteId, now: Timestamp) -> (f64, f64) {
        let inst = &self.insts[&key];
        let (serving, since) = inst.serving.as_ref().expect("an account of what serves");
        let excess = |at: At| Some(meters(at, serving)? - meters(at, site)?);
        let history = &self.history[&key.1];
        let mut place = inst.opened.checked_sub(1).map_or(At::Gone, |last| history[last].1);
        let (mut time, mut open) = (*since, None);
        if excess(place).is_some_and(|excess| excess > 0.0) {
            open = Some((0_f32, 0_f32));
        }
        let advanced = |(account, trend): (f32, f32), excess: f64, seconds: f64| {
            let kept = libm::exp(-seconds / knobs.smoothing.as_secs_f64());
            let trend = excess + (f64::from(trend) - excess) * kept;
            ((f64::from(account) + excess * seconds).max(0.0), trend)
        };
        for &(at, next) in &history[inst.opened..] {
            let seconds = at.since(time).as_secs_f64();
            open = match (open, excess(place), excess(next)) {
                (None, before, Some(after)) if after > 0.0 => {
                    Some((0.0, before.map_or(0.0, |excess| excess.min(0.0)) as f32))
                }
                (None, _, _) => None,
                (Some(then), before, after) => {
                    let (account, trend) = before.map_or(then, |excess| {
                        let (account, trend) = advanced(then, excess, seconds);
                        (account as f32, trend as f32)
                    });
                    let nearer = after.is_none_or(|excess| excess > 0.0);
                    (account > 0.0 || nearer).then_some((account, trend))
                }
            };
            (place, time) = (next, at);
        }
        match (open, excess(place)) {
            (Some(then), Some(excess)) => {
                let ticks = now.since(time).as_micros() / knobs.tick.as_micros();
                advanced(then, excess, (knobs.tick * ticks as u32).as_secs_f64())
            }
            _ => (0.0, 0.0),
        }
    }

    /// Whether the best site is better than the serving one by what the policy asks for.
    fn better(&self, key: (usize, u64)) -> bool {
        let (Some(&(at, _)), Some((site, _))) = (self.ues.get(&key.1), &self.insts[&key].serving) else {
            return false;
        };
        let Some((nearest, best)) = (at != At::Gone).then(|| ranked(at)).and_then(|r| r.into_iter().next())
        else {
            return false;
        };
        let margin = match self.apps[key.0].policy {
            Policy::Nearest | Policy::Regret(_) => 0.0,
            Policy::Threshold(knobs) => knobs.margin_meters,
        };
        best != *site && meters(at, site).is_none_or(|meters| meters - nearest > margin)
    }

    fn paused(&self, inst: &Inst, target: &Option<SiteId>, now: Timestamp) -> bool {
        inst.pause.as_ref().is_some_and(|(failed, until)| failed == target && now < *until)
    }

    fn under_way(&self, app: usize) -> usize {
        let counts = |order: &Order| order.target.is_some();
        let own =
            |((of, _), inst): &(&(usize, u64), &Inst)| *of == app && inst.live.as_ref().is_some_and(counts);
        self.insts.iter().filter(own).count()
    }

    fn full(&self, app: usize) -> bool {
        self.under_way(app) >= self.apps[app].max_concurrent_relocations as usize
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

fn meters(at: At, site: &SiteId) -> Option<f64> {
    static TABLE: LazyLock<BTreeMap<(u32, SiteId), f64>> = LazyLock::new(|| {
        let pairs = (0..=30).flat_map(|cell| (0..SITES).map(move |site| (cell, site)));
        let point = |lon: f64| Point::new(lon, 0.0);
        pairs
            .map(|(cell, site)| {
                let meters = Geodesic.distance(point(f64::from(cell) / 10.0), point(f64::from(site)));
                ((cell, site_id(site)), meters)
            })
            .collect()
    });
    let At::Cell(cell) = at else { return None };
    TABLE.get(&(cell, site.clone())).copied()
}

fn ranked(at: At) -> Vec<(f64, SiteId)> {
    let mut all: Vec<_> = (0..SITES).filter_map(|n| Some((meters(at, &site_id(n))?, site_id(n)))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    all
}

/// 2 s, doubling to 300 s, and on to a whole second.
fn pause(failures: u32, now: Timestamp) -> Timestamp {
    let seconds = (0..failures.min(20)).fold(1_u64, |pause, _| (pause * 2).min(300));
    Timestamp::from_micros((now.as_micros() + seconds * 1_000_000).div_ceil(1_000_000) * 1_000_000)
}
