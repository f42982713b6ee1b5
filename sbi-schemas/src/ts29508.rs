//! SMF services (TS 29.508): Nsmf_EventExposure, clause 5.6, as far as packet delays are reported by it.
//!
//! Two one-way delays of a report are those of the two paths of redundant transmission (TS 23.501 clause 5.33.3.2).

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::ts29571::Snssai;

/// Asks the SMF for notifications, and its answer (`NsmfEventExposure`, clause 5.6.2.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "S: Deserialize<'de>"))]
pub struct NsmfEventExposure<S = String> {
    /// Every UE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_ue_ind: Option<bool>,
    /// Sessions of this data network only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dnn: Option<S>,
    /// Sessions of this slice only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snssai: Option<Snssai<S>>,
    /// What notifications carry as `notifId`.
    pub notif_id: S,
    /// Where notifications go.
    pub notif_uri: S,
    /// The events.
    pub event_subs: Vec<EventSubscription>,
    /// When to notify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notif_method: Option<NotificationMethod>,
    /// When the subscription ends (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<S>,
    /// Seconds between two periodic notifications.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rep_period: Option<u32>,
}

/// One event of a subscription (clause 5.6.2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSubscription {
    /// Which event.
    pub event: SmfEvent,
}

/// What the SMF posts to `notifUri` (clause 5.6.2.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "S: Deserialize<'de>"))]
pub struct NsmfEventExposureNotification<S = String> {
    /// The subscription's `notifId`.
    pub notif_id: S,
    /// What happened.
    pub event_notifs: Vec<EventNotification<S>>,
}

/// One event that occurred (clause 5.6.2.5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "S: Deserialize<'de>"))]
pub struct EventNotification<S = String> {
    /// Which event.
    pub event: SmfEvent,
    /// When (RFC 3339).
    pub time_stamp: S,
    /// The UE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supi: Option<S>,
    /// Its PDU session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdu_se_id: Option<u8>,
    /// The session's data network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dnn: Option<S>,
    /// The session's slice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snssai: Option<Snssai<S>>,
    /// Uplink packet delays, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ul_delays: Option<Vec<u64>>,
    /// Downlink packet delays, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dl_delays: Option<Vec<u64>>,
    /// Round-trip packet delays, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rt_delays: Option<Vec<u64>>,
    /// Whether the measurement failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pdmf: Option<bool>,
}

open_enum!(
    /// Events that we ask for (clause 5.6.3.3).
    SmfEvent {
        /// Packet delays of a QoS flow between the UE and its PDU session anchor.
        QosMon = "QOS_MON",
    }
);

open_enum!(
    /// When to notify (clause 5.6.3.4).
    NotificationMethod {
        /// At intervals.
        Periodic = "PERIODIC",
        /// Once.
        OneTime = "ONE_TIME",
        /// Whenever it happens.
        OnEventDetection = "ON_EVENT_DETECTION",
    }
);
