//! Kafka topics.

use serde_json::{Map, Value, json};

use super::{PREFIX, Protocol};
use crate::Kind;

/// Header names of the Kafka Protocol Binding for CloudEvents 1.0.
pub(super) const PROTOCOL: Protocol = Protocol { name: "kafka", header: "ce_", content_type: "content-type" };

pub(super) fn server() -> Value {
    json!({
        "host": "localhost:9092",
        "protocol": "kafka",
        "description": "The operator's Kafka brokers.",
        "bindings": { "kafka": { "bindingVersion": "0.5.0" } },
    })
}

/// A channel for each topic.
pub(super) fn channels() -> Map<String, Value> {
    let mut topics: Vec<_> = Kind::ALL.map(Kind::topic).into();
    topics.dedup();
    topics.into_iter().map(|topic| (format!("kafka-{topic}"), channel(topic))).collect()
}

fn channel(topic: &str) -> Value {
    let address = format!("{PREFIX}.{topic}");
    let kinds: Vec<_> = Kind::ALL.into_iter().filter(|kind| kind.topic() == topic).collect();
    let latest = kinds.iter().any(|kind| kind.latest_per_key());
    json!({
        "address": address,
        "title": format!("Topic {address}"),
        "servers": [{ "$ref": "#/servers/kafka" }],
        "messages": PROTOCOL.messages(kinds),
        "bindings": {
            "kafka": {
                "topic": address,
                "topicConfiguration": { "cleanup.policy": [if latest { "compact" } else { "delete" }] },
                "bindingVersion": "0.5.0",
            },
        },
    })
}
