//! Nnrf_NFManagement as Free5GC's NRF v1.4.5 answers it.

use super::profile::Profile;
use super::validate;
use crate::go_json;
use crate::http::{Call, Problem, Reply};
use crate::world::World;
use http::header;
use json_patch::Patch;
use serde_json::{Value, json};

const MODEL: &str = "models.NrfNfManagementNfProfile";

/// PUT: 201 the first time, 200 after, 500 if a status subscription matches; the profile is stored in every case.
pub(super) fn register(world: &World, call: &Call) -> Reply {
    let body = match go_json::object(&call.body, MODEL) {
        // Go's decoder takes null for absent.
        Ok(body) => body.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        Err(text) => return Problem::malformed(format!("[Request Body] {text}")).reply(),
    };
    if let Err(text) = validate::check(&body) {
        return Problem::malformed(text).reply();
    }
    let profile = Profile::stored(world, body);
    let location = instance_uri(world, &profile.id);
    let shown = profile.body.clone();
    let mut state = world.lock();
    let broken = state.nrf.notification_breaks(&profile);
    match state.nrf.put(profile) {
        Err(()) => Problem::cause(500, "SYSTEM_FAILURE").reply(),
        Ok(_) if broken => notification_error(),
        Ok(replaced) => {
            let status = if replaced { 200 } else { 201 };
            Reply::gin(status, &shown).header(header::LOCATION, location)
        }
    }
}

/// PATCH: JSON Patch (RFC 6902), always answered with the whole profile; failed notifications go unnoticed.
pub(super) fn update(world: &World, call: &Call, id: &str) -> Reply {
    let patch = go_json::parse(&call.body)
        .ok()
        .filter(Value::is_array)
        .ok_or_else(|| Problem::malformed("invalid JSON Patch payload"));
    let patch = match patch {
        Ok(patch) => patch,
        Err(problem) => return problem.reply(),
    };
    if touches_id(&patch) {
        return Problem::malformed("nfInstanceId is immutable and cannot be modified").reply();
    }
    let mut state = world.lock();
    let Some(profile) = state.nrf.find_mut(id) else { return unknown(id) };
    let patched =
        serde_json::from_value::<Patch>(patch).map_err(|error| error.to_string()).and_then(|patch| {
            let mut body = Value::Object(profile.body.clone());
            json_patch::patch(&mut body, &patch).map_err(|error| error.to_string())?;
            let body = go_json::as_object(body, &format!("Go value of type {MODEL}"))?;
            validate::check(&body)?;
            Ok(body)
        });
    match patched {
        Ok(body) => {
            profile.body = body;
            Reply::gin(200, &profile.body)
        }
        Err(text) => Problem::malformed(text).reply(),
    }
}

/// GET of one profile.
pub(super) fn get(world: &World, _: &Call, id: &str) -> Reply {
    match world.lock().nrf.find(id) {
        Some(profile) => Reply::gin(200, &profile.body),
        None => Problem::cause(404, "Mongoapi not found").reply(),
    }
}

/// GET of the collection: links from the second collection, which may name instances that are gone.
pub(super) fn list(world: &World, call: &Call, _: &str) -> Reply {
    let nf_type = call.query("nf-type").unwrap_or_default();
    let limit = call.query("limit").unwrap_or_default();
    if nf_type.is_empty() || limit.is_empty() {
        let title = Some("nfType or limitParam empty");
        let detail = Some(format!("nfType: {nf_type}, limitParam: {limit}"));
        return Problem { title, status: 400, detail, cause: None }.reply();
    }
    let Ok(limit @ 1..) = limit.parse::<usize>() else {
        let title = Some("Invalid Parameter");
        let detail = Some("limit must be greater than 0".to_owned());
        return Problem { title, status: 400, detail, cause: None }.reply();
    };
    let state = world.lock();
    let of_type = state.nrf.uris.iter().filter(|(of, _)| *of == nf_type);
    let links: Vec<Value> =
        of_type.take(limit).map(|(_, id)| json!({"href": instance_uri(world, id)})).collect();
    let item = if links.is_empty() { Value::Null } else { Value::Array(links) };
    Reply::gin(200, &json!({"nfType": nf_type, "_link": {"item": item}}))
}

/// DELETE: 204, or 500 if a status subscription matches; the profile is gone in either case.
pub(super) fn deregister(world: &World, _: &Call, id: &str) -> Reply {
    let mut state = world.lock();
    let Some(profile) = state.nrf.find(id) else { return unknown(id) };
    if state.nrf.notification_breaks(profile) {
        state.nrf.remove_profile(id);
        return notification_error();
    }
    state.nrf.remove(id);
    Reply::empty(204)
}

/// The resource of a profile.
pub(super) fn instance_uri(world: &World, id: &str) -> String {
    format!("http://{}/nnrf-nfm/v1/nf-instances/{id}", world.nrf_addr)
}

fn touches_id(patch: &Value) -> bool {
    let is_id = |pointer: &str| {
        let pointer = pointer.trim().to_ascii_lowercase();
        pointer == "/nfinstanceid" || pointer.starts_with("/nfinstanceid/")
    };
    let operations = patch.as_array().into_iter().flatten();
    operations
        .flat_map(|operation| [operation.get("path"), operation.get("from")])
        .flatten()
        .any(|pointer| pointer.as_str().is_some_and(is_id))
}

fn unknown(id: &str) -> Reply {
    Problem::cause(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND")
        .detail(format!("NFProfile[{id}] not found"))
        .reply()
}

/// The NRF notifies itself, gets 404, and tells the NF that (un)registers.
fn notification_error() -> Reply {
    Problem::cause(500, "NOTIFICATION_ERROR").detail("undefined response type").reply()
}
