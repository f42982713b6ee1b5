//! The scenario that needs no file: a made-up coastal town.

mod network;
mod streets;
mod trips;

use std::time::Duration;

use crate::earth::Flat;
use crate::trace::{End, Track};
use crate::walk::play;
use crate::{Scenario, Trace};

/// Where the town would be: at sea, so that nobody takes it for a real one.
pub(crate) const ORIGIN: (f64, f64) = (3.25, 41.5);
/// Its network: Free5GC's sample PLMN, 208-93.
pub(crate) const PLMN: (&str, &str) = ("208", "93");
/// Streams of random numbers: UEs have 1, 2, …; these are out of their way.
const STREETS: u64 = 1 << 40;
const NETWORK: u64 = 2 << 40;

/// The UEs appear within this time, one after the other.
const ARRIVALS: Duration = Duration::from_secs(3);

/// A town of about 2.6 × 2.1 km between the sea and a ring road: 6 edge sites, 56 NR cells in 4 tracking areas, and
/// `ues` UEs that are on the move for `duration`, most by car, some by bicycle.
///
/// All UEs appear within the first 3 s (sooner, if `duration` is shorter) and stay to the end. The same arguments
/// give the same scenario on every platform; a longer one begins like a shorter one.
pub fn builtin(seed: u64, ues: u32, duration: Duration) -> Scenario {
    let map = Flat::around(ORIGIN.0, ORIGIN.1);
    let streets = streets::Streets::lay(seed, STREETS);
    let (cells, sites) = network::build(seed, NETWORK, map);
    let arrivals = ARRIVALS.min(duration);
    let tracks = (0..ues)
        .map(|ue| {
            let starts = arrivals * ue / ues.max(1);
            let fixes = trips::drive(&streets, seed, u64::from(ue) + 1, starts, duration, map);
            Track { id: ue.to_string(), fixes, end: End::Stays }
        })
        .collect();
    play(cells, sites, &Trace { tracks, duration }, seed, PLMN)
}

#[cfg(test)]
mod tests;
