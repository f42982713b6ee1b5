//! Relieving overloaded sites: instances leave, the cheapest first, in rounds.

use model::{Guard, Rule, SiteLoad, Timestamp, Trigger};

use crate::command::Command;
use crate::engine::{Engine, SLICE};
use crate::estate::{Figure, Gauge};
use crate::guard::Gate;
use crate::index::{InstanceIx, SiteIx};
use crate::judge::{Case, Finding, Silent, judge};
use crate::relief::{Near, Pick, Relief, Walk};
use crate::ue::{State, Wait};

impl Engine {
    /// How loaded a source says that a site is. What is not newer than its last word is no news; without water marks a
    /// load means nothing.
    pub(super) fn site_load(&mut self, now: Timestamp, load: &SiteLoad, out: &mut Vec<Command>) {
        let known = self.topology.site(&load.site).filter(|_| load.problem().is_none());
        let Some(site) = known else {
            self.tally.ignored_reports += 1;
            return;
        };
        let there = self.instances.presence().of(site).users();
        let figure = Figure { at: load.at, load: load.load, valid_until: load.valid_until, there };
        if self.estate.measure(site, load.source, figure) && !self.catching_up {
            self.weigh(site, now, out);
            self.relieve(site, now, out);
        }
    }

    /// Loads that are valid no longer are unknown.
    pub(super) fn fade(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        while let Some(site) = self.estate.faded(now) {
            self.weigh(site, now, out);
        }
    }

    /// Finds out what holds of a site's load, and does what follows from a change.
    fn weigh(&mut self, site: SiteIx, now: Timestamp, out: &mut Vec<Command>) {
        let before = self.estate.is_overloaded(site);
        self.estate.assess(site, now);
        // There may be room where there was none.
        self.instances.presence_mut().touch(site);
        let after = self.estate.is_overloaded(site);
        if before == after {
            return;
        }
        self.estate.mark(site);
        if !after {
            self.relief.unwant(site);
            self.spare_all(site, now, out);
        }
        self.go_round(now);
    }

    /// Has instances chosen that shall leave an overloaded site, once those of the last round have left and a load was
    /// measured that shows it.
    fn relieve(&mut self, site: SiteIx, now: Timestamp, out: &mut Vec<Command>) {
        let due = self.estate.gauge(site).is_some_and(|gauge| gauge.is_overloaded() && gauge.is_fresh());
        if !due {
            return;
        }
        let under_way =
            |state: &State| matches!(state, State::Ordered(_)) || matches!(state.wait(), Wait::Queued(..));
        let leaves =
            |ix: &InstanceIx| under_way(&self.instances.at(*ix).state) || self.question(*ix, now).is_some();
        if self.chosen_at(site).iter().any(leaves) {
            return;
        }
        // Those that could not go are chosen anew, if they are still among the cheapest that can.
        self.spare_all(site, now, out);
        let there = self.instances.presence().of(site).users();
        let most = self.estate.gauge(site).map_or(0, |gauge| gauge.leaving(there));
        if most > 0 {
            self.relief.want(site, most);
            self.relief.set_out(self.instances.slab().slots() as u32, now);
        }
    }

    fn chosen_at(&self, site: SiteIx) -> Vec<InstanceIx> {
        if self.relief.leaving(site) == 0 {
            return Vec::new();
        }
        let own = self.relief.each().filter(|(_, at)| *at == site);
        own.filter_map(|((app, number), _)| self.instances.find(app, number)).collect()
    }

    /// Those that were chosen at a site and for which no order is live need not leave it.
    fn spare_all(&mut self, site: SiteIx, now: Timestamp, out: &mut Vec<Command>) {
        for ix in self.chosen_at(site) {
            if !matches!(self.instances.at(ix).state, State::Ordered(_)) {
                self.spare(ix);
                self.look(ix, now, now, out);
            }
        }
    }

    /// An instance that was chosen need not leave its site.
    pub(super) fn spare(&mut self, ix: InstanceIx) {
        if let Some(site) = self.whose_is(ix).and_then(|whose| self.relief.forget(whose)) {
            self.estate.mark(site);
        }
    }

