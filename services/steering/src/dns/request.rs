//! The messages that are sent.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hickory_proto::op::{Message, OpCode, Query, UpdateMessage as _};
use hickory_proto::rr::rdata::{A, AAAA};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType, TSigner};

/// One update that leaves `name` with `addr` as its only address (RFC 2136, sections 2.5.2 and 2.5.1): a
/// server carries out all of an update or nothing of it (section 3.7).
pub(super) fn replace_address(zone: &Name, name: &Name, addr: IpAddr, ttl: u32) -> Message {
    let mut update = remove_addresses(zone, name);
    let data = match addr {
        IpAddr::V4(v4) => RData::A(A(v4)),
        IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
    };
    update.add_update(Record::from_rdata(name.clone(), ttl, data));
    update
}

/// One update that leaves `name` without addresses.
pub(super) fn remove_addresses(zone: &Name, name: &Name) -> Message {
    let mut update = Message::query();
    update.metadata.op_code = OpCode::Update;
    update.metadata.recursion_desired = false;
    update.add_zone(Query::query(zone.clone(), RecordType::SOA));
    for kind in [RecordType::A, RecordType::AAAA] {
        let mut delete = Record::update0(name.clone(), 0, kind);
        delete.dns_class = DNSClass::ANY;
        update.add_update(delete);
    }
    update
}

/// A question for the server itself, not for what it could find out elsewhere.
pub(super) fn question(name: &Name, kind: RecordType) -> Message {
    let mut question = Message::query();
    question.metadata.recursion_desired = false;
    question.add_query(Query::query(name.clone(), kind));
    question
}

/// Signs `message`; gives the MAC that the answer's signature is checked against, empty without a key.
pub(super) fn sign(message: &mut Message, signer: Option<&TSigner>) -> Result<Vec<u8>, String> {
    let Some(signer) = signer else { return Ok(Vec::new()) };
    let (record, _) = signer.sign_message(message, unix_seconds()).map_err(|e| e.to_string())?;
    let mac = record.data.mac.clone();
    message.set_signature(record);
    Ok(mac)
}

/// Seconds since 1970, as TSIG has them.
pub(super) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// Whole seconds, rounded up; at most what a time to live may be (RFC 2181, section 8).
pub(super) fn ttl_seconds(ttl: Duration) -> u32 {
    let seconds = ttl.as_secs().saturating_add(u64::from(ttl.subsec_nanos() > 0));
    u32::try_from(seconds).unwrap_or(u32::MAX).min(i32::MAX.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_whole_seconds_and_never_shorter_than_asked() {
        assert_eq!(ttl_seconds(Duration::from_millis(1)), 1);
        assert_eq!(ttl_seconds(Duration::from_secs(30)), 30);
        assert_eq!(ttl_seconds(Duration::MAX), 0x7fff_ffff);
    }
}
