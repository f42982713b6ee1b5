//! What is told of UEs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ecgi, Ncgi, Position, Tai};
use crate::Time;
use crate::words::open_words;

/// A UE is somewhere else, its connection state changed, or it has gone.
///
/// Of `ncgi`, `ecgi` and `tai` at least one is there where `change` is `location`; none is otherwise: the last
/// location stays what it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UeLocation {
    /// The UE's pseudonym.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    pub ue: String,
    /// The UE in clear, where the topic is set to tell it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supi: Option<String>,
    /// What changed.
    pub change: UeChange,
    /// When EdgeRoam learned of it, by its own clock.
    pub observed_at: Time,
    /// When the network says that it happened, by the network's clock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reported_at: Option<Time>,
    /// How EdgeRoam learned of it.
    pub obtained_by: ObtainedBy,
    /// The NR cell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ncgi: Option<Ncgi>,
    /// The E-UTRA cell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ecgi: Option<Ecgi>,
    /// The tracking area.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tai: Option<Tai>,
    /// Where in the cell, if the network or another source says so; only where the topic is set to tell who UEs are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub position: Option<Position>,
    /// How far the UE may be from `position`, in metres (TS 29.572 `PointUncertaintyCircle`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uncertainty: Option<f64>,
    /// The connection state, where `change` is `connectivity`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cm_state: Option<CmState>,
}

open_words! {
    /// What changed of a UE.
    pub enum UeChange {
        /// It is at the place that is told.
        Location = "location",
        /// Its connection state is the one that is told.
        Connectivity = "connectivity",
        /// The core no longer knows it.
        Deregistered = "deregistered",
    }
}

open_words! {
    /// How EdgeRoam learned of something.
    pub enum ObtainedBy {
        /// The core sent a notification (TS 29.518 Namf_EventExposure).
        Push = "push",
        /// Two answers of the core differ.
        Poll = "poll",
    }
}

open_words! {
    /// CM state (TS 29.518 `CmState`).
    pub enum CmState {
        /// CM-IDLE.
        Idle = "IDLE",
        /// CM-CONNECTED.
        Connected = "CONNECTED",
    }
}

/// What quality of service a UE gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UeQos {
    /// The UE's pseudonym.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    pub ue: String,
    /// The UE in clear, where the topic is set to tell it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supi: Option<String>,
    /// When EdgeRoam learned of it, by its own clock.
    pub observed_at: Time,
    /// When the network says that it was so (`timeStamp` of TS 29.508), by the network's clock.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reported_at: Option<Time>,
    /// Who measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub measured_by: Option<MeasuredBy>,
    /// Of which app's traffic; of the UE's traffic in general where it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub app: Option<String>,
    /// Between the UE and this site; the one that serves it where it is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<String>,
    /// What was measured.
    #[serde(flatten)]
    pub quality: Quality,
}

open_words! {
    /// Who measured.
    pub enum MeasuredBy {
        /// The app or its client.
        App = "app",
        /// A probe of EdgeRoam.
        Probe = "probe",
        /// A query to Prometheus.
        Prometheus = "prometheus",
        /// The 5G core.
        Core = "core",
    }
}

/// Measured quality of service: a QOS_MON event (TS 29.508 `EventNotification`) or a report of the PCF (TS 29.514
/// `QosMonitoringReport`, `QosNotificationControlInfo`). What was not measured is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    /// The PDU session.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pdu_se_id: Option<u8>,
    /// Whether the guaranteed QoS is fulfilled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub notif_type: Option<QosNotifType>,
    /// Uplink packet delays in milliseconds.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub ul_delays: Vec<u32>,
    /// Downlink packet delays in milliseconds.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub dl_delays: Vec<u32>,
    /// Round trip delays in milliseconds.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rt_delays: Vec<u32>,
    /// Variation of the delay in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub jitter: Option<u32>,
    /// Packet loss rate in tenths of a percent (TS 29.571 `PacketLossRate`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(range(max = 1_000))]
    pub plr: Option<u16>,
    /// Whether measuring packet delays failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pdmf: Option<bool>,
    /// Uplink data rate (TS 29.571 `BitRate`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(regex(pattern = r"^\d+(\.\d+)? (bps|Kbps|Mbps|Gbps|Tbps)$"))]
    pub ul_data_rate: Option<String>,
    /// Downlink data rate (TS 29.571 `BitRate`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(regex(pattern = r"^\d+(\.\d+)? (bps|Kbps|Mbps|Gbps|Tbps)$"))]
    pub dl_data_rate: Option<String>,
}

open_words! {
    /// Whether the guaranteed QoS is fulfilled (TS 29.514 `QosNotifType`).
    pub enum QosNotifType {
        /// It is fulfilled again.
        Guaranteed = "GUARANTEED",
        /// It is not fulfilled.
        NotGuaranteed = "NOT_GUARANTEED",
    }
}
