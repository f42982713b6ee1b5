//! Budgets: how many relocations and first placements may be under way, and how many may be ordered; of an app, of each
//! site (of orders that go there or leave it), and of all together. Letting an instance go takes nothing, and what is
//! only observed neither takes nor waits.

use model::{App, Budget, Limits, Timestamp};

use crate::guard::lane::{Lane, Limited, Of};
use crate::guard::rate::Bucket;
use crate::index::SiteIx;
use crate::topology::Topology;

/// From where to where an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) source: Option<SiteIx>,
    pub(crate) target: SiteIx,
}

/// How a budget stands; it is used up where `used` has reached `limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) used: u32,
    pub(crate) limit: u32,
    pub(crate) per_minute: Option<u32>,
}

/// All budgets.
#[derive(Debug)]
pub(crate) struct Budgets {
    apps: Vec<Purse>,
    /// By slot; none where no site has a budget. Sites that are only heard of have none.
    sites: Vec<Purse>,
    total: Purse,
}

/// The budgets of an app, of a site or of all together.
#[derive(Debug, Clone)]
struct Purse {
    under_way: u32,
    concurrent: Option<u32>,
    bucket: Option<Bucket>,
}

impl Purse {
    fn new(budget: Budget) -> Self {
        Self { under_way: 0, concurrent: budget.concurrent, bucket: budget.rate.map(Bucket::new) }
    }
}

impl Way {
    /// Whose budgets an order of an app takes from, in the order in which they are asked.
    pub(crate) fn purses(self, app: u16) -> impl Iterator<Item = Of> {
        let source = self.source.filter(|source| *source != self.target);
        let sites = [source, Some(self.target)].into_iter().flatten().map(Of::Site);
        std::iter::once(Of::App(app)).chain(sites).chain([Of::Total])
    }

    /// The budgets themselves.
    pub(crate) fn lanes(self, app: u16) -> impl Iterator<Item = Lane> {
        let both = [Limited::Concurrent, Limited::Rate];
        self.purses(app).flat_map(move |of| both.map(|limited| Lane::new(of, limited)))
    }
}

