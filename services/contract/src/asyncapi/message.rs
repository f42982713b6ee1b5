//! Messages: one for each kind and broker, because header names differ.

use serde_json::{Map, Value, json};

use super::Protocol;
use crate::Kind;

/// A kind's message.
pub(super) fn message(kind: Kind, protocol: &Protocol, payload: &Value, sample: &Value) -> Value {
    let mut message = json!({
        "name": kind.event_type(),
        "title": title(kind),
        "summary": summary(kind),
        "contentType": "application/json",
        "traits": [{ "$ref": format!("#/components/messageTraits/cloudevent-{}", protocol.name) }],
        "payload": payload,
        "examples": [example(kind, protocol, sample)],
    });
    if protocol.name == "kafka" {
        let key = json!({ "type": "string", "description": "The attribute `partitionkey`." });
        message["bindings"] = json!({ "kafka": { "key": key, "bindingVersion": "0.5.0" } });
    }
    message
}

/// The headers of every message: the context attributes under the names that the protocol binding gives them.
pub(super) fn headers(protocol: &Protocol, attributes: &Value) -> Value {
    let renamed = |name: &str| format!("{}{name}", protocol.header);
    let mut properties: Map<String, Value> = attributes["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| (renamed(name), schema.clone()))
        .collect();
    let content_type = json!({ "type": "string", "const": "application/json" });
    properties.insert(protocol.content_type.into(), content_type);
    let required = attributes["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let required: Vec<_> = required.map(renamed).chain([protocol.content_type.to_owned()]).collect();
    json!({ "headers": { "type": "object", "properties": properties, "required": required } })
}

fn example(kind: Kind, protocol: &Protocol, sample: &Value) -> Value {
    let mut headers = Map::new();
    for (name, value) in sample.as_object().into_iter().flatten() {
        match name.as_str() {
            "data" => {}
            "datacontenttype" => drop(headers.insert(protocol.content_type.into(), value.clone())),
            _ => drop(headers.insert(format!("{}{name}", protocol.header), value.clone())),
        }
    }
    json!({ "name": kind.subject_token(), "headers": headers, "payload": sample["data"] })
}

fn title(kind: Kind) -> String {
    let words = kind.subject_token().replace('-', " ").replace("ue ", "UE ").replace("qos", "QoS");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What a kind tells, in a sentence.
const fn summary(kind: Kind) -> &'static str {
    match kind {
        Kind::UeLocation => "A UE is somewhere else, its connection state changed, or it has gone.",
        Kind::UeQos => "What quality of service a UE gets.",
        Kind::SiteStatus => "What an edge site can take; the last one of a site holds.",
        Kind::Decided => "A verdict for one instance, with numbers enough to recompute it.",
        Kind::Ordered => "A decision that must be carried out.",
        Kind::Progress => "A step of a relocation is done, or what became of the source afterwards.",
        Kind::Completed => "The target is proven to serve: the relocation is completed.",
        Kind::Undone => "It failed and all that was done is undone: the source serves as before.",
        Kind::Failed => "It failed and could not be undone: an operator is needed.",
        Kind::Fenced => "The order was stale or contradicted another one; nothing was done.",
        Kind::Instance => "Where an instance serves, as verified; the last one of an instance holds.",
    }
}
