//! CloudEvents 1.0 out of NATS messages.

use async_nats::{HeaderMap, Message};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What this consumer needs of an event. Members and attributes that it does not know are passed over.
#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    /// Together with [`source`](Self::source) it tells an event from every other.
    pub(crate) id: String,
    pub(crate) source: String,
    /// `io.edgeroam.relocation.completed.v1`.
    pub(crate) of_type: String,
    /// Events with the same key come in their order.
    pub(crate) key: String,
    pub(crate) data: Value,
}

impl Event {
    /// The event of a message, in binary or structured mode; nothing where it is none.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        let headers = message.headers.as_ref()?;
        let content_type = headers.get("content-type").map_or("", |value| value.as_str());
        if content_type.starts_with("application/cloudevents+json") {
            let mut whole: Value = serde_json::from_slice(&message.payload).ok()?;
            let data = whole["data"].take();
            return Self::new(|name| whole[name].as_str().map(str::to_owned), data);
        }
        let data = serde_json::from_slice(&message.payload).ok()?;
        Self::new(|name| header(headers, name), data)
    }

    fn new(attribute: impl Fn(&str) -> Option<String>, data: Value) -> Option<Self> {
        Some(Self {
            id: attribute("id")?,
            source: attribute("source")?,
            of_type: attribute("type")?,
            key: attribute("partitionkey").unwrap_or_default(),
            data,
        })
    }
}

/// Values are percent-encoded, as in CloudEvents over HTTP.
fn header(headers: &HeaderMap, attribute: &str) -> Option<String> {
    let value = headers.get(format!("ce-{attribute}").as_str())?;
    Some(percent_decode_str(value.as_str()).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(pairs: &[(&str, &str)], payload: &'static str) -> Message {
        let mut headers = HeaderMap::new();
        pairs.iter().for_each(|(name, value)| headers.insert(*name, *value));
        Message {
            subject: "edgeroam.v1.instance.ar.ar.0a".into(),
            reply: None,
            payload: payload.as_bytes().into(),
            headers: Some(headers),
            status: None,
            description: None,
            length: 0,
        }
    }

    #[test]
    fn both_modes_give_the_same_event_and_unknown_members_do_no_harm() {
        let binary = message(
            &[
                ("content-type", "application/json"),
                ("ce-id", "1"),
                ("ce-source", "/edgeroam/a%20b"),
                ("ce-type", "io.edgeroam.instance.v1"),
                ("ce-partitionkey", "ar/0a"),
                ("ce-unheardof", "x"),
            ],
            r#"{"app":"ar","unheard_of":[1]}"#,
        );
        let structured = message(
            &[("content-type", "application/cloudevents+json; charset=UTF-8")],
            r#"{"id":"1","source":"/edgeroam/a b","type":"io.edgeroam.instance.v1","partitionkey":"ar/0a",
                "unheardof":true,"data":{"app":"ar","unheard_of":[1]}}"#,
        );
        let event = Event::of(&binary).expect("an event");
        assert_eq!((&*event.source, &*event.key), ("/edgeroam/a b", "ar/0a"));
        assert_eq!(Event::of(&structured), Some(event));
    }

    #[test]
    fn what_is_no_event_is_none() {
        assert_eq!(Event::of(&message(&[("ce-id", "1"), ("ce-source", "/a")], "{}")), None);
        assert_eq!(Event::of(&message(&[("ce-id", "1"), ("ce-source", "/a"), ("ce-type", "t")], "{")), None);
    }
}
