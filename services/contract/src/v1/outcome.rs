//! What became of orders.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Placement;
use crate::Time;
use crate::words::open_words;

/// Which relocation an outcome is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Relocation {
    /// Id of the relocation: every event of one relocation has it.
    #[schemars(extend("format" = "uuid"))]
    pub relocation: String,
    /// The app.
    pub app: String,
    /// The instance.
    pub instance: String,
    /// The order's generation.
    pub generation: u64,
    /// The site that it leaves, as in the order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// The site that it goes to, as in the order.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// When this was so.
    pub at: Time,
}

/// A step is done, or what follows after the completion is told: that the source is gone or is left over. It never
/// ends an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelocationProgress {
    /// Which relocation.
    #[serde(flatten)]
    pub of: Relocation,
    /// How far it is.
    pub state: ProgressState,
    /// The step, where the state is `step_done`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<Step>,
    /// What stands in the way, for an operator, where the state is `source_left_over`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

open_words! {
    /// How far a relocation is.
    pub enum ProgressState {
        /// A step is done.
        StepDone = "step_done",
        /// After the completion: the source is gone.
        SourceRetired = "source_retired",
        /// After the completion: the source could not be removed yet.
        SourceLeftOver = "source_left_over",
    }
}

open_words! {
    /// A step of a relocation, in the order in which they run.
    pub enum Step {
        /// The target's deployment is known to the orchestrator.
        Prepare = "prepare",
        /// It is started.
        Start = "start",
        /// It is ready, by the orchestrator's word and by a probe.
        Ready = "ready",
        /// The instance's name points at it.
        Steer = "steer",
        /// A request through the name was answered by the new release.
        Verify = "verify",
        /// Clients had time to follow.
        Drain = "drain",
        /// The source is stopped.
        Retire = "retire",
        /// What the orchestrator remembered of the source is removed.
        Forget = "forget",
    }
}

/// A request through the instance's name was answered at the target: the relocation is completed. The source is
/// retired afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelocationCompleted {
    /// Which relocation.
    #[serde(flatten)]
    pub of: Relocation,
    /// Where it serves now; absent where it was let go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub serving: Option<Placement>,
    /// From taking the order to the verification, in milliseconds.
    pub took_ms: u64,
}

/// It failed, and all that was done is undone: the source serves as before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelocationUndone {
    /// Which relocation.
    #[serde(flatten)]
    pub of: Relocation,
    /// What failed, for an operator.
    pub reason: String,
}

/// It failed, and undoing it failed too: an operator is needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelocationFailed {
    /// Which relocation.
    #[serde(flatten)]
    pub of: Relocation,
    /// What failed, for an operator.
    pub reason: String,
}

/// The order was stale or contradicted another one: nothing was done. What holds instead is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelocationFenced {
    /// Which relocation.
    #[serde(flatten)]
    pub of: Relocation,
    /// The newest generation that is known.
    pub newest_generation: u64,
    /// The site where the instance serves, if it serves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub serving_site: Option<String>,
}
