//! AMFs by number.

use std::collections::BTreeSet;

use model::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::AmfSlot;

/// How many AMFs can be told apart; the last numbers of the table's 12 bits have meanings of their own.
const MOST: usize = (1 << 12) - 2;

impl AmfSlot {
    /// Belongs to no AMF: callbacks for load that comes from elsewhere.
    pub(crate) const NONE: Self = Self((1 << 12) - 1);
    /// Which AMF holds the UE was not kept: the first that reports it does.
    pub(crate) const UNKNOWN: Self = Self((1 << 12) - 2);
}

/// An AMF apart from its UEs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    /// Root of its APIs.
    pub(crate) root: Url,
    /// What tells whether it has restarted.
    pub(crate) life: AmfLife,
}

/// What tells whether an AMF has restarted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AmfLife {
    /// NF instance ids under which it was last discovered.
    pub(crate) ids: BTreeSet<String>,
    /// The last subscription id that was a number.
    pub(crate) number: Option<u64>,
    /// When it lost its memory, where that has not been waited out.
    pub(crate) lost_at: Option<Timestamp>,
}

/// AMFs by number, in the order in which they were met; a number is never given to another one.
#[derive(Debug, Default)]
pub(super) struct Names {
    named: Vec<Named>,
}

impl Names {
    pub(super) fn new(named: Vec<Named>) -> Self {
        Self { named }
    }

    pub(super) fn all(&self) -> &[Named] {
        &self.named
    }

    pub(super) fn get(&self, amf: AmfSlot) -> Option<&Named> {
        self.named.get(usize::from(amf.0))
    }

    pub(super) fn get_mut(&mut self, amf: AmfSlot) -> Option<&mut Named> {
        self.named.get_mut(usize::from(amf.0))
    }

    /// The number of an AMF; `None` where all are given.
    pub(super) fn number(&mut self, root: &Url) -> Option<AmfSlot> {
        let known = self.named.iter().position(|named| named.root == *root);
        if known.is_none() {
            if self.named.len() >= MOST {
                return None;
            }
            self.named.push(Named { root: root.clone(), life: AmfLife::default() });
        }
        u16::try_from(known.unwrap_or(self.named.len() - 1)).ok().map(AmfSlot)
    }
}
