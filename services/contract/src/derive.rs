//! From internal records to public events: pure functions, one file an event family.

mod decision;
mod instance;
mod order;
mod outcome;
mod site;
mod ue;

use std::collections::BTreeSet;

use model::{AppId, InstanceId, RelocationId, SiteId, Supi, Timestamp};

use crate::data::Trigger;
use crate::{Kind, PseudonymKey};

/// Makes public events from internal records.
///
/// A record gives the same events whenever it is read: ids come from what happened (a relocation) or from where it
/// stands in its stream.
#[derive(Debug, Clone)]
pub struct Deriver {
    source: String,
    key: PseudonymKey,
    clear: BTreeSet<String>,
}

impl Deriver {
    /// For events of `/edgeroam/<domain>`, with pseudonyms by this key; of the topics in `clear` SUPIs are told too.
    pub fn new(domain: &str, key: PseudonymKey, clear: &BTreeSet<String>) -> Self {
        Self { source: format!("/edgeroam/{domain}"), key, clear: clear.clone() }
    }

    /// A UE's pseudonym, and the UE in clear where this kind of event may have it.
    fn ue(&self, kind: Kind, supi: &Supi) -> (String, Option<String>) {
        (self.key.ue(supi), self.clear.contains(kind.topic()).then(|| supi.to_string()))
    }
}

/// RFC 3339 with microseconds.
fn time(at: Timestamp) -> String {
    rfc3339(at.as_micros())
}

fn rfc3339(micros: u64) -> String {
    let instant =
        i64::try_from(micros).ok().and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok());
    format!("{:.6}", instant.unwrap_or(jiff::Timestamp::MAX))
}

fn key(app: &AppId, instance: &InstanceId) -> String {
    format!("{app}/{instance}")
}

/// All events of one relocation are in one trace.
fn trace(relocation: &RelocationId) -> String {
    format!("relocation/{relocation}")
}

fn site(site: Option<&SiteId>) -> Option<String> {
    site.map(ToString::to_string)
}

const fn trigger(trigger: model::Trigger) -> Trigger {
    match trigger {
        model::Trigger::Mobility => Trigger::Mobility,
        model::Trigger::FirstPlacement => Trigger::FirstPlacement,
        model::Trigger::UeGone => Trigger::UeGone,
    }
}
