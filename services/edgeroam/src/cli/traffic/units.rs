//! Lengths and spans as people write them.

use std::time::Duration;

/// Metres: a number, or a text like `100m` or `1.5km`.
pub(super) fn meters(text: &str) -> Result<f64, String> {
    let meters = catalogue::meters(text);
    meters.filter(|m| m.is_finite() && *m >= 0.0).ok_or_else(|| "write it like 3000, 100m or 1.5km".into())
}

/// A time span of a microsecond or more, like `2s`.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let refuse = || "write it like 2s or 500ms".to_owned();
    let span: jiff::SignedDuration = text.parse().map_err(|_| refuse())?;
    let span = Duration::try_from(span).map_err(|_| refuse())?;
    if span < Duration::from_micros(1) { Err("it must be a microsecond or more".into()) } else { Ok(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_spans_have_units() {
        assert_eq!((meters("3000"), meters("3km"), meters("0.5 m")), (Ok(3000.0), Ok(3000.0), Ok(0.5)));
        assert!(["-1", "nan", "inf", "3 miles", ""].iter().all(|text| meters(text).is_err()));
        assert_eq!((span("2s"), span("500ms")), (Ok(Duration::from_secs(2)), Ok(Duration::from_millis(500))));
        assert!(["2", "-2s", "0s", ""].iter().all(|text| span(text).is_err()));
    }
}
