//! When a fix was taken.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::xml::cut;

/// A point in time, in nanoseconds from 1970.
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
    fn other_forms_are_refused_with_a_reason() {
        for bad in ["", "now", "2026-01-26", "26/01/2026 15:57", "12", "1.7E9", "NaN"] {
            assert!(date_time(bad).is_err(), "{bad}");
        }
        assert!(date_time("3026-01-26T15:57:02Z").expect_err("far away").contains("2262"));
    }
}
