//! Instants as consumers read them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant in UTC, RFC 3339 with six digits of a second: `2026-11-23T06:36:33.407390Z`. As text it sorts by
/// time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(jiff::Timestamp);

impl Time {
    /// From microseconds since the Unix epoch; what lies behind the year 9999 becomes its end.
    pub fn from_micros(micros: u64) -> Self {
        let instant = i64::try_from(micros).ok().and_then(|n| jiff::Timestamp::from_microsecond(n).ok());
        Self(instant.unwrap_or(jiff::Timestamp::MAX))
    }

    /// Microseconds since the Unix epoch; zero for what lies before it.
    pub fn as_micros(self) -> u64 {
        u64::try_from(self.0.as_microsecond()).unwrap_or(0)
    }
}

impl From<model::Timestamp> for Time {
    fn from(at: model::Timestamp) -> Self {
        Self::from_micros(at.as_micros())
    }
}

impl From<model::ReportedAt> for Time {
    fn from(at: model::ReportedAt) -> Self {
        Self::from_micros(at.as_micros())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_always_written() {
        for (micros, text) in [
            (1_795_415_793_407_390, "2026-11-23T06:36:33.407390Z"),
            (0, "1970-01-01T00:00:00.000000Z"),
            (u64::MAX, "9999-12-30T22:00:00.999999Z"),
        ] {
            assert_eq!(Time::from_micros(micros).to_string(), text);
        }
        let read: Time = serde_json::from_str("\"2026-11-23T06:36:33.407390Z\"").expect("a time");
        assert_eq!(read.as_micros(), 1_795_415_793_407_390);
    }
}
