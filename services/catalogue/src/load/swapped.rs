//! Notices files whose longitude and latitude are swapped where both are still valid numbers.

use model::{Cell, Pin, Position, Site};

/// Cells and sites that belong together are not farther apart than this, metres.
const FAR_METERS: f64 = 500_000.0;
/// So many cells and sites are looked at: one wrong file is wrong all through.
const LOOKED_AT: usize = 200;

/// What looks wrong about these cells beside these sites, if anything.
pub(super) fn suspicion(cells: &[Cell], sites: &[Site]) -> Option<String> {
    let every = (cells.len() / LOOKED_AT).max(1);
    let cells: Vec<Position> = cells
        .iter()
        .step_by(every)
        .filter_map(|cell| match &cell.pin {
            Pin::Position(position) => Some(*position),
            Pin::Site(_) => None,
        })
        .collect();
    let sites: Vec<Position> = sites.iter().filter_map(|s| s.position).take(LOOKED_AT).collect();
    if cells.is_empty() || sites.is_empty() {
        return None;
    }
    let closest = |cells: &[Position]| {
        let pairs = cells.iter().flat_map(|c| sites.iter().map(|s| meters(*c, *s)));
        pairs.fold(f64::INFINITY, f64::min)
    };
    let apart = closest(&cells);
    let turned: Vec<Position> = cells.iter().filter_map(|c| Position::new(c.lat(), c.lon()).ok()).collect();
    (apart > FAR_METERS && closest(&turned) < FAR_METERS).then(|| {
        format!(
            "its cells are {:.0} km or more from every site, and close to them with longitude and latitude swapped: \
             the columns of this file or of the sites are swapped (longitude comes first)",
            apart / 1000.0
        )
    })
}

/// Great-circle distance on a sphere: good enough to tell towns from continents.
fn meters(a: Position, b: Position) -> f64 {
    let (lat_a, lat_b) = (a.lat().to_radians(), b.lat().to_radians());
    let (dlat, dlon) = (lat_b - lat_a, (b.lon() - a.lon()).to_radians());
    let h = (dlat / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (dlon / 2.0).sin().powi(2);
    2.0 * 6_371_008.8 * h.sqrt().min(1.0).asin()
}
