//! AmfCreateEventSubscription (TS 29.518 clause 6.2.6), as far as it is acted upon.

use crate::go_json;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Events that one subscription may name.
const MAX_EVENTS: usize = 64;

/// Members of AmfEventSubscription that Free5GC knows; others are lost in its echo.
const KNOWN: [&str; 13] = [
    "eventList",
    "eventNotifyUri",
    "notifyCorrelationId",
    "nfId",
    "subsChangeNotifyUri",
    "subsChangeNotifyCorrelationId",
    "supi",
    "groupId",
    "gpsi",
    "pei",
    "anyUE",
    "options",
    "sourceNfType",
];

/// The subscription that is asked for.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Wanted {
    pub(super) event_list: Option<Vec<Event>>,
    pub(super) event_notify_uri: String,
    pub(super) notify_correlation_id: String,
    pub(super) nf_id: String,
    pub(super) subs_change_notify_correlation_id: Option<String>,
    pub(super) supi: String,
    pub(super) group_id: String,
    #[serde(rename = "anyUE")]
    pub(super) any_ue: bool,
    pub(super) options: Option<Mode>,
}

/// AmfEvent.
#[derive(Deserialize, Clone, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) immediate_flag: bool,
}

/// AmfEventMode.
#[derive(Deserialize, Clone, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Mode {
    pub(super) trigger: String,
    pub(super) max_reports: Option<i32>,
    pub(super) expiry: Option<Timestamp>,
    /// Seconds.
    pub(super) rep_period: Option<u32>,
}

/// Why a body cannot be used.
pub(super) enum Unusable {
    /// Not JSON or of the wrong types, with the text that Go would give.
    Malformed(String),
    /// No subscription inside.
    Empty,
}

/// Reads the body: the subscription as sent, and as understood.
pub(super) fn read(body: &[u8]) -> Result<(Map<String, Value>, Wanted), Unusable> {
    let malformed = |text: String| Unusable::Malformed(format!("[Request Body] {text}"));
    let mut body = go_json::object(body, "models.AmfCreateEventSubscription").map_err(malformed)?;
    let sent = match body.remove("subscription") {
        None | Some(Value::Null) => return Err(Unusable::Empty),
        Some(sent) => {
            let field = "AmfCreateEventSubscription.subscription of type models.AmfEventSubscription";
            go_json::as_object(sent, &format!("Go struct field {field}")).map_err(malformed)?
        }
    };
    let Value::Object(sent) = without_empty(Value::Object(sent)) else { return Err(Unusable::Empty) };
    let wanted: Wanted = serde_json::from_value(Value::Object(sent.clone()))
        .map_err(|error| malformed(format!("json: {error}")))?;
    if wanted.event_list.as_ref().is_some_and(|events| events.len() > MAX_EVENTS) {
        return Err(malformed(format!("eventList has more than {MAX_EVENTS} events")));
    }
    Ok((sent, wanted))
}

/// The echo of Free5GC: known members only.
pub(super) fn echo(mut sent: Map<String, Value>) -> Map<String, Value> {
    sent.retain(|name, _| KNOWN.contains(&name.as_str()));
    sent
}

/// Drops the members that Go's `omitempty` drops: false, zero, the empty string and null.
fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let empty = |value: &Value| {
                value.is_null() || *value == "" || *value == false || value.as_f64() == Some(0.0)
            };
            let kept = object.into_iter().filter(|(_, value)| !empty(value));
            Value::Object(kept.map(|(name, value)| (name, without_empty(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_empty).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}
