//! Every number of an explanation, computed anew; and what is told of sites.

use std::collections::BTreeMap;

use model::{
    Basis, Candidate, Decision, EvacuationState, Gathering, Guard, Mode, Policy, Rule, SiteCondition, SiteId,
    SiteStatus, Timestamp, Trigger,
};

use crate::country::{At, meters, ranked, uncertainty};
use crate::reference::wish::{Seen, Wish};
use crate::reference::{Inst, Reference};
use crate::scene::cell_id;

impl Reference {
    pub(super) fn numbers(&self, key: (usize, u64), wish: &Wish, decision: &Decision, now: Timestamp) {
        let (inst, told) = (&self.insts[&key], &decision.explanation);
        let (at, observed) = self.ues[&key.1];
        assert_eq!((decision.at, decision.observed_at), (now, observed));
        assert_eq!(told.policy, self.apps[key.0].policy);
        let guard = if let Rule::Guarded(guard) = told.rule { Some(guard) } else { None };
        let held = guard.filter(|guard| !guard.is_of_site());
        let seen: Vec<Seen> = match self.asked(key) {
            _ if at == At::Gone => Vec::new(),
            Some((asked, guard)) => vec![(meters(at, &asked.site).unwrap_or(0.0), asked.site, guard)],
            None => self.seen(key, now),
        };
        let by = |site: &SiteId, guard: Option<Guard>| {
            guard.or(held.filter(|_| decision.target.as_ref() == Some(site)))
        };
        let seen: Vec<_> = seen.into_iter().map(|(far, site, guard)| (far, by(&site, guard), site)).collect();
        let candidates: Vec<_> =
            told.candidates.iter().map(|c| (c.meters, c.rejected_by, c.site.clone())).collect();
        assert_eq!(candidates, seen);
        assert_eq!((told.basis, told.uncertainty_meters), (self.basis(key, at), uncertainty(at)));
        assert_eq!(told.under_way as usize, self.under_way(|order| order.app == self.apps[key.0].id));
        assert_eq!(told.under_way_limit, self.apps[key.0].max_concurrent_relocations);
        assert_eq!(told.frozen, self.frozen(key.0, now));
        assert_eq!(told.qos, self.apps[key.0].qos);
        assert_eq!(told.limits, self.seen_limits(key, decision, now));
        for candidate in &told.candidates {
            assert_eq!(candidate.qos, self.quality(key, &candidate.site, now));
            self.loaded(candidate, now);
            let own = inst.serving.as_ref().is_some_and(|(site, _)| *site != candidate.site);
            let served = !ranked(at).is_empty() && self.country.town.covers(at, &candidate.site);
            let expected = match self.apps[key.0].policy {
                Policy::Regret(knobs) | Policy::Group(Gathering { cost: knobs, .. }) if own && served => {
                    Some(self.account(key, &knobs, &candidate.site, now))
                }
                Policy::Regret(_)
                | Policy::Group(_)
                | Policy::Nearest
                | Policy::Threshold(_)
                | Policy::Weighted(_)
                | Policy::OrchestratorChooses(_) => None,
            };
            assert_eq!(candidate.regret.map(|regret| (regret.account, regret.trend)), expected);
        }
        if let Some(expected) = self.figures(key, now).filter(|_| decision.trigger != Trigger::Operator) {
            for candidate in told.candidates.iter().filter_map(|c| Some((&c.site, c.weighed?))) {
                let (_, figures) = expected.iter().find(|(site, _)| site == candidate.0).expect("it is open");
                assert_eq!(candidate.1.figures.each(), *figures);
            }
        }
        self.serving(key, inst, decision, now);
        let group = self.group_seen(key.1, decision.source.as_ref(), decision.target.as_ref());
        assert_eq!(decision.group, group);
        let better_for = inst.better_since.map_or(0, |since| now.since(since).as_millis() as u64);
        assert_eq!(told.better_for_ms, better_for);
        let trigger = match (wish, &inst.serving) {
            (Wish::Go(_, _, trigger) | Wish::Stuck(_, _, trigger), _) => *trigger,
            (Wish::Poor(_), _) => Trigger::Qos,
            (Wish::Nothing(_) | Wish::Hold(..), None) => Trigger::FirstPlacement,
            (Wish::Nothing(_) | Wish::Hold(..), Some(_)) => Trigger::Mobility,
        };
        assert_eq!(decision.trigger, trigger);
    }

