//! Which ids a stream has seen.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// At least this many of a stream's last ids are remembered; up to twice as many are.
pub(crate) const REMEMBERED: usize = 100_000;

/// 128 bits of a keyed hash: two ids never meet by chance, and nobody outside can make them meet.
pub(crate) type Fingerprint = (u64, u64);
type Ids = HashMap<Fingerprint, u64, BuildHasherDefault<AlreadyHashed>>;

/// The last ids of one stream with their sequences, in two generations: when the young one is full, the old one
/// is forgotten. About 25 bytes an id.
#[derive(Debug, Default)]
pub(crate) struct Dedup {
    keys: (RandomState, RandomState),
    young: Ids,
    old: Ids,
    young_from: u64,
    old_from: u64,
}

impl Dedup {
    /// The sequence that an id was first published at, or remembers it with `sequence`.
    pub(crate) fn first(&mut self, id: &str, sequence: u64) -> Option<u64> {
        let print = self.print(id);
        let known = self.known(print);
        if known.is_none() {
            self.remember(print, sequence);
        }
        known
    }

    /// Remembers an id with its sequence, whatever was known of it.
    pub(crate) fn remember(&mut self, print: Fingerprint, sequence: u64) {
        if self.young.len() >= REMEMBERED {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
            self.old_from = self.young_from;
            self.young_from = sequence;
        }
        self.young.insert(print, sequence);
    }

    /// The sequence that the id with this fingerprint was first published at, if that is remembered.
    pub(crate) fn known(&self, print: Fingerprint) -> Option<u64> {
        self.young.get(&print).or_else(|| self.old.get(&print)).copied()
    }

    /// Forgets an id.
    pub(crate) fn forget(&mut self, print: Fingerprint) {
        self.young.remove(&print);
        self.old.remove(&print);
    }

    /// Ids of records before this sequence are forgotten.
    pub(crate) fn from(&self) -> u64 {
        self.old_from
    }

    /// What stands for an id in this table.
    pub(crate) fn print(&self, id: &str) -> Fingerprint {
        (self.keys.0.hash_one(id), self.keys.1.hash_one(id))
    }
}

/// Passes half of a fingerprint on as the hash that it is.
#[derive(Debug, Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, half: u64) {
        self.0 ^= half;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hundred_thousand_ids_are_remembered_and_the_oldest_forgotten() {
        let mut dedup = Dedup::default();
        let count = 3 * REMEMBERED as u64 + 17;
        for sequence in 1..=count {
            assert_eq!(dedup.first(&sequence.to_string(), sequence), None);
            if let Some(kept) = sequence.checked_sub(REMEMBERED as u64 - 1).filter(|kept| *kept > 0) {
                assert_eq!(dedup.first(&kept.to_string(), 0), Some(kept));
                assert!(dedup.from() <= kept);
            }
        }
        assert!(dedup.from() > 1);
        assert!(dedup.young.len() + dedup.old.len() <= 2 * REMEMBERED);
    }
}
