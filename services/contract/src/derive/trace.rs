//! The trace that events of one move share (W3C Trace Context, level 1).

use model::RelocationId;
use sha2::{Digest as _, Sha256};

/// 32 hex digits.
pub(super) type TraceId = String;

/// The trace of a relocation: its id. What is known before there is an id (the UE's event) has a trace of its own.
pub(super) fn of(relocation: &RelocationId) -> TraceId {
    relocation.to_string().replace('-', "")
}

/// `traceparent` of the event with this id. Marked as sampled: a consumer that does as its parent did keeps the
/// trace.
pub(super) fn parent(trace: Option<TraceId>, event: &str) -> String {
    let trace = trace.unwrap_or_else(|| hashed::<16>("edgeroam/trace/v1", event));
    format!("00-{trace}-{}-01", hashed::<8>("edgeroam/span/v1", event))
}

/// The first bytes of SHA-256 over purpose, a zero byte and text; the last bit is set, for all zeros are not
/// allowed.
pub(super) fn hashed<const N: usize>(purpose: &str, text: &str) -> String {
    let digest = Sha256::new().chain_update(purpose).chain_update([0]).chain_update(text).finalize();
    let mut bytes: [u8; N] = std::array::from_fn(|at| digest[at]);
    bytes[N - 1] |= 1;
    crate::hex(&bytes)
}
