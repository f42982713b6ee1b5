//! The radio model: how strong each cell is at a place, and when a UE is handed over.
//!
//! Received power = a constant − path loss − shadowing. All cells send with the same power, so the constant falls
//! out of every comparison and is left out. Path loss and shadowing are those of the urban macro cell without line
//! of sight of TR 38.901 (Tables 7.4.1-1, 7.4.4-1 and 7.5-6), handover is event A3 of TS 38.331 clause 5.5.4.4.
//! Fast fading, interference and load are left out: layer 3 filtering (TS 38.331 clause 5.5.3.2) removes the first,
//! and the others do not change *where* cells meet, which is what a scenario is about.

mod handover;
mod shadow;

pub(crate) use handover::Handover;
pub use handover::{A3_OFFSET_DB, HYSTERESIS_DB, TIME_TO_TRIGGER};
use shadow::Shadow;
pub use shadow::{LATTICE_METERS, LIMIT_SIGMAS, SIGMA_DB, SITE_CORRELATION};

use std::time::Duration;

use crate::Cell;
use crate::earth::{Flat, Place, distance_squared, place};

/// How often a UE measures. `TIME_TO_TRIGGER` is a multiple of it.
pub const STEP: Duration = Duration::from_millis(160);
/// Path loss for each factor of ten in distance, dB (TR 38.901 Table 7.4.1-1, UMa NLOS).
pub const LOSS_PER_DECADE_DB: f64 = 39.08;
/// Antenna height above the UE, metres: 25 m (TR 38.901 Table 7.4.1-1, UMa) less the UE's 1.5 m.
pub const ANTENNA_HEIGHT_METERS: f64 = 23.5;
/// A cell this many times farther than the nearest one, antenna to antenna, is never the strongest: shadowing can
/// make up for 2 × `LIMIT_SIGMAS` × `SIGMA_DB` = 36 dB at most, the A3 margin for 3 dB more, together a factor of
/// 10^(39 / 39.08) < 10.
const REACH: f64 = 10.0;

/// The cells of a scenario, ready to be measured.
#[derive(Debug)]
pub(crate) struct Radio {
    places: Vec<Place>,
    map: Flat,
    shadow: Shadow,
}

/// What a UE receives from one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Level {
    /// Index of the cell.
    pub(crate) cell: u32,
    /// Received power, dB relative to an unspecified constant.
    pub(crate) db: f64,
}

impl Radio {
    /// The cells, and the seed of the shadows that the town throws.
    pub(crate) fn new(cells: &[Cell], seed: u64) -> Self {
        let (lon, lat) = cells.first().map_or((0.0, 0.0), |c| (c.lon, c.lat));
        Self {
            places: cells.iter().map(|c| place(c.lon, c.lat)).collect(),
            map: Flat::around(lon, lat),
            shadow: Shadow::new(seed),
        }
    }

    /// Fills `levels` with the cells that can be the strongest at this place, and with `serving`.
    pub(crate) fn measure(&self, lon: f64, lat: f64, serving: Option<u32>, levels: &mut Vec<Level>) {
        levels.clear();
        let here = place(lon, lat);
        let (east, north) = self.map.to_meters(lon, lat);
        let height = ANTENNA_HEIGHT_METERS * ANTENNA_HEIGHT_METERS;
        let squared = |cell: &Place| distance_squared(here, *cell) + height;
        let nearest = self.places.iter().map(squared).fold(f64::INFINITY, f64::min);
        for (cell, at) in (0u32..).zip(&self.places) {
            let squared = squared(at);
            if squared <= nearest * (REACH * REACH) || Some(cell) == serving {
                // Half the loss a decade, because the distance is squared.
                let loss = LOSS_PER_DECADE_DB / 2.0 * libm::log10(squared);
                levels.push(Level { cell, db: -loss - self.shadow.db(cell, east, north) });
            }
        }
    }
}

/// The strongest; the first of several.
pub(crate) fn strongest(levels: &[Level]) -> Option<Level> {
    levels.iter().copied().reduce(|best, next| if next.db > best.db { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(lon: f64, lat: f64) -> Cell {
        let text = |t: &str| t.to_owned();
        Cell { mcc: text("208"), mnc: text("93"), nci: text("000001001"), tac: text("000001"), lon, lat }
    }

    #[test]
    fn next_to_its_mast_a_cell_is_the_strongest() {
        let cells: Vec<_> = (0..20).map(|i| cell(7.40 + 0.005 * f64::from(i), 43.73)).collect();
        let mut levels = Vec::new();
        for seed in 0..50 {
            Radio::new(&cells, seed).measure(7.45, 43.73, None, &mut levels);
            assert_eq!(strongest(&levels).map(|l| l.cell), Some(10), "seed {seed}");
        }
    }

    #[test]
    fn cells_out_of_reach_are_not_measured_but_the_serving_one_is() {
        let cells = [cell(7.40, 43.73), cell(7.41, 43.73), cell(9.0, 43.73)];
        let radio = Radio::new(&cells, 1);
        let mut levels = Vec::new();
        radio.measure(7.405, 43.73, None, &mut levels);
        assert_eq!(levels.len(), 2);
        radio.measure(7.405, 43.73, Some(2), &mut levels);
        assert_eq!(levels.len(), 3);
    }

    #[test]
    fn ten_times_the_distance_costs_a_decade() {
        let cells = [cell(7.40, 43.73)];
        let radio = Radio { shadow: Shadow::none(), ..Radio::new(&cells, 0) };
        let mut levels = Vec::new();
        let mut at = |east: f64| {
            let (lon, lat) = radio.map.to_degrees(east, 0.0);
            radio.measure(lon, lat, None, &mut levels);
            levels[0].db
        };
        let loss = at(1_000.0) - at(10_000.0);
        assert!((loss - LOSS_PER_DECADE_DB).abs() < 0.02, "{loss}");
    }
}
