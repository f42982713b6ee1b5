//! Names of UEs that tell nobody who they are.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use model::Supi;
use sha2::Sha256;
use thiserror::Error;

/// What is signed before the SUPI: another purpose gives other pseudonyms.
const PURPOSE: &[u8] = b"edgeroam/ue/v1\0";
/// Bytes of a pseudonym.
const LENGTH: usize = 16;

/// The key behind pseudonyms. Whoever has it can tell which events are of a given SUPI; nobody can go back from a
/// pseudonym to a SUPI but by trying.
#[derive(Clone)]
pub struct PseudonymKey(Box<[u8]>);

/// A key of the wrong length.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a pseudonym key has 16 to 64 bytes, not {0}")]
pub struct KeyError(usize);

impl PseudonymKey {
    /// Takes a key of 16 to 64 bytes.
    ///
    /// # Errors
    /// [`KeyError`] for any other length.
    pub fn new(key: &[u8]) -> Result<Self, KeyError> {
        if (16..=64).contains(&key.len()) { Ok(Self(key.into())) } else { Err(KeyError(key.len())) }
    }

    /// The pseudonym of a UE: the first 16 bytes, as hex, of HMAC-SHA-256 (RFC 2104) over `edgeroam/ue/v1`, a zero byte
    /// and the SUPI in its text form (`imsi-…`, TS 29.571 clause 5.3.2).
    pub fn ue(&self, supi: &Supi) -> String {
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(mac) => mac,
            // HMAC takes keys of every length.
            Err(_) => unreachable!("HMAC refused a key"),
        };
        mac.update(PURPOSE);
        mac.update(supi.to_string().as_bytes());
        mac.finalize().into_bytes()[..LENGTH].iter().map(|byte| format!("{byte:02x}")).collect()
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

    #[test]
    fn the_documented_vector_holds() {
        let key = PseudonymKey::new(&[0x0b; 32]).expect("a key");
        let supi = "imsi-208930000000001".parse().expect("a SUPI");
        assert_eq!(key.ue(&supi), "59a63522a69ed39e3f636e0bf42e2c66");
    }

    #[test]
    fn keys_have_bounds_and_are_never_shown() {
        assert_eq!(PseudonymKey::new(&[1; 15]).expect_err("short"), KeyError(15));
        assert_eq!(PseudonymKey::new(&[1; 65]).expect_err("long"), KeyError(65));
        assert!(!format!("{:?}", PseudonymKey::new(&[0x41; 16]).expect("a key")).contains("41"));
    }
}
