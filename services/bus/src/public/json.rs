//! Structured content mode: one JSON object with everything (JSON Event Format for CloudEvents 1.0), the same on every
//! broker.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use super::PublicEvent;

/// The media type of an event's data.
pub(crate) const DATA: &str = "application/json";
/// The header that tells the media type of a message.
pub(crate) const CONTENT_TYPE: &str = "content-type";
/// What the media type of structured events begins with.
const CLOUD_EVENTS: &str = "application/cloudevents";
/// The attribute that is the header `content-type` in binary mode.
const DATA_CONTENT_TYPE: &str = "datacontenttype";

/// Context attributes but `datacontenttype`.
pub(crate) type Attributes = Vec<(Box<str>, Box<str>)>;

/// Whether a message of this media type is a structured event.
pub(crate) fn is_structured(content_type: &str) -> bool {
    content_type.starts_with(CLOUD_EVENTS)
}

/// An event as one JSON object; its data stands there as it is.
///
/// # Errors
/// Where the data is no JSON.
pub(crate) fn encode(event: &PublicEvent) -> Result<Bytes, String> {
    let data: &RawValue = serde_json::from_slice(&event.data).map_err(|error| format!("data: {error}"))?;
    let attributes = event.attributes.iter().map(|(name, value)| (&**name, &**value));
    let mut text = String::from("{");
    for (name, value) in attributes.chain([(DATA_CONTENT_TYPE, DATA)]) {
        text += &format!("{}:{},", Value::from(name), Value::from(value));
    }
    text += &format!("\"data\":{data}}}");
    Ok(text.into())
}

/// Attributes and data of such an object; nothing where it is none.
pub(crate) fn decode(payload: &[u8]) -> Option<(Attributes, Bytes)> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(payload).ok()?;
    let mut attributes = Attributes::new();
    let mut data = Bytes::new();
    for (name, value) in members {
        match name.as_str() {
            "data" => data = Bytes::copy_from_slice(value.get().as_bytes()),
            DATA_CONTENT_TYPE => {}
            _ => attributes.push((name.into(), serde_json::from_str::<String>(value.get()).ok()?.into())),
        }
    }
    Some((attributes, data))
}
