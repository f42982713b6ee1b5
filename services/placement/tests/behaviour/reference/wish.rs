//! What should be done about an instance, computed anew from all that is known.

use std::time::Duration;

use model::{Decision, Gathering, Guard, Policy, Regret, Rule, SiteId, Timestamp, Trigger};

use crate::country::{Asked, At, leaving, meters, ranked, ranked_from};
use crate::reference::Reference;
use crate::scores;
use crate::town::unusable;

/// What should be done about an instance now, were there neither slots nor freezes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    Nothing(Rule),
    Hold(Rule, SiteId),
    /// Its quality is too poor, and nothing is better.
    Poor(SiteId),
    Go(Rule, Option<SiteId>, Trigger),
    Stuck(Guard, Option<SiteId>, Trigger),
}

/// A site that is looked at, how far it is, and why it takes nothing.
pub(super) type Seen = (f64, SiteId, Option<Guard>);

impl Reference {
    pub(super) fn wish(&self, key: (usize, u64), now: Timestamp) -> Wish {
        let (app, inst) = (&self.apps[key.0], &self.insts[&key]);
        let Some(&(at, observed)) = self.ues.get(&key.1) else { return Wish::Nothing(Rule::NoCandidate) };
        let left = self.left(key);
        if at == At::Gone {
            let over = inst.serving.is_some() && now >= observed.plus(app.linger);
            return match left {
                Some(guard) => Wish::Go(left_by(guard), None, leaving(guard)),
                None if over => Wish::Go(Rule::LingerOver, None, Trigger::UeGone),
                None => Wish::Nothing(Rule::NoCandidate),
            };
        }
        if let Some((asked, guard)) = self.asked(key) {
            let there = inst.serving.as_ref().is_some_and(|(site, _)| *site == asked.site);
            let rule = if asked.pinned { Rule::Pinned } else { Rule::OperatorMove };
            return match guard {
                Some(guard) => Wish::Stuck(guard, Some(asked.site), Trigger::Operator),
                None if there => Wish::Nothing(rule),
                None => Wish::Go(rule, Some(asked.site), Trigger::Operator),
            };
        }
        let seen = self.seen(key, now);
        let best = self.best(key, &seen, now);
        match (&inst.serving, left, best) {
            (Some(_), Some(guard), Some((_, best))) => Wish::Go(left_by(guard), Some(best), leaving(guard)),
            (Some(_), Some(guard), None) => Wish::Stuck(Guard::NoFeasibleSite, None, leaving(guard)),
            _ if seen.is_empty() => Wish::Nothing(Rule::NoCandidate),
            (None, _, Some((_, best))) => Wish::Go(Rule::NoInstanceYet, Some(best), Trigger::FirstPlacement),
            (None, _, None) => Wish::Stuck(Guard::NoFeasibleSite, None, Trigger::FirstPlacement),
            (Some((site, since)), None, best) => {
                let chosen = best.map_or(Wish::Nothing(Rule::AlreadyBest), |(_, best)| {
                    self.contest(key, (site, *since), best, now)
                });
                self.weighed(key, site, &seen, chosen, now)
            }
        }
    }

    /// The policy between the serving site and the best one.
    fn contest(
        &self,
        key: (usize, u64),
        (site, since): (&SiteId, Timestamp),
        best: SiteId,
        now: Timestamp,
    ) -> Wish {
        let inst = &self.insts[&key];
        if *site == best {
            return Wish::Nothing(Rule::AlreadyBest);
        }
        let better = self.better(key, now);
        let go = |rule, best| Wish::Go(rule, Some(best), Trigger::Mobility);
        match self.apps[key.0].policy {
            Policy::Nearest if better => go(Rule::Nearer, best),
            Policy::Nearest => Wish::Nothing(Rule::AlreadyBest),
            Policy::Threshold(_) if !better => Wish::Hold(Rule::WithinMargin, best),
            Policy::Threshold(knobs) => {
                let passed = |since: Timestamp, wanted: Duration| {
                    Duration::from_millis(now.since(since).as_millis() as u64) >= wanted
                };
                if !passed(inst.better_since.unwrap_or(now), knobs.time_to_trigger) {
                    Wish::Hold(Rule::TimeToTrigger, best)
                } else if !passed(since, knobs.minimum_stay) {
                    Wish::Hold(Rule::MinimumStay, best)
                } else {
                    go(Rule::ThresholdMet, best)
                }
            }
            Policy::OrchestratorChooses(knobs) => {
                let passed = |since: Timestamp, wanted: Duration| {
                    Duration::from_millis(now.since(since).as_millis() as u64) >= wanted
                };
                if !better {
                    Wish::Nothing(Rule::AmongChoices)
                } else if !passed(inst.better_since.unwrap_or(now), knobs.time_to_trigger) {
                    Wish::Hold(Rule::TimeToTrigger, best)
                } else if !passed(since, knobs.minimum_stay) {
                    Wish::Hold(Rule::MinimumStay, best)
                } else {
                    go(Rule::BeyondChoices, best)
                }
            }
            Policy::Weighted(knobs) => {
                let open = self.figures(key, now).expect("it weighs");
                let score = self.score(key, &open);
                let own = score.get(site).copied();
                let stayed = Duration::from_millis(now.since(since).as_millis() as u64);
                if own.is_some_and(|own| scores::rounded(score[&best] - own) <= knobs.gain) {
                    Wish::Hold(Rule::WithinGain, best)
                } else if stayed < knobs.minimum_stay {
                    Wish::Hold(Rule::MinimumStay, best)
                } else {
                    go(Rule::BetterScore, best)
                }
            }
            Policy::Regret(_) | Policy::Group(_) if !better => Wish::Nothing(Rule::AlreadyBest),
            Policy::Regret(knobs) | Policy::Group(Gathering { cost: knobs, .. }) => {
                let (account, trend) = self.account(key, &knobs, &best, now);
                if account + knobs.look_ahead.as_secs_f64() * trend < knobs.relocation_cost {
                    Wish::Hold(Rule::CostNotReached, best)
                } else if self.came_from(key, now).as_ref() == Some(&best) {
                    Wish::Hold(Rule::NoReturn, best)
                } else {
                    go(Rule::CostReached, best)
                }
            }
        }
    }

