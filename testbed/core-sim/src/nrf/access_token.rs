//! The OAuth2 token endpoint (TS 29.510 clause 6.3, RFC 6749 clause 4.4).

use super::profile::text;
use crate::http::{Call, Problem, Reply};
use crate::world::World;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What Free5GC says of every token; it enforces none of it.
const FREE5GC_SECONDS: i64 = 1000;

/// AccessTokenReq (TS 29.510 clause 6.3.5): every member that may be sent.
const FORM_KEYS: &str = "grant_type nfInstanceId nfType targetNfType scope targetNfInstanceId requesterPlmn \
    requesterPlmnList requesterSnssaiList requesterFqdn requesterSnpnList targetPlmn targetSnpn targetSnssaiList \
    targetNsiList targetNfSetId targetNfServiceSetId hnrfAccessTokenUri sourceNfInstanceId vendorId analyticsIds \
    requesterInterIndList sourceVendorId";

/// What is asked for.
#[derive(Default)]
struct Request {
    grant_type: String,
    nf_instance_id: String,
    nf_type: String,
    target_nf_type: String,
    target_nf_instance_id: String,
    scope: String,
}

pub(super) fn answer(world: &World, call: &Call) -> Reply {
    if !world.config.oauth2 {
        let text = "OAuth2 not enable";
        return Problem { title: Some(text), status: 400, detail: Some(text.to_owned()), cause: None }
            .reply();
    }
    let mut request = Request::default();
    for (key, value) in call.form() {
        if !FORM_KEYS.split_whitespace().any(|known| known == key) && !world.compliant() {
            let detail = Some(format!("unsupported form key: {key}"));
            return Problem { title: Some("Request Parse Error"), status: 400, detail, cause: None }.reply();
        }
        match key.as_str() {
            "grant_type" => request.grant_type = value,
            "nfInstanceId" => request.nf_instance_id = value,
            "nfType" => request.nf_type = value.to_ascii_uppercase(),
            "targetNfType" => request.target_nf_type = value.to_ascii_uppercase(),
            "targetNfInstanceId" => request.target_nf_instance_id = value,
            "scope" => request.scope = value,
            _ => {}
        }
    }
    let granted = check(world, &request);
    let refused = |error: &str| {
        let body = json!({ "error": error });
        if world.compliant() { Reply::json(400, &body) } else { Reply::gin(400, &body) }
    };
    if let Err(error) = granted {
        return refused(error);
    }
    let seconds = if world.compliant() {
        i64::try_from(world.config.token_lifetime.as_secs()).unwrap_or(FREE5GC_SECONDS)
    } else {
        FREE5GC_SECONDS
    };
    let Some(token) = world.keys.sign(&claims(world, &request, seconds)) else {
        return refused("invalid_request");
    };
    let body = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": request.scope,
    });
    if world.compliant() {
        // RFC 6749 section 5.1.
        Reply::json(200, &body).header(http::header::CACHE_CONTROL, "no-store")
    } else {
        Reply::gin(200, &body)
    }
}

/// AccessTokenClaims (TS 29.510 clause 6.3.5). Free5GC leaves the issuer empty, and the audience unless an
/// instance is asked for.
fn claims(world: &World, request: &Request, seconds: i64) -> Value {
    let now = Timestamp::now().as_second();
    let audience = match (&*request.target_nf_instance_id, world.compliant()) {
        ("", true) => json!(request.target_nf_type),
        (id, true) => json!([id]),
        (id, false) => json!(id),
    };
    let issuer = if world.compliant() { &*world.nrf_id } else { "" };
    json!({
        "iss": issuer,
        "sub": request.nf_instance_id,
        "aud": audience,
        "scope": request.scope,
        "exp": now + seconds,
        "iat": now,
    })
}

/// The error codes of RFC 6749 section 5.2, in the order in which Free5GC finds them.
fn check(world: &World, request: &Request) -> Result<(), &'static str> {
    if request.grant_type != "client_credentials" {
        return Err("unsupported_grant_type");
    }
    if request.nf_type.is_empty() || request.target_nf_type.is_empty() || request.nf_instance_id.is_empty() {
        return Err("invalid_request");
    }
    let state = world.lock();
    let client = state.nrf.find(&request.nf_instance_id).ok_or("invalid_client")?;
    if client.nf_type() != request.nf_type {
        return Err("invalid_client");
    }
    let mut scopes = request.scope.split(' ');
    if request.target_nf_type == "NRF" {
        let known = |scope: &str| ["nnrf-nfm", "nnrf-disc"].contains(&scope);
        let fits = (request.scope.is_empty() && !world.compliant()) || scopes.all(known);
        return if fits { Ok(()) } else { Err("invalid_scope") };
    }
    // Only the first producer of the type is looked at, by the real NRF too.
    let producer = state.nrf.profiles.iter().find(|profile| profile.nf_type() == request.target_nf_type);
    let producer = producer.ok_or("invalid_client")?;
    let allowed = |scope: &str| {
        producer.services().filter(|service| text(service, "serviceName") == scope).any(|service| {
            let types = service.get("allowedNfTypes").and_then(Value::as_array);
            types.is_none_or(|types| types.is_empty() || types.contains(&json!(request.nf_type)))
        })
    };
    if scopes.all(allowed) { Ok(()) } else { Err("invalid_scope") }
}
