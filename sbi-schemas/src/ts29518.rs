//! AMF services (TS 29.518): Namf_EventExposure, clause 6.2.6.

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::ts29571::{AccessType, UserLocation};

/// Asks the AMF for reports (`AmfCreateEventSubscription`, clause 6.2.6.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmfCreateEventSubscription<S = String> {
    /// What to report.
    pub subscription: AmfEventSubscription<S>,
}

/// The AMF's answer to [`AmfCreateEventSubscription`] (clause 6.2.6.2), with immediate reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "S: Deserialize<'de>"))]
pub struct AmfCreatedEventSubscription<S = String> {
    /// What was accepted.
    pub subscription: AmfEventSubscription<S>,
    /// The subscription's URI; Free5GC gives a bare number.
    pub subscription_id: S,
    /// What `immediateFlag` asked for; absent (or empty, or null) where there is nothing to report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_list: Option<Vec<AmfEventReport<S>>>,
}

/// What to report, about whom, and where to (clause 6.2.6.2.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "S: Deserialize<'de>"))]
pub struct AmfEventSubscription<S = String> {
    /// The events.
    pub event_list: Vec<AmfEvent>,
    /// Where notifications go.
    pub event_notify_uri: S,
    /// What notifications carry to tell subscriptions apart.
    pub notify_correlation_id: S,
    /// NF instance id of the subscriber.
    pub nf_id: S,
    /// One UE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supi: Option<S>,
    /// Every UE of the AMF.
    #[serde(rename = "anyUE", skip_serializing_if = "Option::is_none")]
    pub any_ue: Option<bool>,
    /// How often; continuous where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<AmfEventMode<S>>,
}

/// One event of a subscription (clause 6.2.6.2.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AmfEvent {
    /// Which event.
    #[serde(rename = "type")]
    pub kind: AmfEventType,
    /// Whether the current state is wanted in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immediate_flag: Option<bool>,
}

/// How often to report (clause 6.2.6.2.6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AmfEventMode<S = String> {
    /// Once, continuously or periodically.
    pub trigger: AmfEventTrigger,
    /// After how many reports it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_reports: Option<i64>,
    /// When it ends (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<S>,
}

/// What the AMF posts to `eventNotifyUri` (clause 6.2.6.2.4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "S: Deserialize<'de>"))]
pub struct AmfEventNotification<S = String> {
    /// The subscription's `notifyCorrelationId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify_correlation_id: Option<S>,
    /// Present where the notification is about the subscription itself: its identifier changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subs_change_notify_correlation_id: Option<S>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_list: Option<Vec<AmfEventReport<S>>>,
}

/// One report about one UE (clause 6.2.6.2.5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "S: Deserialize<'de>"))]
pub struct AmfEventReport<S = String> {
    /// Which event.
    #[serde(rename = "type")]
    pub kind: AmfEventType,
    /// What is left of the subscription.
    pub state: AmfEventState,
    /// When the event happened (RFC 3339); in an immediate report, when it was asked for.
    pub time_stamp: S,
    /// Whether the subscription is one for any UE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any_ue: Option<bool>,
    /// The UE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supi: Option<S>,
    /// Where it is, in a LOCATION_REPORT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<UserLocation<S>>,
    /// Its registration states, in a REGISTRATION_STATE_REPORT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rm_info_list: Option<Vec<RmInfo>>,
    /// Its connection states, in a CONNECTIVITY_STATE_REPORT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cm_info_list: Option<Vec<CmInfo>>,
}

/// What is left of a subscription (clause 6.2.6.2.7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AmfEventState {
    /// Whether it goes on.
    pub active: bool,
    /// How many reports are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remain_reports: Option<i64>,
    /// How long it goes on, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remain_duration: Option<i64>,
}

/// Registration state per access (clause 6.2.6.2.8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RmInfo {
    /// The state.
    pub rm_state: RmState,
    /// The access.
    pub access_type: AccessType,
}

/// Connection state per access (clause 6.2.6.2.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CmInfo {
    /// The state.
    pub cm_state: CmState,
    /// The access.
    pub access_type: AccessType,
}

open_enum!(
    /// Events that we ask for (clause 6.2.6.3).
    AmfEventType {
        /// The UE's location.
        LocationReport = "LOCATION_REPORT",
        /// Its CM state.
        ConnectivityStateReport = "CONNECTIVITY_STATE_REPORT",
        /// Its RM state.
        RegistrationStateReport = "REGISTRATION_STATE_REPORT",
    }
);

open_enum!(
    /// How often to report (clause 6.2.6.3).
    AmfEventTrigger {
        /// Once.
        OneTime = "ONE_TIME",
        /// Whenever it happens.
        Continuous = "CONTINUOUS",
        /// At intervals.
        Periodic = "PERIODIC",
    }
);

open_enum!(
    /// CM state (clause 6.2.6.3).
    CmState {
        /// CM-IDLE.
        Idle = "IDLE",
        /// CM-CONNECTED.
        Connected = "CONNECTED",
    }
);

open_enum!(
    /// RM state (clause 6.2.6.3).
    RmState {
        /// RM-REGISTERED.
        Registered = "REGISTERED",
        /// RM-DEREGISTERED.
        Deregistered = "DEREGISTERED",
    }
);
