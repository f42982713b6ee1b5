//! What is told of sites.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;
use crate::words::open_words;

/// What an edge site can take. The last one of a site holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SiteStatus {
    /// The site's id.
    pub site: String,
    /// What people call it.
    pub name: String,
    /// Whether it takes instances.
    pub state: SiteState,
    /// Why the state is what it is, for an operator.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<Time>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<Position>,
    /// How much it can take, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub capacity: Option<Capacity>,
    /// How far leaving it has come, where it is being left or was left last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evacuation: Option<Evacuation>,
    /// How far relieving it has come, while it is overloaded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relief: Option<Relief>,
}

open_words! {
    /// Whether a site takes instances.
    pub enum SiteState {
        /// It takes instances.
        InService = "in_service",
        /// It takes no more; what runs there stays.
        Cordoned = "cordoned",
        /// What runs there is moved away.
        Draining = "draining",
        /// It serves worse than it should.
        Degraded = "degraded",
        /// It does not serve.
        Failed = "failed",
        /// It has left the catalogue.
        Removed = "removed",
    }
}

/// A point of WGS 84 in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// Longitude, east positive.
    #[schemars(range(min = -180.0, max = 180.0))]
    pub lon: f64,
    /// Latitude, north positive.
    #[schemars(range(min = -90.0, max = 90.0))]
    pub lat: f64,
}

/// How much a site can take. What is not known is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capacity {
    /// Instances that run there or are on their way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instances: Option<u32>,
    /// The most instances that may run there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instances_limit: Option<u32>,
}

/// How far leaving a site has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evacuation {
    /// When it began.
    pub since: Time,
    /// By when the site should be empty.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deadline: Option<Time>,
    /// Instances that had to leave, in all.
    pub instances: u32,
    /// Of these, those that are still there.
    pub remaining: u32,
    /// Of these, those that no other site takes.
    pub stranded: u32,
    /// Whether it is over.
    pub state: EvacuationState,
}

/// How far relieving an overloaded site has come. Loads are shares of what the site can bear: 1 is full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Relief {
    /// When the load that was too high was measured.
    pub since: Time,
    /// The load when this was told: a load that merely changes is not told of.
    pub load: f64,
    /// The high water mark: with more load than this it takes no more instances, and some leave.
    pub high: f64,
    /// The low water mark: until its load is at most this.
    pub low: f64,
    /// Instances that were chosen to leave and have not left yet.
    pub leaving: u32,
    /// Instances that were chosen to leave and have left since it began.
    pub left: u32,
}

open_words! {
    /// Where an evacuation stands.
    pub enum EvacuationState {
        /// Instances are still there.
        UnderWay = "under_way",
        /// Instances are still there, and the deadline has passed.
        Overdue = "overdue",
        /// The site is empty.
        Done = "done",
    }
}
