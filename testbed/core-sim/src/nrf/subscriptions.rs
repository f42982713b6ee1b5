//! Status subscriptions (TS 29.510 clause 5.2.2.5).

use super::free5gc::instance_uri;
use super::profile::{Profile, text};
use super::{Event, MAX_SUBSCRIPTIONS, Nrf};
use crate::go_json;
use crate::http::{Call, Problem, Reply};
use crate::push::{self, Queue};
use crate::world::World;
use http::header;
use jiff::{SignedDuration, Timestamp};
use json_patch::Patch;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a subscription lives that names no time.
const DEFAULT_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A SubscriptionData resource.
pub(super) struct StatusSubscription {
    body: Map<String, Value>,
    /// Where notifications go; Free5GC never sends one.
    queue: Option<Queue>,
}

/// POST as Free5GC takes it: nothing is checked, and the condition comes back with all its thirteen members.
pub(super) fn create_free5gc(world: &World, call: &Call, _: &str) -> Reply {
    let mut body = match go_json::object(&call.body, "models.NrfNfManagementSubscriptionData") {
        Ok(body) => body,
        Err(text) => return Problem::malformed(format!("[Request Body] {text}")).gin(),
    };
    if let Some(Value::Object(sent)) = body.get_mut("subscrCond") {
        let mut full = json!({
            "conditionType": "", "guamiList": null, "nfGroupId": "", "nfGroupIdList": null, "nfInstanceId": "",
            "nfInstanceIdList": null, "nfServiceSetId": "", "nfSetId": "", "nfType": "", "scpDomains": null,
            "serviceName": "", "serviceNameList": null, "snssaiList": null,
        });
        if let Value::Object(full) = &mut full {
            for (name, value) in full.iter_mut() {
                if let Some(sent) = sent.remove(name) {
                    *value = sent;
                }
            }
            std::mem::swap(sent, full);
        }
    }
    let id = Uuid::new_v4().simple().to_string();
    body.insert("subscriptionId".to_owned(), json!(id));
    match store(world, id, body, None) {
        Ok(body) => Reply::gin(201, &body),
        Err(reply) => reply,
    }
}

/// POST as specified: 201 with a Location header and a validity time.
pub(super) fn create(world: &World, call: &Call, _: &str) -> Reply {
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&call.body) else {
        return Problem::cause(400, "INVALID_MSG_FORMAT").reply();
    };
    let Some(to) = push::receiver(text(&body, "nfStatusNotificationUri")) else {
        return Problem::cause(400, "MANDATORY_IE_INCORRECT").detail("nfStatusNotificationUri").reply();
    };
    let id = Uuid::new_v4().to_string();
    body.insert("subscriptionId".to_owned(), json!(id));
    let asked = text(&body, "validityTime").parse::<Timestamp>().ok();
    let until = asked.unwrap_or_else(|| Timestamp::now() + DEFAULT_LIFE);
    body.insert("validityTime".to_owned(), json!(until));
    let location = format!("http://{}/nnrf-nfm/v1/subscriptions/{id}", world.nrf_addr);
    let queue = world.pusher.open(to, CancellationToken::new());
    match store(world, id, body, Some(queue)) {
        Ok(body) => Reply::json(201, &body).header(header::LOCATION, location),
        Err(reply) => reply,
    }
}

/// PATCH. Free5GC answers 204 to what it cannot apply.
pub(super) fn update(world: &World, call: &Call, id: &str) -> Reply {
    let patch = serde_json::from_slice::<Patch>(&call.body);
    let mut state = world.lock();
    let patched = match (state.nrf.subscriptions.get_mut(id), patch) {
        (None, _) if world.compliant() => return Problem::cause(404, "SUBSCRIPTION_NOT_FOUND").reply(),
        (Some(subscription), Ok(patch)) => {
            let mut body = Value::Object(subscription.body.clone());
            let applied = json_patch::patch(&mut body, &patch).is_ok();
            body.as_object().filter(|_| applied).map(|body| subscription.body.clone_from(body))
        }
        (None, _) | (Some(_), Err(_)) => None,
    };
    match (patched, world.compliant()) {
        (Some(()), true) => Reply::empty(204),
        (Some(()), false) => match state.nrf.subscriptions.get(id) {
            Some(subscription) => Reply::gin(200, &subscription.body),
            None => Reply::empty(204),
        },
        (None, true) => Problem::cause(400, "INVALID_MSG_FORMAT").reply(),
        (None, false) => Reply::empty(204),
    }
}

