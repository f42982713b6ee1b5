//! The first bytes of a segment.

use super::slots::{PerSlot, SLOTS};

/// Frames begin here.
pub(super) const LENGTH: usize = 256;

const MAGIC: &[u8; 8] = b"EdgeRBus";
const VERSION: u32 = 1;
const REWRITTEN: usize = 32 + 8 * SLOTS;
const SUM: usize = LENGTH - 4;

/// What a segment says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Its number, from 1.
    pub(super) id: u64,
    /// The last number that it stands for; more than `id` where segments were merged.
    pub(super) through: u64,
    /// Whether retention has written it anew, so that records are missing in it.
    pub(super) rewritten: bool,
    /// The bus's seed of checksums.
    pub(super) seed: u32,
    /// The next sequence of every slot when the segment was begun.
    pub(super) next: PerSlot<u64>,
}

impl Header {
    pub(super) fn bytes(&self) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[0..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.seed.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.id.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.through.to_le_bytes());
        for (place, next) in bytes[32..].chunks_exact_mut(8).zip(self.next) {
            place.copy_from_slice(&next.to_le_bytes());
        }
        bytes[REWRITTEN] = u8::from(self.rewritten);
        let sum = crc32c::crc32c(&bytes[..SUM]);
        bytes[SUM..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn parse(bytes: &[u8; LENGTH]) -> Result<Self, &'static str> {
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        if &bytes[0..8] != MAGIC {
            return Err("it is no segment of a bus");
        }
        if u32_at(SUM) != crc32c::crc32c(&bytes[..SUM]) {
            return Err("its header has a wrong checksum");
        }
        if u32_at(8) != VERSION {
            return Err("it was written by another version of this program");
        }
        let mut next = [0; SLOTS];
        for (index, next) in next.iter_mut().enumerate() {
            *next = u64_at(32 + 8 * index);
        }
        Ok(Self {
            id: u64_at(16),
            through: u64_at(24),
            rewritten: bytes[REWRITTEN] != 0,
            seed: u32_at(12),
            next,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_round_trip_and_flipped_bits_are_noticed() {
        let header = Header {
            id: 3,
            through: 9,
            rewritten: true,
            seed: 77,
            next: std::array::from_fn(|i| i as u64 * 1_000),
        };
        let bytes = header.bytes();
        assert_eq!(Header::parse(&bytes), Ok(header));
        for bit in 0..LENGTH * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::parse(&flipped).is_err(), "bit {bit}");
        }
    }
}
