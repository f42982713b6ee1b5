//! The zone: record sets by name and type.

use std::collections::BTreeMap;
use std::ops::Bound;

use hickory_proto::rr::rdata::{NS, SOA};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// Names that the zone holds at most.
const MAX_NAMES: usize = 100_000;
/// Records that one name holds at most.
const MAX_RECORDS_OF_NAME: usize = 64;

/// What the zone has for a question.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// A record set.
    Records(&'a [Record]),
    /// The name exists, the type does not.
    NoData,
    /// The name does not exist.
    NoName,
}

/// The zone cannot take another record.
#[derive(Debug)]
pub(super) struct Full;

type RecordSets = BTreeMap<RecordType, Vec<Record>>;

/// Record sets by name and type, apart from the SOA, which is made from the serial. Names are in lower case.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    origin: Name,
    default_ttl: u32,
    serial: u32,
    /// The record of that serial, as the set that it is.
    soa: Vec<Record>,
    names: BTreeMap<Name, RecordSets>,
}

impl Zone {
    /// An empty zone: a SOA and one NS record at `origin`.
    pub(super) fn new(origin: Name, default_ttl: u32) -> Self {
        let server = origin.prepend_label("ns").unwrap_or_else(|_| origin.clone());
        let ns = Record::from_rdata(origin.clone(), default_ttl, RData::NS(NS(server)));
        let names = BTreeMap::from([(origin.clone(), BTreeMap::from([(RecordType::NS, vec![ns])]))]);
        let mut zone = Self { origin, default_ttl, serial: 0, soa: Vec::new(), names };
        zone.set_serial(1);
        zone
    }

    /// The apex.
    pub(super) fn origin(&self) -> &Name {
        &self.origin
    }

    /// The SOA.
    pub(super) fn soa(&self) -> &Record {
        &self.soa[0]
    }

    /// The SOA's serial.
    pub(super) fn serial(&self) -> u32 {
        self.serial
    }

    /// Makes the serial grow (RFC 1982: it wraps).
    pub(super) fn bump_serial(&mut self) {
        self.set_serial(self.serial.wrapping_add(1));
    }

    fn set_serial(&mut self, serial: u32) {
        self.serial = serial;
        let server = self.origin.prepend_label("ns").unwrap_or_else(|_| self.origin.clone());
        let person = self.origin.prepend_label("hostmaster").unwrap_or_else(|_| self.origin.clone());
        // The last member is the time to live of negative answers (RFC 2308, section 4).
        let soa = SOA::new(server, person, serial, 3600, 600, 86_400, self.default_ttl);
        self.soa = vec![Record::from_rdata(self.origin.clone(), self.default_ttl, RData::SOA(soa))];
    }

    /// What there is for `name` (in lower case, inside the zone) and `kind`.
    pub(super) fn find(&self, name: &Name, kind: RecordType) -> Found<'_> {
        if kind == RecordType::SOA && *name == self.origin {
            return Found::Records(&self.soa);
        }
        match self.names.get(name) {
            Some(sets) => sets.get(&kind).map_or(Found::NoData, |set| Found::Records(set)),
            // A name between others and the apex exists without records (RFC 8020). In canonical order the
            // names below a name come right after it.
            None => {
                let after = (Bound::Excluded(name), Bound::Unbounded);
                let below = self.names.range(after).next().is_some_and(|(next, _)| name.zone_of(next));
                if below { Found::NoData } else { Found::NoName }
            }
        }
    }

    /// Whether `name` has a record of its own (RFC 2136, section 2.4.4, "in use").
    pub(super) fn in_use(&self, name: &Name) -> bool {
        self.names.contains_key(name)
    }

    /// Every record but the SOA.
    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.names.values().flat_map(|sets| sets.values().flatten())
    }

    /// Adds a record, replacing one with the same data (RFC 2136, section 3.4.2.2); the whole set takes its
    /// time to live (RFC 2181, section 5.2). Says whether anything changed.
    pub(super) fn add(&mut self, record: Record) -> Result<bool, Full> {
        if !self.names.contains_key(&record.name) && self.names.len() >= MAX_NAMES {
            return Err(Full);
        }
        let sets = self.names.entry(record.name.clone()).or_default();
        let count: usize = sets.values().map(Vec::len).sum();
        let set = sets.entry(record.record_type()).or_default();
        let known = set.iter().any(|r| r.data == record.data);
        let mut changed = false;
        for other in set.iter_mut().filter(|r| r.ttl != record.ttl) {
            other.ttl = record.ttl;
            changed = true;
        }
        if known {
            return Ok(changed);
        }
        if count >= MAX_RECORDS_OF_NAME {
            return Err(Full);
        }
        set.push(record);
        Ok(true)
    }

    /// Deletes the record set of `kind`; says whether there was one. The apex keeps its NS records (section
    /// 3.4.2.3).
    pub(super) fn delete_set(&mut self, name: &Name, kind: RecordType) -> bool {
        if *name == self.origin && matches!(kind, RecordType::NS | RecordType::SOA) {
            return false;
        }
        let removed = self.names.get_mut(name).is_some_and(|sets| sets.remove(&kind).is_some());
        self.drop_if_empty(name);
        removed
    }

    /// Deletes every record set of `name` but the apex's NS; says whether there was one.
    pub(super) fn delete_name(&mut self, name: &Name) -> bool {
        let kinds: Vec<_> = self.names.get(name).into_iter().flat_map(|sets| sets.keys().copied()).collect();
        let mut changed = false;
        for kind in kinds {
            changed |= self.delete_set(name, kind);
        }
        changed
    }

    /// Deletes one record; says whether it was there. The apex keeps its NS record (section 3.4.2.4).
    pub(super) fn delete_record(&mut self, record: &Record) -> bool {
        let kind = record.record_type();
        if record.name == self.origin && kind == RecordType::NS {
            return false;
        }
        let Some(sets) = self.names.get_mut(&record.name) else { return false };
        let Some(set) = sets.get_mut(&kind) else { return false };
        let before = set.len();
        set.retain(|r| r.data != record.data);
        let removed = set.len() < before;
        if set.is_empty() {
            sets.remove(&kind);
        }
        self.drop_if_empty(&record.name);
        removed
    }

    fn drop_if_empty(&mut self, name: &Name) {
        if self.names.get(name).is_some_and(BTreeMap::is_empty) {
            self.names.remove(name);
        }
    }
}