/// DELETE: Free5GC answers 204 whether there was one or not.
pub(super) fn delete(world: &World, _: &Call, id: &str) -> Reply {
    let removed = world.lock().nrf.subscriptions.remove(id).is_some();
    if removed || !world.compliant() {
        Reply::empty(204)
    } else {
        Problem::cause(404, "SUBSCRIPTION_NOT_FOUND").reply()
    }
}

/// Stores a subscription and gives its body back; the error is the answer if there is no room.
fn store(
    world: &World,
    id: String,
    body: Map<String, Value>,
    queue: Option<Queue>,
) -> Result<Map<String, Value>, Reply> {
    let mut state = world.lock();
    if state.nrf.subscriptions.len() >= MAX_SUBSCRIPTIONS {
        return Err(Problem::cause(500, "CREATE_SUBSCRIPTION_ERROR").reply());
    }
    state.nrf.subscriptions.insert(id, StatusSubscription { body: body.clone(), queue });
    Ok(body)
}

impl Nrf {
    /// Whether Free5GC's NRF would try to notify somebody of this profile: a condition of a service name alone is the
    /// only one that ever matches there, and the notification always fails.
    pub(super) fn notification_breaks(&self, profile: &Profile) -> bool {
        self.subscriptions.values().any(|subscription| {
            let Some(Value::Object(condition)) = subscription.body.get("subscrCond") else { return false };
            let service = text(condition, "serviceName");
            let others = condition.iter().filter(|(name, _)| *name != "serviceName");
            !service.is_empty()
                && others.into_iter().all(|(_, value)| value.is_null() || *value == "")
                && profile.offers(service)
        })
    }

    /// Queues NotificationData (TS 29.510 clause 6.1.6) for every subscription that the profile falls under.
    pub(super) fn notify(&self, world: &World, event: Event, profile: &Profile) {
        for subscription in
            self.subscriptions.values().filter(|subscription| subscription.matches(event, profile))
        {
            let mut data = json!({
                "event": event.name(),
                "nfInstanceUri": instance_uri(world, &profile.id),
            });
            if event != Event::Deregistered {
                data["nfProfile"] = json!(profile.body);
            }
            if let (Some(queue), Ok(body)) = (&subscription.queue, serde_json::to_vec(&data)) {
                queue.send(body.into());
            }
        }
    }

    /// Forgets the subscriptions whose time is over.
    pub(super) fn expire_subscriptions(&mut self, now: Timestamp) {
        self.subscriptions.retain(|_, subscription| {
            text(&subscription.body, "validityTime").parse::<Timestamp>().is_ok_and(|until| until > now)
        });
    }
}

impl StatusSubscription {
    fn matches(&self, event: Event, profile: &Profile) -> bool {
        let wanted = self.body.get("reqNotifEvents").and_then(Value::as_array);
        if wanted.is_some_and(|events| !events.contains(&json!(event.name()))) {
            return false;
        }
        let Some(Value::Object(condition)) = self.body.get("subscrCond") else { return true };
        condition.iter().all(|(name, value)| {
            let value = value.as_str().unwrap_or_default();
            match name.as_str() {
                "nfType" => profile.nf_type() == value,
                "nfInstanceId" => profile.id == value,
                "serviceName" => profile.offers(value),
                _ => false,
            }
        })
    }
}