    /// The load that is told beside a site.
    fn loaded(&self, candidate: &Candidate, now: Timestamp) {
        let told = candidate.load.map(|load| (load.load, load.overloaded, load.instances));
        let held = self.country.held(&candidate.site, now);
        let overloaded = self.country.is_overloaded(&candidate.site);
        let known = held.map(|held| (held.load, overloaded, self.there(&candidate.site).0));
        assert_eq!(told, known);
    }

    fn serving(&self, key: (usize, u64), inst: &Inst, decision: &Decision, now: Timestamp) {
        let told = decision.explanation.serving.as_ref();
        assert_eq!(told.and_then(|serving| serving.came_from.clone()), self.came_from(key, now));
        assert_eq!(told.and_then(|serving| serving.rejected_by), self.left(key));
        let quality = inst.serving.as_ref().and_then(|(site, _)| self.quality(key, site, now));
        assert_eq!(told.and_then(|serving| serving.qos), quality);
        let told = told.map(|s| (s.site.clone(), s.meters, s.stayed_ms));
        let (at, _) = self.ues[&key.1];
        let known = inst
            .serving
            .as_ref()
            .map(|(site, since)| (site.clone(), meters(at, site), now.since(*since).as_millis() as u64));
        assert_eq!(told, known);
        assert_eq!(decision.source, inst.serving.as_ref().map(|(site, _)| site.clone()));
    }

    fn basis(&self, key: (usize, u64), at: At) -> Basis {
        match at {
            At::Cell(cell) if !ranked(at).is_empty() => Basis::Cell(cell_id(cell)),
            At::Point(..) => Basis::Position,
            At::Members(..) if !ranked(at).is_empty() => {
                Basis::Members { located: at.cells().len() as u32, of: self.size(key.1) }
            }
            At::Cell(_) | At::Members(..) if self.left(key).is_some() && self.asked(key).is_none() => {
                Basis::ServingSite
            }
            At::Cell(_) | At::Members(..) | At::Gone => Basis::Unknown,
        }
    }

    /// Holds what was told last of each site against what is so. Counts may be a second old, all else may not.
    pub(crate) fn statuses(&self, now: Timestamp, told: &BTreeMap<SiteId, SiteStatus>) {
        for site in ranked(At::Cell(0)).into_iter().map(|(_, site)| site) {
            let Some(condition) = self.country.condition(&site) else {
                let relief = told.get(&site).map(|status| status.relief.is_some());
                let overloaded = self.country.is_overloaded(&site);
                assert_eq!(relief.unwrap_or(false), overloaded, "what is told of {site}");
                continue;
            };
            let status = told.get(&site).expect("what was said of a site is told");
            assert_eq!(status.condition, condition);
            assert_eq!(status.relief.is_some(), self.country.is_overloaded(&site));
            assert_eq!(status.evacuation.is_some(), self.country.left(&site).is_some());
            let ((there, stranded), hosts) = (self.there(&site), self.hosts_at(&site));
            if let Some(evacuation) = status.evacuation {
                let deadline = match condition {
                    SiteCondition::Draining { deadline } => deadline,
                    SiteCondition::InService
                    | SiteCondition::Cordoned
                    | SiteCondition::Degraded
                    | SiteCondition::Failed => None,
                };
                let state = match deadline {
                    _ if there + hosts == 0 => EvacuationState::Done,
                    Some(deadline) if deadline <= now => EvacuationState::Overdue,
                    Some(_) | None => EvacuationState::UnderWay,
                };
                assert_eq!((evacuation.state, evacuation.deadline), (state, deadline));
            }
            let old = now.since(status.at).as_secs() >= 1;
            // Sites that are neither left nor limited are told of when their condition changes, and not counted.
            if let Some(evacuation) = status.evacuation.filter(|_| old) {
                assert_eq!(
                    (status.instances, evacuation.remaining, evacuation.stranded),
                    (there - self.seats_at(&site) + hosts, there + hosts, stranded)
                );
            }
        }
    }

    /// Instances of apps that act at a site or on their way there, and those that no other site takes.
    pub(super) fn there(&self, site: &SiteId) -> (u32, u32) {
        let acting = self.insts.iter().filter(|((app, _), _)| self.apps[*app].mode == Mode::Act);
        let (mut there, mut stranded) = (0, 0);
        for (_, inst) in acting {
            let serves = inst.serving.as_ref().is_some_and(|(at, _)| at == site);
            let comes = inst.live.as_ref().is_some_and(|order| order.target.as_ref() == Some(site));
            let stuck = inst.waiting.is_some_and(|(guard, _)| guard == Guard::NoFeasibleSite);
            there += u32::from(serves || comes);
            stranded += u32::from(serves && stuck);
        }
        (there, stranded)
    }
}
