//! What is said of UEs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::place::{Ecgi, Ncgi, Tai};

/// `io.edgeroam.ue.location.v1`: a UE is somewhere else, is idle or connected, or has left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UeLocation {
    /// The UE's pseudonym.
    pub ue: String,
    /// The UE in clear, where the operator wants it so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supi: Option<String>,
    /// What changed.
    pub change: UeChange,
    /// The serving NR cell, where the change is of the location and the network named one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ncgi: Option<Ncgi>,
    /// The serving E-UTRA cell, likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ecgi: Option<Ecgi>,
    /// The tracking area, likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tai: Option<Tai>,
    /// When the first byte of the report reached EdgeRoam.
    pub observed_at: String,
    /// The network's own time of the change, where it gave one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reported_at: Option<String>,
}

/// What changed about a UE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UeChange {
    /// Its location.
    Location,
    /// It is CM-IDLE now; its location stays what it was.
    Idle,
    /// It is CM-CONNECTED now; its location stays what it was.
    Connected,
    /// The core no longer knows it.
    Gone,
}

/// `io.edgeroam.ue.qos.v1`: what quality of service a UE's flows get (TS 29.508, event QOS_MON; TS 29.514).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UeQos {
    /// The UE's pseudonym.
    pub ue: String,
    /// The UE in clear, where the operator wants it so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supi: Option<String>,
    /// What was measured.
    pub qos_monitoring: QosMonitoring,
    /// When the first byte of the report reached EdgeRoam.
    pub observed_at: String,
}

/// Packet delays of a QoS flow, in milliseconds (TS 29.508 `QosMonitoringReport`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QosMonitoring {
    /// Uplink.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ul_delay_ms: Option<f64>,
    /// Downlink.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dl_delay_ms: Option<f64>,
    /// There and back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rt_delay_ms: Option<f64>,
}
