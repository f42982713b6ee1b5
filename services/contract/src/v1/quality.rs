//! Quality of service behind a verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What quality of service an app wants. What has no limit does not matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QosTarget {
    /// The longest round trip, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rtt_ms: Option<f64>,
    /// The greatest variation of the delay, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub jitter_ms: Option<f64>,
    /// The greatest part that may be lost: 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub loss: Option<f64>,
    /// For how long a limit must have been exceeded before it is a reason to move, in milliseconds.
    pub violated_for_ms: u64,
    /// For how long a measurement counts, in milliseconds.
    pub valid_for_ms: u64,
}

/// What has been measured between the UE and a site, as far as the app has a limit for it and it still counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SiteQuality {
    /// Round trip time in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rtt_ms: Option<f64>,
    /// Variation of the delay in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub jitter_ms: Option<f64>,
    /// What is lost, as a part of all: 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub loss: Option<f64>,
    /// Whether the core fulfils the guaranteed QoS; that it does not counts where a limit has no figure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub guaranteed: Option<bool>,
    /// For how long limits have been exceeded, in milliseconds; absent where they are kept to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub violated_ms: Option<u64>,
}
