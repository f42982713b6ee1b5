//! Geodesic distances between the cells that occur and the sites: by brute force, so that what is said here does not
//! rest on the index that the engine asks.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use geo::{Distance as _, Geodesic, Point};
use model::Position;

use crate::{Events, Network};

/// Up to so many distances are kept in tables, 8 bytes each; beyond, only those that are asked for.
const IN_TABLES: usize = 16 << 20;
/// With up to so many sites, the optimum is sought among all of them.
pub(crate) const ALL_SITES: usize = 512;
/// With more, it is sought among so many of the nearest ones of each cell.
pub(crate) const NEAREST_SITES: usize = 16;

/// Distances by location (of [`Events`]) and site (of [`Network`]), each computed once, whichever thread asks.
#[derive(Debug)]
pub(crate) struct Distances<'a> {
    sites: Vec<Position>,
    network: &'a Network,
    origins: Vec<Option<Position>>,
    rows: Vec<OnceLock<Row>>,
    /// Whether rows hold the distances to all sites.
    tables: bool,
    /// What was asked for, where they do not.
    asked: Mutex<HashMap<(u32, u32), f64>>,
}

#[derive(Debug)]
struct Row {
    /// Nearest first, ties by id; at most [`NEAREST_SITES`].
    nearest: Vec<u32>,
    /// To every site, or nothing where that would be too many numbers.
    all: Vec<f64>,
}

impl<'a> Distances<'a> {
    pub(crate) fn new(network: &'a Network, events: &Events) -> Self {
        let origin = |cell| network.cells.get(&cell).copied();
        let origins: Vec<_> =
            events.locations.iter().map(|location| location.cell.and_then(origin)).collect();
        let rows = origins.iter().map(|_| OnceLock::new()).collect();
        let sites: Vec<_> = network.sites.iter().map(|(_, position)| *position).collect();
        let tables = sites.len().saturating_mul(origins.len()) <= IN_TABLES;
        Self { sites, network, origins, rows, tables, asked: Mutex::default() }
    }

    /// Where a location is; `None` where its cell is not known.
    pub(crate) fn origin(&self, location: u32) -> Option<Position> {
        self.origins.get(location as usize).copied().flatten()
    }

    /// The network that the distances are in.
    pub(crate) const fn network(&self) -> &'a Network {
        self.network
    }

    /// Metres from a location to a site; infinite where the location is not known.
    pub(crate) fn meters(&self, location: u32, site: u32) -> f64 {
        let Some(origin) = self.origin(location) else { return f64::INFINITY };
        let Some(to) = self.sites.get(site as usize).copied() else { return f64::INFINITY };
        if self.tables {
            return self.row(location, origin).all[site as usize];
        }
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked.entry((location, site)).or_insert_with(|| geodesic(origin, to))
    }

    /// The sites nearest to a location, nearest first, ties by id; none where it is not known.
    pub(crate) fn nearest(&self, location: u32) -> &[u32] {
        match self.origin(location) {
            Some(origin) => &self.row(location, origin).nearest,
            None => &[],
        }
    }

    /// The nearest site of those that are open, ties by id; none where the location is not known or all are shut.
    pub(crate) fn nearest_open(&self, location: u32, open: impl Fn(u32) -> bool) -> Option<u32> {
        let nearest = self.nearest(location);
        if let Some(found) = nearest.iter().copied().find(|site| open(*site)) {
            return Some(found);
        }
        let rest = (0..self.sites.len() as u32).filter(|site| !nearest.contains(site) && open(*site));
        let rest = rest.filter(|_| !nearest.is_empty()).map(|site| (self.meters(location, site), site));
        rest.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, site)| site)
    }

    fn row(&self, location: u32, origin: Position) -> &Row {
        let (sites, tables) = (&self.sites, self.tables);
        self.rows[location as usize].get_or_init(|| {
            let all: Vec<f64> = sites.iter().map(|site| geodesic(origin, *site)).collect();
            let mut nearest: Vec<u32> = (0..sites.len() as u32).collect();
            nearest.sort_by(|a, b| all[*a as usize].total_cmp(&all[*b as usize]).then(a.cmp(b)));
            nearest.truncate(NEAREST_SITES);
            nearest.shrink_to_fit();
            Row { nearest, all: if tables { all } else { Vec::new() } }
        })
    }
}

fn geodesic(from: Position, to: Position) -> f64 {
    Geodesic.distance(Point::new(from.lon(), from.lat()), Point::new(to.lon(), to.lat()))
}
