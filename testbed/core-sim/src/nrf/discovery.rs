//! Nnrf_NFDiscovery (TS 29.510 clause 5.3).

use super::profile::{Profile, text};
use crate::http::{Call, Problem, Reply};
use crate::world::World;
use serde_json::{Map, Value, json};

/// The NF types that Free5GC's discovery knows, fewer than its management takes.
const FREE5GC_TYPES: &str =
    "NRF UDM AMF SMF AUSF NEF PCF SMSF NSSF UDR LMF GMLC 5G_EIR SEPP UPF N3IWF AF UDSF BSF CHF NWDAF";

/// Seconds for which an answer holds.
const VALIDITY: u32 = 100;

/// What a profile must fulfil.
struct Query {
    target: String,
    requester: String,
    services: Option<Vec<String>>,
    instance: Option<String>,
    tai: Option<Value>,
    set: Option<String>,
    region: Option<String>,
}

pub(super) fn answer(world: &World, call: &Call) -> Reply {
    let (target, requester) = (call.query("target-nf-type"), call.query("requester-nf-type"));
    let known = |nf_type: &str| FREE5GC_TYPES.split_whitespace().any(|known| known == nf_type);
    let (Some(target), Some(requester)) = (target, requester) else { return missing(world) };
    let free5gc_knows = known(&target) && known(&requester);
    if !world.compliant() && !free5gc_knows {
        return missing(world);
    }
    let services = call.query("service-names");
    let query = Query {
        target,
        requester,
        services: services.map(|names| names.split(',').map(str::to_owned).collect()),
        instance: call.query("target-nf-instance-id"),
        tai: call.query("tai").map(|text| serde_json::from_str(&text).unwrap_or_default()),
        set: call.query("amf-set-id"),
        region: call.query("amf-region-id"),
    };
    let state = world.lock();
    let found = state.nrf.profiles.iter().filter(|profile| query.fits(profile));
    if !world.compliant() {
        let found: Vec<Map<String, Value>> = found.map(Profile::found).collect();
        // A Go slice that nothing was appended to is null; `limit` and the selection of services are not done.
        let found = if found.is_empty() { Value::Null } else { json!(found) };
        return Reply::gin(200, &json!({"validityPeriod": VALIDITY, "nfInstances": found}));
    }
    let limit = call.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
    let found: Vec<Map<String, Value>> = found
        .filter(|profile| profile.discoverable())
        .take(limit)
        .map(|profile| with_services(profile.found(), query.services.as_deref()))
        .collect();
    Reply::json(200, &json!({"validityPeriod": VALIDITY, "nfInstances": found}))
}

fn missing(world: &World) -> Reply {
    if world.compliant() {
        return Problem::cause(400, "MANDATORY_QUERY_PARAM_MISSING").reply();
    }
    let (title, cause) = (Some("Invalid Parameter"), Some("Loss mandatory parameter"));
    Problem { title, status: 400, detail: None, cause }.reply()
}

/// Leaves only the services that were asked for (TS 29.510 clause 6.2.3.2.3.1, service-names).
fn with_services(mut profile: Map<String, Value>, names: Option<&[String]>) -> Map<String, Value> {
    if let (Some(names), Some(Value::Array(services))) = (names, profile.get_mut("nfServices")) {
        services.retain(|service| {
            service
                .get("serviceName")
                .and_then(Value::as_str)
                .is_some_and(|name| names.iter().any(|n| n == name))
        });
    }
    profile
}

impl Query {
    fn fits(&self, profile: &Profile) -> bool {
        let info = profile.body.get("amfInfo").and_then(Value::as_object);
        let info_is = |name: &str, wanted: &Option<String>| {
            wanted.as_deref().is_none_or(|wanted| info.is_some_and(|info| text(info, name) == wanted))
        };
        let allowed = profile.body.get("allowedNfTypes").and_then(Value::as_array);
        profile.nf_type() == self.target
            && allowed.is_none_or(|types| types.contains(&json!(self.requester)))
            && self.instance.as_ref().is_none_or(|id| *id == profile.id)
            && self.services.as_ref().is_none_or(|names| names.iter().any(|name| profile.offers(name)))
            && info_is("amfSetId", &self.set)
            && info_is("amfRegionId", &self.region)
            && self.tai.as_ref().is_none_or(|tai| {
                let tais = info.and_then(|info| info.get("taiList")).and_then(Value::as_array);
                self.target != "AMF" || tais.is_some_and(|tais| tais.contains(tai))
            })
    }
}
