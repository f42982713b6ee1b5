//! Hosts of shared apps, as the reference sees them: who is where is counted anew each time.

use model::{
    Decision, Generation, Guard, HostSeen, HostState, Mode, Order, OutcomeKind, Rule, Scope, SiteId,
    Timestamp, Trigger, Verdict,
};

use crate::reference::wish::Wish;
use crate::reference::{Reference, pause};
use crate::scene::{key, site_id};
use crate::town::SITES;
use crate::verdict::recomputed;

/// Of an app at a site.
pub(super) type Place = (usize, SiteId);

#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    serving: Option<Timestamp>,
    /// Since when it has had no seat while it serves.
    idle: Option<Timestamp>,
    pub(super) live: Option<Order>,
    generation: u64,
    failures: u32,
    pause: Option<(Option<SiteId>, Timestamp)>,
    /// Whether it was told that a freeze keeps it.
    frozen_told: bool,
}

impl Reference {
    pub(super) fn is_shared(&self, app: usize) -> bool {
        self.apps[app].scope == Scope::Shared
    }

    fn place_of(&self, decision: &Decision) -> Option<Place> {
        let app = self.apps.iter().position(|app| app.id == decision.app)?;
        let site =
            (0..SITES).map(site_id).find(|site| key().per_site(&decision.app, site) == decision.instance)?;
        self.is_shared(app).then_some((app, site))
    }

    /// Seats that are served at a place or ordered there.
    fn seats(&self, (app, site): &Place) -> usize {
        let there = |inst: &&super::Inst| {
            let serves = inst.serving.as_ref().is_some_and(|(at, _)| at == site);
            serves || inst.live.as_ref().is_some_and(|order| order.target.as_ref() == Some(site))
        };
        self.insts.iter().filter(|((of, _), _)| of == app).map(|(_, inst)| inst).filter(there).count()
    }

    fn host_state(&self, place: &Place, now: Timestamp) -> HostState {
        let Some(host) = self.hosts.get(place) else { return HostState::Absent };
        let paused =
            host.pause.as_ref().is_some_and(|(at, until)| at.as_ref() == Some(&place.1) && now < *until);
        if host.live.is_some() {
            HostState::UnderWay
        } else if host.serving.is_some() {
            HostState::Serving
        } else if paused {
            HostState::Paused
        } else {
            HostState::Absent
        }
    }

    /// Why a seat has to wait for the host where it wants to go.
    pub(super) fn waits_for_host(
        &self,
        app: usize,
        target: &Option<SiteId>,
        now: Timestamp,
    ) -> Option<Guard> {
        let site = target.as_ref().filter(|_| self.is_shared(app))?;
        match self.host_state(&(app, site.clone()), now) {
            HostState::Serving => None,
            HostState::UnderWay | HostState::Paused => Some(Guard::HostStarting),
            HostState::Absent => {
                let used_up =
                    self.budgets_of(app, None, target, now).into_iter().find(|seen| seen.used >= seen.limit);
                Some(used_up.map_or(Guard::HostStarting, |seen| seen.guard))
            }
        }
    }

    pub(super) fn seen_host(&self, app: usize, decision: &Decision, now: Timestamp) -> Option<HostSeen> {
        let site =
            decision.target.clone().filter(|_| decision.verdict != Verdict::Stay && self.is_shared(app))?;
        let instance = key().per_site(&self.apps[app].id, &site);
        Some(HostSeen { instance, state: self.host_state(&(app, site), now) })
    }

    /// Since when hosts are idle; a host that serves and has a seat is not.
    pub(super) fn refresh_hosts(&mut self, now: Timestamp) {
        let places: Vec<Place> = self.hosts.keys().cloned().collect();
        for place in places {
            let seats = self.seats(&place);
            let Some(host) = self.hosts.get_mut(&place) else { continue };
            let idle = host.serving.is_some() && seats == 0;
            host.idle = idle.then(|| host.idle.unwrap_or(now));
            if self.ends(&place, now).is_none() {
                self.hosts.entry(place).or_default().frozen_told = false;
            }
        }
    }