    /// What an instance is expected to take with it, if it was chosen to leave the site where it serves. What an operator
    /// asks for, and leaving a site altogether, go before.
    pub(super) fn relieving(&self, ix: InstanceIx) -> Option<f64> {
        if self.relief.is_empty() {
            return None;
        }
        let site = self.relief.site_of(self.whose_is(ix)?)?;
        let (serving, _) = self.instances.at(ix).state.serving()?;
        let chosen = serving == site && self.asked(ix).is_none() && self.estate.left(site).is_none();
        let gauge = self.estate.gauge(site).filter(|gauge| chosen && gauge.is_overloaded());
        gauge.map(|gauge| gauge.per_instance().unwrap_or(0.0))
    }

    /// After an order has ended: one that was chosen may have left.
    pub(super) fn may_have_left(&mut self, ix: InstanceIx, at: Timestamp) {
        if self.relief.is_empty() {
            return;
        }
        let Some(whose) = self.whose_is(ix) else { return };
        let serving = self.instances.at(ix).state.serving().map(|(site, _)| site);
        let Some(site) = self.relief.site_of(whose) else { return };
        let left = serving != Some(site);
        if !left && self.estate.is_overloaded(site) {
            return;
        }
        // Or it has not, and it need not any longer.
        self.relief.forget(whose);
        if let Some(gauge) = self.estate.gauge_mut(site).filter(|_| left) {
            gauge.one_left(at);
        }
        self.estate.mark(site);
    }

    /// Goes on with the way on which those that leave are chosen.
    pub(super) fn go_on_choosing(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        let Some(mut walk) = self.relief.walk.take() else { return };
        let slots = self.instances.slab().slots();
        let slice = SLICE.min(walk.left as usize);
        for _ in 0..slice {
            walk.next = if walk.next as usize >= slots { 0 } else { walk.next };
            if let Some((site, pick)) = self.toll(InstanceIx::new(walk.next), &walk, now)
                && let Some(picks) = walk.picks.get_mut(&site)
            {
                picks.offer(pick);
            }
            walk.next += 1;
        }
        walk.left -= slice as u32;
        if walk.left > 0 {
            self.relief.walk = Some(walk);
            return;
        }
        for (site, picks) in walk.picks {
            for pick in picks.into_list() {
                self.choose(pick.ix, site, now, out);
            }
        }
        self.relief.set_out(self.instances.slab().slots() as u32, now);
    }

    /// An instance shall leave its site, if it is still there.
    fn choose(&mut self, ix: InstanceIx, site: SiteIx, now: Timestamp, out: &mut Vec<Command>) {
        let Some(instance) = self.instances.slab().get(ix.slot()) else { return };
        let there = matches!(&instance.state, State::Serving(serving) if serving.site == site);
        let Some(whose) = self.whose_is(ix).filter(|_| there && self.estate.is_overloaded(site)) else {
            return;
        };
        self.relief.choose(whose, site);
        self.estate.mark(site);
        // Whoever is asked already whether it may go there is told why it should now.
        self.instances.at_mut(ix).told.forget_blocked();
        self.look(ix, now, now, out);
    }

