//! The context attributes of public events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Time;

/// The CloudEvents 1.0 context attributes that every event has, extensions included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attributes {
    /// The version of CloudEvents.
    #[schemars(extend("const" = "1.0"))]
    pub specversion: String,
    /// Names the event together with `source`: one that comes again has the same. Nothing else is to be read from
    /// it.
    #[schemars(length(min = 1))]
    pub id: String,
    /// `/edgeroam/` and the domain.
    #[schemars(regex(pattern = r"^/edgeroam/.+$"))]
    pub source: String,
    /// The kind of event with the version of its data.
    #[serde(rename = "type")]
    #[schemars(regex(pattern = r"^io\.edgeroam\..+\.v1$"))]
    pub event_type: String,
    /// What it is about: the UE's pseudonym, the app and its instance, or the site.
    pub subject: String,
    /// When it happened, by EdgeRoam's clock; absent where nobody knows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<Time>,
    /// Names the schema of the data; it is not to be fetched.
    #[schemars(extend("format" = "uri"))]
    pub dataschema: String,
    /// Events with the same key keep their order (extension "partitioning").
    pub partitionkey: String,
    /// Orders the events of one internal stream, as text: 20 digits (extension "sequence").
    #[schemars(regex(pattern = r"^\d{20}$"))]
    pub sequence: String,
    /// W3C trace context (extension "distributed tracing"). The trace id is the relocation id where there is one, so
    /// that the events of one move share a trace.
    #[schemars(regex(pattern = r"^00-[0-9a-f]{32}-[0-9a-f]{16}-01$"))]
    pub traceparent: String,
}

impl Attributes {
    /// Names and values in the order in which they are written.
    pub fn into_pairs(self) -> Vec<(Box<str>, Box<str>)> {
        let pairs = [
            ("specversion", Some(self.specversion)),
            ("id", Some(self.id)),
            ("source", Some(self.source)),
            ("type", Some(self.event_type)),
            ("subject", Some(self.subject)),
            ("time", self.time.map(|time| time.to_string())),
            ("dataschema", Some(self.dataschema)),
            ("partitionkey", Some(self.partitionkey)),
            ("sequence", Some(self.sequence)),
            ("traceparent", Some(self.traceparent)),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name.into(), value?.into()))).collect()
    }
}
