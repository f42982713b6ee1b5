//! Namf_Location (TS 29.518 clause 5.5).

use super::ue::UserLocation;
use crate::go_json;
use crate::http::{Call, Problem, Reply};
use crate::world::World;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// RequestLocInfo (TS 29.518 clause 6.4.6).
#[derive(Deserialize, Default)]
#[serde(default)]
struct RequestLocInfo {
    #[serde(rename = "req5gsLoc")]
    location: bool,
    #[serde(rename = "reqCurrentLoc")]
    current_location: bool,
    #[serde(rename = "reqRatType")]
    rat_type: bool,
    #[serde(rename = "reqTimeZone")]
    time_zone: bool,
}

/// ProvideLocInfo (TS 29.518 clause 6.4.6).
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct ProvideLocInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    current_loc: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<UserLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rat_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<&'static str>,
}

/// POST /{ueContextId}/provide-loc-info. Free5GC answers 404 for an idle UE, as for an unknown one, and calls every
/// location current; a compliant AMF gives the last known location of an idle UE with its age.
pub(super) fn provide(world: &World, index: usize, call: &Call, supi: &str) -> Reply {
    let compliant = world.compliant();
    let parsed = go_json::object(&call.body, "models.RequestLocInfo").and_then(|body| {
        serde_json::from_value::<RequestLocInfo>(Value::Object(body))
            .map_err(|error| format!("json: {error}"))
    });
    let request = match parsed {
        Ok(request) => request,
        Err(text) if compliant => return Problem::cause(400, "INVALID_MSG_FORMAT").detail(text).reply(),
        Err(text) => return Problem::malformed(format!("[Request Body] {text}")).gin(),
    };
    let state = world.lock();
    let ue = state.amfs.get(index).and_then(|amf| amf.ues.get(supi)).filter(|ue| compliant || ue.connected);
    let Some(ue) = ue else {
        let problem = Problem::cause(404, "CONTEXT_NOT_FOUND");
        return if compliant { problem.reply() } else { problem.gin() };
    };
    let mut info = ProvideLocInfo::default();
    if request.location || request.current_location {
        let mut location = ue.user_location();
        if compliant {
            let age = Timestamp::now().duration_since(ue.heard_at).as_mins();
            location.nr_location.age_of_location_information = Some(age);
        }
        info.current_loc = Some(!compliant || ue.connected);
        info.location = Some(location);
    }
    info.rat_type = request.rat_type.then_some("NR");
    info.timezone = request.time_zone.then_some("+00:00");
    if compliant { Reply::json(200, &info) } else { Reply::gin(200, &info) }
}

/// The operations that neither personality has.
pub(super) fn not_implemented(world: &World, _: usize, _: &Call, _: &str) -> Reply {
    if world.compliant() {
        Problem { title: Some("Not Implemented"), status: 501, ..Problem::default() }.reply()
    } else {
        Reply::gin(501, &json!({}))
    }
}
