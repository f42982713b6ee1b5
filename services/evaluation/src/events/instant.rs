//! Instants of the input's own clock.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// Microseconds in a second.
const MICROS: i64 = 1_000_000;
/// No time is farther from zero than this, in seconds: 30,000 years, and safe to add and subtract.
const MOST_SECONDS: i64 = 1_000_000_000_000;

/// An instant of the input's own clock, which may start anywhere: microseconds. Text: decimal seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// Why a text is no instant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("time `{0}` is not a number of seconds")]
pub struct InstantError(String);

impl Instant {
    /// From microseconds, at most 10^18 from zero.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(-MOST_SECONDS * MICROS, MOST_SECONDS * MICROS))
    }

    /// The time from `earlier` to this; zero where `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros_since(earlier))
    }

    /// The microseconds from `earlier` to this; zero where `earlier` is later.
    pub(crate) fn micros_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// So much later.
    pub(crate) fn plus_micros(self, micros: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(micros).unwrap_or(i64::MAX)))
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    /// Decimal seconds; what is finer than a microsecond is rounded.
    fn from_str(text: &str) -> Result<Self, InstantError> {
        let refuse = || InstantError(text.chars().take(64).collect());
        decimal(text).or_else(|| scientific(text)).map(Self).ok_or_else(refuse)
    }
}

/// `-12.5`: exact, whatever the count of digits in front.
fn decimal(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let seconds = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
    if seconds > MOST_SECONDS {
        return None;
    }
    let micros = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let micros = micros.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let up = fraction.as_bytes().get(6).is_some_and(|digit| *digit >= b'5');
    let micros = seconds * MICROS + micros + i64::from(up);
    Some(if negative { -micros } else { micros })
}

/// `1.7e9`, as programs write numbers.
fn scientific(text: &str) -> Option<i64> {
    let seconds: f64 = text.parse().ok().filter(|_| text.contains(['e', 'E']))?;
    let within = seconds.is_finite() && seconds.abs() <= MOST_SECONDS as f64;
    within.then_some((seconds * MICROS as f64).round() as i64)
}

impl fmt::Display for Instant {
    /// Seconds with as many decimals as they need.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        write!(f, "{sign}{}", micros / MICROS as u64)?;
        let rest = micros % MICROS as u64;
        if rest == 0 {
            return Ok(());
        }
        write!(f, ".{}", format!("{rest:06}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact_to_the_microsecond_and_shown_as_short_as_they_are() {
        for (text, shown) in [
            ("0", "0"),
            ("-0", "0"),
            ("+12.50", "12.5"),
            ("-0.000001", "-0.000001"),
            ("1732752000.123456", "1732752000.123456"),
            ("0.1234565", "0.123457"),
            ("2.9999999", "3"),
            (".5", "0.5"),
            ("7.", "7"),
            ("1.5e3", "1500"),
            ("000012", "12"),
        ] {
            assert_eq!(text.parse::<Instant>().expect(text).to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_number_is_named() {
        for text in
            ["", ".", "-", "1,5", "12:00", "nan", "inf", "1e300", "9999999999999", "1.2.3", "0x10", "--1"]
        {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
        assert_eq!(
            "noon".parse::<Instant>().expect_err("no").to_string(),
            "time `noon` is not a number of seconds"
        );
    }
}
