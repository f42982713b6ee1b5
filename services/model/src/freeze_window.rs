//! Freeze windows: times that come again each week, in which nothing is moved for the sake of a better place.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Timestamp;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// Every day, from Monday on.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// The first three letters of its English name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }

    /// Of a day counted from 1970-01-01, a Thursday.
    const fn of(day: i64) -> Self {
        Self::ALL[(day + 3).rem_euclid(7) as usize]
    }
}

/// A time of the day in whole minutes, `00:00` to `24:00`. JSON: that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

/// How far clocks are ahead of UTC, in whole minutes: `Z`, `+01:00`, `-03:30`, at most 14 hours. JSON: that text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UtcOffset(i16);

/// What is no time of a freeze window.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WindowError {
    /// No time of the day.
    #[error("`{0}` is no time of the day: write 00:00 to 24:00, like 17:30")]
    Time(String),
    /// No offset.
    #[error(
        "`{0}` is no offset from UTC: write Z, +01:00 or -03:30, at most 14:00; zones by name are not known"
    )]
    Offset(String),
}

/// A window, the same each week. It begins on each of its days at `from` and ends at `to`: on the next day where `to` is
/// not after `from`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreezeWindow {
    /// The days on which it begins.
    pub days: BTreeSet<Weekday>,
    /// When it begins.
    pub from: TimeOfDay,
    /// When it ends; that minute is not part of it.
    pub to: TimeOfDay,
    /// By which clock.
    #[serde(default)]
    pub zone: UtcOffset,
}

impl FreezeWindow {
    /// When the window that holds at an instant ends; `None` where none does.
    pub fn end(&self, now: Timestamp) -> Option<Timestamp> {
        let ahead = i64::from(self.zone.0) * MINUTE;
        let local = i64::try_from(now.as_micros()).ok()?.checked_add(ahead)?;
        let today = local.div_euclid(DAY);
        let (from, to) = (i64::from(self.from.0) * MINUTE, i64::from(self.to.0) * MINUTE);
        let length = if to > from { to - from } else { to + DAY - from };
        // One that began yesterday may still hold.
        [today - 1, today].into_iter().filter(|day| self.days.contains(&Weekday::of(*day))).find_map(|day| {
            let begins = day.checked_mul(DAY)?.checked_add(from)?;
            let ends = begins.checked_add(length)?;
            let holds = (begins..ends).contains(&local);
            u64::try_from(ends - ahead).ok().filter(|_| holds).map(Timestamp::from_micros)
        })
    }
}

/// When the last of the windows that hold at an instant ends; `None` where none holds. What begins at that very end is
/// another window.
pub fn frozen_until<'a>(
    windows: impl IntoIterator<Item = &'a FreezeWindow>,
    now: Timestamp,
) -> Option<(&'a FreezeWindow, Timestamp)> {
    let holding = windows.into_iter().filter_map(|window| Some((window, window.end(now)?)));
    holding.max_by_key(|(_, end)| *end)
}

impl fmt::Display for FreezeWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} ", self.from, self.to)?;
        if self.zone == UtcOffset::default() {
            write!(f, "UTC")?
        } else {
            write!(f, "{}", self.zone)?
        }
        if self.days.len() < Weekday::ALL.len() {
            let days: Vec<_> = self.days.iter().map(|day| day.as_str()).collect();
            write!(f, " on {}", days.join(", "))?;
        }
        Ok(())
    }
}

/// `HH:MM` in minutes.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let number = |part: &str| Some(part).filter(two_digits)?.parse::<u16>().ok();
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60).then_some(hours * 60 + minutes)
}

impl FromStr for TimeOfDay {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        minutes(text)
            .filter(|minutes| *minutes <= 24 * 60)
            .map(Self)
            .ok_or_else(|| WindowError::Time(text.to_owned()))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for UtcOffset {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let ahead = match text.strip_prefix('+') {
            _ if text == "Z" => Some(0),
            Some(ahead) => minutes(ahead).map(u16::cast_signed),
            None => text.strip_prefix('-').and_then(minutes).map(|behind| -behind.cast_signed()),
        };
        ahead
            .filter(|ahead| ahead.unsigned_abs() <= 14 * 60)
            .map(Self)
            .ok_or_else(|| WindowError::Offset(text.to_owned()))
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("Z");
        }
        let (sign, by) = (if self.0 < 0 { '-' } else { '+' }, self.0.unsigned_abs());
        write!(f, "{sign}{:02}:{:02}", by / 60, by % 60)
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = WindowError;

            fn try_from(text: String) -> Result<Self, WindowError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

as_text!(TimeOfDay);
as_text!(UtcOffset);

#[cfg(test)]
mod tests {
    use super::*;

    fn window(days: &[Weekday], from: &str, to: &str, zone: &str) -> FreezeWindow {
        FreezeWindow {
            days: days.iter().copied().collect(),
            from: from.parse().expect("a time"),
            to: to.parse().expect("a time"),
            zone: zone.parse().expect("an offset"),
        }
    }

