//! The service areas of sites: sites with the same area are one zone.

use std::collections::BTreeMap;

use model::{Area, Position, Site};

use super::Mosaic;
use crate::index::{SiteIx, ZoneIx};

/// Which sites serve a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within<'a> {
    /// All of them.
    Everywhere,
    /// Those of these zones, which are ascending, and those without an area.
    Zones(&'a [ZoneIx]),
}

/// The zones.
#[derive(Debug)]
pub(crate) struct Zones {
    /// By slot of the site; none where no site has an area.
    of: Vec<Option<ZoneIx>>,
    areas: Mosaic,
    count: usize,
}

impl Zones {
    /// The zones of sites in the order of their slots.
    pub(crate) fn new<'a>(sites: impl IntoIterator<Item = &'a Site>) -> Self {
        let (mut known, mut areas): (BTreeMap<_, ZoneIx>, Vec<&Area>) = Default::default();
        let mut zone = |area: &'a Area| {
            *known.entry(corners(area)).or_insert_with(|| {
                areas.push(area);
                ZoneIx::from(areas.len() - 1)
            })
        };
        let of: Vec<_> = sites.into_iter().map(|site| site.service_area.as_ref().map(&mut zone)).collect();
        let count = areas.len();
        Self { of: if count == 0 { Vec::new() } else { of }, areas: Mosaic::new(areas), count }
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// The zone of a site; `None` where it serves everywhere.
    pub(crate) fn of(&self, site: SiteIx) -> Option<ZoneIx> {
        self.of.get(site.slot()).copied().flatten()
    }

    /// The zones that hold a position, ascending, into a buffer that is emptied first.
    pub(crate) fn at(&self, position: Position, buffer: &mut Vec<u32>, found: &mut Vec<ZoneIx>) {
        self.areas.at(position, buffer);
        found.clear();
        found.extend(buffer.iter().map(|number| ZoneIx::new(*number)));
    }

    /// Whether a site serves a place.
    pub(crate) fn covers(&self, within: Within<'_>, site: SiteIx) -> bool {
        match (within, self.of(site)) {
            (Within::Everywhere, _) | (Within::Zones(_), None) => true,
            (Within::Zones(zones), Some(zone)) => zones.binary_search(&zone).is_ok(),
        }
    }
}

/// All that tells an area from others, in an order.
fn corners(area: &Area) -> Vec<u64> {
    let mut all = Vec::new();
    for polygon in area.polygons() {
        all.push(polygon.len() as u64);
        for ring in polygon {
            all.push(ring.len() as u64);
            all.extend(ring.iter().flat_map(|at| [at.lon().to_bits(), at.lat().to_bits()]));
        }
    }
    all
}
