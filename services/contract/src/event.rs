//! One event: its context attributes and its data.

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::Kind;

/// A CloudEvents 1.0 event that a broker's adapter can put on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its type.
    pub kind: Kind,
    /// The app that it is about, if it is about one.
    pub app: Option<Box<str>>,
    /// What keeps its order: the pseudonym of a UE, `app/instance`, or a site.
    pub key: Box<str>,
    /// The context attributes but `datacontenttype`, which is `application/json`.
    pub attributes: Vec<(Box<str>, Box<str>)>,
    /// JSON of the type's struct in [`data`](crate::data).
    pub data: Vec<u8>,
}

/// What the attributes of an event are made from.
pub(crate) struct Context<'a> {
    pub(crate) kind: Kind,
    pub(crate) source: &'a str,
    /// What happened, so that the same thing has the same id however often it is told.
    pub(crate) id: String,
    pub(crate) app: Option<&'a str>,
    pub(crate) key: String,
    pub(crate) subject: String,
    /// RFC 3339.
    pub(crate) time: String,
    /// What belongs to one trace: a relocation, or one report of a UE.
    pub(crate) trace: String,
    /// Position in the internal stream.
    pub(crate) sequence: u64,
}

impl Event {
    pub(crate) fn new(context: Context<'_>, data: &impl Serialize) -> Self {
        let Context { kind, source, id, app, key, subject, time, trace, sequence } = context;
        let traceparent = traceparent(&trace, &id);
        let attributes = [
            ("specversion", "1.0".to_owned()),
            ("id", id),
            ("source", source.to_owned()),
            ("type", kind.event_type().to_owned()),
            ("subject", subject),
            ("time", time),
            ("dataschema", kind.schema_uri()),
            ("partitionkey", key.clone()),
            ("traceparent", traceparent),
            // Twenty digits hold every u64, so that sequences sort as text too.
            ("sequence", format!("{sequence:020}")),
        ];
        Self {
            kind,
            app: app.map(Into::into),
            key: key.into(),
            attributes: attributes.map(|(name, value)| (name.into(), value.into())).into(),
            // Structs of strings and numbers always serialise.
            data: serde_json::to_vec(data).unwrap_or_default(),
        }
    }
}

/// One event as a JSON object: the structured content mode of CloudEvents 1.0 (JSON Event Format).
pub fn structured(attributes: &[(Box<str>, Box<str>)], data: &[u8]) -> Value {
    let mut event = Map::new();
    for (name, value) in attributes {
        event.insert(name.to_string(), Value::from(&**value));
    }
    event.insert("datacontenttype".into(), "application/json".into());
    let data = serde_json::from_slice(data).unwrap_or_else(|_| String::from_utf8_lossy(data).into());
    event.insert("data".into(), data);
    Value::Object(event)
}

/// A W3C Trace Context header: the trace and the span are hashes of what happened, so all events of one relocation are
/// in one trace, and a repeated event is in the same span.
fn traceparent(trace: &str, id: &str) -> String {
    let hex = |text: &str, bytes: usize| -> String {
        Sha256::digest(text)[..bytes].iter().map(|byte| format!("{byte:02x}")).collect()
    };
    format!("00-{}-{}-01", hex(trace, 16), hex(id, 8))
}