    /// Why an idle host has to go.
    fn ends(&self, place: &Place, now: Timestamp) -> Option<(Rule, Trigger)> {
        let idle = self.hosts.get(place)?.idle?;
        match self.country.left(&place.1) {
            Some(Guard::Degraded) => return Some((Rule::Evacuation, Trigger::SiteDegraded)),
            Some(Guard::Failed) => return Some((Rule::Evacuation, Trigger::SiteFailure)),
            Some(_) => return Some((Rule::Evacuation, Trigger::Maintenance)),
            None => (),
        }
        if self.country.is_overloaded(&place.1) {
            return Some((Rule::Relief, Trigger::Capacity));
        }
        let over = now >= idle.plus(self.apps[place.0].linger);
        over.then_some((Rule::LingerOver, Trigger::UeGone))
    }

    /// Some seat wants to go there, and waits for nothing else.
    fn is_wanted(&self, place: &Place, now: Timestamp) -> bool {
        self.insts.iter().filter(|((app, _), inst)| *app == place.0 && inst.live.is_none()).any(
            |(key, inst)| {
                let Wish::Go(_, target, trigger) = self.wish(*key, now) else { return false };
                let there = target.as_ref() == Some(&place.1) && !self.paused(inst, &target, now);
                there && self.held(*key, &target, trigger, now) == Some(Guard::HostStarting)
            },
        )
    }

    /// A decision on a host; `None` where it is on none, else the decision whose order must follow.
    pub(super) fn host_decision(&mut self, now: Timestamp, decision: &Decision) -> Option<Option<Decision>> {
        let place = self.place_of(decision)?;
        let (app, site) = place.clone();
        let told = decision.explanation.rule;
        let guard = if let Rule::Guarded(guard) = told { Some(guard) } else { None };
        assert_eq!(recomputed(decision, self.apps[app].linger), (decision.verdict, guard), "{decision:?}");
        assert_eq!((&decision.supi, decision.mode), (&None, self.apps[app].mode));
        let serves = self.hosts.get(&place).is_some_and(|host| host.serving.is_some());
        assert_eq!(decision.source, serves.then(|| site.clone()));
        if serves {
            let (rule, trigger) = self.ends(&place, now).expect("a host is let go that may stay");
            assert_eq!((decision.trigger, &decision.target), (trigger, &None));
            let paused =
                self.hosts[&place].pause.as_ref().is_some_and(|(at, until)| at.is_none() && now < *until);
            assert!(!paused, "told within a pause");
            if self.frozen(app, now) {
                assert_eq!((decision.verdict, guard), (Verdict::Blocked, Some(Guard::Frozen)));
                let host = self.hosts.get_mut(&place).expect("it is known");
                assert!(!std::mem::replace(&mut host.frozen_told, true), "a block is told twice");
                return Some(None);
            }
            assert_eq!((decision.verdict, told), (Verdict::Move, rule));
        } else {
            if !self.is_wanted(&place, now) {
                // Somebody was chosen to leave an overloaded site: the next decision must tell who.
                let may_leave = |inst: &super::Inst| {
                    inst.serving.as_ref().is_some_and(|(at, _)| self.country.is_overloaded(at))
                };
                let chosen = self.insts.iter().any(|((of, _), inst)| *of == app && may_leave(inst));
                assert!(chosen, "nobody wants a host of app {app} at {site}");
                self.started_for = Some(place.clone());
            }
            assert_eq!(self.host_state(&place, now), HostState::Absent);
            let expected = (Verdict::Move, Rule::NoInstanceYet, Trigger::FirstPlacement, Some(&site));
            assert_eq!((decision.verdict, told, decision.trigger, decision.target.as_ref()), expected);
        }
        let host = self.hosts.entry(place).or_default();
        host.generation += 1;
        host.frozen_told = false;
        assert_eq!(decision.order.map(|(generation, _)| generation), Some(Generation(host.generation)));
        if decision.mode == Mode::Act {
            return Some(Some(decision.clone()));
        }
        host.serving = decision.target.as_ref().map(|_| now);
        host.pause = None;
        Some(None)
    }

    /// A host was started for one that leaves an overloaded site: this must be the decision on it.
    pub(super) fn was_started_for(&mut self, app: usize, decision: &Decision) {
        let Some((of, site)) = self.started_for.take() else { return };
        let told = (app, decision.trigger, decision.target.as_ref());
        assert_eq!(told, (of, Trigger::Capacity, Some(&site)), "{decision:?}");
    }

