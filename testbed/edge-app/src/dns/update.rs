//! Dynamic updates (RFC 2136, section 3): prerequisites, then all of the update or nothing of it.

use std::collections::BTreeMap;

use hickory_proto::op::{Message, ResponseCode, UpdateMessage as _};
use hickory_proto::rr::{DNSClass, Name, Record, RecordData as _, RecordType};

use super::zone::{Found, Zone};

/// Records that one update may name; a TCP message holds not many more.
const MAX_RECORDS: usize = 1024;

/// Carries out `message` on `zone` and says how it went; `zone` is unchanged unless that is NOERROR.
pub(super) fn apply(zone: &mut Zone, message: &Message) -> ResponseCode {
    match try_apply(zone, message) {
        Ok(()) => ResponseCode::NoError,
        Err(code) => code,
    }
}

fn try_apply(zone: &mut Zone, message: &Message) -> Result<(), ResponseCode> {
    check_zone(zone, message)?;
    if message.prerequisites().len() + message.updates().len() > MAX_RECORDS {
        return Err(ResponseCode::Refused);
    }
    check_prerequisites(zone, message.prerequisites())?;
    prescan(zone, message.updates())?;
    let mut changes = Vec::with_capacity(message.updates().len());
    for record in message.updates() {
        changes.push(change(record)?);
    }
    // The zone is small and updates are rare, so a copy is the simplest way to have all or nothing.
    let mut next = zone.clone();
    let mut changed = false;
    for step in changes {
        changed |= match step {
            Change::Add(record) => next.add(record).map_err(|_| ResponseCode::ServFail)?,
            Change::DeleteSet(name, kind) => next.delete_set(&name, kind),
            Change::DeleteName(name) => next.delete_name(&name),
            Change::DeleteRecord(record) => next.delete_record(&record),
        };
    }
    if changed {
        next.bump_serial();
        *zone = next;
    }
    Ok(())
}

/// Section 3.1: one zone, and it is ours.
fn check_zone(zone: &Zone, message: &Message) -> Result<(), ResponseCode> {
    let [question] = message.zones() else { return Err(ResponseCode::FormErr) };
    if question.query_type() != RecordType::SOA {
        return Err(ResponseCode::FormErr);
    }
    if question.query_class() != DNSClass::IN || question.name() != zone.origin() {
        return Err(ResponseCode::NotAuth);
    }
    Ok(())
}

/// Section 3.2.
fn check_prerequisites(zone: &Zone, records: &[Record]) -> Result<(), ResponseCode> {
    let mut wanted: BTreeMap<(Name, RecordType), Vec<&Record>> = BTreeMap::new();
    for record in records {
        if record.ttl != 0 {
            return Err(ResponseCode::FormErr);
        }
        let name = inside(zone, &record.name)?;
        let (kind, empty) = (record.record_type(), record.data.is_update());
        let exists = matches!(zone.find(&name, kind), Found::Records(_));
        match (record.dns_class, kind) {
            (DNSClass::ANY | DNSClass::NONE, _) if !empty => return Err(ResponseCode::FormErr),
            (DNSClass::ANY, RecordType::ANY) if !zone.in_use(&name) => return Err(ResponseCode::NXDomain),
            (DNSClass::NONE, RecordType::ANY) if zone.in_use(&name) => return Err(ResponseCode::YXDomain),
            (DNSClass::ANY | DNSClass::NONE, RecordType::ANY) => (),
            (DNSClass::ANY, _) if !exists => return Err(ResponseCode::NXRRSet),
            (DNSClass::NONE, _) if exists => return Err(ResponseCode::YXRRSet),
            (DNSClass::ANY | DNSClass::NONE, _) => (),
            (DNSClass::IN, _) => wanted.entry((name, kind)).or_default().push(record),
            _ => return Err(ResponseCode::FormErr),
        }
    }
    for ((name, kind), set) in wanted {
        let Found::Records(have) = zone.find(&name, kind) else { return Err(ResponseCode::NXRRSet) };
        let same = have.len() == set.len() && have.iter().all(|h| set.iter().any(|w| w.data == h.data));
        if !same {
            return Err(ResponseCode::NXRRSet);
        }
    }
    Ok(())
}

