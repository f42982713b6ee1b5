//! What a compliant NF service producer checks of an access token (TS 33.501 clause 13.4.1.1, RFC 6750).

use super::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

/// Why a request is refused; RFC 6750 section 3.1 has the codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 401 without an error code: nothing was presented.
    Missing,
    /// 401 `invalid_token`, with what is wrong with it.
    Invalid(&'static str),
    /// 403 `insufficient_scope`.
    Scope,
}

/// Checks scheme, signature, issuer, audience, expiry and scope. The audience is an NF type or NF instance ids.
pub(crate) fn verify(
    keys: &Keys,
    authorization: Option<&str>,
    issuer: &str,
    audience: &[&str],
    service: &str,
) -> Result<(), Refusal> {
    let header = authorization.ok_or(Refusal::Missing)?;
    let (scheme, token) = header.split_once(' ').ok_or(Refusal::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::Missing);
    }
    let claims = signed_claims(keys, token.trim()).ok_or(Refusal::Invalid("signature"))?;
    if claims.get("iss").and_then(Value::as_str) != Some(issuer) {
        return Err(Refusal::Invalid("issuer"));
    }
    let meant_for_us = |value: &Value| value.as_str().is_some_and(|text| audience.contains(&text));
    let aud_holds = match claims.get("aud") {
        Some(Value::Array(list)) => list.iter().any(meant_for_us),
        Some(one) => meant_for_us(one),
        None => false,
    };
    if !aud_holds {
        return Err(Refusal::Invalid("audience"));
    }
    let now = Timestamp::now().as_second();
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|expiry| expiry <= now) {
        return Err(Refusal::Invalid("expired"));
    }
    if claims.get("nbf").and_then(Value::as_i64).is_some_and(|start| start > now) {
        return Err(Refusal::Invalid("not yet valid"));
    }
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    if scope.split_whitespace().any(|item| item == service) { Ok(()) } else { Err(Refusal::Scope) }
}

fn signed_claims(keys: &Keys, token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    if header.get("alg").and_then(Value::as_str) != Some("RS512") {
        return None;
    }
    if !keys.verify(signed, &URL_SAFE_NO_PAD.decode(signature).ok()?) {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Refusal, verify};
    use crate::oauth::Keys;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    fn claims() -> Value {
        let now = Timestamp::now().as_second();
        json!({"iss": "nrf", "sub": "af", "aud": "AMF", "scope": "namf-loc namf-evts", "iat": now, "exp": now + 100})
    }

    fn check(keys: &Keys, claims: &Value) -> Result<(), Refusal> {
        let token = keys.sign(claims).expect("signs");
        verify(keys, Some(&format!("Bearer {token}")), "nrf", &["AMF", "id"], "namf-evts")
    }

    #[test]
    fn every_claim_is_checked() {
        let keys = Keys::generate().expect("key");
        assert_eq!(check(&keys, &claims()), Ok(()));
        let spoilt = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            check(&keys, &claims)
        };
        assert_eq!(spoilt("iss", json!("")), Err(Refusal::Invalid("issuer")));
        assert_eq!(spoilt("aud", json!("SMF")), Err(Refusal::Invalid("audience")));
        assert_eq!(spoilt("aud", json!(["x", "id"])), Ok(()));
        assert_eq!(spoilt("exp", json!(1)), Err(Refusal::Invalid("expired")));
        assert_eq!(spoilt("exp", Value::Null), Err(Refusal::Invalid("expired")));
        assert_eq!(spoilt("scope", json!("namf-evtsx")), Err(Refusal::Scope));
    }

    #[test]
    fn foreign_keys_and_other_schemes_are_refused() {
        let (keys, other) = (Keys::generate().expect("key"), Keys::generate().expect("key"));
        let token = other.sign(&claims()).expect("signs");
        let presented = |text: &str| verify(&keys, Some(text), "nrf", &["AMF"], "namf-evts");
        assert_eq!(presented(&format!("Bearer {token}")), Err(Refusal::Invalid("signature")));
        assert_eq!(presented(&format!("Basic {token}")), Err(Refusal::Missing));
        assert_eq!(presented("Bearer a.b.c"), Err(Refusal::Invalid("signature")));
        assert_eq!(verify(&keys, None, "nrf", &["AMF"], "namf-evts"), Err(Refusal::Missing));
    }
}
