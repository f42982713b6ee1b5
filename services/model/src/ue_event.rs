//! What the core said about a UE.

use serde::{Deserialize, Serialize};

use crate::{CellId, ReportedAt, Supi, Tai, Timestamp, UePosition};

/// One change of one UE, as the subscriber understood the core.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UeEvent {
    /// The UE.
    pub supi: Supi,
    /// When the first byte of the report, or of the poll's answer, reached us.
    pub observed_at: Timestamp,
    /// The network's own time of the change, where it gave one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reported_at: Option<ReportedAt>,
    /// How we learned of it.
    pub source: UeSource,
    /// Root of the API of the AMF that reports it, where that is another one than before, or the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amf: Option<Box<str>>,
    /// What changed.
    pub change: UeChange,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum UeChange {
    /// The UE is at this location (LOCATION_REPORT of TS 29.518 clause 6.2.6.3).
    Location(UeLocation),
    /// The UE's connection state changed (CONNECTIVITY_STATE_REPORT); its last location stays what it was.
    Connectivity {
        /// The new state.
        cm: CmState,
    },
    /// The core no longer knows the UE: deregistered.
    Gone,
}

/// A location as TS 29.571 `UserLocation` gives it; at least one of the three is present.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UeLocation {
    /// The serving cell; absent where the network said to ignore it (`ignoreNcgi`, `ignoreEcgi`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cell: Option<CellId>,
    /// The tracking area.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tai: Option<Tai>,
    /// Where in the cell, if the network or another source says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<UePosition>,
}

/// CM state (TS 23.501 clause 5.3.3.2, TS 29.518 `CmState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CmState {
    /// CM-IDLE.
    Idle,
    /// CM-CONNECTED.
    Connected,
}

/// How an event reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UeSource {
    /// Namf_EventExposure notification.
    Push,
    /// Difference between two immediate reports.
    Poll,
}
