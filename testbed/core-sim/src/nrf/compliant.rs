//! Nnrf_NFManagement as specified (TS 29.510 clause 5.2).

use super::free5gc::instance_uri;
use super::profile::{Profile, text};
use super::validate;
use crate::http::{Call, Problem, Reply};
use crate::world::World;
use http::header;
use json_patch::{Patch, PatchOperation};
use serde_json::{Map, Value, json};
use std::time::Instant;

/// NotificationEventType (TS 29.510 clause 6.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Registered,
    Changed,
    Deregistered,
}

impl Event {
    pub(super) fn name(self) -> &'static str {
        match self {
            Event::Registered => "NF_REGISTERED",
            Event::Changed => "NF_PROFILE_CHANGED",
            Event::Deregistered => "NF_DEREGISTERED",
        }
    }
}

/// PUT: 201 with Location, 200 for a replacement; the NRF assigns a heart-beat timer where none is named.
pub(super) fn register(world: &World, call: &Call, id: &str) -> Reply {
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&call.body) else {
        return Problem::cause(400, "INVALID_MSG_FORMAT").reply();
    };
    if text(&body, "nfInstanceId") != id {
        return Problem::cause(400, "MANDATORY_IE_INCORRECT")
            .detail("nfInstanceId is not that of the path")
            .reply();
    }
    if let Err(why) = validate::check(&body) {
        return Problem::cause(400, "MANDATORY_IE_INCORRECT").detail(why).reply();
    }
    body.entry("heartBeatTimer").or_insert(json!(world.config.heart_beat_timer.as_secs().max(1)));
    let profile = Profile::stored(world, body);
    let shown = profile.body.clone();
    match put(world, profile) {
        Err(()) => Problem::cause(500, "INSUFFICIENT_RESOURCES").reply(),
        Ok(true) => Reply::json(200, &shown),
        Ok(false) => Reply::json(201, &shown).header(header::LOCATION, instance_uri(world, id)),
    }
}

/// Stores a profile and tells the subscribers.
fn put(world: &World, profile: Profile) -> Result<bool, ()> {
    let mut state = world.lock();
    let id = profile.id.clone();
    let replaced = state.nrf.put(profile)?;
    let event = if replaced { Event::Changed } else { Event::Registered };
    if let Some(profile) = state.nrf.find(&id) {
        state.nrf.notify(world, event, profile);
    }
    Ok(replaced)
}

/// PATCH: a heart-beat (status and load alone) gets 204, another change 200 with the profile; 404 for unknown ids.
pub(super) fn update(world: &World, call: &Call, id: &str) -> Reply {
    let Ok(patch) = serde_json::from_slice::<Patch>(&call.body) else {
        return Problem::cause(400, "INVALID_MSG_FORMAT").reply();
    };
    let mut state = world.lock();
    let Some(profile) = state.nrf.find_mut(id) else {
        return Problem::cause(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND").reply();
    };
    let mut body = Value::Object(profile.body.clone());
    let applied = json_patch::patch(&mut body, &patch).map_err(|error| error.to_string());
    let patched = applied.and_then(|()| {
        let body: Map<String, Value> = serde_json::from_value(body).map_err(|error| error.to_string())?;
        validate::check(&body)?;
        if text(&body, "nfInstanceId") == id { Ok(body) } else { Err("nfInstanceId".to_owned()) }
    });
    let body = match patched {
        Ok(body) => body,
        Err(why) => return Problem::cause(400, "MODIFICATION_NOT_ALLOWED").detail(why).reply(),
    };
    let status_changed = text(&body, "nfStatus") != text(&profile.body, "nfStatus");
    profile.body = body;
    profile.beat = Instant::now();
    profile.suspended = false;
    let heart_beat = patch.iter().all(is_heart_beat);
    let reply = if heart_beat { Reply::empty(204) } else { Reply::json(200, &profile.body) };
    if (status_changed || !heart_beat)
        && let Some(profile) = state.nrf.find(id)
    {
        state.nrf.notify(world, Event::Changed, profile);
    }
    reply
}

fn is_heart_beat(operation: &PatchOperation) -> bool {
    ["/nfStatus", "/load"].contains(&operation.path().as_str())
}

/// GET of one profile.
pub(super) fn get(world: &World, _: &Call, id: &str) -> Reply {
    match world.lock().nrf.find(id) {
        Some(profile) => Reply::json(200, &profile.body),
        None => Problem::cause(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND").reply(),
    }
}

/// GET of the collection: a UriList (TS 29.510 clause 6.1.6).
pub(super) fn list(world: &World, call: &Call, _: &str) -> Reply {
    let nf_type = call.query("nf-type");
    let limit = call.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
    let state = world.lock();
    let of_type = |profile: &&Profile| nf_type.as_deref().is_none_or(|wanted| profile.nf_type() == wanted);
    let found: Vec<&Profile> = state.nrf.profiles.iter().filter(of_type).collect();
    let items: Vec<Value> =
        found.iter().take(limit).map(|profile| json!({"href": instance_uri(world, &profile.id)})).collect();
    let own = format!("http://{}/nnrf-nfm/v1/nf-instances", world.nrf_addr);
    let body = json!({"_links": {"self": {"href": own}, "item": items}, "totalItemCount": found.len()});
    Reply::with_hal(&body)
}

/// DELETE: 204, 404 for unknown ids.
pub(super) fn deregister(world: &World, _: &Call, id: &str) -> Reply {
    let mut state = world.lock();
    let Some(profile) = state.nrf.remove(id) else {
        return Problem::cause(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND").reply();
    };
    state.nrf.notify(world, Event::Deregistered, &profile);
    Reply::empty(204)
}
