//! AmfEventReport (TS 29.518 clause 6.2.6).

use super::ue::{Ue, UserLocation};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// One report of one event of one UE.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    #[serde(rename = "type")]
    kind: String,
    pub(super) state: EventState,
    time_stamp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_id: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    any_ue: bool,
    supi: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<UserLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_type_list: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rm_info_list: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cm_info_list: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loss_of_connect_reason: Option<&'static str>,
}

/// AmfEventState (TS 29.518 clause 6.2.6).
#[derive(Serialize, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventState {
    pub(super) active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remain_reports: Option<i32>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remain_duration: Option<i64>,
}

/// What a report is about, besides the UE.
pub(super) struct About<'a> {
    pub(super) kind: &'a str,
    pub(super) state: EventState,
    pub(super) at: Timestamp,
    /// What SUBSCRIPTION_ID_CHANGE tells.
    pub(super) subscription: &'a str,
    pub(super) any_ue: bool,
    /// False once the UE has deregistered.
    pub(super) registered: bool,
}

impl Report {
    /// Fills in what the event is about; events that nobody fills stay without.
    pub(super) fn of(supi: &str, ue: &Ue, about: &About<'_>) -> Report {
        let About { kind, state, at, subscription, any_ue, registered } = *about;
        let is = |wanted: &str| kind == wanted;
        let rm_state = if registered { "REGISTERED" } else { "DEREGISTERED" };
        Report {
            kind: kind.to_owned(),
            state,
            time_stamp: at,
            subscription_id: is("SUBSCRIPTION_ID_CHANGE").then(|| subscription.to_owned()),
            any_ue,
            supi: supi.to_owned(),
            location: is("LOCATION_REPORT").then(|| ue.user_location()),
            timezone: is("TIMEZONE_REPORT").then_some("+00:00"),
            access_type_list: is("ACCESS_TYPE_REPORT").then_some(["3GPP_ACCESS"]),
            rm_info_list: is("REGISTRATION_STATE_REPORT").then(|| {
                json!([
                    {"rmState": rm_state, "accessType": "3GPP_ACCESS"},
                    {"rmState": "DEREGISTERED", "accessType": "NON_3GPP_ACCESS"},
                ])
            }),
            cm_info_list: is("CONNECTIVITY_STATE_REPORT").then(|| ue.cm_info()),
            loss_of_connect_reason: (is("LOSS_OF_CONNECTIVITY") && !registered).then_some("DEREGISTERED"),
        }
    }
}