impl Budgets {
    /// Nothing is taken yet.
    pub(crate) fn new<'a>(apps: impl Iterator<Item = &'a App>, limits: &Limits, topology: &Topology) -> Self {
        let of_app =
            |app: &App| Budget { concurrent: Some(app.max_concurrent_relocations), rate: app.limits.rate };
        let none = Budget::default();
        let limited = limits.site != none || limits.sites.values().any(|budget| *budget != none);
        let sites = if limited { topology.sites() } else { &[] };
        Self {
            apps: apps.map(|app| Purse::new(of_app(app))).collect(),
            sites: sites.iter().map(|site| Purse::new(limits.of(&site.id))).collect(),
            total: Purse::new(limits.total),
        }
    }

    /// An order is live from now on.
    pub(crate) fn take(&mut self, app: u16, way: Way) {
        self.each(app, way, |purse| purse.under_way += 1);
    }

    /// It is not any longer.
    pub(crate) fn give_back(&mut self, app: u16, way: Way) {
        self.each(app, way, |purse| purse.under_way = purse.under_way.saturating_sub(1));
    }

    /// An order was given at that time.
    pub(crate) fn spend(&mut self, app: u16, way: Way, at: Timestamp) {
        self.each(app, way, |purse| {
            if let Some(bucket) = &mut purse.bucket {
                bucket.take(at);
            }
        });
    }

    fn each(&mut self, app: u16, way: Way, mut change: impl FnMut(&mut Purse)) {
        way.purses(app).for_each(|of| {
            if let Some(purse) = self.purse_mut(of) {
                change(purse);
            }
        });
    }

    /// How many orders of an app, of a site or of all together are live; `None` where that is not counted.
    pub(crate) fn under_way(&self, of: Of) -> Option<u32> {
        self.purse(of).map(|purse| purse.under_way)
    }

    /// How a budget stands; `None` where nothing is limited.
    pub(crate) fn standing(&self, lane: Lane, now: Timestamp) -> Option<Standing> {
        let purse = self.purse(lane.of())?;
        Some(match lane.limited() {
            Limited::Concurrent => {
                Standing { used: purse.under_way, limit: purse.concurrent?, per_minute: None }
            }
            Limited::Rate => {
                let bucket = purse.bucket.as_ref()?;
                let rate = bucket.rate();
                let (used, per_minute) = (bucket.taken(now), Some(rate.per_minute));
                Standing { used, limit: rate.burst, per_minute }
            }
        })
    }

    /// Whether there is something left of a budget.
    pub(crate) fn has_room(&self, lane: Lane, now: Timestamp) -> bool {
        self.standing(lane, now).is_none_or(|standing| standing.used < standing.limit)
    }

    /// From when on there is something left of it by itself.
    pub(crate) fn frees_at(&self, lane: Lane) -> Option<Timestamp> {
        match lane.limited() {
            Limited::Concurrent => None,
            Limited::Rate => self.purse(lane.of())?.bucket.as_ref().map(Bucket::next),
        }
    }

    /// The buckets that were ever taken from, for a snapshot.
    pub(crate) fn levels(&self) -> Vec<(Lane, Timestamp)> {
        let level = |of: Of| {
            let full_at = self.purse(of)?.bucket.as_ref()?.full_at();
            (full_at > Timestamp::default()).then_some((Lane::new(of, Limited::Rate), full_at))
        };
        self.all().filter_map(level).collect()
    }

    /// Puts them back.
    pub(crate) fn set_levels(&mut self, levels: Vec<(Lane, Timestamp)>) {
        for (lane, full_at) in levels {
            if let Some(bucket) = self.purse_mut(lane.of()).and_then(|purse| purse.bucket.as_mut()) {
                bucket.set_full_at(full_at);
            }
        }
    }

    /// Takes over how many orders were given from budgets under another catalogue; `was` says whose each one was there.
    pub(crate) fn carry(&mut self, old: &Self, was: impl Fn(Of) -> Option<Of>, now: Timestamp) {
        let all: Vec<Of> = self.all().collect();
        for of in all {
            let before = was(of).and_then(|of| old.purse(of)?.bucket);
            let bucket = self.purse_mut(of).and_then(|purse| purse.bucket.as_mut());
            if let (Some(before), Some(bucket)) = (before, bucket) {
                bucket.carry(&before, now);
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = Of> + use<> {
        let (apps, sites) = (self.apps.len(), self.sites.len());
        let of_apps = (0..apps).map(|slot| Of::App(slot as u16));
        of_apps.chain((0..sites).map(|slot| Of::Site(SiteIx::from(slot)))).chain([Of::Total])
    }

    fn purse(&self, of: Of) -> Option<&Purse> {
        match of {
            Of::App(app) => self.apps.get(usize::from(app)),
            Of::Site(site) => self.sites.get(site.slot()),
            Of::Total => Some(&self.total),
        }
    }

    fn purse_mut(&mut self, of: Of) -> Option<&mut Purse> {
        match of {
            Of::App(app) => self.apps.get_mut(usize::from(app)),
            Of::Site(site) => self.sites.get_mut(site.slot()),
            Of::Total => Some(&mut self.total),
        }
    }
}

/// What the budgets are to one instance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace<'a> {
    pub(crate) budgets: &'a Budgets,
    pub(crate) app: u16,
    /// Whether the app is only observed.
    pub(crate) observed: bool,
    /// An order of the instance itself that is not counted.
    pub(crate) own: Option<Way>,
}

impl Pace<'_> {
    /// How many orders of the app are live.
    pub(crate) fn under_way(&self) -> u32 {
        let counted = self.budgets.under_way(Of::App(self.app)).unwrap_or_default();
        counted.saturating_sub(u32::from(self.own.is_some()))
    }

    /// The first budget that has nothing left for an order.
    pub(crate) fn lacks(&self, way: Way, now: Timestamp) -> Option<Lane> {
        self.standings(way, now).find(|(_, standing)| standing.used >= standing.limit).map(|(lane, _)| lane)
    }

    /// The budgets that an order takes from and how they stand, in the order in which they are asked.
    pub(crate) fn standings(&self, way: Way, now: Timestamp) -> impl Iterator<Item = (Lane, Standing)> {
        let lanes = way.lanes(self.app).take_while(|_| !self.observed);
        lanes.filter_map(move |lane| Some((lane, self.standing(lane, now)?)))
    }

    fn standing(&self, lane: Lane, now: Timestamp) -> Option<Standing> {
        let standing = self.budgets.standing(lane, now)?;
        let counted = |own: Way| own.purses(self.app).any(|of| of == lane.of());
        let own = lane.limited() == Limited::Concurrent && self.own.is_some_and(counted);
        Some(Standing { used: standing.used.saturating_sub(u32::from(own)), ..standing })
    }
}
