//! Which sites take an instance of an app, and which ones are left.

use model::Guard;

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
    /// A site that the instance is on its way to: it is counted there already.
    pub(crate) bound_for: Option<SiteIx>,
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
        closed.or_else(|| (self.is_full(site) && self.bound_for != Some(site)).then_some(Guard::Full))
    }

    /// Why nothing may stay at a site.
    pub(crate) fn leaves(&self, site: SiteIx) -> Option<Guard> {
        self.estate.left(site)
    }

    fn is_full(&self, site: SiteIx) -> bool {
        let there = self.presence.of(site);
        self.estate.limit(site).is_some_and(|limit| there.counted(self.observed) >= limit)
    }
}
