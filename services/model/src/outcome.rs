//! Outcomes: what became of an order.

use serde::{Deserialize, Serialize};

use crate::{AppId, Generation, InstanceId, Placement, RelocationId, SiteId, Timestamp};

/// What became of an order, or how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The order.
    pub relocation: RelocationId,
    /// The app.
    pub app: AppId,
    /// The instance.
    pub instance: InstanceId,
    /// The order's generation.
    pub generation: Generation,
    /// Where it came from, as in the order.
    pub source: Option<SiteId>,
    /// Where it should go, as in the order.
    pub target: Option<SiteId>,
    /// When this was so.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub kind: OutcomeKind,
}

/// What happened to an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OutcomeKind {
    /// A step was finished.
    Progress {
        /// The step.
        step: Step,
    },
    /// The switch is verified: the pivot. Ends the order for the decider; the source is retired afterwards.
    Completed {
        /// Where it serves now; `None` when it was let go.
        serving: Option<Placement>,
        /// From intake to verification, in milliseconds.
        took_ms: u64,
    },
    /// It failed before the pivot and all that was done is undone: the source serves as before.
    Undone {
        /// What failed, for an operator.
        reason: String,
    },
    /// It failed before the pivot, and undoing it failed too: an operator is needed.
    Failed {
        /// What failed, for an operator.
        reason: String,
    },
    /// The order was stale or conflicting; what holds instead.
    Fenced {
        /// The newest generation known.
        newest: Generation,
        /// Where the instance serves.
        serving: Option<SiteId>,
    },
    /// After `Completed`: the source is gone.
    Retired,
    /// After `Completed`: the source could not be removed.
    Leftover {
        /// What stands in the way, for an operator.
        reason: String,
    },
}

impl OutcomeKind {
    /// Whether the decider may give the instance another order after this.
    pub const fn ends_order(&self) -> bool {
        match self {
            Self::Completed { .. } | Self::Undone { .. } | Self::Failed { .. } | Self::Fenced { .. } => true,
            Self::Progress { .. } | Self::Retired | Self::Leftover { .. } => false,
        }
    }
}

/// A step of a relocation, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Make the target's deployment known to the orchestrator.
    Prepare,
    /// Start it.
    Start,
    /// Wait until it is ready, by the orchestrator's word and by our own probe.
    Ready,
    /// Point the instance's name at it.
    Steer,
    /// A request through the name is answered by the new release: the pivot.
    Verify,
    /// Let clients follow.
    Drain,
    /// Stop the source and wait until it is gone.
    Retire,
    /// Remove what the orchestrator remembers of the source.
    Forget,
}

impl Step {
    /// The name used in events, labels and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Start => "start",
            Self::Ready => "ready",
            Self::Steer => "steer",
            Self::Verify => "verify",
            Self::Drain => "drain",
            Self::Retire => "retire",
            Self::Forget => "forget",
        }
    }
}
