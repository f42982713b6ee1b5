//! What is said of instances.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `io.edgeroam.instance.v1`: where an instance serves, proven by a request through its name. The last one of each
/// instance is kept for ever; of two, the one with the higher generation holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// The app.
    pub app: String,
    /// The instance: a keyed hash of app and SUPI, or a site.
    pub instance: String,
    /// The generation that brought this about; only grows.
    pub generation: u64,
    /// Where it serves; absent where it was let go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub serving: Option<Placement>,
    /// Since when.
    pub at: String,
}

/// Where an instance serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// The site.
    pub site: String,
    /// The release of the deployment.
    pub release: String,
    /// EMCO's deployment intent group.
    pub deployment_intent_group: String,
    /// Where clients reach it, `host:port`.
    pub address: String,
}

impl From<&model::Placement> for Placement {
    fn from(placement: &model::Placement) -> Self {
        Self {
            site: placement.site.to_string(),
            release: placement.release.to_string(),
            deployment_intent_group: placement.deployment_intent_group.to_string(),
            address: placement.address.to_string(),
        }
    }
}
