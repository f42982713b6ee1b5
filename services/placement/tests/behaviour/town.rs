//! The sites of stories: where they are, what they have, whom and where they serve.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{App, Area, Guard, Position, Site, SiteId, Tier, WaterMarks};
use placement::Topology;
use proptest::prelude::*;

use crate::country::At;
use crate::scene::*;

/// The third one is not as far from the second as the first is: nothing is as near as something else from a site.
pub(crate) const LONGITUDES: [f64; 3] = [0.0, 1.0, 2.3];
pub(crate) const SITES: u32 = 3;

/// What kind of sites they are, and what they cost.
pub(crate) const TIERS: [Tier; 3] = [Tier::Edge, Tier::Metro, Tier::Cloud];
pub(crate) const COSTS: [Option<f64>; 3] = [Some(3.0), None, Some(1.0)];

/// How long what is measured does not show what has left.
pub(crate) const SETTLE: Duration = Duration::from_secs(5);

/// What differs between towns.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Town {
    /// How many instances each site has room for.
    pub(crate) rooms: [Option<u32>; 3],
    /// The first and the last cell that each site serves; each one where there are none.
    pub(crate) areas: [Option<(u32, u32)>; 3],
}

/// Where sites serve: one in two of them not everywhere.
pub(crate) fn areas() -> impl Strategy<Value = [Option<(u32, u32)>; 3]> {
    let area = (0..30_u32, 1..25_u32).prop_map(|(first, more)| (first, first + more));
    proptest::array::uniform3(proptest::option::of(area))
}

impl Town {
    /// Its sites, s1 and s2 with a label, s2 for the tenant acme; a cell c at c / 10, up to 30.
    ///
    /// Where there is room for any number, an instance takes so little that loads never leave room for few.
    pub(crate) fn topology(&self) -> Topology {
        let per_instance = self.rooms.iter().all(Option::is_none).then_some(0.000_1);
        let marks = WaterMarks { per_instance, settle: SETTLE, ..WaterMarks::default() };
        let sites = (0..SITES).map(|number| Site {
            position: Some(Position::new(LONGITUDES[number as usize], 0.0).unwrap()),
            labels: labels(number),
            max_instances: self.rooms[number as usize],
            water_marks: Some(marks),
            service_area: self.areas[number as usize].map(|(first, last)| stripe(first, last)),
            tenants: tenants(number),
            tier: TIERS[number as usize],
            cost: COSTS[number as usize],
            ..site(number)
        });
        Topology::new(sites.collect(), (0..=30).map(cell).collect(), Vec::new()).unwrap()
    }

    /// Whether a site serves a place; each one serves a place that is not known.
    pub(crate) fn covers(&self, at: At, site: &SiteId) -> bool {
        let area = (0..SITES).find(|n| site_id(*n) == *site).and_then(|n| self.areas[n as usize]);
        let holds = |hundredths: u32| {
            area.is_none_or(|(first, last)| 10 * first <= hundredths && hundredths <= 10 * last)
        };
        match at {
            At::Point(hundredths, _) => holds(hundredths),
            At::Cell(_) | At::Members(..) | At::Gone => at.cells().into_iter().all(|cell| holds(10 * cell)),
        }
    }
}

/// Whether a site is above the edge.
pub(crate) fn is_upper(site: &SiteId) -> bool {
    (0..SITES).any(|n| site_id(n) == *site && TIERS[n as usize] != Tier::Edge)
}

/// From one cell to another, both of them on its edges.
pub(crate) fn stripe(first: u32, last: u32) -> Area {
    let (west, east) = (f64::from(first) / 10.0, f64::from(last) / 10.0);
    let corners = [(west, -1.0), (east, -1.0), (east, 1.0), (west, 1.0), (west, -1.0)];
    let ring = corners.map(|(lon, lat)| Position::new(lon, lat).unwrap());
    Area::new(vec![vec![ring.to_vec()]]).unwrap()
}

fn labels(site: u32) -> BTreeSet<String> {
    if site == 0 { BTreeSet::new() } else { ["gpu".to_owned()].into() }
}

fn tenants(site: u32) -> BTreeSet<String> {
    if site == 2 { ["acme".to_owned()].into() } else { BTreeSet::new() }
}

/// The land of the first two sites.
pub(crate) fn west() -> BTreeMap<String, Area> {
    [("west".to_owned(), stripe(0, 15))].into()
}

/// Why an app cannot use a site, whatever its condition. Where data may be it knows one land only.
pub(crate) fn unusable(app: &App, site: &SiteId) -> Option<Guard> {
    let number = (0..SITES).find(|n| site_id(*n) == *site)?;
    let tenant = app.tenant.as_deref() == Some("acme");
    if !app.requires.is_subset(&labels(number)) {
        Some(Guard::MissingLabel)
    } else if !tenants(number).is_empty() && !tenant {
        Some(Guard::Tenant)
    } else {
        (app.residency == west() && number == 2).then_some(Guard::Residency)
    }
}
