//! From internal records to public events.

mod cell;
mod consent;
mod decision;
mod envelope;
mod explanation;
mod instance;
mod order;
mod outcome;
mod qos;
mod quality;
mod site;
mod trace;
mod ue;
mod weighed;

use std::collections::{BTreeMap, BTreeSet};

use model::{SiteId, Supi};

pub(crate) use explanation::guard;

use crate::v1::Position;
use crate::{Kind, PseudonymKey};

/// Makes public events of internal records. The same record with the same sequence always gives the same events, so
/// that what is put out twice can be told by its id.
#[derive(Debug, Clone)]
pub struct Deriver {
    source: Box<str>,
    key: PseudonymKey,
    clear: BTreeSet<String>,
    /// Names and places of the catalogue's sites.
    sites: BTreeMap<SiteId, (Box<str>, Option<Position>)>,
}

impl Deriver {
    /// For a domain (letters, digits, `-`, `_`, `.`), with the key of the pseudonyms and the topics whose events also
    /// name the UE in clear.
    pub fn new(domain: &str, key: PseudonymKey, clear: &BTreeSet<String>) -> Self {
        let source = format!("/edgeroam/{domain}").into();
        Self { source, key, clear: clear.clone(), sites: BTreeMap::new() }
    }

    /// The UE's identity in clear, where events of this kind tell it.
    fn clear(&self, kind: Kind, supi: &Supi) -> Option<String> {
        self.clear.contains(kind.topic()).then(|| supi.to_string())
    }
}
