//! In what condition sites are, how many instances they have, and what is told of that.

use std::collections::BTreeSet;

use model::{SiteId, SiteReport, SiteSource, Timestamp};

use crate::command::Command;
use crate::engine::Engine;
use crate::estate::{Known, Leaving, Words, closes};
use crate::guard::Gate;
use crate::index::{InstanceIx, SiteIx};
use crate::ue::State;

impl Engine {
    /// What a source says of a site. A word that is older than its last one is no news; operators speak by commands.
    pub(super) fn site_report(&mut self, now: Timestamp, report: &SiteReport, out: &mut Vec<Command>) {
        let site = self.site_in_use(&report.site).filter(|_| report.source != SiteSource::Operator);
        let Some(site) = site else {
            self.tally.ignored_reports += 1;
            return;
        };
        let mut words = self.words(site);
        if words.of(report.source).is_some_and(|last| report.at < last.at) {
            return;
        }
        words.say(report.source, report.at, report.condition, report.reason.as_deref());
        self.change_site(site, words, report.at.min(now), now, out);
    }

    /// A site of the catalogue, or one that is heard of because something runs there.
    pub(super) fn site_in_use(&self, id: &SiteId) -> Option<SiteIx> {
        let heard_of = || self.heard_of.iter().position(|other| other == id);
        let beyond = || heard_of().map(|slot| SiteIx::from(self.topology.sites().len() + slot));
        self.topology.site(id).or_else(beyond)
    }

    pub(super) fn words(&self, site: SiteIx) -> Words {
        self.estate.known(site).map(|known| known.words.clone()).unwrap_or_default()
    }

    /// What sources say of a site is this from now on.
    pub(super) fn change_site(
        &mut self,
        site: SiteIx,
        words: Words,
        at: Timestamp,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        let before = self.estate.hear(site, words, at);
        let after = self.estate.condition(site);
        if self.catching_up || std::mem::discriminant(&before) == std::mem::discriminant(&after) {
            return;
        }
        self.leave_or_not(site);
        if closes(before).is_some() && closes(after).is_none() {
            self.wake_all(now, out);
        }
        self.go_round(now);
    }

    /// Begins to count how far leaving a site has come, or ends that.
    pub(super) fn leave_or_not(&mut self, site: SiteIx) {
        let left = self.estate.left(site).is_some();
        let presence = self.instances.presence();
        let (had, came) = (presence.of(site).all(), presence.came(site));
        let watched = left || self.estate.is_counted(site);
        let known = self.estate.known_mut(site);
        let since = known.since.unwrap_or_default();
        known.leaving = left.then(|| known.leaving.unwrap_or(Leaving { since, had, came }));
        self.instances.presence_mut().watch(site, watched);
    }

    /// What stands between an instance and the sites.
    pub(crate) fn gate(&self, ix: InstanceIx) -> Gate<'_> {
        let instance = self.instances.at(ix);
        let bound_for = match &instance.state {
            State::Ordered(ordered) => ordered.target,
            State::Vacant(_) | State::Serving(_) => None,
        };
        let gate = self.gate_of(instance.app, bound_for);
        let seat_of = gate.seat_of.filter(|_| !instance.host);
        Gate { relieving: self.relieving(ix), seat_of, ..gate }
    }

    pub(super) fn gate_of(&self, app: u16, bound_for: Option<SiteIx>) -> Gate<'_> {
        let entry = &self.apps[usize::from(app)];
        Gate {
            estate: &self.estate,
            presence: self.instances.presence(),
            able: entry.able.as_ref(),
            observed: entry.observed(),
            seat_of: entry.kind().shared.then_some(app),
            bound_for,
            relieving: None,
        }
    }

    /// After whatever happened: sites that have room again are filled, and what is news of sites is told.
    pub(super) fn follow_up(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        loop {
            self.tend_hosts(now, out);
            let Some(site) = self.instances.presence_mut().take_touched() else { break };
            let presence = self.instances.presence();
            let (present, came) = (presence.of(site), presence.came(site));
            let room = self.estate.recount(site, present, came);
            self.estate.mark(site);
            for app in 0..self.apps.len() {
                let entry = &self.apps[app];
                let able = entry.able.as_ref().is_none_or(|able| able.lacks(site).is_none());
                if room[usize::from(entry.observed())] && able && !self.freezes.hold(app as u16, now) {
                    self.wake(app as u16, Some(site), now, out);
                }
            }
        }
        if self.catching_up {
            return;
        }
        while let Some(site) = self.estate.take_dirty() {
            let counts = (self.instances.presence().of(site), self.relief.leaving(site));
            let id = self.site_id(site).clone();
            let status = self.estate.status(site, &id, counts, now);
            out.extend(status.map(|status| Command::Site(Box::new(status))));
        }
    }

    /// History is read: what is being left is counted from here on, and what is known of each site is told once.
    pub(super) fn settle_sites(&mut self) {
        let known: Vec<SiteIx> = self.estate.all_known().map(|(site, _)| site).collect();
        for site in known {
            self.leave_or_not(site);
            self.estate.tell_again(site);
        }
        self.count_limited();
        self.mark_limited();
    }

    /// Tells of each site that has a limit, if that is news.
    fn mark_limited(&mut self) {
        let limited: Vec<SiteIx> = self.estate.with_limit().collect();
        limited.into_iter().for_each(|site| self.estate.mark(site));
    }

    /// Counts the instances of each site that has a limit or water marks, and goes on counting.
    pub(super) fn count_limited(&mut self) {
        let counted: Vec<SiteIx> = self.estate.counted().collect();
        for site in counted {
            let presence = self.instances.presence_mut();
            presence.watch(site, true);
            let (present, came) = (presence.of(site), presence.came(site));
            self.estate.recount(site, present, came);
        }
    }

    /// Puts back what a snapshot holds of sites; `None` where that names a site twice, or one that there is not.
    pub(super) fn restore_sites(
        &mut self,
        sites: Vec<(SiteIx, Known)>,
        alarms: BTreeSet<(Timestamp, SiteIx)>,
    ) -> Option<()> {
        let count = self.topology.sites().len() + self.heard_of.len();
        for (site, mut known) in sites {
            if site.slot() >= count || self.estate.known(site).is_some() {
                return None;
            }
            if let Some(leaving) = &mut known.leaving {
                leaving.came = self.instances.presence().came(site);
            }
            let leaving = known.leaving.is_some();
            self.estate.put_back(site, known);
            self.instances.presence_mut().watch(site, leaving);
        }
        self.estate.set_alarms(alarms.into_iter().filter(|(_, site)| site.slot() < count));
        self.count_limited();
        Some(())
    }

    /// Takes what is known of sites over from an engine on another catalogue, as far as they are in use here.
    pub(super) fn take_over_sites(&mut self, old: &Self) {
        for (site, known) in old.estate.all_known() {
            let Some(to) = self.site_in_use(old.site_id(site)) else { continue };
            let mut known = known.clone();
            if let Some(leaving) = &mut known.leaving {
                leaving.came = self.instances.presence().came(to);
            }
            let words = known.words.clone();
            let since = known.since.unwrap_or_default();
            self.estate.hear(to, words, since);
            *self.estate.known_mut(to) = known;
            self.leave_or_not(to);
        }
        self.count_limited();
        self.mark_limited();
    }
}
