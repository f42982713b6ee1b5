//! An event on its way to consumers.

use serde_json::{Map, Value};

use crate::Kind;

/// A CloudEvents 1.0 event. A broker's adapter knows how it is put on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it tells.
    pub kind: Kind,
    /// The app that it is about, if it is about one.
    pub app: Option<Box<str>>,
    /// Its `partitionkey`: events with the same key keep their order.
    pub key: Box<str>,
    /// All context attributes but `datacontenttype`, which is always `application/json`.
    pub attributes: Vec<(Box<str>, Box<str>)>,
    /// JSON of the kind's type in [`v1`](crate::v1).
    pub data: Vec<u8>,
}

/// One event as a JSON object: structured content mode (CloudEvents 1.0, JSON event format). Data that is no JSON
/// becomes a text.
pub fn structured(attributes: &[(Box<str>, Box<str>)], data: &[u8]) -> Value {
    let mut event: Map<String, Value> =
        attributes.iter().map(|(name, value)| (name.to_string(), Value::from(&**value))).collect();
    event.insert("datacontenttype".into(), "application/json".into());
    let data = serde_json::from_slice(data).unwrap_or_else(|_| String::from_utf8_lossy(data).into());
    event.insert("data".into(), data);
    Value::Object(event)
}
