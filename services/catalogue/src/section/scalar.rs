//! Scalars: texts that look like numbers, durations, lengths.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A text. `000001` and `0x10` stay what they are without quotes, as YAML is read into a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }
}

/// A duration, written `10s`, `1m 30s`, `250ms`.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Span(
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")] pub(crate) Duration,
);

/// A share of a whole: `85%`, or `0.85`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share(pub(crate) f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        share(&text).map(Self).map_err(D::Error::custom)
    }
}

/// A share as text: a percentage like `85%`, or a number from 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let refuse = || {
        let text: String = text.chars().take(64).collect();
        format!("`{text}` is no share: write a percentage like 85%, or a number from 0 to 1")
    };
    let (number, of) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    let share = number.trim().parse::<f64>().map_err(|_| refuse())? / of;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(refuse()) }
}

/// A length: metres as a number, or a text like `100m` or `1.5km`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Meters(pub(crate) f64);

impl<'de> Deserialize<'de> for Meters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MetersVisitor)
    }
}

/// A length as text in metres: a number, or one with its unit like `100m` or `1.5km`. It may be any number.
pub fn meters(text: &str) -> Option<f64> {
    let (number, unit) = match text.strip_suffix("km") {
        Some(number) => (number, 1000.0),
        None => (text.strip_suffix('m').unwrap_or(text), 1.0),
    };
    number.trim().parse::<f64>().ok().map(|number| number * unit)
}

struct MetersVisitor;

impl Visitor<'_> for MetersVisitor {
    type Value = Meters;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("metres, as a number or like 100m or 1.5km")
    }

    fn visit_u64<E: Error>(self, meters: u64) -> Result<Meters, E> {
        Ok(Meters(meters as f64))
    }

    fn visit_i64<E: Error>(self, meters: i64) -> Result<Meters, E> {
        Ok(Meters(meters as f64))
    }

    fn visit_f64<E: Error>(self, meters: f64) -> Result<Meters, E> {
        Ok(Meters(meters))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Meters, E> {
        let refuse = || E::custom(format!("`{text}` is no length: write metres, like 100m or 1.5km"));
        meters(text).map(Meters).ok_or_else(refuse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_yaml_stay_texts() {
        for text in ["000001", "0x000000010", "01", "1e5", "208", "~x"] {
            assert_eq!(serde_saphyr::from_str::<Text>(text).expect("a text"), Text(text.into()));
        }
    }

    #[test]
    fn lengths_have_units() {
        for (text, meters) in
            [("100", 100.0), ("100m", 100.0), ("1.5km", 1500.0), ("0.5 m", 0.5), ("2.5", 2.5)]
        {
            assert_eq!(serde_saphyr::from_str::<Meters>(text).expect("a length"), Meters(meters));
        }
        assert!(serde_saphyr::from_str::<Meters>("100 miles").is_err());
    }

    #[test]
    fn shares_are_percentages_or_numbers_up_to_one() {
        for (text, share) in [("85%", 0.85), ("0.85", 0.85), ("1", 1.0), ("2.5 %", 0.025)] {
            assert_eq!(serde_saphyr::from_str::<Share>(text).expect("a share"), Share(share));
        }
        for wrong in ["85", "101%", "-1%", "much", "nan"] {
            let told = serde_saphyr::from_str::<Share>(wrong).expect_err("no share").to_string();
            assert!(told.contains("85%"), "{told}");
        }
    }

    #[test]
    fn durations_have_units() {
        let read = |text: &str| serde_saphyr::from_str::<Span>(text).map(|s| s.0);
        assert_eq!(read("10s").expect("a duration"), Duration::from_secs(10));
        assert_eq!(read("1m 30s").expect("a duration"), Duration::from_secs(90));
        assert_eq!(read("250ms").expect("a duration"), Duration::from_millis(250));
        assert!(read("10").is_err());
        assert!(read("-1s").is_err());
    }
}
