//! What a Free5GC NF checks of an access token: the signature, `nbf` and the scope. Not `exp`, `aud`, `iss` or `sub`,
//! and not the scheme word before the token. The texts are those of golang-jwt v5.

use super::Keys;
use crate::go_json;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

/// Checks the Authorization header; the error is the text of the 401's `error` member.
pub(crate) fn verify(keys: &Keys, authorization: Option<&str>, service: &str) -> Result<(), String> {
    let mut fields = authorization.unwrap_or_default().split_whitespace();
    let (Some(_scheme), Some(token)) = (fields.next(), fields.next()) else {
        return Err("verify OAuth Authorization header invalid".to_owned());
    };
    let claims = parse(keys, token).map_err(|text| format!("verify OAuth parse: {text}"))?;
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    if scope.split_whitespace().any(|item| item == service) {
        Ok(())
    } else {
        Err("OAuth scope verification failed: insufficient permissions".to_owned())
    }
}

fn parse(keys: &Keys, token: &str) -> Result<Value, String> {
    let malformed = |what: &str, why: String| format!("token is malformed: could not {what}: {why}");
    let segments: Vec<&str> = token.splitn(4, '.').collect();
    let [header, claims, signature] = segments[..] else {
        return Err("token is malformed: token contains an invalid number of segments".to_owned());
    };
    let segment = |name: &str, text: &str| -> Result<Value, String> {
        let bytes = decode(text).map_err(|why| malformed(&format!("base64 decode {name}"), why))?;
        go_json::parse(&bytes).map_err(|why| malformed(&format!("JSON decode {name}"), why))
    };
    let header = segment("header", header)?;
    let claims = segment("claim", claims)?;
    let method = header.get("alg").and_then(Value::as_str);
    let Some(method) = method else {
        return Err("token is unverifiable: signing method (alg) is unspecified".to_owned());
    };
    let signature = decode(signature).map_err(|why| malformed("base64 decode signature", why))?;
    match method {
        "RS512" => {}
        // The key function hands out no key for any other method.
        "RS256" | "RS384" => {
            let why = "key is of invalid type: RSA verify expects *rsa.PublicKey";
            return Err(format!("token signature is invalid: {why}"));
        }
        "HS256" | "HS384" | "HS512" => {
            let why = "key is of invalid type: HMAC verify expects []byte";
            return Err(format!("token signature is invalid: {why}"));
        }
        "none" => return Err("token is unverifiable: 'none' signature type is not allowed".to_owned()),
        _ => return Err("token is unverifiable: signing method (alg) is unavailable".to_owned()),
    }
    let signed = token.rsplit_once('.').map_or("", |(signed, _)| signed);
    if !keys.verify(signed, &signature) {
        return Err("token signature is invalid: crypto/rsa: verification error".to_owned());
    }
    let not_before = claims.get("nbf").and_then(Value::as_f64).unwrap_or(0.0);
    if not_before > Timestamp::now().as_duration().as_secs_f64() {
        return Err("token has invalid claims: token is not valid yet".to_owned());
    }
    Ok(claims)
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    use base64::DecodeError::{InvalidByte, InvalidLastSymbol, InvalidLength, InvalidPadding};
    URL_SAFE_NO_PAD.decode(text).map_err(|error| {
        let at = match error {
            InvalidByte(at, _) | InvalidLength(at) => at,
            InvalidLastSymbol { offset, .. } => offset,
            InvalidPadding => text.len(),
        };
        format!("illegal base64 data at input byte {at}")
    })
}
