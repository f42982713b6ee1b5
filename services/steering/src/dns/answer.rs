//! What an answer amounts to: is it the server's, and what does it say?

use std::net::IpAddr;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::TSIG;
use hickory_proto::rr::rdata::tsig::{TsigError, signed_bitmessage_to_buf};
use hickory_proto::rr::{RData, TSigner};

use super::Dns;
use super::request::unix_seconds;
use crate::SteeringError;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// That records be changed.
    Update,
    /// What there is; that a name does not exist is an answer.
    Answer,
}

/// Decodes the answer to `request` and checks its signature (RFC 8945, section 5.4).
///
/// An unsigned answer passes only as a refusal: that is how a server says that it does not take the key, and
/// whoever forges one gains no more than by dropping the request.
pub(super) fn verify(
    server: &str,
    bytes: &[u8],
    request: &Message,
    signer: Option<&TSigner>,
    request_mac: &[u8],
) -> Result<Message, SteeringError> {
    let doubt =
        |reason: &str| SteeringError::Unverified { server: server.to_owned(), reason: reason.to_owned() };
    let answer = Message::from_vec(bytes).map_err(|e| doubt(&format!("it is malformed: {e}")))?;
    if answer.id != request.id
        || answer.message_type != MessageType::Response
        || answer.op_code != request.op_code
    {
        return Err(doubt("it answers another request"));
    }
    let Some(signer) = signer else { return Ok(answer) };
    let Some(record) = answer.signature() else {
        return if refuses(answer.response_code) { Ok(answer) } else { Err(doubt("it is not signed")) };
    };
    let tsig = &record.data;
    if tsig.mac.is_empty() && answer.response_code == ResponseCode::NotAuth && tsig.error.is_some() {
        return Ok(answer);
    }
    if record.name != *signer.signer_name() || tsig.algorithm != *signer.algorithm() {
        return Err(doubt("it is signed with another key"));
    }
    let good = signed_bitmessage_to_buf(bytes, Some(request_mac), true)
        .is_ok_and(|(signed, _)| signer.verify(&signed, &tsig.mac).is_ok());
    if !good {
        return Err(doubt("its signature is wrong"));
    }
    // The time of a BADTIME answer is the request's own; `other` has the server's.
    let skewed = unix_seconds().abs_diff(tsig.time) > tsig.fudge.into();
    if skewed && tsig.error != Some(TsigError::BadTime) {
        return Err(doubt("it was signed at another time; compare the clocks"));
    }
    Ok(answer)
}

/// The address that an A or AAAA record holds.
pub(super) fn address_of(data: &RData) -> Option<IpAddr> {
    if let RData::A(a) = data {
        return Some(IpAddr::V4(a.0));
    }
    if let RData::AAAA(aaaa) = data { Some(IpAddr::V6(aaaa.0)) } else { None }
}

fn refuses(code: ResponseCode) -> bool {
    !matches!(code, ResponseCode::NoError | ResponseCode::NXDomain)
}

/// Turns the response code into an error, with what to look at.
pub(super) fn judge(dns: &Dns, expect: Expect, what: &str, answer: &Message) -> Result<(), SteeringError> {
    let code = answer.response_code;
    let (server, zone) = (dns.server.clone(), dns.zone());
    let key = dns.signer.as_ref().map(|signer| signer.signer_name().to_ascii());
    let advice = match code {
        ResponseCode::NoError => return Ok(()),
        ResponseCode::NXDomain if expect == Expect::Answer => return Ok(()),
        ResponseCode::ServFail => {
            return Err(SteeringError::Busy { server, what: what.to_owned(), rcode: spelled(code) });
        }
        ResponseCode::NotAuth => match (answer.signature().map(|r| &r.data), &key) {
            (Some(tsig), Some(key)) if tsig.error.is_some() => signature_advice(tsig, key),
            _ => format!("it is not the primary server of {zone}; name that one in dns.server"),
        },
        ResponseCode::Refused if expect == Expect::Answer => format!("it does not serve {zone}"),
        ResponseCode::Refused => match &key {
            Some(key) => format!("let key {key} change A and AAAA records of {zone} (BIND: update-policy)"),
            None => format!("updates of {zone} need a key: give one in dns.tsig"),
        },
        ResponseCode::NotZone => format!("the name is outside of {zone}"),
        ResponseCode::NotImp => "it takes no dynamic updates (RFC 2136)".to_owned(),
        ResponseCode::FormErr
        | ResponseCode::NXDomain
        | ResponseCode::YXDomain
        | ResponseCode::YXRRSet
        | ResponseCode::NXRRSet
        | ResponseCode::BADVERS
        | ResponseCode::BADSIG
        | ResponseCode::BADKEY
        | ResponseCode::BADTIME
        | ResponseCode::BADMODE
        | ResponseCode::BADNAME
        | ResponseCode::BADALG
        | ResponseCode::BADTRUNC
        | ResponseCode::BADCOOKIE
        | ResponseCode::Unknown(_) => "its own log says why".to_owned(),
    };
    Err(SteeringError::Refused { server, what: what.to_owned(), rcode: spelled(code), advice })
}

fn signature_advice(tsig: &TSIG, key: &str) -> String {
    match tsig.error {
        Some(TsigError::BadKey) => {
            format!(
                "BADKEY: it has no key {key} with algorithm {}; compare name and algorithm",
                tsig.algorithm
            )
        }
        Some(TsigError::BadSig) => format!("BADSIG: its secret of key {key} is another one"),
        Some(TsigError::BadTime) => match server_clock(tsig) {
            Some(theirs) => {
                let ahead = i128::from(theirs) - i128::from(unix_seconds());
                format!("BADTIME: its clock is {ahead:+} s off ours; set both by NTP")
            }
            None => "BADTIME: its clock and ours differ too much; set both by NTP".to_owned(),
        },
        Some(TsigError::BadTrunc | TsigError::Unknown(_)) | None => {
            format!("it does not accept the signature with key {key}")
        }
    }
}

/// The server's time in a BADTIME answer: 48 bits (RFC 8945, section 5.2.3).
fn server_clock(tsig: &TSIG) -> Option<u64> {
    let bytes: [u8; 6] = tsig.other.as_slice().try_into().ok()?;
    Some(bytes.iter().fold(0, |time, &byte| time << 8 | u64::from(byte)))
}

/// The code as DNS tools spell it.
fn spelled(code: ResponseCode) -> String {
    format!("{code:?}").to_ascii_uppercase()
}
