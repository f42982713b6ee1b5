//! Cells and sites of the town.

use super::PLMN;
use super::streets::{HEIGHT_METERS, WIDTH_METERS};
use crate::chance::Chance;
use crate::earth::Flat;
use crate::{Cell, Site};

/// Columns and rows of the cell layout.
const CELLS: (usize, usize) = (8, 7);
/// How far a mast stands from its place in the layout, at most, in parts of the spacing.
const JITTER: f64 = 0.18;
/// Sites of the town: id, name, place in parts of its width and height.
const SITES: [(&str, &str, f64, f64); 6] = [
    ("harbour", "Harbour", 0.16, 0.22),
    ("promenade", "Promenade", 0.52, 0.18),
    ("lighthouse", "Lighthouse", 0.85, 0.25),
    ("station", "Railway station", 0.18, 0.74),
    ("market", "Market hall", 0.48, 0.80),
    ("university", "University", 0.82, 0.76),
];

/// One mast with one cell each, in a hexagonal layout that houses and hills have pushed about; one TAC a quarter.
pub(super) fn build(seed: u64, stream: u64, map: Flat) -> (Vec<Cell>, Vec<Site>) {
    let mut chance = Chance::new(seed, stream);
    let (columns, rows) = CELLS;
    let (dx, dy) = (WIDTH_METERS / (columns as f64 - 0.5), HEIGHT_METERS / (rows as f64 - 1.0));
    let mut cells = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            // Every other row is shifted by half a spacing.
            let shift = if row % 2 == 0 { 0.0 } else { 0.5 };
            let east = (column as f64 + shift + chance.between(-JITTER, JITTER)) * dx;
            let north = (row as f64 + chance.between(-JITTER, JITTER)) * dy;
            let (lon, lat) = map.to_degrees(east, north);
            let gnb = 1 + row * columns + column;
            let quarter = 1 + usize::from(column >= columns / 2) + 2 * usize::from(row > rows / 2);
            cells.push(Cell {
                mcc: PLMN.0.into(),
                mnc: PLMN.1.into(),
                // A gNB id of 24 bits and cell 1 of that gNB (TS 38.413 clause 9.3.1.6).
                nci: format!("{gnb:06x}001"),
                tac: format!("{quarter:06x}"),
                lon: rounded(lon),
                lat: rounded(lat),
            });
        }
    }
    let sites = SITES
        .iter()
        .map(|(id, name, east, north)| {
            let (lon, lat) = map.to_degrees(east * WIDTH_METERS, north * HEIGHT_METERS);
            Site { id: (*id).into(), name: (*name).into(), lon: rounded(lon), lat: rounded(lat) }
        })
        .collect();
    (cells, sites)
}

/// To a decimetre, as people write coordinates.
fn rounded(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}