    /// Why the site where it serves is to be left.
    pub(super) fn left(&self, key: (usize, u64)) -> Option<Guard> {
        let (site, _) = self.insts[&key].serving.as_ref()?;
        let outside = || !self.country.town.covers(self.place(key), site);
        let relieving = || self.relieving(key).then_some(Guard::Overloaded);
        let left = self.country.left(site).or_else(relieving);
        left.or_else(|| outside().then_some(Guard::OutsideArea))
    }

    fn place(&self, key: (usize, u64)) -> At {
        self.ues.get(&key.1).map_or(At::Gone, |(at, _)| *at)
    }

    /// What an operator asks of it and why that cannot be, as long as that counts: a pin to a site that takes nothing
    /// does not count where it has to go somewhere.
    pub(super) fn asked(&self, key: (usize, u64)) -> Option<(Asked, Option<Guard>)> {
        let asked = self.country.asks.get(&key)?.clone();
        let serving = self.insts[&key].serving.as_ref().map(|(site, _)| site);
        let guard = self.country.bars(&self.apps[key.0], serving, self.place(key), &asked.site);
        let well = serving.is_some() && self.left(key).is_none();
        (!asked.pinned || guard.is_none() || well).then_some((asked, guard))
    }

    /// The sites that are looked at where no operator names one, nearest first: from the UE's place; where that is not
    /// known and the serving site is left, from there, no farther than to the first that takes it. Sites that do not serve
    /// the place are told as far as they are nearer than that one.
    /// Where a site is poor it does not count, unless it has to go somewhere and there is no other.
    pub(super) fn seen(&self, key: (usize, u64), now: Timestamp) -> Vec<Seen> {
        if let Some(above) = self.above(key, now) {
            return vec![above];
        }
        let wary = self.seen_with(key, |site| self.poor_at(key, site, now));
        let must = self.insts[&key].serving.is_none() || self.left(key).is_some();
        let none = wary.iter().all(|(_, _, guard)| guard.is_some());
        if must && none { self.seen_with(key, |_| None) } else { wary }
    }

    fn seen_with(&self, key: (usize, u64), poor: impl Fn(&SiteId) -> Option<Guard>) -> Vec<Seen> {
        let (app, inst) = (&self.apps[key.0], &self.insts[&key]);
        let Some(&(at, _)) = self.ues.get(&key.1) else { return Vec::new() };
        let serving = inst.serving.as_ref().map(|(site, _)| site);
        let left = self.left(key);
        let judged = |(meters, site): (f64, SiteId)| {
            let covers = self.country.town.covers(at, &site);
            let own = left.filter(|_| covers && serving == Some(&site));
            let guard = own.or_else(|| self.country.bars(app, serving, at, &site));
            let guard = guard.or_else(|| poor(&site).filter(|_| serving != Some(&site)));
            (meters, site, guard)
        };
        let near = ranked(at);
        match (serving, left) {
            (Some(site), Some(_)) if near.is_empty() && at != At::Gone => {
                let able = ranked_from(site).into_iter().filter(|(_, site)| unusable(app, site).is_none());
                self.up_to_the_first(key.0, able.map(judged).collect())
            }
            _ => {
                let mut found = false;
                let told = |(_, _, guard): &Seen| {
                    let told = !found || *guard != Some(Guard::OutsideArea);
                    found |= guard.is_none();
                    told
                };
                near.into_iter().map(judged).filter(told).collect()
            }
        }
    }

