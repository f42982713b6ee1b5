//! CloudEvents as messages (NATS Protocol Binding for CloudEvents 1.0) and back.

use async_nats::header::{HeaderName, HeaderValue};
use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::subject;
use crate::nats::text;
use crate::public::json::{self, Attributes, CONTENT_TYPE};
use crate::public::{ContentMode, PublicEvent};

const STRUCTURED: &str = "application/cloudevents+json";
const PARTITION_KEY: &str = "partitionkey";

/// Headers and payload of an event.
///
/// # Errors
/// Where the data is no JSON, or an attribute has no valid name.
pub(super) fn encode(event: &PublicEvent, mode: ContentMode) -> Result<(HeaderMap, Bytes), String> {
    let mut headers = HeaderMap::new();
    match mode {
        ContentMode::Binary => {
            headers.insert(CONTENT_TYPE, json::DATA);
            for (name, value) in &event.attributes {
                let name: HeaderName =
                    format!("ce-{name}").parse().map_err(|_| format!("attribute {name}"))?;
                headers.insert(name, HeaderValue::from(&*text::encode(value)));
            }
            Ok((headers, event.data.clone()))
        }
        ContentMode::Structured => {
            headers.insert(CONTENT_TYPE, STRUCTURED);
            Ok((headers, json::encode(event)?))
        }
    }
}

/// The event of a message; nothing where it is none of EdgeRoam's.
pub(super) fn decode(message: Message) -> Option<PublicEvent> {
    let (topic, kind, app) = subject::parse(&message.subject)?;
    let (kind, app) = (kind.into(), app.map(|app| percent_decode_str(app).decode_utf8_lossy().into()));
    let headers = message.headers.as_ref()?;
    let content_type = headers.get(CONTENT_TYPE).map_or("", HeaderValue::as_str);
    let (attributes, data) = if json::is_structured(content_type) {
        json::decode(&message.payload)?
    } else {
        (binary(headers), message.payload.clone())
    };
    let key = attributes.iter().find(|(name, _)| &**name == PARTITION_KEY).map(|(_, value)| value.clone());
    Some(PublicEvent { topic, kind, app, key: key.unwrap_or_default(), attributes, data })
}

fn binary(headers: &HeaderMap) -> Attributes {
    let mut attributes: Attributes = headers
        .iter()
        .filter_map(|(name, values)| {
            let name: &str = name.as_ref();
            let value = values.first()?;
            Some((name.strip_prefix("ce-")?.into(), text::decode(value.as_str()).into()))
        })
        .collect();
    attributes.sort_unstable();
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::public::Topic;

    fn event() -> PublicEvent {
        PublicEvent {
            topic: Topic::Instances,
            kind: "instance".into(),
            app: Some("arena".into()),
            key: "arena/0a".into(),
            attributes: [
                ("id", "1"),
                ("partitionkey", "arena/0a"),
                ("source", "/edgeroam/a \"b\" 50%"),
                ("specversion", "1.0"),
                ("type", "io.edgeroam.instance.v1"),
            ]
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
            data: "{\"site\":\"köln\"}".into(),
        }
    }

    #[test]
    fn events_come_back_as_they_went_in_both_modes() {
        let event = event();
        for mode in [ContentMode::Binary, ContentMode::Structured] {
            let (headers, payload) = encode(&event, mode).expect("encoded");
            let message = Message {
                subject: subject::of(&event).into(),
                reply: None,
                payload,
                headers: Some(headers),
                status: None,
                description: None,
                length: 0,
            };
            assert_eq!(decode(message), Some(event.clone()), "{mode:?}");
        }
    }

    #[test]
    fn binary_mode_puts_attributes_into_headers_and_structured_mode_into_json() {
        let (headers, payload) = encode(&event(), ContentMode::Binary).expect("encoded");
        let header = |name: &str| headers.get(name).map(|value| value.as_str().to_owned());
        assert_eq!(header("ce-source").as_deref(), Some("/edgeroam/a%20%22b%22%2050%25"));
        assert_eq!(header("content-type").as_deref(), Some("application/json"));
        assert_eq!(payload, event().data);
        let (_, payload) = encode(&event(), ContentMode::Structured).expect("encoded");
        let json: serde_json::Value = serde_json::from_slice(&payload).expect("JSON");
        assert_eq!((&json["specversion"], &json["data"]["site"]), (&"1.0".into(), &"köln".into()));
        assert_eq!(json["datacontenttype"], "application/json");
        let broken = PublicEvent { data: "{".into(), ..event() };
        assert!(encode(&broken, ContentMode::Structured).is_err());
    }
}
