//! The parts into which instances are cut, so that replicas can share them.

use sha2::{Digest, Sha256};

/// One part of all instances. Which part an instance belongs to is the same on every machine and in every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parcel {
    /// From 0.
    pub part: u16,
    /// How many there are; not zero.
    pub parts: u16,
}

impl Parcel {
    /// The one that holds everything.
    pub(crate) const WHOLE: Self = Self { part: 0, parts: 1 };

    /// Whether the instance behind this key (app `/` instance) belongs to it.
    pub(crate) fn holds(self, key: &str) -> bool {
        self.parts == 1 || part(key, self.parts) == self.part
    }
}

fn part(key: &str, parts: u16) -> u16 {
    let digest = Sha256::digest(key.as_bytes());
    let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    u16::try_from(first % u64::from(parts.max(1))).expect("a remainder is smaller than its divisor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instance_belongs_to_one_part_whatever_the_machine() {
        for key in ["ar/0123456789abcdef", "ar/fedcba9876543210", "vr/group-1"] {
            let holders = (0..8).filter(|&part| Parcel { part, parts: 8 }.holds(key)).count();
            assert_eq!(holders, 1, "{key}");
            assert!(Parcel::WHOLE.holds(key));
        }
        // `printf %s ar/0123456789abcdef | sha256sum` begins with dc6fe36332d7f66f.
        assert_eq!(part("ar/0123456789abcdef", 8), 7);
    }
}
