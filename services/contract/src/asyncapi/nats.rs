//! Subjects of the JetStream stream `EDGEROAM_EVENTS`.

use serde_json::{Map, Value, json};

use super::{PREFIX, Protocol};
use crate::Kind;

/// Header names of the NATS Protocol Binding for CloudEvents 1.0.
pub(super) const PROTOCOL: Protocol = Protocol { name: "nats", header: "ce-", content_type: "content-type" };

pub(super) fn server() -> Value {
    json!({
        "host": "localhost:4222",
        "protocol": "nats",
        "description": "The operator's NATS servers with JetStream, 2.11 or newer. Events are on stream \
            `EDGEROAM_EVENTS`; `EDGEROAM_EVENTS_LATEST` keeps the last one of every instance and site.",
    })
}

/// A channel for each kind: its subjects.
pub(super) fn channels() -> Map<String, Value> {
    Kind::ALL.into_iter().map(|kind| (format!("nats-{}", kind.subject_token()), channel(kind))).collect()
}

fn channel(kind: Kind) -> Value {
    let mut parameters = Map::new();
    let app = if kind.names_app() {
        let about = "The app; what NATS forbids in a token is percent-encoded.";
        parameters.insert("app".into(), json!({ "description": about }));
        "{app}"
    } else {
        "_"
    };
    let about = "The attribute `partitionkey`: a `/` in it parts two tokens (`<app>/<instance>` is \
                 `<app>.<instance>`), and what NATS forbids in a token is percent-encoded.";
    parameters.insert("key".into(), json!({ "description": about }));
    json!({
        "address": format!("{PREFIX}.{}.{app}.{{key}}", kind.subject_token()),
        "title": format!("Subjects of {}", kind.event_type()),
        "servers": [{ "$ref": "#/servers/nats" }],
        "messages": PROTOCOL.messages([kind]),
        "parameters": parameters,
    })
}
