//! What was last told of a site, so that the same is not told twice.

use std::time::Duration;

use model::{EvacuationState, SiteCondition, SiteSource, SiteStatus, Timestamp};
use serde::{Deserialize, Serialize};

/// Counts alone are told at most so often, for each site.
const PACE: Duration = Duration::from_secs(1);

/// What was told, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    at: Timestamp,
    /// Whether it is to be told once more.
    pub(crate) again: bool,
    grave: Grave,
    counts: [u32; 6],
}

/// What is told at once when it changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Grave {
    #[serde(with = "super::saved")]
    condition: SiteCondition,
    since: Timestamp,
    source: Option<SiteSource>,
    reason: Option<String>,
    limit: Option<u32>,
    evacuation: Option<(Timestamp, EvacuationState)>,
    /// Since when it has been overloaded.
    relief: Option<Timestamp>,
}

/// When a status is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tell {
    Now,
    /// Not before.
    Later(Timestamp),
    /// It is known.
    Never,
}

impl Shown {
    /// What is told with this status.
    pub(crate) fn of(status: &SiteStatus) -> Self {
        let (evacuation, relief) = (status.evacuation, status.relief);
        Self {
            at: status.at,
            again: false,
            grave: Grave {
                condition: status.condition,
                since: status.since,
                source: status.source,
                reason: status.reason.clone(),
                limit: status.instances_limit,
                evacuation: evacuation.map(|leaving| (leaving.since, leaving.state)),
                relief: relief.map(|relief| relief.since),
            },
            counts: [
                status.instances,
                evacuation.map_or(0, |leaving| leaving.instances),
                evacuation.map_or(0, |leaving| leaving.remaining),
                evacuation.map_or(0, |leaving| leaving.stranded),
                relief.map_or(0, |relief| relief.leaving),
                relief.map_or(0, |relief| relief.left),
            ],
        }
    }

    /// Whether it told that the site is overloaded.
    pub(crate) const fn tells_of_relief(&self) -> bool {
        self.grave.relief.is_some()
    }

    /// When the next status may be: a status is identified by its site and its time, so no two share one.
    pub(crate) fn next(&self, now: Timestamp) -> Timestamp {
        now.max(self.at.plus(Duration::from_micros(1)))
    }

    /// Whether this status is news after what was told before.
    pub(crate) fn after(&self, before: Option<&Self>, now: Timestamp) -> Tell {
        match before {
            None => Tell::Now,
            Some(before) if before.again || before.grave != self.grave => Tell::Now,
            Some(before) if before.counts == self.counts => Tell::Never,
            Some(before) => {
                let earliest = before.at.plus(PACE);
                // A clock that was set back must not keep it silent for long.
                if now >= earliest || now < before.at { Tell::Now } else { Tell::Later(earliest) }
            }
        }
    }
}
