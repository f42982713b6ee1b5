//! The index over sites and the walk that makes its answers exact.

use std::sync::Arc;

use model::{Position, Site, SiteId};

use crate::index::SiteIx;
use crate::sites::ecef;
use crate::sites::origin::{Origin, exceeds};
use crate::sites::trees::{Located, Trees};
use crate::topology::{Problem, TopologyError};
use crate::zone::{Within, Zones};

/// A site and its geodesic distance from the point that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked<'a> {
    /// The site.
    pub site: &'a SiteId,
    /// Geodesic distance in metres (Karney 2013, WGS 84).
    pub meters: f64,
}

/// As [`Ranked`], by index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rank {
    pub(crate) site: SiteIx,
    pub(crate) meters: f64,
}

/// Sites by position; answers are exact: equal to a search through all sites by geodesic distance, ties broken
/// by site id.
///
/// Sites are kept as ECEF points in R*-trees and walked in ascending chord. A chord is never longer than the
/// geodesic, so once it exceeds the best geodesic, no site behind it can be nearer.
///
/// [`nearest`](Self::nearest) and [`ranked`](Self::ranked) tell distances, whatever the service areas of sites;
/// [`covers`](Self::covers) tells those.
#[derive(Debug)]
pub struct SiteIndex {
    /// Every site in the order of ids, also those without position.
    sites: Vec<(SiteId, Option<Position>)>,
    trees: Trees,
    zones: Arc<Zones>,
}

impl SiteIndex {
    /// An index of these sites; those without position are in no answer.
    ///
    /// # Errors
    /// [`TopologyError`] names the ids that are listed more than once.
    pub fn new(sites: &[Site]) -> Result<Self, TopologyError> {
        let index = Self::unchecked(sites);
        let twice = index.sites.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        let problems: Vec<_> = twice.map(|pair| Problem::DuplicateSite(pair[1].0.clone())).collect();
        if problems.is_empty() { Ok(index) } else { Err(TopologyError { problems }) }
    }

    /// As [`new`](Self::new), for a caller that looks for duplicates itself.
    pub(crate) fn unchecked(sites: &[Site]) -> Self {
        let mut all: Vec<&Site> = sites.iter().collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        let zones = Arc::new(Zones::new(all.iter().copied()));
        Self::of(all.iter().map(|site| (site.id.clone(), site.position)).collect(), zones)
    }

    /// The same with only those sites in answers that are wanted; indices stay what they are.
    pub(crate) fn of_those(&self, wanted: impl Fn(SiteIx) -> bool) -> Self {
        let place = |slot, at: Option<Position>| at.filter(|_| wanted(SiteIx::from(slot)));
        let sites = self.sites.iter().enumerate().map(|(slot, (id, at))| (id.clone(), place(slot, *at)));
        Self::of(sites.collect(), Arc::clone(&self.zones))
    }

    fn of(sites: Vec<(SiteId, Option<Position>)>, zones: Arc<Zones>) -> Self {
        let located = sites.iter().enumerate().filter_map(|(slot, (_, position))| {
            position.map(|position| Located::new(ecef(position), SiteIx::from(slot)))
        });
        let trees = Trees::new(located.collect(), &zones);
        Self { sites, trees, zones }
    }

    /// The service areas of the sites.
    pub(crate) fn zones(&self) -> &Zones {
        &self.zones
    }

    /// Whether no site has a position.
    pub(crate) fn is_bare(&self) -> bool {
        self.trees.are_bare()
    }

    /// Whether the service area of a site holds a position; a site without an area serves everywhere, one that is not of
    /// this index nowhere.
    pub fn covers(&self, site: &SiteId, position: Position) -> bool {
        let Ok(slot) = self.sites.binary_search_by(|(id, _)| id.cmp(site)) else { return false };
        let (mut buffer, mut found) = (Vec::new(), Vec::new());
        self.zones.at(position, &mut buffer, &mut found);
        self.zones.covers(Within::Zones(&found), SiteIx::from(slot))
    }

