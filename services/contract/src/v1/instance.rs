//! Where instances serve.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

/// Where an instance serves, as verified. The last one of an instance holds, however old it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// The app.
    pub app: String,
    /// The instance.
    pub instance: String,
    /// The newest generation that took effect.
    pub generation: u64,
    /// Where it serves; absent once it has been let go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub serving: Option<Placement>,
    /// When this became so.
    pub at: Time,
}

/// Where an instance runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// The site.
    pub site: String,
    /// What is deployed there: the Helm release.
    pub release: String,
    /// EMCO's deployment intent group.
    pub deployment_intent_group: String,
    /// `address:port` under which it answers.
    pub address: String,
}
