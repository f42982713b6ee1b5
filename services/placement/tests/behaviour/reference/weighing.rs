//! What the policy `weighted` makes of sites, computed anew.

use std::collections::BTreeMap;

use model::{Guard, Policy, SiteId, Timestamp, WaterMarks};

use crate::country::{At, ranked, ranked_from};
use crate::reference::Reference;
use crate::reference::wish::Seen;
use crate::scene::site_id;
use crate::scores;
use crate::town::{COSTS, SITES, TIERS, is_upper};

/// Sites with what is weighed of them.
type Figures = Vec<(SiteId, [f64; 5])>;

impl Reference {
    /// The best of those that are seen: the nearest one that takes it, or the one with the best score.
    pub(super) fn best(&self, key: (usize, u64), seen: &[Seen], now: Timestamp) -> Option<(f64, SiteId)> {
        let open = || seen.iter().filter(|(_, _, guard)| guard.is_none());
        let first = open().next().map(|(meters, site, _)| (*meters, site.clone()));
        let Policy::Weighted(_) = self.apps[key.0].policy else { return first };
        let figures = self.figures_of(key, seen, now);
        let score = self.score(key, &figures);
        let serving = self.insts[&key].serving.as_ref().map(|(site, _)| site);
        let best = open().max_by(|(near, one, _), (far, other, _)| {
            let stays = (serving == Some(one)).cmp(&(serving == Some(other)));
            let nearer = far.total_cmp(near).then(other.cmp(one));
            score[one].total_cmp(&score[other]).then(stays).then(nearer)
        });
        best.map(|(meters, site, _)| (*meters, site.clone()))
    }

    /// The figures of each site that takes an instance whose app weighs sites.
    pub(super) fn figures(&self, key: (usize, u64), now: Timestamp) -> Option<Figures> {
        let Policy::Weighted(_) = self.apps[key.0].policy else { return None };
        Some(self.figures_of(key, &self.seen(key, now), now))
    }

    fn figures_of(&self, key: (usize, u64), seen: &[Seen], now: Timestamp) -> Figures {
        let open: Vec<_> = seen.iter().filter(|(_, _, guard)| guard.is_none()).collect();
        let number = |site: &SiteId| (0..SITES).find(|n| site_id(*n) == *site).unwrap() as usize;
        let known: Vec<f64> = open.iter().filter_map(|(_, site, _)| COSTS[number(site)]).collect();
        let mean = if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
        let serving = self.insts[&key].serving.as_ref().map(|(site, _)| site);
        let figures = |(meters, site, _): &&Seen| {
            let load = self.country.held(site, now).map(|load| load.load / WaterMarks::default().high);
            let cost = COSTS[number(site)].unwrap_or(mean);
            let moves = if serving == Some(site) { 0.0 } else { 1.0 };
            (site.clone(), [*meters, load.unwrap_or(0.5), cost, f64::from(TIERS[number(site)] as u8), moves])
        };
        open.iter().map(figures).collect()
    }

    pub(super) fn score(&self, key: (usize, u64), figures: &Figures) -> BTreeMap<SiteId, f64> {
        let Policy::Weighted(knobs) = self.apps[key.0].policy else { panic!("nothing is weighed") };
        let columns: Vec<_> = figures.iter().map(|(_, figures)| *figures).collect();
        let sites = figures.iter().map(|(site, _)| site.clone());
        sites.zip(scores::scores(&knobs, &columns)).collect()
    }

    /// Where an instance goes that relieves a site and has nobody near: the nearest site above the edge that takes it.
    pub(super) fn above(&self, key: (usize, u64), now: Timestamp) -> Option<Seen> {
        let (site, _) = self.insts[&key].serving.as_ref()?;
        let (at, _) = *self.ues.get(&key.1)?;
        let lost = at != At::Gone && ranked(at).is_empty();
        if !lost || self.left(key) != Some(Guard::Overloaded) {
            return None;
        }
        self.first_above(key, site, now)
    }

    /// Of those that are looked at where nothing is known of the UE's place: those up to the first one that takes it and,
    /// where its app weighs sites, the next one above the edge that does.
    pub(super) fn up_to_the_first(&self, app: usize, mut all: Vec<Seen>) -> Vec<Seen> {
        let first = all.iter().position(|(_, _, guard)| guard.is_none());
        let more = all.split_off(first.map_or(all.len(), |first| first + 1));
        let found = all.last().is_some_and(|(_, site, _)| is_upper(site));
        let weighs = matches!(self.apps[app].policy, Policy::Weighted(_));
        let upper = more.into_iter().find(|(_, site, guard)| is_upper(site) && guard.is_none());
        all.extend(upper.filter(|_| weighs && !found));
        all
    }

    pub(super) fn first_above(&self, key: (usize, u64), site: &SiteId, now: Timestamp) -> Option<Seen> {
        let (at, _) = *self.ues.get(&key.1)?;
        let uppers = ranked_from(site).into_iter().filter(|(_, other)| other != site && is_upper(other));
        let mut open = uppers.filter(|(_, other)| {
            let bars = self.country.bars(&self.apps[key.0], Some(site), at, other);
            bars.or_else(|| self.poor_at(key, other, now)).is_none()
        });
        open.next().map(|(far, other)| (far, other, None))
    }
}
