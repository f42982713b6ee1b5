//! What is said of relocations, from the decision to the end.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::instance::Placement;
use super::place::{Ecgi, Ncgi, Tai};

/// Why an instance was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words of ARCHITECTURE.md")]
pub enum Trigger {
    Mobility,
    LeftArea,
    Qos,
    Maintenance,
    Capacity,
    SiteDegraded,
    SiteFailure,
    Operator,
    FirstPlacement,
    UeGone,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is to move, to be placed, or to be let go.
    Move,
    /// It stays.
    Stay,
    /// A move would be right, and something forbids it now.
    Blocked,
}

/// Whether an order follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Decisions are shown and nothing is moved.
    Observe,
    /// An order follows.
    Act,
}

/// `io.edgeroam.relocation.decided.v1`: a verdict, with numbers enough to recompute it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// The app.
    pub app: String,
    /// The instance.
    pub instance: String,
    /// The pseudonym of the UE behind it.
    pub ue: String,
    /// The UE in clear, where the operator wants it so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supi: Option<String>,
    /// Why it was looked at.
    pub trigger: Trigger,
    /// What was decided.
    pub verdict: Verdict,
    /// Where it serves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// Where it should serve; absent where it is let go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// Whether an order follows from a move.
    pub mode: Mode,
    /// The relocation that a move is, or in mode `observe` would be.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relocation: Option<String>,
    /// Its generation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub generation: Option<u64>,
    /// First byte of the report that led to it.
    pub observed_at: String,
    /// When it was decided.
    pub at: String,
    /// The numbers behind it.
    pub explanation: Explanation,
}

/// The numbers behind a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The policy with its knobs.
    pub policy: Policy,
    /// The NR cell that the UE's place was taken from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ncgi: Option<Ncgi>,
    /// The E-UTRA cell, likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ecgi: Option<Ecgi>,
    /// The tracking area, where the cell is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tai: Option<Tai>,
    /// The sites looked at, best first.
    pub candidates: Vec<Candidate>,
    /// The serving site as the policy saw it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub serving: Option<Serving>,
    /// How long the best candidate has been better by the margin, in milliseconds.
    pub better_for_ms: u64,
    /// Relocations and first placements of the app that were under way.
    pub under_way: u32,
    /// The most that may be under way.
    pub under_way_limit: u32,
    /// The rule that gave the verdict.
    pub rule: Rule,
    /// Version of the catalogue it was decided on.
    pub catalogue_version: u64,
}

/// How a site is chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// `nearest` or `threshold`; more may come.
    pub name: String,
    /// `threshold`: the best site must be nearer by more than this, in metres.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub margin_meters: Option<f64>,
    /// `threshold`: for at least so long, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time_to_trigger_ms: Option<u64>,
    /// `threshold`: how long an instance stays at least, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub minimum_stay_ms: Option<u64>,
}

/// The rule that gave a verdict: `no_instance_yet`, `linger_over`, `already_best`, `nearer`, `within_margin`,
/// `time_to_trigger`, `minimum_stay`, `threshold_met`, `no_candidate`, or the name of a guard; more may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Rule(pub String);

/// A site that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The site.
    pub site: String,
    /// Geodesic distance from the UE's place, in metres.
    pub meters: f64,
    /// The guard that took it out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rejected_by: Option<String>,
}

/// The serving site as the policy saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Serving {
    /// The site.
    pub site: String,
    /// Geodesic distance from the UE's place, in metres; absent where none can be told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub meters: Option<f64>,
    /// How long the instance has been there, in milliseconds.
    pub stayed_ms: u64,
}

/// `io.edgeroam.relocation.ordered.v1`: an order to carry out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ordered {
    /// Its id: a UUIDv5 of app, instance and generation.
    pub relocation: String,
    /// The app.
    pub app: String,
    /// The instance.
    pub instance: String,
    /// Newer than every earlier order of the instance.
    pub generation: u64,
    /// Why.
    pub trigger: Trigger,
    /// Where it serves; absent for a first placement.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// Where it shall serve; absent where it is let go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// First byte of the report that led to it.
    pub observed_at: String,
    /// When it became due.
    pub due_at: String,
    /// When it was decided.
    pub decided_at: String,
}

/// A member of every outcome.
macro_rules! outcome {
    ($(#[$doc:meta])* $name:ident { $($(#[$more:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            /// The relocation.
            pub relocation: String,
            /// The app.
            pub app: String,
            /// The instance.
            pub instance: String,
            /// The order's generation.
            pub generation: u64,
            /// Where it came from; absent for a first placement.
            #[serde(skip_serializing_if = "Option::is_none", default)]
            pub source: Option<String>,
            /// Where it should go; absent where it is let go.
            #[serde(skip_serializing_if = "Option::is_none", default)]
            pub target: Option<String>,
            /// When this was so.
            pub at: String,
            $($(#[$more])* pub $field: $type,)*
        }
    };
}

outcome! {
    /// `io.edgeroam.relocation.progress.v1`: something on the way was reached, before or after the switch.
    Progress {
        /// What was reached.
        state: State,
        /// Why it came to that, for an operator.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
    }
}

outcome! {
    /// `io.edgeroam.relocation.completed.v1`: a request through the name was answered by the new release. Source and
    /// old release go afterwards, which `progress` tells.
    Completed {
        /// Where it serves now; absent where it was let go.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        serving: Option<Placement>,
        /// From the order's intake to the proof, in milliseconds.
        took_ms: u64,
    }
}

outcome! {
    /// `io.edgeroam.relocation.undone.v1`: it failed, and the source serves as before.
    Undone {
        /// What failed, for an operator.
        reason: String,
    }
}

outcome! {
    /// `io.edgeroam.relocation.failed.v1`: it failed and could not be undone: an operator is needed.
    Failed {
        /// What failed, for an operator.
        reason: String,
    }
}

outcome! {
    /// `io.edgeroam.relocation.fenced.v1`: the order was stale or contradicted what serves.
    Fenced {
        /// The newest generation known.
        newest: u64,
        /// Where the instance serves.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        serving_site: Option<String>,
    }
}

/// What was reached on the way: a finished step, or what became of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The target's deployment is known to the orchestrator.
    Prepared,
    /// It was started.
    Started,
    /// It is ready.
    Ready,
    /// The name points at it.
    Steered,
    /// A request through the name was answered by it.
    Verified,
    /// Clients had time to follow.
    Drained,
    /// The source was stopped.
    Stopped,
    /// The orchestrator has forgotten the source.
    Forgotten,
    /// After `completed`: the source is gone.
    Retired,
    /// After `completed`: the source could not be removed.
    Leftover,
}
