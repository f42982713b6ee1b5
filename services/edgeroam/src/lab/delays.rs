//! What the simulated core measures: the delay between a UE and the anchor of its PDU session grows with the way.
//!
//! A session is anchored at the site that was nearest when it was established, and stays there (SSC mode 1, TS 23.501
//! clause 5.6.9.2.1).

use std::time::Duration;

use core_sim::PacketDelay;
use mobility::{Cell, Site};

/// One way through the radio.
const RADIO: Duration = Duration::from_millis(4);
/// One way through a kilometre of the access network, with its hops.
const KILOMETER: Duration = Duration::from_millis(2);

/// The site that anchors a session which is established in this cell.
pub(super) fn anchor(cell: &Cell, sites: &[Site]) -> Option<usize> {
    let distance = |(_, site): &(usize, &Site)| cell.meters_from(site);
    let nearest = sites.iter().enumerate().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.map(|(at, _)| at)
}

/// The delay between a UE in this cell and an anchor at this site.
pub(super) fn between(cell: &Cell, site: &Site) -> PacketDelay {
    let one_way = RADIO + KILOMETER.mul_f64(cell.meters_from(site) / 1000.0);
    PacketDelay::Measured { uplink: one_way, downlink: one_way }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(lat: f64) -> Site {
        Site { id: "a".into(), name: "a".into(), lon: 7.0, lat }
    }

    #[test]
    fn the_anchor_is_the_nearest_site_and_the_delay_grows_with_the_way() {
        let cell = Cell {
            mcc: "208".into(),
            mnc: "93".into(),
            nci: "000000001".into(),
            tac: "000001".into(),
            lon: 7.0,
            lat: 43.0,
        };
        assert_eq!(anchor(&cell, &[site(43.9), site(43.1), site(42.0)]), Some(1));
        assert_eq!(anchor(&cell, &[]), None);
        let uplink = |site: &Site| match between(&cell, site) {
            PacketDelay::Measured { uplink, .. } => uplink,
            PacketDelay::Failed => Duration::MAX,
        };
        assert_eq!(uplink(&site(43.0)), RADIO);
        // A hundredth of a degree of latitude is 1,112 m.
        let farther = uplink(&site(43.01)).as_micros();
        assert!((6_220..6_230).contains(&farther), "{farther}");
        assert!(uplink(&site(43.2)) > uplink(&site(43.1)));
    }
}
