//! What is measured of the quality of service between UEs and sites, for apps that want some quality. A table beside
//! the instances: who measures nothing costs nothing.

mod figures;
mod view;

use std::collections::BTreeMap;

use model::{Measured, QosTarget, Timestamp};
use serde::{Deserialize, Serialize};

use crate::asks::Whose;
use crate::index::SiteIx;

pub(crate) use figures::Figures;
pub(crate) use view::Quality;

/// Of how many instances measurements are kept at once; those of further ones are not taken in.
const MOST: usize = 1 << 18;
/// Of how many sites measurements are kept for one instance; the one whose last measurement is the oldest goes first.
pub(crate) const SITES: usize = 4;

/// What is measured for which instance, by the index of the site.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Qualities(BTreeMap<Whose, Vec<(SiteIx, Figures)>>);

impl Qualities {
    /// Whether nothing is measured of any instance.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Of how many instances something is measured.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is measured for an instance: not empty.
    pub(crate) fn of(&self, whose: Whose) -> Option<&[(SiteIx, Figures)]> {
        self.0.get(&whose).map(Vec::as_slice)
    }

    /// Takes in what was measured `at` that time; whether it is news.
    pub(crate) fn hear(
        &mut self,
        (whose, site): (Whose, SiteIx),
        target: &QosTarget,
        measured: &Measured,
        at: Timestamp,
        now: Timestamp,
    ) -> bool {
        if self.0.len() >= MOST && !self.0.contains_key(&whose) {
            return false;
        }
        let sites = self.0.entry(whose).or_default();
        let (place, known) = match sites.binary_search_by_key(&site, |(site, _)| *site) {
            Ok(place) => (place, true),
            Err(place) => {
                sites.insert(place, (site, Figures::default()));
                (place, false)
            }
        };
        let news = sites[place].1.hear(target, measured, at, now);
        if !known && !news {
            sites.remove(place);
        }
        if sites.len() > SITES {
            let oldest = sites.iter().map(|(_, figures)| figures.newest()).enumerate();
            if let Some((place, _)) = oldest.min_by_key(|(_, newest)| *newest) {
                sites.remove(place);
            }
        }
        if sites.is_empty() {
            self.0.remove(&whose);
        }
        news
    }

    /// Drops what is no longer valid; when what is left says something else if nothing is measured meanwhile.
    pub(crate) fn tend(&mut self, whose: Whose, target: &QosTarget, now: Timestamp) -> Option<Timestamp> {
        let sites = self.0.get_mut(&whose)?;
        sites.retain_mut(|(_, figures)| figures.drop_old(target, now));
        let next = sites.iter().filter_map(|(_, figures)| figures.next(target, now)).min();
        if sites.is_empty() {
            self.0.remove(&whose);
        }
        next
    }

    pub(crate) fn forget(&mut self, whose: Whose) {
        self.0.remove(&whose);
    }

    /// What is measured for each instance, in the order of apps and numbers.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Whose, &[(SiteIx, Figures)])> {
        self.0.iter().map(|(whose, sites)| (*whose, sites.as_slice()))
    }

    /// Puts in what was kept elsewhere, under these sites.
    pub(crate) fn put(&mut self, whose: Whose, mut sites: Vec<(SiteIx, Figures)>) {
        sites.sort_unstable_by_key(|(site, _)| *site);
        if !sites.is_empty() {
            self.0.insert(whose, sites);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn four_sites_are_kept_and_the_one_that_was_measured_longest_ago_goes() {
        let (mut qualities, whose) = (Qualities::default(), (0, NonZeroU64::MIN));
        let target = QosTarget { rtt: Some(Duration::from_millis(20)), ..QosTarget::default() };
        let rtt = |rtt_us| Measured { rtt_us: Some(rtt_us), ..Measured::default() };
        for (time, site) in [(1, 7), (2, 3), (3, 9), (4, 1), (5, 7), (6, 5)] {
            let site = SiteIx::new(site);
            assert!(qualities.hear((whose, site), &target, &rtt(1), at(time), at(time)));
        }
        let sites = |qualities: &Qualities| -> Vec<usize> {
            qualities.of(whose).unwrap_or_default().iter().map(|(site, _)| site.slot()).collect()
        };
        assert_eq!(sites(&qualities), [1, 5, 7, 9]);
        assert!(!qualities.hear((whose, SiteIx::new(2)), &target, &Measured::default(), at(7), at(7)));
        assert_eq!(sites(&qualities), [1, 5, 7, 9]);
        assert_eq!(qualities.tend(whose, &target, at(33)), Some(at(34)));
        assert_eq!(sites(&qualities), [1, 5, 7]);
        assert_eq!(qualities.tend(whose, &target, at(36)), None);
        assert!(qualities.is_empty());
    }
}
