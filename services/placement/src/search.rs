//! The best site that takes an instance: of the ranked sites of its place first, then nearest first through the tree.

use model::Guard;

use crate::atlas::Atlas;
use crate::guard::Gate;
use crate::index::SiteIx;
use crate::judge::{Recorder, Silent};
use crate::quality::Quality;
use crate::sites::{Origin, Rank, SiteIndex, before};
use crate::topology::{RANKED_SITES, Spot};
use crate::zone::Within;

/// How many sites that take nothing are walked past beyond the ranked ones; then none counts as found. Sites that the app
/// cannot use, and those that do not serve the place, are not met there at all.
pub(crate) const WALKED_PAST: usize = 64;
/// How many sites are looked at for those that are told because they do not serve the place.
const LOOKED_AT: usize = 256;

/// Where an instance is looked for a site from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From<'a> {
    pub(crate) topology: &'a Atlas,
    pub(crate) gate: Gate<'a>,
    /// What is measured for the instance, where that counts.
    pub(crate) quality: Option<Quality<'a>>,
    /// Where it serves.
    pub(crate) serving: Option<SiteIx>,
    /// Its place, where distances are measured from there.
    pub(crate) place: Option<Spot<'a>>,
    /// The ranked sites of that place.
    pub(crate) ranks: &'a [Rank],
    /// Where distances are measured from beyond them.
    pub(crate) origin: Option<Origin<'a>>,
}

impl<'a> From<'a> {
    /// Whether nothing is known of where to look for a site.
    pub(crate) fn is_lost(&self) -> bool {
        self.ranks.is_empty() && !self.place.is_some_and(|place| place.is_uncovered(self.topology))
    }

    /// The best site; the serving one counts where it need not be left, whether or not it takes anything new.
    pub(crate) fn best(&self, recorder: &mut impl Recorder) -> Option<Rank> {
        let best = self.nearest(recorder);
        if recorder.listens() {
            self.tell_outside(best, recorder);
        }
        best
    }

    fn nearest(&self, recorder: &mut impl Recorder) -> Option<Rank> {
        if self.gate.is_open() && self.quality.is_none() && !self.ranks.is_empty() {
            self.ranks.iter().for_each(|rank| recorder.candidate(*rank, None));
            return self.ranks.first().copied();
        }
        let mut best = None;
        for rank in self.ranks {
            let guard = self.bars(rank.site);
            recorder.candidate(*rank, guard);
            if guard.is_none() && best.is_none() {
                best = Some(*rank);
                if !recorder.listens() {
                    break;
                }
            }
        }
        best.or_else(|| self.beyond(recorder))
    }

    /// The best site; where quality bars all the others, it bars none: a poor site is better than none.
    pub(crate) fn best_at_all(&self, recorder: &mut impl Recorder) -> Option<Rank> {
        self.at_all().best(recorder)
    }

    /// The same without what is measured, where that bars all sites.
    pub(crate) fn at_all(&self) -> Self {
        let barred = self.quality.is_some() && self.best(&mut Silent).is_none();
        let quality = self.quality.filter(|_| !barred);
        Self { quality, ..*self }
    }

    /// Whether the place is pinned to a site.
    pub(crate) fn is_pinned_to(&self, site: SiteIx) -> bool {
        self.place.is_some_and(|place| place.pinned(self.topology) == Some(site))
    }

    /// The serving site, where it need not be left and how far it is can be told.
    pub(crate) fn staying(&self) -> Option<Rank> {
        let site = self.serving.filter(|site| self.bars(*site).is_none())?;
        Some(Rank { site, meters: self.meters(site)? })
    }

    /// How far a site is: from the place, else from where distances are measured.
    pub(crate) fn meters(&self, site: SiteIx) -> Option<f64> {
        let meters = self.place.and_then(|place| place.meters(self.topology, site));
        meters.or_else(|| self.topology.index().meters(self.origin?, site))
    }

    /// The nearest ranked sites that take it, so many at most; the serving one counts where it need not be left.
    pub(crate) fn offered(&self, most: u8) -> impl Iterator<Item = Rank> + use<'a> {
        let from = *self;
        let open = self.ranks.iter().filter(move |rank| from.bars(rank.site).is_none());
        open.take(usize::from(most)).copied()
    }

    /// The nearest ranked site where the quality is as good as wanted, else the nearest of which nothing is known.
    pub(crate) fn better(&self, quality: &Quality<'_>) -> Option<Rank> {
        let open = |rank: &&Rank| self.serving != Some(rank.site) && self.bars(rank.site).is_none();
        let good = self.ranks.iter().filter(open).find(|rank| quality.is_good(rank.site));
        good.or_else(|| self.ranks.iter().find(open)).copied()
    }

    /// Why an instance cannot be at a site.
    pub(crate) fn bars(&self, site: SiteIx) -> Option<Guard> {
        if self.place.is_some_and(|place| !place.covers(self.topology, site)) {
            return Some(Guard::OutsideArea);
        }
        if self.serving == Some(site) {
            return self.gate.leaves(site);
        }
        self.gate.rejects(site).or_else(|| self.quality.and_then(|quality| quality.bars(site)))
    }

    /// The nearest site above the edge that takes it; only that one is told. Allocates as [`beyond`](Self::beyond).
    pub(crate) fn upper(&self, recorder: &mut impl Recorder) -> Option<Rank> {
        let best = self.walk(self.topology.upper()?, &mut Silent)?;
        recorder.candidate(best, None);
        Some(best)
    }

    fn within(&self) -> Within<'a> {
        self.place.map_or(Within::Everywhere, |place| place.within(self.topology))
    }

    /// Beyond the ranked sites. Allocates: the tree's walk keeps a heap.
    fn beyond(&self, recorder: &mut impl Recorder) -> Option<Rank> {
        self.walk(self.gate.able.map_or(self.topology.index(), |able| able.index()), recorder)
    }

    fn walk(&self, index: &SiteIndex, recorder: &mut impl Recorder) -> Option<Rank> {
        let origin = self.origin?;
        let mut left = WALKED_PAST;
        let mut found = false;
        let best = index.nearest_of(origin, self.within(), |site, meters| {
            if self.ranks.iter().any(|rank| rank.site == site) {
                return Some(false);
            }
            let guard = self.bars(site);
            if guard.is_some() {
                if found {
                    return Some(false);
                }
                left = left.checked_sub(1)?;
                if recorder.listens() {
                    recorder.candidate(Rank { site, meters: meters() }, guard);
                }
            }
            found |= guard.is_none();
            Some(guard.is_none())
        });
        if let Some(best) = best {
            recorder.candidate(best, None);
        }
        best
    }

    /// Tells of sites that would be nearer than the best one and do not serve the place, as many as are ranked.
    fn tell_outside(&self, best: Option<Rank>, recorder: &mut impl Recorder) {
        let (Some(origin), Within::Zones(_)) = (self.origin, self.within()) else { return };
        let (mut met, mut told) = (0, 0);
        self.topology.index().nearest_of(origin, Within::Everywhere, |site, meters| {
            let rank = Rank { site, meters: meters() };
            met += 1;
            let beyond = origin.is_point() && best.is_some_and(|best| rank.meters > best.meters);
            if met > LOOKED_AT || told == RANKED_SITES || beyond {
                return None;
            }
            let nearer = best.is_none_or(|best| before(rank, best));
            if nearer && self.bars(site) == Some(Guard::OutsideArea) {
                recorder.candidate(rank, Some(Guard::OutsideArea));
                told += 1;
            }
            Some(false)
        });
    }
}
