//! The R*-tree over sites and the walk that makes its answers exact.

use geo::{Distance as _, Geodesic, Point};
use model::{Position, Site, SiteId};
use rstar::RTree;
use rstar::primitives::GeomWithData;

use crate::index::SiteIx;
use crate::sites::ecef;
use crate::topology::{Problem, TopologyError};

/// How much of a chord certainly is not rounding: the relative error of chords, far above that of `f64`.
const CHORD_RELATIVE: f64 = 1.0 - 1e-12;
/// Absolute slack in metres, above the rounding of ECEF coordinates (1 nm) and of Karney's series (15 nm).
const CHORD_SLACK: f64 = 1e-6;

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
/// Sites are kept as ECEF points in an R*-tree and walked in ascending chord. A chord is never longer than the
/// geodesic, so once it exceeds the best geodesic, no site behind it can be nearer.
#[derive(Debug)]
pub struct SiteIndex {
    /// Every site in the order of ids, also those without position.
    sites: Vec<(SiteId, Option<Position>)>,
    tree: RTree<GeomWithData<[f64; 3], SiteIx>>,
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
        Self::of_those(sites, |_| true)
    }

    /// Only the sites that are wanted are in answers; indices are those of all sites in the order of ids.
    pub(crate) fn of_those(sites: &[Site], wanted: impl Fn(&Site) -> bool) -> Self {
        let place = |site: &Site| site.position.filter(|_| wanted(site));
        let mut sites: Vec<_> = sites.iter().map(|site| (site.id.clone(), place(site))).collect();
        sites.sort_by(|a, b| a.0.cmp(&b.0));
        let located = sites.iter().enumerate().filter_map(|(slot, (_, position))| {
            position.map(|position| GeomWithData::new(ecef(position), SiteIx::from(slot)))
        });
        let tree = RTree::bulk_load(located.collect());
        Self { sites, tree }
    }

    /// The nearest site; of several at the same distance the one with the lowest id.
    pub fn nearest(&self, position: Position) -> Option<Ranked<'_>> {
        self.nearest_of(position, |_, _| Some(true)).map(|rank| self.named(rank))
    }

    /// The nearest site that `takes` says yes to; it is asked in ascending chord, and how far a site is only where it
    /// wants to know. It ends the search with `None`, and is not asked to once a site is found.
    pub(crate) fn nearest_of(
        &self,
        position: Position,
        mut takes: impl FnMut(SiteIx, &dyn Fn() -> f64) -> Option<bool>,
    ) -> Option<Rank> {
        let mut best: Option<Rank> = None;
        self.walk(position, |site, at| {
            match takes(site, &|| geodesic(position, at)) {
                Some(true) => {
                    let rank = Rank { site, meters: geodesic(position, at) };
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
        self.rank_into(position, k, &mut ranks);
        ranks.into_iter().map(|rank| self.named(rank)).collect()
    }

    /// As [`ranked`](Self::ranked), into a buffer that is emptied first.
    pub(crate) fn rank_into(&self, position: Position, k: usize, ranks: &mut Vec<Rank>) {
        ranks.clear();
        if k == 0 {
            return;
        }
        self.walk(position, |site, at| {
            let rank = Rank { site, meters: geodesic(position, at) };
            let at = ranks.partition_point(|&other| before(other, rank));
            if at < k {
                ranks.truncate(k - 1);
                ranks.insert(at, rank);
            }
            (ranks.len() == k).then(|| ranks[k - 1].meters)
        });
    }

    /// Geodesic distance in metres from `position` to a site; `None` where the site has no position or is not
    /// of this catalogue.
    pub(crate) fn meters(&self, position: Position, site: SiteIx) -> Option<f64> {
        let (_, at) = self.sites.get(site.slot())?;
        at.map(|at| geodesic(position, at))
    }

    /// Offers sites in ascending chord until one lies, by its chord alone, beyond the limit that `offer` gave.
    fn walk(&self, position: Position, mut offer: impl FnMut(SiteIx, Position) -> Option<f64>) {
        let mut limit: Option<f64> = None;
        for (site, chord_squared) in self.tree.nearest_neighbor_iter_with_distance_2(ecef(position)) {
            if limit.is_some_and(|limit| chord_squared.sqrt() * CHORD_RELATIVE - CHORD_SLACK > limit) {
                break;
            }
            let (_, at) = &self.sites[site.data.slot()];
            if let Some(at) = at {
                limit = offer(site.data, *at);
            }
        }
    }

    fn named(&self, rank: Rank) -> Ranked<'_> {
        Ranked { site: &self.sites[rank.site.slot()].0, meters: rank.meters }
    }
}

fn before(a: Rank, b: Rank) -> bool {
    a.meters < b.meters || (a.meters == b.meters && a.site < b.site)
}

/// Karney's geodesic distance in metres.
fn geodesic(from: Position, to: Position) -> f64 {
    Geodesic.distance(Point::new(from.lon(), from.lat()), Point::new(to.lon(), to.lat()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::ClusterRef;

    use super::*;

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
            let found = index.nearest_of(from, |site, _| Some(takes(site)));
            let found = found.map(|rank| (rank.site.slot(), rank.meters));
            assert_eq!(found, expected.map(|ranked| (slot(ranked), ranked.meters)), "from {from:?}");
        }
    }

    #[test]
    fn a_search_that_is_ended_keeps_what_it_found() {
        let index = SiteIndex::new(&lattice()).expect("no id twice");
        let from = Position::new(3.1, 0.4).expect("valid");
        let mut asked = 0;
        let mut first = |most: usize, takes: bool| {
            asked = 0;
            let found = index.nearest_of(from, |_, meters| {
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
        let sites = lattice();
        let index = SiteIndex::of_those(&sites, |site| site.id.as_str().ends_with('7'));
        let found = index.ranked(Position::new(0.0, 0.0).expect("valid"), 240);
        assert_eq!(found.len(), 24);
        assert!(found.iter().all(|ranked| ranked.site.as_str().ends_with('7')));
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
