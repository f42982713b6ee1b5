//! Orders: decisions that must be carried out.

use serde::{Deserialize, Serialize};

use crate::{AppId, Generation, InstanceId, RelocationId, SiteId, Timestamp, Trigger};

/// A decision that must be carried out. `source: None` is a first placement, `target: None` lets the instance go;
/// never both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// UUIDv5 of (app, instance, generation).
    pub relocation: RelocationId,
    /// The app.
    pub app: AppId,
    /// The instance.
    pub instance: InstanceId,
    /// Newer than every earlier order of the instance.
    pub generation: Generation,
    /// Why.
    pub trigger: Trigger,
    /// Where the instance serves, as the decider knows it.
    pub source: Option<SiteId>,
    /// Where it shall serve; the first of `choices` where the orchestrator chooses.
    pub target: Option<SiteId>,
    /// Sites of which the orchestrator takes one, nearest first; none where it has no choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<SiteId>,
    /// First byte of the report that led to it.
    pub observed_at: Timestamp,
    /// When it became due: [`observed_at`](Self::observed_at), or the end of the wait that the policy or a guard
    /// asked for. What passes between this and the order on the bus is our own delay.
    pub due_at: Timestamp,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// For a seat of a shared app: the host that it joins, or that it leaves where it is let go. Nothing is deployed or
    /// removed for it; its name is led there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<InstanceId>,
}

impl Order {
    /// Whether an instance that serves moves to another site: what tables count as a relocation.
    pub fn is_relocation(&self) -> bool {
        self.source.is_some() && self.target.is_some()
    }
}
