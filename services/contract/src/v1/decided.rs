//! What was decided.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Explanation;
use crate::Time;
use crate::words::open_words;

/// A verdict for one instance, with numbers enough to recompute it.
///
/// `relocation` and `generation` are there where the verdict is `move`: the order that follows in mode `act`, and
/// would follow in mode `observe`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelocationDecided {
    /// The app.
    pub app: String,
    /// The instance.
    pub instance: String,
    /// The pseudonym of the UE behind it.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    pub ue: String,
    /// The UE in clear, where the topic is set to tell it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supi: Option<String>,
    /// Why it was looked at.
    pub trigger: Trigger,
    /// What was decided.
    pub verdict: Verdict,
    /// Whether an order follows from a `move`.
    pub mode: Mode,
    /// The site where it serves; absent where it serves nowhere yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// The site where it should be; absent where it is let go, or where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// Id of the relocation.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(extend("format" = "uuid"))]
    pub relocation: Option<String>,
    /// Its generation: counts the orders of an instance and only grows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub generation: Option<u64>,
    /// `observedAt` of the UE's event that led to it.
    pub observed_at: Time,
    /// When it was decided.
    pub decided_at: Time,
    /// The numbers behind it.
    pub explanation: Explanation,
}

open_words! {
    /// Why an instance was looked at.
    pub enum Trigger {
        /// The UE moved.
        Mobility = "mobility",
        /// A UE of the app appeared and has no instance yet.
        FirstPlacement = "first_placement",
        /// The UE has been gone for the app's linger time.
        UeGone = "ue_gone",
        /// The serving site is being drained.
        Maintenance = "maintenance",
        /// The serving site is expected to fail.
        SiteDegraded = "site_degraded",
        /// The serving site does not serve any longer.
        SiteFailure = "site_failure",
        /// What is measured of the UE's quality of service is worse than the app wants.
        Qos = "qos",
        /// An operator asked for it.
        Operator = "operator",
        /// The serving site is overloaded.
        Capacity = "capacity",
        /// The UE is outside the service area of the serving site.
        LeftArea = "left_area",
    }
}

open_words! {
    /// What was decided.
    pub enum Verdict {
        /// Move, place or let go, as source and target say.
        Move = "move",
        /// Leave it where it is.
        Stay = "stay",
        /// A move would be right, but a guard forbids it now.
        Blocked = "blocked",
    }
}

open_words! {
    /// Whether orders are given.
    pub enum Mode {
        /// Decisions are told and nothing is done.
        Observe = "observe",
        /// Orders are given and carried out.
        Act = "act",
    }
}