    /// What it costs that an instance leaves its site; `None` where that is not to be relieved, or it cannot leave now.
    fn toll(&self, ix: InstanceIx, walk: &Walk, now: Timestamp) -> Option<(SiteIx, Pick)> {
        let instance = self.instances.slab().get(ix.slot())?;
        let State::Serving(serving) = &instance.state else { return None };
        let site = serving.site;
        // A host goes when its seats have gone.
        if instance.host {
            return None;
        }
        if !walk.picks.contains_key(&site) || self.observes(ix) || self.estate.left(site).is_some() {
            return None;
        }
        // Who waits for something goes, or cannot; and what an operator asks for goes before.
        let waits = serving.wait.held().is_some() || matches!(serving.wait, Wait::Queued(..));
        if waits || self.asked(ix).is_some() || self.freezes.hold(instance.app, now) {
            return None;
        }
        self.whose_is(ix)?;
        let relieving = Some(self.estate.gauge(site).and_then(Gauge::per_instance).unwrap_or(0.0));
        let case = self.case(ix, now);
        let case = Case { gate: Gate { relieving, ..case.gate }, ..case };
        let Finding { trigger, target, rule, .. } = judge(&case, &mut Silent);
        // Who may not move does not relieve anything, nor whom nobody lets go.
        let awaits = rule == Rule::Guarded(Guard::AwaitingConfirmation);
        let denied = awaits && self.is_denied(ix, target, now);
        if denied
            || rule == Rule::Guarded(Guard::MobilityNotAllowed)
            || trigger != Trigger::Capacity
            || serving.wait.pause(target, now).is_some()
        {
            return None;
        }
        let pick = |near, meters| Some((site, Pick { near, meters, ix }));
        let (target, place) = match (target, case.place) {
            (None, _) if case.gone => return pick(Near::Nobody, 0.0),
            (None, _) => return None,
            (Some(_), None) => return pick(Near::Unknown, 0.0),
            (Some(target), Some(place)) => (target, place),
        };
        let origin = place.origin(&self.topology);
        let far = |site: SiteIx| {
            let from_there = || self.topology.index().meters(origin?, site);
            place.meters(&self.topology, site).or_else(from_there)
        };
        // A site that no distance can be told to is farther away than any other.
        let meters = far(target).unwrap_or_default() - far(site).unwrap_or(f64::INFINITY);
        pick(Near::Somebody, meters)
    }

    /// History is read: nobody is chosen by what was measured before, and who has left meanwhile is forgotten.
    pub(super) fn settle_loads(&mut self, now: Timestamp) {
        let sites: Vec<SiteIx> = self.estate.with_gauge().map(|(site, _)| site).collect();
        for site in sites {
            let there = self.instances.presence().of(site).users();
            if let Some(gauge) = self.estate.gauge_mut(site) {
                gauge.settle(there, now);
            }
            self.estate.assess(site, now);
            self.instances.presence_mut().touch(site);
            if self.estate.is_overloaded(site) {
                self.estate.mark(site);
            }
        }
        self.relief.stop();
        let each: Vec<_> = self.relief.each().collect();
        for (whose, site) in each {
            let found = self.instances.find(whose.0, whose.1);
            let serving = found.and_then(|ix| self.instances.at(ix).state.serving());
            let live = found.is_some_and(|ix| matches!(self.instances.at(ix).state, State::Ordered(_)));
            let there = serving.is_some_and(|(at, _)| at == site);
            if !there || !(live || self.estate.is_overloaded(site)) {
                self.relief.forget(whose);
            }
        }
    }

    /// Takes what is known of loads over from an engine on another catalogue, under the marks of this one.
    pub(super) fn take_over_loads(&mut self, old: &Self, now: Timestamp) {
        for (site, strain) in old.estate.strains() {
            if let Some(to) = self.topology.site(old.site_id(site)) {
                self.estate.take_over_strain(to, strain, now);
            }
        }
        let translated = |engine: &Self, site: SiteIx| {
            let to = engine.topology.site(old.site_id(site));
            to.filter(|to| engine.estate.is_overloaded(*to))
        };
        for ((app, number), site) in old.relief.each() {
            let to = self.app(&old.apps[usize::from(app)].app.id).zip(translated(self, site));
            if let Some((app, site)) = to {
                self.relief.choose((app, number), site);
            }
        }
        for (site, most) in old.relief.wanted() {
            if let Some(to) = translated(self, site) {
                self.relief.want(to, most);
            }
        }
        self.relief.set_out(self.instances.slab().slots() as u32, now);
        if self.catching_up {
            self.relief.stop();
        }
    }

    /// Puts back what a snapshot holds of loads; `None` where a site has no water marks.
    pub(super) fn restore_loads(
        &mut self,
        strains: Vec<(SiteIx, crate::estate::Strain)>,
        relief: Relief,
    ) -> Option<()> {
        for (site, strain) in strains {
            self.estate.put_back_strain(site, strain).then_some(())?;
        }
        self.relief = relief;
        Some(())
    }
}