    /// As `seen`, were it to leave the site where it serves.
    pub(super) fn beside(&self, key: (usize, u64), site: &SiteId, now: Timestamp) -> Vec<Seen> {
        let app = &self.apps[key.0];
        let near = self.ues.get(&key.1).map(|(at, _)| ranked(*at)).unwrap_or_default();
        let lost = near.is_empty();
        if let Some(above) = self.first_above(key, site, now).filter(|_| lost) {
            return vec![above];
        }
        let near = if lost { ranked_from(site) } else { near };
        let judged = |wary: bool| -> Vec<Seen> {
            let others = near.iter().filter(|(_, other)| other != site);
            let poor = |other: &SiteId| self.poor_at(key, other, now).filter(|_| wary);
            let bars = |other: &SiteId| self.country.bars(app, Some(site), self.place(key), other);
            let guard = |other: &SiteId| bars(other).or_else(|| poor(other));
            let all = others.map(|(far, other)| (*far, other.clone(), guard(other))).collect();
            if lost { self.up_to_the_first(key.0, all) } else { all }
        };
        let wary = judged(true);
        if wary.iter().all(|(_, _, guard)| guard.is_some()) { judged(false) } else { wary }
    }

    /// Where an instance came from, if it may not go back yet.
    pub(super) fn came_from(&self, key: (usize, u64), now: Timestamp) -> Option<SiteId> {
        let inst = &self.insts[&key];
        let (Policy::Regret(knobs) | Policy::Group(Gathering { cost: knobs, .. })) = self.apps[key.0].policy
        else {
            return None;
        };
        let (_, since) = inst.serving.as_ref()?;
        let stayed = Duration::from_millis(now.since(*since).as_millis() as u64);
        inst.came_from.clone().filter(|_| stayed < knobs.no_return)
    }

    /// Account and trend of a site, from every report since the instance came where it is.
    pub(super) fn account(
        &self,
        key: (usize, u64),
        knobs: &Regret,
        site: &SiteId,
        now: Timestamp,
    ) -> (f64, f64) {
        let inst = &self.insts[&key];
        let (serving, since) = inst.serving.as_ref().expect("an account of what serves");
        let excess = |at: At| {
            let covers = self.country.town.covers(at, site);
            covers.then(|| Some(meters(at, serving)? - meters(at, site)?)).flatten()
        };
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

    /// Whether the best site is better than the serving one by what the policy asks for; not where the policy is not
    /// asked.
    pub(super) fn better(&self, key: (usize, u64), now: Timestamp) -> bool {
        let (Some(&(at, _)), Some((site, _))) = (self.ues.get(&key.1), &self.insts[&key].serving) else {
            return false;
        };
        if at == At::Gone || self.asked(key).is_some() || self.left(key).is_some() {
            return false;
        }
        let Some((nearest, best, _)) = self.seen(key, now).into_iter().find(|(_, _, guard)| guard.is_none())
        else {
            return false;
        };
        let margin = match self.apps[key.0].policy {
            // Nothing has to be better for a time.
            Policy::Weighted(_) => return false,
            Policy::Nearest | Policy::Regret(_) | Policy::Group(_) => 0.0,
            Policy::Threshold(knobs) => knobs.margin_meters,
            Policy::OrchestratorChooses(_) => {
                return best != *site && !self.offered(key, now).contains(site);
            }
        };
        best != *site && meters(at, site).is_none_or(|meters| meters - nearest > margin)
    }
}

impl Reference {
    /// The sites that would be offered to the orchestrator: the nearest ones that take it.
    pub(super) fn offered(&self, key: (usize, u64), now: Timestamp) -> Vec<SiteId> {
        let Policy::OrchestratorChooses(knobs) = self.apps[key.0].policy else { return Vec::new() };
        let open = self.seen(key, now).into_iter().filter(|(_, _, guard)| guard.is_none());
        open.map(|(_, site, _)| site).take(usize::from(knobs.candidates)).collect()
    }
}

impl Reference {
    /// What the orchestrator is given to choose from: nothing where somebody has named a site, and nothing with one site.
    pub(super) fn choices(&self, key: (usize, u64), decision: &Decision, now: Timestamp) -> Vec<SiteId> {
        let chooses = matches!(
            decision.explanation.rule,
            Rule::NoInstanceYet | Rule::BeyondChoices | Rule::Evacuation | Rule::LeftArea
        );
        let open = self.offered(key, now);
        if chooses && open.len() > 1 && decision.target.is_some() { open } else { Vec::new() }
    }
}

/// The rule by which a site is left for this reason.
fn left_by(guard: Guard) -> Rule {
    if guard == Guard::Overloaded {
        Rule::Relief
    } else if guard == Guard::OutsideArea {
        Rule::LeftArea
    } else {
        Rule::Evacuation
    }
}