/// Section 3.4.1: the whole update is well formed before any of it is done.
fn prescan(zone: &Zone, records: &[Record]) -> Result<(), ResponseCode> {
    for record in records {
        inside(zone, &record.name)?;
        let (kind, empty) = (record.record_type(), record.data.is_update());
        let meta = matches!(kind, RecordType::AXFR | RecordType::IXFR | RecordType::OPT | RecordType::TSIG);
        let good = match record.dns_class {
            DNSClass::IN => !empty && kind != RecordType::ANY,
            DNSClass::ANY => record.ttl == 0 && empty,
            DNSClass::NONE => record.ttl == 0 && !empty && kind != RecordType::ANY,
            DNSClass::CH | DNSClass::HS | DNSClass::OPT(_) | DNSClass::Unknown(_) => false,
        };
        if meta || !good {
            return Err(ResponseCode::FormErr);
        }
    }
    Ok(())
}

enum Change {
    Add(Record),
    DeleteSet(Name, RecordType),
    DeleteName(Name),
    DeleteRecord(Record),
}

/// Section 3.4.2: what one record of the update section asks for.
fn change(record: &Record) -> Result<Change, ResponseCode> {
    let name = record.name.to_lowercase();
    let kind = record.record_type();
    match record.dns_class {
        DNSClass::IN if matches!(kind, RecordType::A | RecordType::AAAA | RecordType::TXT) => {
            let mut record = record.clone();
            record.name = name;
            Ok(Change::Add(record))
        }
        // Delegations, aliases and the like are this server's own affair (section 3.3: local policy).
        DNSClass::IN => Err(ResponseCode::Refused),
        DNSClass::ANY if kind == RecordType::ANY => Ok(Change::DeleteName(name)),
        DNSClass::ANY => Ok(Change::DeleteSet(name, kind)),
        DNSClass::NONE => {
            let mut record = record.clone();
            record.name = name;
            record.dns_class = DNSClass::IN;
            Ok(Change::DeleteRecord(record))
        }
        DNSClass::CH | DNSClass::HS | DNSClass::OPT(_) | DNSClass::Unknown(_) => Err(ResponseCode::FormErr),
    }
}

