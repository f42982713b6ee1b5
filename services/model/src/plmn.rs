//! Public land mobile network identity (TS 29.571 `PlmnId`).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ident::IdentError;

/// MCC and MNC. The MNC keeps its width: "01" and "001" are different networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "PlmnText", into = "PlmnText")]
pub struct PlmnId {
    mcc: u16,
    mnc: u16,
    mnc_digits: u8,
}

impl PlmnId {
    /// Takes an MCC of three digits and an MNC of two or three.
    ///
    /// # Errors
    /// [`IdentError`] names the member that is not of that form.
    pub fn new(mcc: &str, mnc: &str) -> Result<Self, IdentError> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if mcc.len() != 3 || !digits(mcc) {
            return Err(IdentError::new("mcc", mcc, "three digits"));
        }
        if !(2..=3).contains(&mnc.len()) || !digits(mnc) {
            return Err(IdentError::new("mnc", mnc, "two or three digits (quote it in YAML: \"01\")"));
        }
        let number = |text: &str| text.bytes().fold(0u16, |n, b| n * 10 + u16::from(b - b'0'));
        Ok(Self { mcc: number(mcc), mnc: number(mnc), mnc_digits: mnc.len() as u8 })
    }

    /// The MCC, three digits.
    pub fn mcc(&self) -> String {
        format!("{:03}", self.mcc)
    }

    /// The MNC, two or three digits.
    pub fn mnc(&self) -> String {
        format!("{:0w$}", self.mnc, w = usize::from(self.mnc_digits))
    }
}

impl PlmnId {
    /// All of it in 21 bits: MCC and MNC take 10 each, the width of the MNC one.
    pub(crate) const fn packed(&self) -> u64 {
        (self.mcc as u64) << 11 | (self.mnc as u64) << 1 | (self.mnc_digits == 3) as u64
    }
}

impl fmt::Display for PlmnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}-{:0w$}", self.mcc, self.mnc, w = usize::from(self.mnc_digits))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlmnText {
    mcc: String,
    mnc: String,
}

impl TryFrom<PlmnText> for PlmnId {
    type Error = IdentError;
    fn try_from(text: PlmnText) -> Result<Self, IdentError> {
        Self::new(&text.mcc, &text.mnc)
    }
}

impl From<PlmnId> for PlmnText {
    fn from(plmn: PlmnId) -> Self {
        Self { mcc: plmn.mcc(), mnc: plmn.mnc() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_width_of_the_mnc_is_part_of_the_identity() {
        let two = PlmnId::new("001", "01").expect("valid");
        let three = PlmnId::new("001", "001").expect("valid");
        assert_ne!(two, three);
        assert_eq!((two.to_string(), three.to_string()), ("001-01".into(), "001-001".into()));
    }

    #[test]
    fn other_forms_are_refused() {
        assert!(PlmnId::new("20", "93").is_err());
        assert!(PlmnId::new("208", "9").is_err());
        assert!(PlmnId::new("208", "9x").is_err());
    }
}