    /// The nearest site; of several at the same distance the one with the lowest id.
    pub fn nearest(&self, position: Position) -> Option<Ranked<'_>> {
        self.nearest_of(position, Within::Everywhere, |_, _| Some(true)).map(|rank| self.named(rank))
    }

    /// The nearest of the sites that serve a place that `takes` says yes to; it is asked in ascending chord, and how far
    /// a site is only where it wants to know. It ends the search with `None`, and is not asked to once a site is found.
    pub(crate) fn nearest_of<'o>(
        &self,
        origin: impl Into<Origin<'o>>,
        within: Within<'_>,
        mut takes: impl FnMut(SiteIx, &dyn Fn() -> f64) -> Option<bool>,
    ) -> Option<Rank> {
        let origin = origin.into();
        let mut best: Option<Rank> = None;
        self.walk(origin, within, |site, at| {
            match takes(site, &|| origin.meters(at)) {
                Some(true) if best.is_some_and(|best| origin.exceeds(at, best.meters)) => (),
                Some(true) => {
                    let rank = Rank { site, meters: origin.meters(at) };
                    if best.is_none_or(|best| before(rank, best)) {
                        best = Some(rank);
                    }
                }
                Some(false) => (),
                // What is nearer by its geodesic may still lie behind one that was found.
                None => return Some(best.map_or(f64::NEG_INFINITY, |best| best.meters)),
            }
            best.map(|best| best.meters)
        });
        best
    }

    /// The `k` nearest sites, nearest first, ties in the order of ids.
    pub fn ranked(&self, position: Position, k: usize) -> Vec<Ranked<'_>> {
        let mut ranks = Vec::new();
        self.rank_into(position, Within::Everywhere, k, &mut ranks);
        ranks.into_iter().map(|rank| self.named(rank)).collect()
    }

    /// As [`ranked`](Self::ranked), of the sites that serve a place, into a buffer that is emptied first.
    pub(crate) fn rank_into<'o>(
        &self,
        origin: impl Into<Origin<'o>>,
        within: Within<'_>,
        k: usize,
        ranks: &mut Vec<Rank>,
    ) {
        let origin = origin.into();
        ranks.clear();
        if k == 0 {
            return;
        }
        self.walk(origin, within, |site, at| {
            let limit = |ranks: &[Rank]| (ranks.len() == k).then(|| ranks[k - 1].meters);
            if let Some(limit) = limit(ranks).filter(|limit| origin.exceeds(at, *limit)) {
                return Some(limit);
            }
            let rank = Rank { site, meters: origin.meters(at) };
            let at = ranks.partition_point(|&other| before(other, rank));
            if at < k {
                ranks.truncate(k - 1);
                ranks.insert(at, rank);
            }
            limit(ranks)
        });
    }

    /// Geodesic distance in metres from an origin to a site; `None` where the site has no position or is not
    /// of this catalogue.
    pub(crate) fn meters<'o>(&self, origin: impl Into<Origin<'o>>, site: SiteIx) -> Option<f64> {
        let (_, at) = self.sites.get(site.slot())?;
        at.map(|at| origin.into().meters(at))
    }

    /// Offers the sites that serve a place in ascending chord until one lies, by its chord alone, beyond the limit that
    /// `offer` gave.
    fn walk(
        &self,
        origin: Origin<'_>,
        within: Within<'_>,
        mut offer: impl FnMut(SiteIx, Position) -> Option<f64>,
    ) {
        let mut limit: Option<f64> = None;
        for (site, chord_squared) in self.trees.ascending(within, origin.start()) {
            if limit.is_some_and(|limit| exceeds(chord_squared.sqrt(), limit)) {
                break;
            }
            let (_, at) = &self.sites[site.slot()];
            if let Some(at) = at {
                limit = offer(site, *at);
            }
        }
    }

    fn named(&self, rank: Rank) -> Ranked<'_> {
        Ranked { site: &self.sites[rank.site.slot()].0, meters: rank.meters }
    }
}

