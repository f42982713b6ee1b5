//! Who goes where, and how fast.

use std::time::Duration;

use super::streets::Streets;
use crate::chance::Chance;
use crate::earth::Flat;
use crate::trace::Fix;

/// One UE in so many rides a bicycle; the others drive.
const BICYCLE_ONE_IN: u64 = 8;
/// 18 km/h in metres a second.
const BICYCLE_SPEED: f64 = 5.0;
/// How much faster or slower than the limit cars drive.
const PACE: (f64, f64) = (0.85, 1.15);
/// Nobody takes the car for less than this, metres.
const SHORTEST_TRIP_METERS: f64 = 1_000.0;
/// How many crossings have a red light, and how long one waits, seconds.
const RED_LIGHT: f64 = 0.12;
const WAIT_SECONDS: (f64, f64) = (1.0, 6.0);

/// One UE's way from `starts` until `ends` or a little later: trip after trip, each to another crossing.
pub(super) fn drive(
    streets: &Streets,
    seed: u64,
    stream: u64,
    starts: Duration,
    ends: Duration,
    map: Flat,
) -> Vec<Fix> {
    let mut chance = Chance::new(seed, stream);
    let bicycle = stream.is_multiple_of(BICYCLE_ONE_IN);
    let pace = chance.between(PACE.0, PACE.1);
    let mut here = chance.below(streets.crossings.len());
    let mut clock = starts.as_secs_f64();
    let mut fixes = vec![fix(streets, here, clock, map)];
    while clock <= ends.as_secs_f64() {
        let there = destination(streets, here, &mut chance);
        for (next, limit) in streets.route(here, there) {
            let speed = if bicycle { BICYCLE_SPEED } else { limit } * pace;
            clock += apart(streets, here, next) / speed;
            here = next;
            fixes.push(fix(streets, here, clock, map));
            if chance.unit() < RED_LIGHT {
                clock += chance.between(WAIT_SECONDS.0, WAIT_SECONDS.1);
                fixes.push(fix(streets, here, clock, map));
            }
        }
    }
    fixes
}

/// A crossing that is worth the trip.
fn destination(streets: &Streets, here: usize, chance: &mut Chance) -> usize {
    // Half of the town is farther away than that from wherever one is; a hundred tries do not all miss it.
    for _ in 0..100 {
        let there = chance.below(streets.crossings.len());
        if apart(streets, here, there) >= SHORTEST_TRIP_METERS {
            return there;
        }
    }
    (here + 1) % streets.crossings.len()
}

fn apart(streets: &Streets, a: usize, b: usize) -> f64 {
    let (a, b) = (streets.crossings[a], streets.crossings[b]);
    let (east, north) = (a.0 - b.0, a.1 - b.1);
    (east * east + north * north).sqrt()
}

fn fix(streets: &Streets, crossing: usize, clock: f64, map: Flat) -> Fix {
    let (east, north) = streets.crossings[crossing];
    let (lon, lat) = map.to_degrees(east, north);
    // Whole milliseconds: nobody's clock is better.
    Fix { at: Duration::from_millis((clock * 1000.0) as u64), lon, lat }
}
