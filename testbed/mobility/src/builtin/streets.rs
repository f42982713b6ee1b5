//! The town's streets: a grid with avenues, a promenade along the sea, a ring road around.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::chance::Chance;

/// From west to east, metres.
pub(super) const WIDTH_METERS: f64 = 2_560.0;
/// From the sea to the hills, metres.
pub(super) const HEIGHT_METERS: f64 = 1_920.0;
/// Between two crossings, metres.
const BLOCK_METERS: f64 = 160.0;
/// Crossings from west to east, and from south to north.
const COLUMNS: usize = 17;
const ROWS: usize = 13;
/// Crossings are off the grid by at most this, metres.
const JITTER_METERS: f64 = 25.0;
/// Every how many streets there is an avenue.
const AVENUE_EVERY: usize = 4;

/// 30, 50 and 70 km/h in metres a second.
const STREET_SPEED: f64 = 30.0 / 3.6;
const AVENUE_SPEED: f64 = 50.0 / 3.6;
const RING_SPEED: f64 = 70.0 / 3.6;

/// Crossings and the streets between them.
#[derive(Debug)]
pub(super) struct Streets {
    /// Metres east and north of the town's south-western corner.
    pub(super) crossings: Vec<(f64, f64)>,
    /// From each crossing: where to.
    streets: Vec<Vec<Street>>,
}

/// A way from a crossing to the next.
#[derive(Debug, Clone, Copy)]
struct Street {
    to: usize,
    speed: f64,
    millis: u64,
}

impl Streets {
    /// The streets of the town of this seed.
    pub(super) fn lay(seed: u64, stream: u64) -> Self {
        let mut chance = Chance::new(seed, stream);
        let mut town = Self { crossings: Vec::new(), streets: Vec::new() };
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let mut off = || chance.between(-JITTER_METERS, JITTER_METERS);
                let (east, north) = (off(), off());
                // The promenade follows a bay: it swings inland by up to 80 m in the middle of the town.
                let along = column as f64 / (COLUMNS - 1) as f64;
                let bay = 320.0 * along * (1.0 - along) * (1.0 - row as f64 / (ROWS - 1) as f64);
                town.crossings
                    .push((column as f64 * BLOCK_METERS + east, row as f64 * BLOCK_METERS + north + bay));
            }
        }
        town.streets = vec![Vec::new(); town.crossings.len()];
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                let here = row * COLUMNS + column;
                if column + 1 < COLUMNS {
                    town.connect(here, here + 1, speed(row, ROWS));
                }
                if row + 1 < ROWS {
                    town.connect(here, here + COLUMNS, speed(column, COLUMNS));
                }
            }
        }
        town
    }

    fn connect(&mut self, a: usize, b: usize, speed: f64) {
        let (from, to) = (self.crossings[a], self.crossings[b]);
        let (east, north) = (to.0 - from.0, to.1 - from.1);
        let millis = ((east * east + north * north).sqrt() / speed * 1000.0) as u64;
        self.streets[a].push(Street { to: b, speed, millis });
        self.streets[b].push(Street { to: a, speed, millis });
    }

    /// The fastest way, as crossings with the speed (m/s) of the street that leads there; `from` is left out.
    /// Times are whole milliseconds, so that ties break the same way everywhere.
    pub(super) fn route(&self, from: usize, to: usize) -> Vec<(usize, f64)> {
        let mut best: Vec<Option<(u64, usize, f64)>> = vec![None; self.crossings.len()];
        let mut queue = BinaryHeap::from([Reverse((0, from))]);
        while let Some(Reverse((millis, here))) = queue.pop() {
            if here == to {
                break;
            }
            if best[here].is_some_and(|(known, ..)| known < millis) {
                continue;
            }
            for street in &self.streets[here] {
                let there = millis + street.millis;
                if street.to != from && best[street.to].is_none_or(|(known, ..)| there < known) {
                    best[street.to] = Some((there, here, street.speed));
                    queue.push(Reverse((there, street.to)));
                }
            }
        }
        let mut way = Vec::new();
        let mut here = to;
        while let Some((_, before, speed)) = best[here].filter(|_| here != from) {
            way.push((here, speed));
            here = before;
        }
        way.reverse();
        way
    }
}

/// The outermost streets are the ring road and, by the sea, the promenade; every fourth one is an avenue.
fn speed(index: usize, count: usize) -> f64 {
    if index == 0 || index + 1 == count {
        RING_SPEED
    } else if index.is_multiple_of(AVENUE_EVERY) {
        AVENUE_SPEED
    } else {
        STREET_SPEED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crossing_is_reached_from_every_other() {
        let town = Streets::lay(1, 0);
        for (from, to) in [(0, COLUMNS * ROWS - 1), (COLUMNS * ROWS - 1, 0), (5, 100), (100, 101)] {
            let way = town.route(from, to);
            assert_eq!(way.last().map(|(crossing, _)| *crossing), Some(to));
            let mut here = from;
            for (next, _) in way {
                assert!(town.streets[here].iter().any(|s| s.to == next), "{here} and {next} are neighbours");
                here = next;
            }
        }
        assert!(town.route(7, 7).is_empty());
    }
}
