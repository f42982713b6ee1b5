//! CloudEvents as records (Kafka Protocol Binding for CloudEvents 1.0) and back.

use std::collections::BTreeMap;

use bytes::Bytes;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use serde_json::value::RawValue;

use super::{delivery, headers};
use crate::public::{ContentMode, PublicEvent, Topic};

const CONTENT_TYPE: &str = "content-type";
const STRUCTURED: &str = "application/cloudevents+json; charset=UTF-8";
const JSON: &str = "application/json";
/// The attribute that is the header `content-type` in binary mode.
const DATA_CONTENT_TYPE: &str = "datacontenttype";
/// Our own header beside the binding's: the app, which is a part of subjects on other brokers.
const APP: &str = "edgeroam-app";
/// What types of events begin with.
const TYPE: &str = "io.edgeroam.";

/// Headers and payload of an event.
///
/// # Errors
/// Where the data is no JSON.
pub(super) fn encode(event: &PublicEvent, mode: ContentMode) -> Result<(OwnedHeaders, Bytes), String> {
    let header =
        |headers: OwnedHeaders, key: &str, value: &str| headers.insert(Header { key, value: Some(value) });
    let mut headers = OwnedHeaders::new_with_capacity(event.attributes.len() + 2);
    if let Some(app) = &event.app {
        headers = header(headers, APP, app);
    }
    match mode {
        ContentMode::Binary => {
            headers = header(headers, CONTENT_TYPE, JSON);
            for (name, value) in &event.attributes {
                headers = header(headers, &format!("ce_{name}"), value);
            }
            Ok((headers, event.data.clone()))
        }
        ContentMode::Structured => {
            headers = header(headers, CONTENT_TYPE, STRUCTURED);
            let data: &RawValue =
                serde_json::from_slice(&event.data).map_err(|error| format!("data: {error}"))?;
            let attributes = event.attributes.iter().map(|(name, value)| (&**name, &**value));
            let mut text = String::from("{");
            for (name, value) in attributes.chain([(DATA_CONTENT_TYPE, JSON)]) {
                let (name, value) = (serde_json::Value::from(name), serde_json::Value::from(value));
                text += &format!("{name}:{value},");
            }
            text += &format!("\"data\":{data}}}");
            Ok((headers, text.into()))
        }
    }
}

/// The event of a record of this topic; nothing where it is none, which somebody else must have written.
pub(super) fn decode(topic: Topic, message: &impl Message) -> Option<PublicEvent> {
    let payload = message.payload()?;
    let content_type = headers::text(message, CONTENT_TYPE)?;
    let (attributes, data) = if content_type.starts_with("application/cloudevents") {
        structured(payload)?
    } else {
        (binary(message), Bytes::copy_from_slice(payload))
    };
    let mut event = PublicEvent {
        topic,
        kind: Box::default(),
        app: headers::text(message, APP).map(Into::into),
        key: delivery::key(message),
        attributes,
        data,
    };
    event.kind = kind(event.attribute("type")?).into();
    Some(event)
}

/// The token of a type: `io.edgeroam.relocation.completed.v1` is `relocation-completed`.
fn kind(of_type: &str) -> String {
    let bare = of_type.strip_prefix(TYPE).unwrap_or(of_type);
    let version = |last: &str| last.strip_prefix('v').is_some_and(|digits| digits.parse::<u32>().is_ok());
    let unversioned = bare.rsplit_once('.').filter(|(_, last)| version(last)).map_or(bare, |(kind, _)| kind);
    unversioned.replace('.', "-")
}

type Attributes = Vec<(Box<str>, Box<str>)>;

fn binary(message: &impl Message) -> Attributes {
    let Some(headers) = message.headers() else { return Attributes::new() };
    let attribute = |header: Header<'_, &[u8]>| -> Option<(Box<str>, Box<str>)> {
        let name = header.key.strip_prefix("ce_")?;
        Some((name.into(), String::from_utf8_lossy(header.value?).into()))
    };
    headers.iter().filter_map(attribute).collect()
}

fn structured(payload: &[u8]) -> Option<(Attributes, Bytes)> {
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

#[cfg(test)]
mod tests {
    use rdkafka::message::{OwnedMessage, Timestamp};

    use super::*;

    fn event() -> PublicEvent {
        PublicEvent {
            topic: Topic::Outcomes,
            kind: "relocation-completed".into(),
            app: Some("arena".into()),
            key: "arena/0a".into(),
            attributes: [
                ("id", "1"),
                ("partitionkey", "arena/0a"),
                ("source", "/edgeroam/a \"b\" 50%"),
                ("specversion", "1.0"),
                ("type", "io.edgeroam.relocation.completed.v1"),
            ]
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
            data: "{\"site\":\"köln\"}".into(),
        }
    }

    fn record(event: &PublicEvent, mode: ContentMode) -> OwnedMessage {
        let (headers, payload) = encode(event, mode).expect("encoded");
        let (key, topic) = (event.key.as_bytes().to_vec(), "edgeroam.v1.outcomes".to_owned());
        let time = Timestamp::NotAvailable;
        OwnedMessage::new(Some(payload.to_vec()), Some(key), topic, time, 0, 0, Some(headers))
    }

    #[test]
    fn events_come_back_as_they_went_in_both_modes() {
        for mode in [ContentMode::Binary, ContentMode::Structured] {
            let event = event();
            assert_eq!(decode(event.topic, &record(&event, mode)), Some(event), "{mode:?}");
        }
    }

    #[test]
    fn binary_mode_puts_attributes_into_headers_and_structured_mode_into_json() {
        let binary = record(&event(), ContentMode::Binary);
        assert_eq!(headers::text(&binary, "ce_source"), Some("/edgeroam/a \"b\" 50%"));
        assert_eq!(headers::text(&binary, "content-type"), Some("application/json"));
        assert_eq!(binary.payload(), Some(&*event().data));
        let structured = record(&event(), ContentMode::Structured);
        assert_eq!(headers::text(&structured, "content-type"), Some(STRUCTURED));
        let json: serde_json::Value =
            serde_json::from_slice(structured.payload().expect("there")).expect("JSON");
        assert_eq!((&json["specversion"], &json["data"]["site"]), (&"1.0".into(), &"köln".into()));
        assert_eq!(json["datacontenttype"], "application/json");
        let broken = PublicEvent { data: "{".into(), ..event() };
        assert!(encode(&broken, ContentMode::Structured).is_err());
    }

    #[test]
    fn kinds_follow_from_types() {
        assert_eq!(kind("io.edgeroam.ue.location.v1"), "ue-location");
        assert_eq!(kind("io.edgeroam.instance.v12"), "instance");
        assert_eq!(kind("io.edgeroam.site.status"), "site-status");
    }
}
