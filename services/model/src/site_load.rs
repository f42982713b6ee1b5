//! How loaded sites are.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{SiteId, SiteSource, Timestamp};

/// How loaded a site is, as one source measured it. Its last word holds until it says otherwise, at most until
/// `valid_until`: then the load is unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SiteLoad {
    /// The site.
    pub site: SiteId,
    /// Who says it. Several can: the highest load that is valid counts.
    pub source: SiteSource,
    /// When it was measured.
    pub at: Timestamp,
    /// The share of what the site can bear: 0 idle, 1 full; more than 1 where it is overcommitted.
    pub load: f64,
    /// Until when it may be taken to be so.
    pub valid_until: Timestamp,
    /// What it was made of, as `cpu` and `memory`, each a share like `load`; for people.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, f64>,
}

impl SiteLoad {
    /// The highest load, and the highest share of a resource.
    pub const HIGHEST: f64 = 100.0;
    /// The longest that a load may be valid.
    pub const LONGEST_VALID: Duration = Duration::from_secs(24 * 3_600);
    /// The most resources.
    pub const MOST_RESOURCES: usize = 16;
    /// The longest name of a resource, in bytes.
    pub const LONGEST_RESOURCE: usize = 64;

    /// Its key on stream `sites`: beside the same source's report of the condition.
    pub fn key(&self) -> String {
        format!("{}/{}/load", self.site, self.source.as_str())
    }

    /// What is wrong with it, if anything is: a number that is no load, a time that is none, too much or too long a text.
    pub fn problem(&self) -> Option<String> {
        let share = |share: f64| share.is_finite() && (0.0..=Self::HIGHEST).contains(&share);
        if self.source == SiteSource::Operator {
            return Some("`source` is `operator`: loads are measured, operators ask by commands".into());
        }
        if !share(self.load) {
            return Some(format!("`load` is {}, not a share from 0 to {}", self.load, Self::HIGHEST));
        }
        if self.valid_until <= self.at || self.valid_until > self.at.plus(Self::LONGEST_VALID) {
            return Some("`valid_until` is not after `at`, by 24 hours at most".into());
        }
        if self.resources.len() > Self::MOST_RESOURCES {
            return Some(format!("`resources` has more than {} entries", Self::MOST_RESOURCES));
        }
        self.resources.iter().find_map(|(name, value)| {
            if name.is_empty() || name.len() > Self::LONGEST_RESOURCE || name.chars().any(char::is_control) {
                return Some(format!(
                    "a name in `resources` has control characters, or not 1 to {} bytes",
                    Self::LONGEST_RESOURCE
                ));
            }
            (!share(*value))
                .then(|| format!("`resources.{name}` is {value}, not a share from 0 to {}", Self::HIGHEST))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SiteRecord;

    fn load() -> SiteLoad {
        SiteLoad {
            site: SiteId::new("edge-a").expect("valid"),
            source: SiteSource::Metrics,
            at: Timestamp::from_micros(5),
            load: 0.9,
            valid_until: Timestamp::from_micros(60_000_000),
            resources: BTreeMap::from([("cpu".to_owned(), 0.9)]),
        }
    }

    #[test]
    fn it_stands_beside_the_report_of_the_same_source_and_survives_json() {
        let record = SiteRecord::Load(load());
        assert_eq!(record.key(), "edge-a/metrics/load");
        let text = serde_json::to_string(&record).expect("serialises");
        assert_eq!(serde_json::from_str::<SiteRecord>(&text).expect("reads back"), record);
    }

    #[test]
    fn what_is_no_load_is_told_apart() {
        assert_eq!(load().problem(), None);
        let at = Timestamp::from_micros(5);
        let wrong = [
            (SiteLoad { source: SiteSource::Operator, ..load() }, "`source`"),
            (SiteLoad { load: f64::NAN, ..load() }, "`load`"),
            (SiteLoad { load: -0.1, ..load() }, "`load`"),
            (SiteLoad { load: 100.1, ..load() }, "`load`"),
            (SiteLoad { valid_until: at, ..load() }, "`valid_until`"),
            (SiteLoad { valid_until: Timestamp::from_micros(u64::MAX), ..load() }, "`valid_until`"),
            (SiteLoad { resources: (0..17).map(|n| (n.to_string(), 0.1)).collect(), ..load() }, "16 entries"),
            (SiteLoad { resources: [("x".repeat(65), 0.1)].into(), ..load() }, "1 to 64 bytes"),
            (SiteLoad { resources: [("\u{1b}".to_owned(), 0.1)].into(), ..load() }, "control characters"),
            (SiteLoad { resources: [("cpu".to_owned(), f64::INFINITY)].into(), ..load() }, "`resources.cpu`"),
        ];
        for (load, about) in wrong {
            let problem = load.problem().expect(about);
            assert!(problem.contains(about), "{problem}");
        }
    }
}
