//! Which instances were chosen to leave overloaded sites, and the way through all instances on which they are chosen.

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::asks::Whose;
use crate::index::{InstanceIx, SiteIx};

/// Side tables: an instance that nobody chose has no place here.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Relief {
    /// Where each one that was chosen serves.
    chosen: BTreeMap<Whose, SiteIx>,
    /// How many of these there are at each site.
    leaving: BTreeMap<SiteIx, u32>,
    pub(crate) walk: Option<Walk>,
    /// How many are to be chosen at which site on the next way.
    waiting: BTreeMap<SiteIx, u32>,
}

/// A way through all instances, a slice a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Walk {
    /// When it began: it is due at once.
    pub(crate) at: Timestamp,
    pub(crate) next: u32,
    pub(crate) left: u32,
    pub(crate) picks: BTreeMap<SiteIx, Picks>,
}

/// The cheapest instances of one site that the way has met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Picks {
    most: u32,
    /// In ascending order.
    list: Vec<Pick>,
}

/// What it costs that an instance leaves. Those without a UE come first: nobody notices.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pick {
    pub(crate) near: Near,
    /// By how much it is farther to its best other site than to the one where it serves, in metres.
    pub(crate) meters: f64,
    pub(crate) ix: InstanceIx,
}

/// Whether anybody is near an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Near {
    /// Its UE has gone: it is let go.
    Nobody,
    /// Its UE, or where that is, is not known.
    Unknown,
    /// Its UE is somewhere.
    Somebody,
}

impl Relief {
    /// Whether no instance was chosen.
    pub(crate) fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    /// How many instances were chosen and have not left.
    pub(crate) fn len(&self) -> usize {
        self.chosen.len()
    }

    /// The site that an instance was chosen to leave.
    pub(crate) fn site_of(&self, whose: Whose) -> Option<SiteIx> {
        self.chosen.get(&whose).copied()
    }

    /// How many were chosen to leave a site.
    pub(crate) fn leaving(&self, site: SiteIx) -> u32 {
        self.leaving.get(&site).copied().unwrap_or(0)
    }

    /// Each that was chosen, in the order of apps and numbers.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Whose, SiteIx)> {
        self.chosen.iter().map(|(whose, site)| (*whose, *site))
    }

    pub(crate) fn choose(&mut self, whose: Whose, site: SiteIx) {
        self.forget(whose);
        self.chosen.insert(whose, site);
        *self.leaving.entry(site).or_default() += 1;
    }

    /// It was not chosen any longer, or has left; the site that it was to leave.
    pub(crate) fn forget(&mut self, whose: Whose) -> Option<SiteIx> {
        let site = self.chosen.remove(&whose)?;
        if let Some(count) = self.leaving.get_mut(&site) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.leaving.remove(&site);
            }
        }
        Some(site)
    }

    /// So many are to be chosen at a site, unless they are being chosen already.
    pub(crate) fn want(&mut self, site: SiteIx, most: u32) {
        if !self.walk.as_ref().is_some_and(|walk| walk.picks.contains_key(&site)) {
            self.waiting.insert(site, most);
        }
    }

    /// None are to be chosen at a site any longer.
    pub(crate) fn unwant(&mut self, site: SiteIx) {
        self.waiting.remove(&site);
        if let Some(walk) = &mut self.walk {
            walk.picks.remove(&site);
        }
    }

    /// Begins a way through so many slots, if none is under way and any site waits for one.
    pub(crate) fn set_out(&mut self, slots: u32, now: Timestamp) {
        if self.walk.is_some() || self.waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let picks = waiting.map(|(site, most)| (site, Picks { most, list: Vec::new() })).collect();
        self.walk = Some(Walk { at: now, next: 0, left: slots, picks });
    }

    /// The sites for which instances are being chosen, or will be, and how many.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = (SiteIx, u32)> {
        let walking = self.walk.iter().flat_map(|walk| &walk.picks).map(|(site, picks)| (*site, picks.most));
        walking.chain(self.waiting.iter().map(|(site, most)| (*site, *most)))
    }

    /// No way is under way, and none is wanted.
    pub(crate) fn stop(&mut self) {
        (self.walk, self.waiting) = (None, BTreeMap::new());
    }
}

impl Picks {
    /// Keeps a pick if it is among the cheapest; equals in the order of the table.
    pub(crate) fn offer(&mut self, pick: Pick) {
        let before = |other: &Pick| {
            let near = other.near.cmp(&pick.near);
            let order = near.then(other.meters.total_cmp(&pick.meters)).then(other.ix.cmp(&pick.ix));
            order.is_le()
        };
        let at = self.list.partition_point(before);
        if at < self.most as usize {
            self.list.truncate((self.most as usize).saturating_sub(1));
            self.list.insert(at, pick);
        }
    }

    /// Cheapest first.
    pub(crate) fn into_list(self) -> Vec<Pick> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_are_kept_and_nobody_goes_before_anybody() {
        let mut picks = Picks { most: 3, list: Vec::new() };
        let offered = [
            (Near::Somebody, 5.0, 0),
            (Near::Somebody, -2.0, 1),
            (Near::Unknown, 900.0, 2),
            (Near::Somebody, 5.0, 3),
            (Near::Nobody, 0.0, 4),
            (Near::Somebody, -3.0, 5),
        ];
        for (near, meters, slot) in offered {
            picks.offer(Pick { near, meters, ix: InstanceIx::new(slot) });
        }
        let kept: Vec<_> = picks.into_list().into_iter().map(|pick| pick.ix.slot()).collect();
        assert_eq!(kept, [4, 2, 5]);
        let mut none = Picks { most: 0, list: Vec::new() };
        none.offer(Pick { near: Near::Nobody, meters: 0.0, ix: InstanceIx::new(0) });
        assert!(none.into_list().is_empty());
    }

    #[test]
    fn one_way_at_a_time_and_who_is_chosen_is_counted() {
        let mut relief = Relief::default();
        let (one, two) = (SiteIx::new(0), SiteIx::new(1));
        relief.set_out(9, Timestamp::default());
        assert!(relief.walk.is_none());
        relief.want(one, 2);
        relief.set_out(9, Timestamp::default());
        relief.want(one, 5);
        relief.want(two, 3);
        assert_eq!(relief.wanted().collect::<Vec<_>>(), [(one, 2), (two, 3)]);
        relief.unwant(one);
        assert_eq!(relief.wanted().collect::<Vec<_>>(), [(two, 3)]);
        let whose = |number| (0, std::num::NonZeroU64::MIN.saturating_add(number));
        relief.choose(whose(1), one);
        relief.choose(whose(2), one);
        relief.choose(whose(2), two);
        assert_eq!((relief.leaving(one), relief.leaving(two), relief.len()), (1, 1, 2));
        assert_eq!((relief.forget(whose(1)), relief.forget(whose(1))), (Some(one), None));
        assert_eq!((relief.leaving(one), relief.site_of(whose(2))), (0, Some(two)));
    }
}
