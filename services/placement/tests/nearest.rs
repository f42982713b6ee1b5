//! The nearest site is the nearest one: held against a search through all sites, written apart from the index.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use geo::{Distance as _, Geodesic, Point};
use model::{ClusterRef, Position, Site, SiteId};
use placement::SiteIndex;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

type Place = (f64, f64);

fn index(places: &[Place]) -> SiteIndex {
    let site = |(number, (lon, lat)): (usize, &Place)| Site {
        id: SiteId::new(format!("s{number:05}")).unwrap(),
        name: String::new(),
        position: Some(Position::new(*lon, *lat).unwrap()),
        cluster: ClusterRef { provider: "p".into(), cluster: "c".into() },
        ingress: None,
        tier: model::Tier::Edge,
        water_marks: None,
        labels: BTreeSet::new(),
        max_instances: None,
        service_area: None,
        tenants: BTreeSet::new(),
        cost: None,
    };
    SiteIndex::new(&places.iter().enumerate().map(site).collect::<Vec<_>>()).unwrap()
}

/// All sites by (geodesic distance, id): every distance computed, nothing clever.
fn brute_force(places: &[Place], from: Place) -> Vec<(String, f64)> {
    let mut all: Vec<_> = places
        .iter()
        .enumerate()
        .map(|(number, at)| (format!("s{number:05}"), Geodesic.distance(Point::from(from), Point::from(*at))))
        .collect();
    all.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    all
}

fn mismatches(places: &[Place], queries: &[Place], k: usize) -> usize {
    let index = index(places);
    let wrong = |from: &&Place| {
        let at = Position::new(from.0, from.1).unwrap();
        let expected = brute_force(places, **from);
        let ranked: Vec<_> =
            index.ranked(at, k).iter().map(|r| (r.site.as_str().to_owned(), r.meters)).collect();
        let nearest = index.nearest(at).map(|r| (r.site.as_str().to_owned(), r.meters));
        ranked[..] != expected[..k.min(places.len())] || nearest.as_ref() != expected.first()
    };
    queries.iter().filter(wrong).count()
}

struct Scatter(ChaCha8Rng);

impl Scatter {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn within(&mut self, lon: (f64, f64), lat: (f64, f64), count: usize) -> Vec<Place> {
        let wrap = |lon: f64| if lon > 180.0 { lon - 360.0 } else { lon };
        (0..count)
            .map(|_| (wrap(self.0.random_range(lon.0..lon.1)), self.0.random_range(lat.0..lat.1)))
            .collect()
    }

    /// Even on the sphere: latitudes by their sine.
    fn world(&mut self, count: usize) -> Vec<Place> {
        (0..count)
            .map(|_| {
                let sine: f64 = self.0.random_range(-1.0..1.0);
                (self.0.random_range(-180.0..180.0), sine.asin().to_degrees())
            })
            .collect()
    }
}

#[test]
fn dense_city() {
    let mut scatter = Scatter::new(1);
    let sites = scatter.within((144.5, 145.5), (-38.3, -37.4), 1_464);
    let queries = scatter.within((144.4, 145.6), (-38.4, -37.3), 400);
    assert_eq!(mismatches(&sites, &queries, 5), 0);
}

#[test]
fn whole_world() {
    let mut scatter = Scatter::new(2);
    let sites = scatter.world(3_000);
    assert_eq!(mismatches(&sites, &scatter.world(250), 8), 0);
}

#[test]
fn across_the_antimeridian() {
    let mut scatter = Scatter::new(3);
    let mut sites = scatter.within((176.5, 182.5), (-20.0, -15.0), 200);
    sites.extend([(180.0, -17.0), (-180.0, -17.0), (180.0, -18.0)]);
    let mut queries = scatter.within((176.0, 183.0), (-21.0, -14.0), 800);
    queries.extend([(180.0, -17.0), (-180.0, -17.0), (-180.0, -17.5)]);
    assert_eq!(mismatches(&sites, &queries, 6), 0);
}

#[test]
fn far_north_and_both_poles() {
    let mut scatter = Scatter::new(4);
    let mut sites = scatter.within((4.0, 31.5), (55.0, 71.5), 300);
    sites.extend(scatter.within((-180.0, 180.0), (80.0, 90.0), 60));
    sites.extend([(0.0, 90.0), (77.0, 90.0), (-120.0, -90.0), (5.0, -89.9)]);
    let mut queries = scatter.within((-180.0, 180.0), (60.0, 90.0), 500);
    queries.extend(scatter.within((-180.0, 180.0), (-90.0, -60.0), 100));
    queries.extend([(0.0, 90.0), (180.0, 90.0), (-33.0, -90.0), (0.0, 89.999_999_9)]);
    assert_eq!(mismatches(&sites, &queries, 7), 0);
}

#[test]
fn duplicates_and_ties() {
    let mut scatter = Scatter::new(5);
    // A coarse grid, each point several times: ties in distance are the rule.
    let grid: Vec<Place> = (0..240).map(|n| (f64::from(n % 8), f64::from(n / 8 % 6) - 2.5)).collect();
    let mut queries: Vec<Place> =
        (0..60).map(|n| (f64::from(n % 10) - 0.5, f64::from(n / 10) - 3.0)).collect();
    queries.extend(scatter.within((-1.0, 9.0), (-4.0, 4.0), 100));
    assert_eq!(mismatches(&grid, &queries, 12), 0);
    let one_point = vec![(10.0, 50.0); 40];
    assert_eq!(mismatches(&one_point, &[(10.0, 50.0), (11.0, 50.0), (-170.0, -50.0)], 40), 0);
}

#[test]
fn nearly_antipodal_and_few_sites() {
    let mut scatter = Scatter::new(6);
    for count in 1..=4 {
        let sites = scatter.world(count);
        let opposite: Vec<Place> = sites
            .iter()
            .map(|(lon, lat)| (if *lon > 0.0 { lon - 180.0 } else { lon + 180.0 }, -lat))
            .collect();
        assert_eq!(mismatches(&sites, &opposite, 4), 0);
        assert_eq!(mismatches(&sites, &scatter.world(100), 4), 0);
    }
}