fn inside(zone: &Zone, name: &Name) -> Result<Name, ResponseCode> {
    let name = name.to_lowercase();
    if zone.origin().zone_of(&name) { Ok(name) } else { Err(ResponseCode::NotZone) }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_proto::op::{OpCode, Query};
    use hickory_proto::rr::RData;
    use hickory_proto::rr::rdata::A;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).expect("a name")
    }

    fn zone() -> Zone {
        Zone::new(name("edge.test."), 5)
    }

    fn a(owner: &str, last: u8) -> Record {
        Record::from_rdata(name(owner), 7, RData::A(A(Ipv4Addr::new(192, 0, 2, last))))
    }

    fn empty(owner: &str, class: DNSClass, kind: RecordType) -> Record {
        let mut record = Record::update0(name(owner), 0, kind);
        record.dns_class = class;
        record
    }

    fn message(prerequisites: Vec<Record>, updates: Vec<Record>) -> Message {
        let mut message = Message::query();
        message.metadata.op_code = OpCode::Update;
        message.add_zone(Query::query(name("edge.test."), RecordType::SOA));
        message.answers = prerequisites;
        message.authorities = updates;
        message
    }

    fn update(zone: &mut Zone, updates: Vec<Record>) -> ResponseCode {
        apply(zone, &message(Vec::new(), updates))
    }

    fn addresses(zone: &Zone, owner: &str) -> usize {
        match zone.find(&name(owner), RecordType::A) {
            Found::Records(records) => records.len(),
            Found::NoData | Found::NoName => 0,
        }
    }

    #[test]
    fn an_update_that_changes_nothing_leaves_the_serial_alone() {
        let mut zone = zone();
        assert_eq!(update(&mut zone, vec![a("x.edge.test.", 1)]), ResponseCode::NoError);
        assert_eq!(zone.serial(), 2);
        assert_eq!(update(&mut zone, vec![a("X.Edge.Test.", 1)]), ResponseCode::NoError);
        assert_eq!((zone.serial(), addresses(&zone, "x.edge.test.")), (2, 1));
    }

    #[test]
    fn one_bad_record_undoes_the_whole_update() {
        let mut zone = zone();
        let cases = [
            (a("x.other.test.", 1), ResponseCode::NotZone),
            (empty("y.edge.test.", DNSClass::IN, RecordType::A), ResponseCode::FormErr),
            (empty("y.edge.test.", DNSClass::CH, RecordType::A), ResponseCode::FormErr),
            (empty("y.edge.test.", DNSClass::NONE, RecordType::A), ResponseCode::FormErr),
        ];
        for (bad, code) in cases {
            assert_eq!(update(&mut zone, vec![a("x.edge.test.", 1), bad]), code);
            assert_eq!((zone.serial(), addresses(&zone, "x.edge.test.")), (1, 0), "{code:?}");
        }
        let ns = Record::from_rdata(
            name("y.edge.test."),
            0,
            RData::NS(hickory_proto::rr::rdata::NS(name("n.test."))),
        );
        assert_eq!(update(&mut zone, vec![a("x.edge.test.", 1), ns]), ResponseCode::Refused);
        assert_eq!(addresses(&zone, "x.edge.test."), 0);
    }

    #[test]
    fn records_sets_and_names_can_be_deleted_but_the_apex_keeps_what_makes_it_a_zone() {
        let mut zone = zone();
        update(&mut zone, vec![a("x.edge.test.", 1), a("x.edge.test.", 2), a("y.edge.test.", 3)]);
        let mut one = a("x.edge.test.", 1);
        (one.dns_class, one.ttl) = (DNSClass::NONE, 0);
        assert_eq!(update(&mut zone, vec![one]), ResponseCode::NoError);
        assert_eq!(addresses(&zone, "x.edge.test."), 1);
        update(&mut zone, vec![empty("x.edge.test.", DNSClass::ANY, RecordType::A)]);
        update(&mut zone, vec![empty("y.edge.test.", DNSClass::ANY, RecordType::ANY)]);
        assert!(!zone.in_use(&name("x.edge.test.")) && !zone.in_use(&name("y.edge.test.")));
        update(&mut zone, vec![empty("edge.test.", DNSClass::ANY, RecordType::ANY)]);
        update(&mut zone, vec![empty("edge.test.", DNSClass::ANY, RecordType::NS)]);
        assert!(matches!(zone.find(&name("edge.test."), RecordType::NS), Found::Records(_)));
        assert!(matches!(zone.find(&name("edge.test."), RecordType::SOA), Found::Records(_)));
    }

    #[test]
    fn prerequisites_decide_whether_an_update_happens() {
        let mut zone = zone();
        update(&mut zone, vec![a("x.edge.test.", 1)]);
        let (any, none) = (DNSClass::ANY, DNSClass::NONE);
        let (kind_a, kind_any, kind_txt) = (RecordType::A, RecordType::ANY, RecordType::TXT);
        let value = |last| {
            let mut record = a("x.edge.test.", last);
            record.ttl = 0;
            record
        };
        let cases = [
            (empty("x.edge.test.", any, kind_any), ResponseCode::NoError),
            (empty("y.edge.test.", any, kind_any), ResponseCode::NXDomain),
            (empty("x.edge.test.", any, kind_a), ResponseCode::NoError),
            (empty("x.edge.test.", any, kind_txt), ResponseCode::NXRRSet),
            (empty("y.edge.test.", none, kind_any), ResponseCode::NoError),
            (empty("x.edge.test.", none, kind_any), ResponseCode::YXDomain),
            (empty("x.edge.test.", none, kind_txt), ResponseCode::NoError),
            (empty("x.edge.test.", none, kind_a), ResponseCode::YXRRSet),
            (value(1), ResponseCode::NoError),
            (value(2), ResponseCode::NXRRSet),
            (a("x.edge.test.", 1), ResponseCode::FormErr),
            (empty("x.other.test.", any, kind_any), ResponseCode::NotZone),
        ];
        for (index, (prerequisite, code)) in cases.into_iter().enumerate() {
            let owner = format!("made-{index}.edge.test.");
            assert_eq!(apply(&mut zone, &message(vec![prerequisite], vec![a(&owner, 9)])), code, "{index}");
            assert_eq!(addresses(&zone, &owner) == 1, code == ResponseCode::NoError, "{index}");
        }
    }

    #[test]
    fn another_zone_and_no_zone_are_told_apart() {
        let mut zone = zone();
        let mut other = message(Vec::new(), vec![a("x.edge.test.", 1)]);
        other.queries = vec![Query::query(name("other.test."), RecordType::SOA)];
        assert_eq!(apply(&mut zone, &other), ResponseCode::NotAuth);
        other.queries.clear();
        assert_eq!(apply(&mut zone, &other), ResponseCode::FormErr);
    }
}
