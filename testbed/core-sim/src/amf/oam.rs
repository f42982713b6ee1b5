//! Free5GC's proprietary list of registered UEs, without cells.

use super::Ue;
use crate::http::{Call, Problem, Reply};
use crate::world::World;
use http::header;
use serde_json::{Value, json};

/// GET /namf-oam/v1/registered-ue-context[/{supi}].
pub(super) fn registered(world: &World, index: usize, call: &Call, supi: &str) -> Reply {
    let wanted = if supi.is_empty() { call.query("supi").unwrap_or_default() } else { supi.to_owned() };
    let state = world.lock();
    let Some(amf) = state.amfs.get(index) else { return Reply::empty(500) };
    let found: Vec<Value> = amf
        .ues
        .iter()
        .filter(|(supi, _)| wanted.is_empty() || **supi == wanted)
        .map(|(supi, ue)| context(supi, ue))
        .collect();
    let reply = match (found.is_empty(), wanted.is_empty()) {
        (true, false) => Problem::cause(404, "CONTEXT_NOT_FOUND").gin(),
        // A Go slice that nothing was appended to.
        (true, true) => Reply::gin(200, &Value::Null),
        (false, _) => Reply::gin(200, &found),
    };
    reply
        .header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true")
        .header(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, accept, origin, \
             Cache-Control, X-Requested-With",
        )
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, "POST, OPTIONS, GET, PUT, PATCH, DELETE")
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
}

fn context(supi: &str, ue: &Ue) -> Value {
    json!({
        "AccessType": "3GPP_ACCESS",
        "Supi": supi,
        "Guti": ue.guti,
        "Mcc": ue.location.mcc,
        "Mnc": ue.location.mnc,
        "Tac": ue.location.tac.to_ascii_lowercase(),
        "PduSessions": [{
            "PduSessionId": "1",
            "SmContextRef": format!("urn:uuid:{}", ue.session),
            "Sst": "1",
            "Sd": "010203",
            "Dnn": "internet",
        }],
        "CmState": ue.cm_state(),
    })
}
