//! What stands for a UE in public events.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use model::Supi;
use sha2::Sha256;
use thiserror::Error;

/// What the key is used for, apart from every other use of the same key.
const PURPOSE: &[u8] = b"edgeroam/ue/v1";
/// Bytes of the digest that make a pseudonym: 2^64 UEs before two of them are likely to share one.
const BYTES: usize = 16;

/// The key of the pseudonyms, 16 to 64 bytes. Whoever has it can find a UE's events; nobody else can tell whose they
/// are. Another key gives other pseudonyms: to change it is to part with the past.
#[derive(Clone)]
pub struct PseudonymKey(Arc<[u8]>);

/// A key of the wrong size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a key of pseudonyms has 16 to 64 bytes, this one has {bytes}")]
pub struct PseudonymKeyError {
    /// How many it has.
    pub bytes: usize,
}

impl PseudonymKey {
    /// Takes a key.
    ///
    /// # Errors
    /// [`PseudonymKeyError`] for one that is too short to be secret, or longer than HMAC-SHA-256 takes without
    /// hashing it first.
    pub fn new(key: &[u8]) -> Result<Self, PseudonymKeyError> {
        if !(16..=64).contains(&key.len()) {
            return Err(PseudonymKeyError { bytes: key.len() });
        }
        Ok(Self(key.into()))
    }

    /// The pseudonym of a UE: HMAC-SHA-256 (RFC 2104) over `edgeroam/ue/v1`, a zero byte and the SUPI as TS 29.571
    /// writes it (`imsi-208930000000003`); the first 16 bytes as 32 hex digits in lower case.
    pub fn ue(&self, supi: &Supi) -> String {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            // HMAC takes keys of every length.
            Err(_) => unreachable!("HMAC refused a key"),
        };
        mac.update(PURPOSE);
        mac.update(&[0]);
        mac.update(supi.to_string().as_bytes());
        crate::hex(&mac.finalize().into_bytes()[..BYTES])
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's `hmac` module.
    #[test]
    fn pseudonyms_are_those_that_others_compute() {
        let bytes: Vec<u8> = (0..32).collect();
        for (size, supi, ue) in [
            (16, "imsi-208930000000003", "cb2bb54f04876d4f935823bdd9db555d"),
            (16, "nai-a@b.example", "95f0fcf8ebdd56317287f679276b03f1"),
            (32, "imsi-208930000000003", "cec21a5db9df51a6b6962b370f045a13"),
            (32, "nai-a@b.example", "fd3a600f0195356deb635b88b362b44c"),
        ] {
            let key = PseudonymKey::new(&bytes[..size]).expect("a key");
            assert_eq!(key.ue(&supi.parse().expect("a SUPI")), ue);
        }
    }

    #[test]
    fn keys_of_other_sizes_are_refused_and_none_is_shown() {
        for bytes in [0, 15, 65] {
            assert_eq!(PseudonymKey::new(&vec![0; bytes]).err(), Some(PseudonymKeyError { bytes }));
        }
        let key = PseudonymKey::new(&[0xab; 64]).expect("a key");
        assert!(!format!("{key:?}").contains("171"));
    }
}
