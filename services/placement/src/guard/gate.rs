//! Which sites take an instance of an app, and which ones are left.

use model::{Guard, Loaded};

use crate::estate::Estate;
use crate::guard::Able;
use crate::index::SiteIx;
use crate::ue::Presence;

/// What stands between the instances of one app and the sites.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate<'a> {
    pub(crate) estate: &'a Estate,
    pub(crate) presence: &'a Presence,
    pub(crate) able: Option<&'a Able>,
    /// Whether the app is only observed: what is assumed of it weighs on nothing but other assumptions.
    pub(crate) observed: bool,
    /// The shared app of which the instance is a seat: where a host of it is, one more seat is no more of what a limit counts.
    pub(crate) seat_of: Option<u16>,
    /// A site that the instance is on its way to: it is counted there already.
    pub(crate) bound_for: Option<SiteIx>,
    /// How much load the instance is expected to take with it, where it was chosen to relieve the site where it serves.
    pub(crate) relieving: Option<f64>,
}

impl Gate<'_> {
    /// Whether every site takes every instance: what nearly every event meets.
    pub(crate) const fn is_open(&self) -> bool {
        self.able.is_none() && self.estate.is_calm()
    }

    /// Why a site takes no instance that is not there yet.
    pub(crate) fn rejects(&self, site: SiteIx) -> Option<Guard> {
        let lacks = self.able.and_then(|able| able.lacks(site));
        let closed = lacks.or_else(|| self.estate.closed(site));
        let counted = self.bound_for != Some(site);
        let full = || (counted && self.is_full(site)).then_some(Guard::Full);
        let there = || counted.then(|| self.presence.of(site).users());
        let strained = || self.estate.strained(site, there(), self.relieving).then_some(Guard::Overloaded);
        closed.or_else(full).or_else(strained)
    }

    /// Why the instance may not stay at the site where it serves.
    pub(crate) fn leaves(&self, site: SiteIx) -> Option<Guard> {
        self.estate.left(site).or_else(|| self.relieving.map(|_| Guard::Overloaded))
    }

    /// How loaded a site is, where it has water marks and a load is known.
    pub(crate) fn loaded(&self, site: SiteIx) -> Option<Loaded> {
        self.estate.gauge(site)?.loaded(self.presence.of(site).users(), self.relieving)
    }

    fn is_full(&self, site: SiteIx) -> bool {
        let hosted = |app| self.presence.crews().of(app, site).hosts > 0;
        if self.seat_of.is_some_and(hosted) {
            return false;
        }
        let there = self.presence.of(site);
        self.estate.limit(site).is_some_and(|limit| there.counted(self.observed) >= limit)
    }
}
