//! CloudEvents as records (Kafka Protocol Binding for CloudEvents 1.0) and back.

use bytes::Bytes;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};

use super::{delivery, headers};
use crate::public::json::{self, Attributes, CONTENT_TYPE};
use crate::public::{ContentMode, PublicEvent, Topic};

const STRUCTURED: &str = "application/cloudevents+json; charset=UTF-8";
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
            headers = header(headers, CONTENT_TYPE, json::DATA);
            for (name, value) in &event.attributes {
                headers = header(headers, &format!("ce_{name}"), value);
            }
            Ok((headers, event.data.clone()))
        }
        ContentMode::Structured => {
            headers = header(headers, CONTENT_TYPE, STRUCTURED);
            Ok((headers, json::encode(event)?))
        }
    }
}

/// The event of a record of this topic; nothing where it is none, which somebody else must have written.
pub(super) fn decode(topic: Topic, message: &impl Message) -> Option<PublicEvent> {
    let payload = message.payload()?;
    let content_type = headers::text(message, CONTENT_TYPE)?;
    let (attributes, data) = if json::is_structured(content_type) {
        json::decode(payload)?
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

fn binary(message: &impl Message) -> Attributes {
    let Some(headers) = message.headers() else { return Attributes::new() };
    let attribute = |header: Header<'_, &[u8]>| -> Option<(Box<str>, Box<str>)> {
        let name = header.key.strip_prefix("ce_")?;
        Some((name.into(), String::from_utf8_lossy(header.value?).into()))
    };
    headers.iter().filter_map(attribute).collect()
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
