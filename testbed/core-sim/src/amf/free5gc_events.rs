//! Namf_EventExposure as Free5GC's AMF v1.4.5 answers it. Reports exist only in the answer to a subscription with
//! immediate events; nothing is ever sent to `eventNotifyUri`.

use super::Amf;
use super::report::{About, EventState, Report};
use super::request::{self, Mode, Wanted};
use crate::go_json;
use crate::http::{Call, Problem, Reply};
use crate::world::World;
use jiff::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// AmfCreatedEventSubscription, with a bare number for an id and without a Location header.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    subscription: &'a Map<String, Value>,
    subscription_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    report_list: Vec<Report>,
}

/// POST. A number is used up even where the request is then refused.
pub(super) fn create(
    world: &World,
    amf: &mut Amf,
    rng: &mut ChaCha8Rng,
    sent: Map<String, Value>,
    wanted: &Wanted,
) -> Reply {
    let at = Timestamp::now();
    let Some(id) = amf.allocate() else { return Problem::cause(500, "UNSPECIFIED_NF_FAILURE").gin() };
    let Some(events) = &wanted.event_list else { return Problem::cause(400, "SUBSCRIPTION_EMPTY").gin() };
    let immediate = events.iter().any(|event| event.immediate_flag);
    let single = !wanted.any_ue && wanted.group_id.is_empty();
    if single && !amf.ues.contains_key(&wanted.supi) {
        return Problem::cause(403, "UE_NOT_SERVED_BY_AMF").gin();
    }
    let echo = request::echo(sent);
    amf.kept.insert(id, echo.clone());
    // No UE has a group, and the first one that is looked at makes the handler panic. The subscription stays.
    if !wanted.any_ue && !single && immediate && !amf.ues.is_empty() {
        return Reply::empty(500);
    }
    // A UE that registers between the two walks over all UEs makes it panic, too.
    if wanted.any_ue && immediate && std::mem::take(&mut amf.arrivals) > 0 {
        let one_in = world.config.race_500_one_in.unwrap_or(0);
        if one_in > 0 && rng.next_u32().is_multiple_of(one_in) {
            return Reply::empty(500);
        }
    }
    let mut remaining = Remaining::new(wanted.options.as_ref(), at);
    let mut report_list = Vec::new();
    let text = id.to_string();
    let reported = amf.ues.iter().filter(|(supi, _)| wanted.any_ue || (single && **supi == wanted.supi));
    for (supi, ue) in reported.filter(|_| immediate) {
        let state = remaining.of_next_ue();
        for event in events.iter().filter(|event| event.immediate_flag) {
            let about = About {
                kind: &event.kind,
                state,
                at,
                subscription: &text,
                any_ue: wanted.any_ue,
                registered: true,
            };
            report_list.push(Report::of(supi, ue, &about));
        }
    }
    if report_list.first().is_some_and(|report| !report.state.active) {
        amf.kept.remove(&id);
    }
    if wanted.any_ue && !report_list.is_empty() {
        // UEs come in the order of a Go map, which starts anywhere; those of one UE stay together.
        let each = report_list.len() / amf.ues.len().max(1);
        report_list.rotate_left(rng.next_u32() as usize % amf.ues.len().max(1) * each);
    }
    Reply::gin(201, &Created { subscription: &echo, subscription_id: text, report_list })
}

/// The count of reports left, which all UEs of one request share.
struct Remaining {
    /// `None` where there are no options.
    trigger: Option<String>,
    reports: i32,
    duration: Option<i64>,
    expired: bool,
}

impl Remaining {
    fn new(options: Option<&Mode>, now: Timestamp) -> Remaining {
        let expiry = options.and_then(|mode| mode.expiry);
        Remaining {
            trigger: options.map(|mode| mode.trigger.clone()),
            reports: options.and_then(|mode| mode.max_reports).unwrap_or(0),
            duration: expiry
                .map(|expiry| expiry.duration_since(now).as_secs())
                .filter(|seconds| *seconds > 0),
            expired: expiry.is_some_and(|expiry| expiry < now),
        }
    }

    fn of_next_ue(&mut self) -> EventState {
        let inactive = EventState::default();
        match self.trigger.as_deref() {
            None => EventState { active: true, ..inactive },
            Some("ONE_TIME") => inactive,
            Some("CONTINUOUS") => {
                self.reports = self.reports.saturating_sub(1);
                if self.reports <= 0 || self.expired {
                    return inactive;
                }
                EventState {
                    active: true,
                    remain_reports: Some(self.reports),
                    remain_duration: self.duration,
                }
            }
            Some(_) if self.expired => inactive,
            Some(_) => EventState { active: true, remain_reports: None, remain_duration: self.duration },
        }
    }
}

/// PATCH, which wants an object where the specification has an array; a new expiry is taken but not shown.
pub(super) fn modify(world: &World, index: usize, call: &Call, id: &str) -> Reply {
    let body = match go_json::object(&call.body, "models.ModifySubscriptionRequest") {
        Ok(body) => body,
        Err(text) => return Problem::malformed(format!("[Request Body] {text}")).gin(),
    };
    let mut state = world.lock();
    let found = state.amfs.get_mut(index).and_then(|amf| amf.kept.get_mut(&id.parse().ok()?));
    let Some(subscription) = found else { return Problem::cause(404, "SUBSCRIPTION_NOT_FOUND").gin() };
    if !body.contains_key("optionItem") {
        for item in body.get("subscriptionItem").and_then(Value::as_array).into_iter().flatten() {
            if !change_event(subscription, item) {
                return Problem::cause(500, "UNSPECIFIED_NF_FAILURE").gin();
            }
        }
    }
    Reply::gin(200, &json!({ "subscription": subscription }))
}

/// Applies one operation on `/eventList/{index}`; false if it names no index.
fn change_event(subscription: &mut Map<String, Value>, item: &Value) -> bool {
    let path = item.get("path").and_then(Value::as_str).unwrap_or_default();
    let Some(index) = path.strip_prefix("/eventList/").and_then(|index| index.parse::<usize>().ok()) else {
        return false;
    };
    let Some(Value::Array(events)) = subscription.get_mut("eventList") else { return false };
    let value = item.get("value").cloned().unwrap_or_default();
    match item.get("op").and_then(Value::as_str) {
        Some("replace") if index < events.len() => events[index] = value,
        Some("remove") if index < events.len() => {
            events.remove(index);
        }
        Some("add") if events.len() < 64 => events.push(value),
        Some(_) | None => {}
    }
    true
}
