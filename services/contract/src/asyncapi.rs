//! The AsyncAPI 3.0 document: names, schemas and examples of all events on NATS and Kafka.

mod kafka;
mod message;
mod nats;

use serde_json::{Map, Value, json};

use crate::{Kind, schema};

/// What every subject and topic begins with: the contract's name and version.
const PREFIX: &str = "edgeroam.v1";

/// The document. `sample` gives an event of each kind in structured content mode, which becomes its example.
pub fn document(sample: impl Fn(Kind) -> Value) -> Value {
    let mut generator = schema::generator("/components/schemas");
    let mut messages = Map::new();
    for kind in Kind::ALL {
        let payload = schema::refer(kind, &mut generator).to_value();
        let sample = sample(kind);
        for protocol in [&nats::PROTOCOL, &kafka::PROTOCOL] {
            let message = message::message(kind, protocol, &payload, &sample);
            messages.insert(protocol.message(kind), message);
        }
    }
    let attributes = generator.subschema_for::<crate::Attributes>();
    let mut schemas = generator.take_definitions(true);
    // Headers are what the attributes become, so their own schema is only their source.
    let attributes = attributes.get("$ref").and_then(Value::as_str).and_then(|at| at.rsplit('/').next());
    let attributes = attributes.and_then(|name| schemas.remove(name)).unwrap_or_default();
    schemas.sort_keys();
    let mut channels = Map::new();
    channels.extend(nats::channels());
    channels.extend(kafka::channels());
    let operations = channels.keys().map(|name| (format!("send-{name}"), operation(name)));
    json!({
        "asyncapi": "3.0.0",
        "info": info(),
        "defaultContentType": "application/json",
        "servers": { "nats": nats::server(), "kafka": kafka::server() },
        "operations": operations.collect::<Map<_, _>>(),
        "channels": channels,
        "components": {
            "messageTraits": {
                "cloudevent-nats": message::headers(&nats::PROTOCOL, &attributes),
                "cloudevent-kafka": message::headers(&kafka::PROTOCOL, &attributes),
            },
            "messages": messages,
            "schemas": schemas,
        },
    })
}

fn info() -> Value {
    json!({
        "title": "EdgeRoam events",
        "version": "1.0.0",
        "description": "What EdgeRoam sees, decides and does when 5G users move between edge sites, as CloudEvents \
            1.0 in binary content mode (structured mode is a setting). Events come at least once: the second one has \
            the same `source` and `id`. Members, words and types may be added within a version; consumers pass over \
            what they do not know.",
        "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        "tags": [{ "name": "cloudevents" }, { "name": "mec" }],
    })
}

fn operation(channel: &str) -> Value {
    json!({ "action": "send", "channel": { "$ref": format!("#/channels/{channel}") } })
}

/// How a broker carries events.
struct Protocol {
    name: &'static str,
    /// What header names begin with (CloudEvents protocol bindings).
    header: &'static str,
    /// The header of the data's content type.
    content_type: &'static str,
}

impl Protocol {
    /// The name of a kind's message.
    fn message(&self, kind: Kind) -> String {
        format!("{}-{}", kind.subject_token(), self.name)
    }

    /// The messages of a channel.
    fn messages(&self, kinds: impl IntoIterator<Item = Kind>) -> Value {
        let refer = |kind: Kind| {
            let target = format!("#/components/messages/{}", self.message(kind));
            (kind.subject_token().to_owned(), json!({ "$ref": target }))
        };
        kinds.into_iter().map(refer).collect::<Map<_, _>>().into()
    }
}