    /// The order of a host's decision; whether it was one.
    pub(super) fn host_order(&mut self, decision: &Decision, order: &Order) -> bool {
        let Some(place) = self.place_of(decision) else { return false };
        assert_eq!((&order.instance, &order.host), (&decision.instance, &None));
        assert_eq!((&order.source, &order.target), (&decision.source, &decision.target));
        assert_eq!(Some((order.generation, order.relocation)), decision.order);
        if let Some(target) = &order.target {
            self.given.push((order.decided_at, place.0, None, target.clone()));
        }
        let host = self.hosts.get_mut(&place).expect("it was decided on");
        host.live = Some(order.clone());
        host.pause = None;
        true
    }

    /// What a seat's order says of its host.
    pub(super) fn joins(&self, app: usize, order: &Order) {
        let site = order.target.as_ref().or(order.source.as_ref()).filter(|_| self.is_shared(app));
        assert_eq!(order.host, site.map(|site| key().per_site(&order.app, site)));
        if let Some(target) = order.target.as_ref().filter(|_| self.is_shared(app)) {
            assert_eq!(self.host_state(&(app, target.clone()), order.decided_at), HostState::Serving);
        }
    }

    pub(super) fn host_outcome(&mut self, order: &Order, kind: &OutcomeKind, at: Timestamp, now: Timestamp) {
        let found = self.hosts.iter_mut().find(|(_, host)| host.live.as_ref() == Some(order));
        let Some((place, host)) = found else { return };
        let failed = match kind {
            OutcomeKind::Completed { serving, .. } => {
                host.serving = serving.as_ref().map(|_| at);
                host.failures = 0;
                false
            }
            OutcomeKind::Fenced { newest, serving } => {
                // Elsewhere is nowhere.
                let here = serving.as_ref() == Some(&place.1);
                host.serving = here.then(|| host.serving.unwrap_or(at));
                host.generation = host.generation.max(newest.0);
                host.failures += 1;
                true
            }
            OutcomeKind::Undone { .. } => {
                host.failures += 1;
                true
            }
            OutcomeKind::Failed { .. } => {
                host.failures = 255;
                true
            }
            OutcomeKind::Progress { .. } | OutcomeKind::Retired | OutcomeKind::Leftover { .. } => return,
        };
        host.live = None;
        host.pause = failed.then(|| (order.target.clone(), pause(host.failures, now)));
    }

    /// No host that somebody waits for is missing, and none is there for nobody.
    pub(super) fn no_host_is_missing(&self, now: Timestamp) {
        for app in (0..self.apps.len()).filter(|app| self.is_shared(*app)) {
            for site in (0..SITES).map(site_id) {
                let place = (app, site);
                if self.host_state(&place, now) == HostState::Absent {
                    assert!(!self.is_wanted(&place, now), "app {app} should have a host at {}", place.1);
                }
                let Some(host) = self.hosts.get(&place).filter(|host| host.live.is_none()) else { continue };
                let paused = host.pause.as_ref().is_some_and(|(at, until)| at.is_none() && now < *until);
                if self.ends(&place, now).is_some() && !paused {
                    assert!(host.frozen_told, "the host of app {app} at {} should go", place.1);
                }
            }
        }
    }

    /// Hosts of apps that act at a site or on their way there.
    pub(super) fn hosts_at(&self, site: &SiteId) -> u32 {
        let acting =
            self.hosts.iter().filter(|((app, at), _)| at == site && self.apps[*app].mode == Mode::Act);
        let there = |host: &Host| {
            host.serving.is_some() || host.live.as_ref().is_some_and(|order| order.target.is_some())
        };
        acting.filter(|(_, host)| there(host)).count() as u32
    }

    /// Seats of apps that act at a site or on their way there.
    pub(super) fn seats_at(&self, site: &SiteId) -> u32 {
        let apps =
            (0..self.apps.len()).filter(|app| self.is_shared(*app) && self.apps[*app].mode == Mode::Act);
        apps.map(|app| self.seats(&(app, site.clone())) as u32).sum()
    }
}
