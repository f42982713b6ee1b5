//! When a fix was taken: a date and time, or seconds from whatever the file counts from.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::xml::cut;

/// A point in time, in nanoseconds from 1970 or from whatever the file counts from.
pub(super) type Moment = i64;

/// RFC 3339, with a space for the `T` if need be. Without an offset it is taken as UTC, which XML Schema leaves open
/// and GPX 1.1 demands.
pub(super) fn date_time(text: &str) -> Result<Moment, String> {
    let text = text.trim();
    let refuse = || format!("time `{}` is not of the form 2026-01-26T15:57:02Z (RFC 3339)", cut(text));
    // A date alone would put a whole day's fixes on one instant.
    if !text.contains(':') {
        return Err(refuse());
    }
    let with_offset = text.parse::<Timestamp>().ok();
    let parsed = with_offset.or_else(|| {
        let civil = text.parse::<DateTime>().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    });
    let nanos = parsed.ok_or_else(refuse)?.as_nanosecond();
    Moment::try_from(nanos).map_err(|_| format!("time `{}` is outside the years 1678 to 2262", cut(text)))
}

/// As [`date_time`], or seconds as a decimal number.
pub(super) fn date_time_or_seconds(text: &str) -> Result<Moment, String> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return date_time(text).map_err(|reason| format!("{reason}, and no decimal number of seconds"));
    }
    let refuse = || format!("time `{}` is no decimal number of seconds", cut(text));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || fraction.contains('.') {
        return Err(refuse());
    }
    // By digits: seconds since 1970 as floating point are exact to a quarter of a microsecond only.
    let nanos = format!("{fraction:0<9.9}").parse::<Moment>().map_err(|_| refuse())?;
    let size = whole.parse::<Moment>().ok().and_then(|s| s.checked_mul(1_000_000_000)?.checked_add(nanos));
    let size = size
        .ok_or_else(|| format!("time `{}` is centuries away: write seconds, not milliseconds", cut(text)))?;
    Ok(if digits.len() < text.len() { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Moment = 1_000_000_000;

    #[test]
    fn dates_and_times_are_read_as_they_are_written() {
        let reference = date_time("2026-01-26T15:57:02Z");
        assert_eq!(reference, Ok(1_769_443_022 * SECOND));
        for same in [
            "2026-01-26T15:57:02.000Z",
            "2026-01-26 15:57:02",
            " 2026-01-26T15:57:02 ",
            "2026-01-26 15:57:02+00",
            "2026-01-26T16:57:02+01:00",
            "2026-01-26T10:57:02-0500",
            "2026-01-26t15:57:02z",
        ] {
            assert_eq!(date_time(same), reference, "{same}");
        }
        let later = date_time("2026-01-26T15:57:02.25Z").expect("valid");
        assert_eq!(later - 1_769_443_022 * SECOND, SECOND / 4);
    }

    #[test]
    fn seconds_are_exact() {
        assert_eq!(date_time_or_seconds("1769443022.123456789"), Ok(1_769_443_022_123_456_789));
        assert_eq!(date_time_or_seconds("0"), Ok(0));
        assert_eq!(date_time_or_seconds(" 2.50 "), Ok(2 * SECOND + SECOND / 2));
        assert_eq!(date_time_or_seconds("-0.5"), Ok(-SECOND / 2));
        assert_eq!(date_time_or_seconds("1.1234567899"), Ok(1_123_456_789));
        assert_eq!(date_time_or_seconds("2026-01-26 15:57:02"), Ok(1_769_443_022 * SECOND));
    }

    #[test]
    fn other_forms_are_refused_with_a_reason() {
        for bad in
            ["", "now", "2026-01-26", "26/01/2026 15:57", "1.7E9", "NaN", "inf", ".", ".5", "1.2.3", "-"]
        {
            assert!(date_time_or_seconds(bad).is_err(), "{bad}");
        }
        let error = date_time_or_seconds("1769443022000").expect_err("milliseconds");
        assert!(error.contains("milliseconds"), "{error}");
        assert!(date_time("3026-01-26T15:57:02Z").expect_err("far away").contains("2262"));
        assert!(date_time("12").is_err(), "GPX has no bare seconds");
    }
}
