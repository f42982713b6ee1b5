//! Where the last record of every key lies.

use std::collections::HashMap;

use super::slots::{Kept, PerSlot, Slot};

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) sequence: u64,
    /// Number of its segment.
    pub(super) segment: u64,
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// Where the last record of every key lies, for the slots that keep it.
#[derive(Debug, Default)]
pub(super) struct Latest {
    keys: PerSlot<HashMap<Box<str>, Spot>>,
}

impl Latest {
    /// Notes a record, which is newer than all before it.
    pub(super) fn note(&mut self, slot: Slot, key: &str, spot: Spot) {
        let keys = &mut self.keys[slot.index()];
        match keys.get_mut(key) {
            Some(known) => *known = spot,
            None => {
                keys.insert(key.into(), spot);
            }
        }
    }

    /// Where the last record of a key lies.
    pub(super) fn get(&self, slot: Slot, key: &str) -> Option<Spot> {
        self.keys[slot.index()].get(key).copied()
    }

    /// Where the last records of all keys lie.
    pub(super) fn spots(&self, slot: Slot) -> impl Iterator<Item = Spot> + '_ {
        self.keys[slot.index()].values().copied()
    }

    /// Tells that a record was copied elsewhere; nothing happens where it is no longer the last of its key.
    pub(super) fn moved(&mut self, slot: Slot, key: &str, spot: Spot) {
        if let Some(known) = self.keys[slot.index()].get_mut(key)
            && known.sequence == spot.sequence
        {
            *known = spot;
        }
    }
}

/// Whether the last record of every key is noted for this slot.
pub(super) fn notes(slot: Slot) -> bool {
    match slot.kept() {
        Kept::Log(_) => false,
        Kept::Latest(_) | Kept::Internal => true,
    }
}
