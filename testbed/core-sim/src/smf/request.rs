//! NsmfEventExposure (TS 29.508 clause 5.6.2.2), as far as it is acted upon.

use super::measure::{DNN, SESSION, SLICE};
use crate::http::{Problem, Reply};
use crate::push;
use http::Uri;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Events that one subscription may name.
const MAX_EVENTS: usize = 64;

/// The subscription that is asked for.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Wanted {
    notif_id: Option<String>,
    notif_uri: Option<String>,
    event_subs: Option<Vec<EventSubscription>>,
    supi: Option<String>,
    gpsi: Option<String>,
    group_id: Option<String>,
    any_ue_ind: bool,
    pdu_se_id: Option<u8>,
    dnn: Option<String>,
    snssai: Option<Snssai>,
    notif_method: Option<String>,
    max_report_nbr: Option<u32>,
    expiry: Option<Timestamp>,
    /// Seconds.
    rep_period: Option<u32>,
    #[serde(rename = "ImmeRep")]
    immediate: bool,
}

#[derive(Deserialize)]
struct EventSubscription {
    event: String,
}

#[derive(Deserialize)]
struct Snssai {
    sst: u8,
    sd: Option<String>,
}

/// When to notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Every so many seconds.
    Periodic(u32),
    /// Once.
    OneTime,
    /// At every change.
    OnEventDetection,
}

/// A subscription that can be served.
pub(super) struct Accepted {
    pub(super) sent: Map<String, Value>,
    pub(super) notif_id: String,
    pub(super) to: Uri,
    /// `None`: any UE, those to come included.
    pub(super) supi: Option<String>,
    /// Whether it asks for QOS_MON of sessions that there are.
    pub(super) measures: bool,
    pub(super) method: Method,
    pub(super) remaining: Option<u32>,
    pub(super) expiry: Option<Timestamp>,
    pub(super) immediate: bool,
}

/// Reads and checks a body; the error is the refusal.
pub(super) fn read(body: &[u8]) -> Result<Accepted, Reply> {
    let malformed = |text: String| Problem::cause(400, "INVALID_MSG_FORMAT").detail(text).reply();
    let sent: Map<String, Value> = serde_json::from_slice(body).map_err(|e| malformed(e.to_string()))?;
    let wanted: Wanted =
        serde_json::from_value(Value::Object(sent.clone())).map_err(|e| malformed(e.to_string()))?;
    check(sent, wanted)
}

fn check(sent: Map<String, Value>, wanted: Wanted) -> Result<Accepted, Reply> {
    let missing = |member: &str| Problem::cause(400, "MANDATORY_IE_MISSING").detail(member).reply();
    let incorrect = |member: &str| Problem::cause(400, "MANDATORY_IE_INCORRECT").detail(member).reply();
    let measures = wanted.asks_for_measurements();
    let notif_id = wanted.notif_id.filter(|id| !id.is_empty()).ok_or_else(|| missing("notifId"))?;
    let uri = wanted.notif_uri.ok_or_else(|| missing("notifUri"))?;
    let to = push::receiver(&uri).ok_or_else(|| incorrect("notifUri"))?;
    let events = wanted.event_subs.ok_or_else(|| missing("eventSubs"))?;
    if events.is_empty() || events.len() > MAX_EVENTS {
        return Err(incorrect("eventSubs"));
    }
    let named = wanted.supi.is_some() || wanted.gpsi.is_some() || wanted.group_id.is_some();
    if !named && !wanted.any_ue_ind {
        return Err(missing("supi, gpsi, groupId or anyUeInd"));
    }
    let method = match wanted.notif_method.as_deref() {
        Some("PERIODIC") => {
            let period = wanted.rep_period.filter(|seconds| *seconds > 0);
            Method::Periodic(period.ok_or_else(|| missing("repPeriod"))?)
        }
        Some("ONE_TIME") => Method::OneTime,
        Some(_) | None => Method::OnEventDetection,
    };
    // Groups and GPSIs are known to the UDM only, so they find nobody here.
    let supi = if wanted.any_ue_ind { None } else { Some(wanted.supi.unwrap_or_default()) };
    let remaining = if method == Method::OneTime { Some(1) } else { wanted.max_report_nbr };
    let (expiry, immediate) = (wanted.expiry, wanted.immediate);
    Ok(Accepted { sent, notif_id, to, supi, measures, method, remaining, expiry, immediate })
}

impl Wanted {
    fn asks_for_measurements(&self) -> bool {
        let events = self.event_subs.iter().flatten();
        events.into_iter().any(|subscribed| subscribed.event == "QOS_MON")
            && self.pdu_se_id.is_none_or(|id| id == SESSION)
            && self.dnn.as_deref().is_none_or(|dnn| dnn.eq_ignore_ascii_case(DNN))
            && self.snssai.as_ref().is_none_or(|slice| {
                slice.sst == SLICE.sst
                    && slice.sd.as_deref().is_some_and(|sd| sd.eq_ignore_ascii_case(SLICE.sd))
            })
    }
}
