//! Subscription Permanent Identifier (TS 23.003 clause 2.2A, TS 29.571 `Supi`).

use std::fmt;
use std::str::FromStr;

use crate::ident::{IdentError, text_serde};

/// A SUPI: an IMSI of 5 to 15 digits, or another form (`nai-…`, `gci-…`, `gli-…`) of at most 253 characters.
///
/// Sixteen bytes; an IMSI is kept as a number with its count of digits, so leading zeros survive.
/// `Debug` hides the identity; `Display` shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Supi(Repr);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    /// Digits × 16 + count of digits: 15 digits need 50 bits.
    Imsi(u64),
    Other(Box<str>),
}

impl Supi {
    /// The IMSI's numeric value and its count of digits, if this SUPI is an IMSI.
    pub fn imsi(&self) -> Option<(u64, u8)> {
        match &self.0 {
            Repr::Imsi(packed) => Some((packed >> 4, (packed & 0xf) as u8)),
            Repr::Other(_) => None,
        }
    }

    /// A SUPI from an IMSI's value and its count of digits (5 to 15); `None` where they do not fit.
    pub fn from_imsi(value: u64, digits: u8) -> Option<Self> {
        let fits = (5..=15).contains(&digits) && value < 10u64.pow(u32::from(digits));
        fits.then(|| Self(Repr::Imsi(value << 4 | u64::from(digits))))
    }
}

impl FromStr for Supi {
    type Err = IdentError;

    fn from_str(text: &str) -> Result<Self, IdentError> {
        let refuse =
            || IdentError::new("SUPI", text, "`imsi-` and 5 to 15 digits, or `nai-…`, `gci-…`, `gli-…`");
        if let Some(digits) = text.strip_prefix("imsi-") {
            if !(5..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(refuse());
            }
            let value = digits.parse().map_err(|_| refuse())?;
            return Self::from_imsi(value, digits.len() as u8).ok_or_else(refuse);
        }
        let known = ["nai-", "gci-", "gli-"].iter().any(|p| text.len() > p.len() && text.starts_with(p));
        if known && text.len() <= 253 && !text.chars().any(char::is_control) {
            Ok(Self(Repr::Other(text.into())))
        } else {
            Err(refuse())
        }
    }
}

impl fmt::Display for Supi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Imsi(packed) => write!(f, "imsi-{:0width$}", packed >> 4, width = (packed & 0xf) as usize),
            Repr::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Supi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Supi(…)")
    }
}

text_serde!(Supi);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_and_length_survive() {
        for text in ["imsi-001010000000001", "imsi-208930000000003", "imsi-00000", "nai-a@b.example"] {
            assert_eq!(text.parse::<Supi>().expect("valid").to_string(), text);
        }
        assert_eq!(size_of::<Supi>(), 16);
    }

    #[test]
    fn what_is_no_supi_is_refused() {
        for text in
            ["", "imsi-", "imsi-1234", "imsi-1234567890123456", "imsi-12a45", "nai-", "208930000000003"]
        {
            assert!(text.parse::<Supi>().is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_identity() {
        let supi: Supi = "imsi-208930000000003".parse().expect("valid");
        assert!(!format!("{supi:?}").contains("208"));
    }
}
