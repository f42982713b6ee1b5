//! What must be carried out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Trigger;
use crate::Time;

/// An order. Without `source` it is a first placement, without `target` the instance is let go; never both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelocationOrdered {
    /// Id of the relocation: every event of one relocation has it.
    #[schemars(extend("format" = "uuid"))]
    pub relocation: String,
    /// The app.
    pub app: String,
    /// The instance.
    pub instance: String,
    /// Counts the orders of an instance and only grows.
    pub generation: u64,
    /// Why.
    pub trigger: Trigger,
    /// The site where it serves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// The site where it shall serve.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// Sites of which the orchestrator takes one, nearest first, `target` among them; none where it has no choice.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub choices: Vec<String>,
    /// For a seat of a shared app: the instance that it joins, or that it leaves where it is let go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub host: Option<String>,
    /// `observedAt` of the UE's event that led to it.
    pub observed_at: Time,
    /// When it became due: `observedAt`, or the end of the wait that the policy or a guard asked for.
    pub due_at: Time,
    /// When it was decided.
    pub decided_at: Time,
}
