//! What `regret` remembers of an instance: one account for each site that has been nearer than the serving one.

use std::time::Duration;

use model::{Regret, Timestamp};
use serde::{Deserialize, Serialize};

use super::regret::excess;
use super::{told, whole};
use crate::atlas::Atlas;
use crate::index::SiteIx;
use crate::topology::{RANKED_SITES, Spot};

/// The accounts of one instance, as of the last change of place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Accounts {
    as_of: Timestamp,
    /// Where the instance was before it came to the serving site.
    came_from: Option<SiteIx>,
    list: [Option<Account>; RANKED_SITES],
}

/// One site's account.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Account {
    site: SiteIx,
    /// Metre-seconds. Single precision: a metre-second in a hundred kilometres for a minute.
    account: f32,
    /// Metres.
    trend: f32,
}

/// An account at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Standing {
    /// How much nearer the site was, for how long, in metre-seconds; never negative.
    pub(crate) account: f64,
    /// By how many metres it has been nearer of late.
    pub(crate) trend: f64,
}

/// An account with the instant that its numbers are of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dated {
    account: Account,
    as_of: Timestamp,
}

/// Where an instance serves and what it is judged by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served<'a> {
    pub(crate) knobs: &'a Regret,
    pub(crate) topology: &'a Atlas,
    pub(crate) site: SiteIx,
}

impl Standing {
    /// Whether it amounts to the cost of a relocation.
    pub(crate) fn reaches(&self, knobs: &Regret) -> bool {
        self.account + knobs.look_ahead.as_secs_f64() * self.trend >= knobs.relocation_cost
    }
}

impl Dated {
    /// The account at the last moment of decision up to `now`, if the excess has been this since the change of place.
    pub(crate) fn at(&self, knobs: &Regret, excess: f64, now: Timestamp) -> Standing {
        let tick = tick_micros(knobs);
        let elapsed = now.as_micros().saturating_sub(self.as_of.as_micros());
        self.after(knobs, excess, elapsed - elapsed % tick)
    }

    /// The first moment of decision at which the cost is reached if nothing happens; `None` where that is beyond all
    /// time. There is one, because the excess is positive and does not change, and from then on the cost is reached.
    pub(crate) fn crossing(&self, knobs: &Regret, excess: f64) -> Option<Timestamp> {
        let tick = tick_micros(knobs);
        let ahead = knobs.look_ahead.as_secs_f64() * f64::from(self.account.trend.min(0.0));
        let missing = (knobs.relocation_cost - f64::from(self.account.account) - ahead) / excess;
        // More than a year: never.
        let most = (missing < 3e7).then(|| (missing.max(0.0) * 1e6) as u64 / tick + 1)?;
        let (mut early, mut late) = (0, most);
        while early < late {
            let middle = early + (late - early) / 2;
            if self.after(knobs, excess, middle * tick).reaches(knobs) {
                late = middle;
            } else {
                early = middle + 1;
            }
        }
        self.as_of.as_micros().checked_add(late * tick).map(Timestamp::from_micros)
    }

    fn after(&self, knobs: &Regret, excess: f64, micros: u64) -> Standing {
        let seconds = Duration::from_micros(micros).as_secs_f64();
        let smoothing = knobs.smoothing.as_secs_f64();
        let kept = if smoothing > 0.0 { libm::exp(-seconds / smoothing) } else { 0.0 };
        Standing {
            account: (f64::from(self.account.account) + excess * seconds).max(0.0),
            trend: excess + (f64::from(self.account.trend) - excess) * kept,
        }
    }
}

/// Time between two moments of decision; at least the finest there is.
fn tick_micros(knobs: &Regret) -> u64 {
    u64::try_from(knobs.tick.as_micros()).unwrap_or(u64::MAX).max(1)
}