/// Whether a site is nearer than another one, or as near with a lower id.
pub(crate) fn before(a: Rank, b: Rank) -> bool {
    a.meters < b.meters || (a.meters == b.meters && a.site < b.site)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::{Aim, ClusterRef};

    use super::*;
    use crate::sites::Spread;

    fn site(id: &str, position: Option<(f64, f64)>) -> Site {
        Site {
            id: SiteId::new(id).expect("valid"),
            name: id.into(),
            position: position.map(|(lon, lat)| Position::new(lon, lat).expect("valid")),
            cluster: ClusterRef { provider: "p".into(), cluster: id.into() },
            ingress: None,
            tier: model::Tier::Edge,
            water_marks: None,
            labels: BTreeSet::new(),
            max_instances: None,
            service_area: None,
            tenants: BTreeSet::new(),
            cost: None,
        }
    }

    #[test]
    fn sites_at_one_point_are_ranked_by_id() {
        let index = SiteIndex::new(&[
            site("c", Some((10.0, 50.0))),
            site("a", Some((10.0, 50.0))),
            site("b", Some((10.0, 50.0))),
            site("nowhere", None),
        ])
        .expect("no id twice");
        let from = Position::new(10.1, 50.0).expect("valid");
        let ids: Vec<_> = index.ranked(from, 9).iter().map(|r| r.site.as_str().to_owned()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert_eq!(index.nearest(from).map(|r| r.site.as_str()), Some("a"));
        assert!(index.ranked(from, 0).is_empty());
    }

    /// A lattice of sites, each point twice: ties are the rule.
    fn lattice() -> Vec<Site> {
        let at = |n: u32| (f64::from(n % 12), f64::from(n / 12 % 10) - 4.5);
        (0..240).map(|n| site(&format!("s{n:03}"), Some(at(n)))).collect()
    }

    #[test]
    fn the_nearest_site_that_takes_it_is_the_first_one_of_all_ranked_that_does() {
        let index = SiteIndex::new(&lattice()).expect("no id twice");
        for step in 0..60_u32 {
            let from = Position::new(f64::from(step % 12) - 0.3, f64::from(step / 12) - 2.0).expect("valid");
            let takes = |site: SiteIx| (site.slot() as u32 * 7 + step) % 11 > 7;
            let slot = |ranked: &Ranked<'_>| ranked.site.as_str()[1..].parse::<usize>().expect("a number");
            let all = index.ranked(from, 240);
            let expected = all.iter().find(|ranked| takes(SiteIx::from(slot(ranked))));
            let found = index.nearest_of(from, Within::Everywhere, |site, _| Some(takes(site)));
            let found = found.map(|rank| (rank.site.slot(), rank.meters));
            assert_eq!(found, expected.map(|ranked| (slot(ranked), ranked.meters)), "from {from:?}");
        }
    }

    #[test]
    fn the_best_sites_of_a_group_are_the_best_of_all_sites() {
        let sites = lattice();
        let index = SiteIndex::new(&sites).expect("no id twice");
        let mut ranks = Vec::new();
        for step in 0..120_u32 {
            // From all in one place to far across the lattice, some of them beyond it.
            let at = |n: u32| {
                let far = f64::from(step % 4 * n);
                Position::new(f64::from(step % 13) + far, f64::from(step % 7) - 3.0 - far / 3.0)
                    .expect("valid")
            };
            for aim in [Aim::Worst, Aim::Mean] {
                let spread = Spread::new(aim, (0..=step % 5).map(at)).expect("somebody");
                let origin = Origin::Spread(&spread);
                let each: Vec<_> = (0..=step % 5).map(|n| index.ranked(at(n), 240)).collect();
                let far = |site: &Site| {
                    aim.together(
                        each.iter()
                            .map(|ranked| ranked.iter().find(|r| *r.site == site.id).expect("each").meters),
                    )
                };
                let mut all: Vec<(f64, SiteIx)> =
                    sites.iter().zip(0..).map(|(site, slot)| (far(site), SiteIx::new(slot))).collect();
                all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                index.rank_into(origin, Within::Everywhere, 6, &mut ranks);
                let found: Vec<_> = ranks.iter().map(|rank| (rank.meters, rank.site)).collect();
                assert_eq!(found, all[..6], "step {step} {aim:?}");
                let takes = |site: SiteIx| site.slot() as u32 % 11 == step % 11;
                let best = index.nearest_of(origin, Within::Everywhere, |site, _| Some(takes(site)));
                let expected = all.iter().find(|(_, site)| takes(*site)).copied();
                assert_eq!(best.map(|rank| (rank.meters, rank.site)), expected, "step {step} {aim:?}");
            }
        }
    }

    #[test]
    fn a_search_that_is_ended_keeps_what_it_found() {
        let index = SiteIndex::new(&lattice()).expect("no id twice");
        let from = Position::new(3.1, 0.4).expect("valid");
        let mut asked = 0;
        let mut first = |most: usize, takes: bool| {
            asked = 0;
            let found = index.nearest_of(from, Within::Everywhere, |_, meters| {
                assert!(meters() >= 0.0);
                asked += 1;
                (asked <= most).then_some(takes)
            });
            (found.is_some(), asked)
        };
        assert_eq!(first(5, false), (false, 6));
        assert!(first(1, true).0);
    }

    #[test]
    fn only_wanted_sites_are_in_answers_under_their_own_indices() {
        let index = SiteIndex::new(&lattice()).expect("no id twice");
        let index = index.of_those(|site| site.slot() % 10 == 7);
        let found = index.ranked(Position::new(0.0, 0.0).expect("valid"), 240);
        assert_eq!(found.len(), 24);
        assert!(found.iter().all(|ranked| ranked.site.as_str().ends_with('7')));
    }

    #[test]
    fn sites_that_serve_a_place_are_ranked_as_if_there_were_no_others() {
        let square = |west: u32| {
            let (west, east) = (f64::from(west), f64::from(west) + 3.0);
            let json = format!("[[[[{west},-5],[{east},-5],[{east},5],[{west},5],[{west},-5]]]]");
            serde_json::from_str::<model::Area>(&json).expect("an area")
        };
        let mut sites = lattice();
        for (number, site) in (0_u32..).zip(&mut sites) {
            // Every fifth one serves everywhere; the areas of the others are four.
            site.service_area = (number % 5 > 0).then(|| square(number % 4 * 3));
        }
        let index = SiteIndex::new(&sites).expect("no id twice");
        assert_eq!(index.zones().count(), 4);
        let (mut buffer, mut zones, mut ranks) = (Vec::new(), Vec::new(), Vec::new());
        for step in 0..200_u32 {
            // Among them places on the border of two areas.
            let from = Position::new(f64::from(step % 25) / 2.0, f64::from(step / 25) - 3.0).expect("valid");
            index.zones().at(from, &mut buffer, &mut zones);
            index.rank_into(from, Within::Zones(&zones), 6, &mut ranks);
            let all = index.ranked(from, 240);
            let expected: Vec<_> =
                all.into_iter().filter(|ranked| index.covers(ranked.site, from)).take(6).collect();
            assert_eq!(
                ranks.iter().map(|rank| index.named(*rank)).collect::<Vec<_>>(),
                expected,
                "from {from:?}"
            );
        }
    }

    #[test]
    fn the_antimeridian_is_no_wall() {
        let index =
            SiteIndex::new(&[site("east", Some((179.9, -17.0))), site("west", Some((-179.0, -17.0)))])
                .expect("no id twice");
        let from = Position::new(-179.9, -17.0).expect("valid");
        let nearest = index.nearest(from).expect("two sites");
        assert_eq!(nearest.site.as_str(), "east");
        assert!((nearest.meters - 21_293.0).abs() < 20.0, "{}", nearest.meters);
    }

    #[test]
    fn an_id_that_is_listed_twice_is_named() {
        let error = SiteIndex::new(&[site("a", None), site("b", None), site("a", None)]).expect_err("twice");
        assert_eq!(error.to_string(), "site `a` is listed more than once");
    }

    #[test]
    fn no_site_no_answer() {
        let index = SiteIndex::new(&[]).expect("no id twice");
        assert_eq!(index.nearest(Position::new(0.0, 0.0).expect("valid")), None);
    }
}