    fn at(text: &str) -> Timestamp {
        let instant: jiff::Timestamp = text.parse().expect("a time");
        Timestamp::from_micros(u64::try_from(instant.as_microsecond()).expect("after 1970"))
    }

    #[test]
    fn it_holds_from_its_first_instant_to_before_its_last() {
        // 2026-11-30 is a Monday.
        let rush = window(&[Weekday::Mon, Weekday::Tue], "17:00", "19:30", "+01:00");
        let ends = Some(at("2026-11-30T18:30:00Z"));
        assert_eq!(rush.end(at("2026-11-30T15:59:59.999999Z")), None);
        assert_eq!(rush.end(at("2026-11-30T16:00:00Z")), ends);
        assert_eq!(rush.end(at("2026-11-30T18:29:59.999999Z")), ends);
        assert_eq!(rush.end(at("2026-11-30T18:30:00Z")), None);
        assert_eq!(rush.end(at("2026-12-02T17:00:00Z")), None, "a Wednesday");
    }

    #[test]
    fn one_that_spans_midnight_belongs_to_the_day_on_which_it_begins() {
        let night = window(&[Weekday::Sun], "22:00", "06:00", "-03:30");
        // By its clock Sunday 22:00 is Monday 01:30 UTC, and its end Monday 09:30 UTC.
        let ends = Some(at("2026-11-30T09:30:00Z"));
        assert_eq!(night.end(at("2026-11-30T01:29:59Z")), None);
        assert_eq!(night.end(at("2026-11-30T01:30:00Z")), ends);
        assert_eq!(night.end(at("2026-11-30T09:29:59Z")), ends);
        assert_eq!(night.end(at("2026-12-01T02:00:00Z")), None);
    }

    #[test]
    fn a_whole_day_may_be_one_and_of_two_the_later_end_counts() {
        let all_day = window(&[Weekday::Sat], "00:00", "24:00", "Z");
        assert_eq!(all_day.end(at("2026-11-28T00:00:00Z")), Some(at("2026-11-29T00:00:00Z")));
        let same = window(&[Weekday::Sat], "08:00", "08:00", "Z");
        assert_eq!(same.end(at("2026-11-29T07:59:59Z")), Some(at("2026-11-29T08:00:00Z")));
        let found = frozen_until([&all_day, &same], at("2026-11-28T09:00:00Z"));
        assert_eq!(found, Some((&same, at("2026-11-29T08:00:00Z"))));
        assert_eq!(frozen_until([&all_day, &same], at("2026-11-27T09:00:00Z")), None);
    }

    #[test]
    fn instants_of_three_centuries_agree_with_a_calendar() {
        let window = window(&[Weekday::Wed, Weekday::Sat], "21:15", "03:45", "+05:45");
        let zone = jiff::tz::Offset::from_seconds(5 * 3_600 + 45 * 60).expect("an offset");
        for step in 0..20_000_u64 {
            let now = Timestamp::from_micros(step * 7_919 * 60_000_000);
            let local = jiff::Timestamp::from_microsecond(now.as_micros() as i64).expect("a time");
            let local = zone.to_datetime(local);
            let minute =
                u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
            let begins = |day: jiff::civil::Weekday| {
                matches!(day, jiff::civil::Weekday::Wednesday | jiff::civil::Weekday::Saturday)
            };
            let late = minute >= 21 * 60 + 15 && begins(local.weekday());
            let early = minute < 3 * 60 + 45 && begins(local.weekday().previous());
            assert_eq!(window.end(now).is_some(), late || early, "{local}");
        }
    }

    #[test]
    fn texts_are_read_and_written_and_nothing_else_is_taken() {
        for text in ["00:00", "07:05", "24:00"] {
            assert_eq!(text.parse::<TimeOfDay>().expect("a time").to_string(), text);
        }
        for text in ["Z", "+01:00", "-03:30", "+14:00"] {
            assert_eq!(text.parse::<UtcOffset>().expect("an offset").to_string(), text);
        }
        for text in ["", "24:01", "7:05", "12:60", "12", "-1:00", "+1:00", "ab:cd", "12:3é"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
        for text in ["", "01:00", "+14:01", "Europe/Paris", "+01", "CET", "+é1:00"] {
            assert!(text.parse::<UtcOffset>().is_err(), "{text}");
        }
        let weekend = window(&[Weekday::Sat, Weekday::Sun], "09:00", "24:00", "-01:00");
        assert_eq!(weekend.to_string(), "09:00 to 24:00 -01:00 on sat, sun");
        assert_eq!(window(&Weekday::ALL, "01:00", "02:00", "Z").to_string(), "01:00 to 02:00 UTC");
        let text = serde_json::to_string(&weekend).expect("JSON");
        assert_eq!(serde_json::from_str::<FreezeWindow>(&text).expect("a window"), weekend);
    }
}