impl Accounts {
    /// None yet, at a site that the instance has come to just now.
    pub(crate) const fn new(came_from: Option<SiteIx>, now: Timestamp) -> Self {
        Self { as_of: now, came_from, list: [None; RANKED_SITES] }
    }

    /// The account of a site.
    pub(crate) fn of(&self, site: SiteIx) -> Option<Dated> {
        let account = self.list.iter().flatten().find(|account| account.site == site)?;
        Some(Dated { account: *account, as_of: self.as_of })
    }

    /// The site that an instance which has been where it is for so long may not go back to yet.
    pub(crate) fn barred(&self, knobs: &Regret, stayed_ms: u64) -> Option<SiteIx> {
        self.came_from.filter(|_| stayed_ms < told(whole(knobs.no_return)))
    }

    /// The sites that are remembered.
    pub(crate) fn sites(&self) -> impl Iterator<Item = SiteIx> {
        self.list.iter().flatten().map(|account| account.site).chain(self.came_from)
    }

    /// The same with other indices.
    pub(crate) fn translated(&self, mut site: impl FnMut(SiteIx) -> SiteIx) -> Self {
        let list = self.list.map(|account| account.map(|a| Account { site: site(a.site), ..a }));
        Self { as_of: self.as_of, came_from: self.came_from.map(site), list }
    }

    /// The UE went from one place to another at `at`: accounts are brought up to that instant and those that are drawn
    /// down are closed; each site that is nearer from now on has one. `None` for places that nothing is known of:
    /// nothing is added there, nor where a site does not serve the place.
    pub(crate) fn turn(
        &mut self,
        by: Served<'_>,
        from: Option<Spot<'_>>,
        to: Option<Spot<'_>>,
        at: Timestamp,
    ) {
        let at = at.max(self.as_of);
        for entry in &mut self.list {
            let Some(account) = entry else { continue };
            if let Some(excess) = by.excess(from, account.site) {
                let dated = Dated { account: *account, as_of: self.as_of };
                let standing = dated.after(by.knobs, excess, at.as_micros() - self.as_of.as_micros());
                account.account = standing.account as f32;
                account.trend = standing.trend as f32;
            }
            let nearer = by.excess(to, account.site).is_none_or(|excess| excess > 0.0);
            if account.account <= 0.0 && !nearer {
                *entry = None;
            }
        }
        self.as_of = at;
        let Some(place) = to else { return };
        for rank in place.ranks(by.topology) {
            let site = rank.site;
            if site == by.site || self.of(site).is_some() {
                continue;
            }
            if by.excess(to, site).is_some_and(|excess| excess > 0.0) {
                // It was farther away until now, and for long: that is what its trend begins with.
                let trend = by.excess(from, site).map_or(0.0, |excess| excess.min(0.0));
                self.open(Account { site, account: 0.0, trend: trend as f32 });
            }
        }
    }

    /// Takes the place of the lowest account where there are too many.
    fn open(&mut self, account: Account) {
        let height = |entry: &Option<Account>| entry.map_or(-1.0, |account| account.account);
        let lowest = self.list.iter_mut().min_by(|a, b| height(a).total_cmp(&height(b)));
        if let Some(entry) = lowest {
            *entry = Some(account);
        }
    }

    /// Whether there is anything to remember of an instance that has been at its site since then.
    pub(crate) fn matter(&self, knobs: &Regret, since: Timestamp) -> bool {
        let recent = self.came_from.is_some() && self.as_of.since(since) < knobs.no_return;
        recent || self.list.iter().any(Option::is_some)
    }
}

impl Served<'_> {
    /// By how many metres serving is farther away than `site` from a place; `None` where the place is not known, or the
    /// site does not serve it.
    fn excess(&self, place: Option<Spot<'_>>, site: SiteIx) -> Option<f64> {
        let place = place.filter(|place| place.covers(self.topology, site))?;
        let meters = |site| place.meters(self.topology, site);
        Some(excess(self.knobs, meters(self.site), meters(site)))
    }
}
