//! How many instances are at each site: those that serve there, those that are ordered there, and those that are
//! about to leave. One that moves counts at both ends, until its order has ended.

use serde::{Deserialize, Serialize};

use crate::index::SiteIx;
use crate::ue::{Instance, State, Wait};

/// The instances at one site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Present {
    /// Of apps in mode `act`.
    pub(crate) acting: u32,
    /// Of apps in mode `observe`: as if their orders had been carried out.
    pub(crate) observed: u32,
    /// Of those that act, those that should leave and that no other site takes.
    pub(crate) stranded: u32,
}

impl Present {
    /// What counts for an app: what is only assumed weighs on nothing that is real.
    pub(crate) const fn counted(&self, observed: bool) -> u32 {
        if observed { self.acting.saturating_add(self.observed) } else { self.acting }
    }
}

/// The instances at every site.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    sites: Vec<Watched>,
    /// Watched sites whose count has changed.
    touched: Vec<SiteIx>,
    /// By app: whether it is only observed.
    observed: Vec<bool>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Watched {
    present: Present,
    /// How many came, ever; only differences mean anything.
    came: u32,
    watched: bool,
    touched: bool,
}

/// What one instance adds to the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    app: u16,
    sites: [Option<SiteIx>; 2],
    stranded: bool,
}

impl Share {
    pub(crate) fn of(instance: &Instance) -> Self {
        let (sites, wait) = match &instance.state {
            State::Vacant(_) => ([None, None], Wait::Free),
            State::Serving(serving) => ([Some(serving.site), None], serving.wait),
            State::Ordered(ordered) => (
                [ordered.source, ordered.target.filter(|target| ordered.source != Some(*target))],
                Wait::Free,
            ),
        };
        Self { app: instance.app, sites, stranded: matches!(wait, Wait::Stranded(_)) }
    }
}

impl Presence {
    /// Nobody anywhere; `observed` says by app whether it is only observed.
    pub(crate) fn new(observed: Vec<bool>) -> Self {
        Self { observed, ..Self::default() }
    }

    /// The instances at a site.
    pub(crate) fn of(&self, site: SiteIx) -> Present {
        self.sites.get(site.slot()).map(|site| site.present).unwrap_or_default()
    }

    /// How many came to a site, ever.
    pub(crate) fn came(&self, site: SiteIx) -> u32 {
        self.sites.get(site.slot()).map_or(0, |site| site.came)
    }

    /// Tells from now on when the count of a site changes, or no longer.
    pub(crate) fn watch(&mut self, site: SiteIx, watched: bool) {
        self.entry(site).watched = watched;
    }

    /// Tells of a watched site as if its count had changed.
    pub(crate) fn touch(&mut self, site: SiteIx) {
        let entry = self.entry(site);
        if entry.watched && !entry.touched {
            entry.touched = true;
            self.touched.push(site);
        }
    }

    /// A watched site whose count has changed; each is told once until it is taken.
    pub(crate) fn take_touched(&mut self) -> Option<SiteIx> {
        let site = self.touched.pop()?;
        self.entry(site).touched = false;
        Some(site)
    }

    /// One instance adds something else than before; `None`: it is not there.
    pub(crate) fn change(&mut self, before: Option<Share>, after: Option<Share>) {
        if before == after {
            return;
        }
        let sites = |share: Option<Share>| share.map_or([None, None], |share| share.sites);
        for site in sites(after).into_iter().flatten() {
            if !sites(before).contains(&Some(site)) {
                let entry = self.entry(site);
                entry.came = entry.came.wrapping_add(1);
            }
        }
        for (share, by) in [(before, -1), (after, 1)] {
            if let Some(share) = share {
                self.add(share, by);
            }
        }
    }

    fn add(&mut self, share: Share, by: i32) {
        let observed = self.observed.get(usize::from(share.app)).copied().unwrap_or(false);
        for (place, site) in share.sites.into_iter().enumerate() {
            let Some(site) = site else { continue };
            let entry = self.entry(site);
            let there = &mut entry.present;
            let count = if observed { &mut there.observed } else { &mut there.acting };
            *count = count.saturating_add_signed(by);
            if share.stranded && place == 0 && !observed {
                there.stranded = there.stranded.saturating_add_signed(by);
            }
            self.touch(site);
        }
    }

    fn entry(&mut self, site: SiteIx) -> &mut Watched {
        if self.sites.len() <= site.slot() {
            self.sites.resize(site.slot() + 1, Watched::default());
        }
        &mut self.sites[site.slot()]
    }
}
