//! A hash that is the same on every machine and in every release of a toolchain.

use serde::Serialize;

/// FNV-1a, 64 bit (draft-eastlake-fnv), over the postcard encoding of what it is fed.
pub(crate) struct StableHash(u64);

impl StableHash {
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Feeds one value.
    pub(crate) fn feed(&mut self, value: &impl Serialize) {
        // Values of `model` always have an encoding; were it otherwise, the hash would only be coarser.
        for byte in postcard::to_allocvec(value).unwrap_or_default() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// The hash, 53 bits: what a JSON reader that knows doubles only can hold.
    pub(crate) const fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 53)) & ((1 << 53) - 1)
    }
}
