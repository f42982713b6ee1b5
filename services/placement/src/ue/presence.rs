//! How many instances are at each site: those that serve there, those that are ordered there, and those that are
//! about to leave. Of a shared app its host is what is deployed, and its seats are what comes and goes. One that moves counts at both ends, until its order has ended.

use serde::{Deserialize, Serialize};

use crate::index::SiteIx;
use crate::ue::{Crews, Instance, State, Wait};

/// The instances at one site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Present {
    /// Of apps in mode `act`, what is deployed: instances of UEs, and hosts. That is what a limit of the site counts.
    pub(crate) acting: u32,
    /// Of apps in mode `observe`: as if their orders had been carried out.
    pub(crate) observed: u32,
    /// Of those that act, those that should leave and that no other site takes.
    pub(crate) stranded: u32,
    /// Of those that act, hosts.
    pub(crate) hosts: u32,
    /// Seats of shared apps in mode `act`.
    pub(crate) seats: u32,
}

impl Present {
    /// What counts for an app: what is only assumed weighs on nothing that is real.
    pub(crate) const fn counted(&self, observed: bool) -> u32 {
        if observed { self.acting.saturating_add(self.observed) } else { self.acting }
    }

    /// What makes load, and can leave to relieve a site: instances of UEs, and seats.
    pub(crate) const fn users(&self) -> u32 {
        self.acting.saturating_sub(self.hosts).saturating_add(self.seats)
    }

    /// What must be gone before the site is empty.
    pub(crate) const fn all(&self) -> u32 {
        self.acting.saturating_add(self.seats)
    }
}

/// The instances at every site.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    sites: Vec<Watched>,
    /// Watched sites whose count has changed.
    touched: Vec<SiteIx>,
    /// By app: what matters of it here.
    kinds: Vec<Kind>,
    crews: Crews,
}

/// What matters of an app for counting.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kind {
    /// Whether it is only observed.
    pub(crate) observed: bool,
    /// Whether it is shared.
    pub(crate) shared: bool,
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
    host: bool,
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
        let stranded = matches!(wait, Wait::Stranded(_));
        Self { app: instance.app, sites, stranded, host: instance.host }
    }
}

impl Presence {
    /// Nobody anywhere; `kinds` says by app what it is.
    pub(crate) fn new(kinds: Vec<Kind>) -> Self {
        Self { kinds, ..Self::default() }
    }

    /// Who is where for shared apps.
    pub(crate) const fn crews(&self) -> &Crews {
        &self.crews
    }

    pub(crate) const fn crews_mut(&mut self) -> &mut Crews {
        &mut self.crews
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
        let Kind { observed, shared } = self.kinds.get(usize::from(share.app)).copied().unwrap_or_default();
        let seat = shared && !share.host;
        for (place, site) in share.sites.into_iter().enumerate() {
            let Some(site) = site else { continue };
            let entry = self.entry(site);
            let there = &mut entry.present;
            let change = |count: &mut u32| *count = count.saturating_add_signed(by);
            match (seat, observed) {
                (false, true) => change(&mut there.observed),
                (false, false) => change(&mut there.acting),
                (true, true) => (),
                (true, false) => change(&mut there.seats),
            }
            if share.host && !observed {
                change(&mut there.hosts);
            }
            if share.stranded && place == 0 && !observed {
                change(&mut there.stranded);
            }
            if shared {
                self.crews.add(share.app, site, share.host, by);
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
