//! What is said of sites.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `io.edgeroam.site.status.v1`: what an edge site is and can take. The last one of each site is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SiteStatus {
    /// The site.
    pub site: String,
    /// Its name for people.
    pub name: String,
    /// Whether instances may go there.
    pub condition: Condition,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<Position>,
}

/// Whether instances may go to a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// They may.
    InService,
    /// None may come, those that are there stay.
    Cordoned,
    /// None may come, those that are there leave.
    Draining,
    /// It does not serve.
    OutOfService,
}

/// WGS 84, in degrees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// Longitude, east is positive.
    pub lon: f64,
    /// Latitude, north is positive.
    pub lat: f64,
}
