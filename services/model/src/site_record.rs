//! What is known of a site beside the catalogue.

use serde::{Deserialize, Serialize};

use crate::{SiteId, SiteLoad, Timestamp};

/// What stands on stream `sites`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteRecord {
    /// What one source says of a site; to the decider.
    Reported(SiteReport),
    /// How loaded one source says that a site is; to the decider.
    Load(SiteLoad),
    /// What holds for a site, all sources and commands together; from the decider.
    Status(SiteStatus),
}

impl SiteRecord {
    /// Its key on the bus, so that each source's last word is kept: site `/` source (loads with `/load`), or the
    /// site alone for what holds.
    pub fn key(&self) -> String {
        match self {
            Self::Reported(report) => format!("{}/{}", report.site, report.source.as_str()),
            Self::Load(load) => load.key(),
            Self::Status(status) => status.site.to_string(),
        }
    }
}

/// What one source says of a site. Its last word holds until it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteReport {
    /// The site.
    pub site: SiteId,
    /// Who says it.
    pub source: SiteSource,
    /// When it was so.
    pub at: Timestamp,
    /// What it says.
    pub condition: SiteCondition,
    /// What it saw, for an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Who says something of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteSource {
    /// An operator's command. Not on stream `sites`: commands have a stream of their own.
    Operator,
    /// Labels of EMCO's cluster.
    Emco,
    /// Our own look at the cluster: nodes, reachability.
    Probe,
    /// Metrics: water marks of the load.
    Metrics,
}

impl SiteSource {
    /// The name used in keys, labels and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Emco => "emco",
            Self::Probe => "probe",
            Self::Metrics => "metrics",
        }
    }
}

/// In what condition a site is; what holds is the gravest that any source says. In the order of their gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteCondition {
    /// It takes instances.
    #[default]
    InService,
    /// It takes no more; what runs there stays.
    Cordoned,
    /// It takes no more, and what runs there is moved away in good order.
    Draining {
        /// By when it should be empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
    },
    /// It is expected to fail: left before it does.
    Degraded,
    /// It does not serve: what ran there is restored elsewhere.
    Failed,
}

impl SiteCondition {
    /// The word for it, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InService => "in_service",
            Self::Cordoned => "cordoned",
            Self::Draining { .. } => "draining",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        }
    }
}

/// What holds for a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SiteStatus {
    /// The site.
    pub site: SiteId,
    /// When this was so.
    pub at: Timestamp,
    /// Its condition.
    pub condition: SiteCondition,
    /// Since when it has been in this condition.
    pub since: Timestamp,
    /// Whose word it is; absent where nobody said anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SiteSource>,
    /// Why, for an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Instances that run there or are on their way there.
    pub instances: u32,
    /// The most that may be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances_limit: Option<u32>,
    /// How far leaving it has come, where it is being left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evacuation: Option<Evacuation>,
    /// How far relieving it has come, while it is overloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relief: Option<Relief>,
}

/// How far relieving a site has come: it begins when the load is above the high water mark, and ends when it is at or
/// below the low one, or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Relief {
    /// When the load that was too high was measured.
    pub since: Timestamp,
    /// The load when this was told: a load that merely changes is not told of.
    pub load: f64,
    /// The high water mark.
    pub high: f64,
    /// The low water mark.
    pub low: f64,
    /// Instances that were chosen to leave and have not left yet.
    pub leaving: u32,
    /// Instances that were chosen to leave and have left since it began.
    pub left: u32,
}

/// How far leaving a site has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evacuation {
    /// When it began.
    pub since: Timestamp,
    /// By when the site should be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Instances that had to leave, in all.
    pub instances: u32,
    /// Of these, those that are still there.
    pub remaining: u32,
    /// Of these, those that no other site takes.
    pub stranded: u32,
    /// Whether it is over.
    pub state: EvacuationState,
}

/// Where an evacuation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvacuationState {
    /// Instances are still there.
    UnderWay,
    /// Instances are still there, and the deadline has passed.
    Overdue,
    /// The site is empty.
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_condition_is_the_greatest_and_each_source_has_a_key() {
        let draining = SiteCondition::Draining { deadline: None };
        let order = [
            SiteCondition::InService,
            SiteCondition::Cordoned,
            draining,
            SiteCondition::Degraded,
            SiteCondition::Failed,
        ];
        assert!(order.is_sorted());
        for condition in order {
            let text = serde_json::to_string(&condition).expect("JSON");
            assert!(text.contains(&format!("\"{}\"", condition.as_str())), "{text}");
        }
        let report = SiteReport {
            site: SiteId::new("edge-a").expect("valid"),
            source: SiteSource::Emco,
            at: Timestamp::default(),
            condition: draining,
            reason: None,
        };
        let record = SiteRecord::Reported(report);
        assert_eq!(record.key(), "edge-a/emco");
        let text = serde_json::to_string(&record).expect("serialises");
        assert_eq!(serde_json::from_str::<SiteRecord>(&text).expect("reads back"), record);
    }
}
