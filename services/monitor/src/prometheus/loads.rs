//! From samples of load to what is told of it.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{SiteId, SiteLoad, SiteSource, Timestamp};

/// A load that has changed by so much is told again: a hundredth of what the site can bear.
const CHANGE: f64 = 0.01;

/// What the queries of one round say of each site's load: the greatest sample, and those of resources.
#[derive(Debug, Default)]
pub(super) struct Loads(BTreeMap<SiteId, (f64, BTreeMap<String, f64>)>);

impl Loads {
    /// Takes in a sample of this resource, or of the site as a whole.
    pub(super) fn add(&mut self, site: SiteId, resource: Option<&str>, load: f64) {
        let (greatest, resources) = self.0.entry(site).or_default();
        *greatest = greatest.max(load);
        if let Some(resource) = resource {
            let own = resources.entry(resource.to_owned()).or_default();
            *own = own.max(load);
        }
    }

    /// The loads, measured then and valid so long.
    pub(super) fn of(self, at: Timestamp, valid_for: Duration) -> impl Iterator<Item = SiteLoad> {
        let (source, valid_until) = (SiteSource::Metrics, at.plus(valid_for));
        self.0.into_iter().map(move |(site, (load, resources))| SiteLoad {
            site,
            source,
            at,
            load,
            valid_until,
            resources,
        })
    }
}

/// Whether a load is to be told where `said` was told last: it has changed, or half of the time that the last one is valid
/// for has passed.
pub(super) fn is_due(load: &SiteLoad, said: Option<&SiteLoad>) -> bool {
    said.is_none_or(|said| {
        let half = said.valid_until.since(said.at) / 2;
        (load.load - said.load).abs() >= CHANGE || load.at >= said.at.plus(half) || load.at < said.at
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(at: u64, load: f64) -> SiteLoad {
        let mut loads = Loads::default();
        loads.add("north".parse().expect("valid"), None, load);
        let at = Timestamp::from_micros(at * 1_000_000);
        loads.of(at, Duration::from_secs(60)).next().expect("a load")
    }

    #[test]
    fn the_greatest_sample_is_the_load_and_resources_are_told_beside_it() {
        let (mut loads, site) = (Loads::default(), || "north".parse().expect("valid"));
        loads.add(site(), Some("cpu"), 0.4);
        loads.add(site(), Some("memory"), 0.7);
        loads.add(site(), Some("cpu"), 0.5);
        let load = loads.of(Timestamp::default(), Duration::from_secs(60)).next().expect("a load");
        assert_eq!(load.load, 0.7);
        assert_eq!(load.resources, BTreeMap::from([("cpu".to_owned(), 0.5), ("memory".to_owned(), 0.7)]));
        assert_eq!(load.problem(), None);
    }

    #[test]
    fn a_load_is_told_where_it_changes_and_before_the_last_one_is_void() {
        let said = load(100, 0.5);
        assert!(is_due(&said, None));
        assert!(!is_due(&load(129, 0.505), Some(&said)));
        assert!(is_due(&load(101, 0.511), Some(&said)) && is_due(&load(101, 0.48), Some(&said)));
        assert!(is_due(&load(130, 0.5), Some(&said)));
        assert!(is_due(&load(99, 0.5), Some(&said)), "the clock was set back");
    }
}
