//! Where a tracking area is, as far as its known cells tell.

use std::collections::BTreeMap;

use model::Position;

use crate::index::SiteIx;
use crate::sites::{ecef, surface_below};
use crate::topology::Place;

/// What is known of the cells of one tracking area.
#[derive(Debug, Default)]
pub(super) struct Members {
    sum: [f64; 3],
    located: u32,
    pins: BTreeMap<SiteIx, u32>,
}

impl Members {
    /// Counts one cell.
    pub(super) fn add(&mut self, cell: &Place) {
        if let Some(origin) = cell.origin {
            let point = ecef(origin);
            self.sum = std::array::from_fn(|axis| self.sum[axis] + point[axis]);
            self.located += 1;
        }
        if let Some(site) = cell.pinned {
            *self.pins.entry(site).or_default() += 1;
        }
    }

    /// The centroid of the cells that have a position.
    pub(super) fn centroid(&self) -> Option<Position> {
        let count = f64::from(self.located.max(1));
        surface_below(self.sum.map(|axis| axis / count))
    }

    /// The site that most cells are pinned to; the lowest id among equals.
    pub(super) fn common_pin(&self) -> Option<SiteIx> {
        self.pins
            .iter()
            .max_by_key(|(site, count)| (**count, std::cmp::Reverse(**site)))
            .map(|(site, _)| *site)
    }
}
