//! Names are part of the contract: this table is written by hand and only grows.

use std::collections::BTreeSet;

use contract::{Kind, asyncapi};

use crate::artefacts::sample;
use crate::committed;

const NAMES: [(&str, &str, &str, &str); 11] = [
    ("io.edgeroam.ue.location.v1", "ue-location", "_.{key}", "ue-location"),
    ("io.edgeroam.ue.qos.v1", "ue-qos", "_.{key}", "ue-qos"),
    ("io.edgeroam.site.status.v1", "site-status", "_.{key}", "site-status"),
    ("io.edgeroam.relocation.decided.v1", "relocation-decided", "{app}.{key}", "decisions"),
    ("io.edgeroam.relocation.ordered.v1", "relocation-ordered", "{app}.{key}", "orders"),
    ("io.edgeroam.relocation.progress.v1", "relocation-progress", "{app}.{key}", "outcomes"),
    ("io.edgeroam.relocation.completed.v1", "relocation-completed", "{app}.{key}", "outcomes"),
    ("io.edgeroam.relocation.undone.v1", "relocation-undone", "{app}.{key}", "outcomes"),
    ("io.edgeroam.relocation.failed.v1", "relocation-failed", "{app}.{key}", "outcomes"),
    ("io.edgeroam.relocation.fenced.v1", "relocation-fenced", "{app}.{key}", "outcomes"),
    ("io.edgeroam.instance.v1", "instance", "{app}.{key}", "instances"),
];

#[test]
fn types_subjects_and_topics_are_those_that_consumers_know() {
    let document = asyncapi::document(sample);
    assert_eq!(Kind::ALL.len(), NAMES.len());
    for (event_type, token, rest, topic) in NAMES {
        let kind = Kind::of_type(event_type).unwrap_or_else(|| panic!("{event_type}"));
        assert_eq!((kind.event_type(), kind.subject_token(), kind.topic()), (event_type, token, topic));
        let address = |channel: &str| document["channels"][channel]["address"].as_str().map(str::to_owned);
        assert_eq!(address(&format!("nats-{token}")), Some(format!("edgeroam.v1.{token}.{rest}")));
        assert_eq!(address(&format!("kafka-{topic}")), Some(format!("edgeroam.v1.{topic}")));
        let carried = &document["channels"][format!("kafka-{topic}")]["messages"][token];
        assert!(carried.is_object(), "topic {topic} carries {token}");
    }
    assert_eq!(Kind::of_type("io.edgeroam.instance.v2"), None);
}

#[test]
fn every_channel_is_sent_to_and_only_last_values_are_compacted() {
    let document = asyncapi::document(sample);
    let channels = document["channels"].as_object().unwrap();
    let sent: BTreeSet<_> = document["operations"]
        .as_object()
        .unwrap()
        .values()
        .inspect(|operation| assert_eq!(operation["action"], "send"))
        .map(|operation| operation["channel"]["$ref"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sent, channels.keys().map(|name| format!("#/channels/{name}")).collect());
    let compacted: Vec<_> = channels
        .iter()
        .filter(|(_, channel)| {
            let policy = &channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"];
            *policy == serde_json::json!(["compact"])
        })
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(compacted, ["kafka-site-status", "kafka-instances"]);
}

#[test]
fn the_page_for_consumers_names_them_all() {
    let page = std::fs::read_to_string(committed::path("docs/events.md")).unwrap();
    for kind in Kind::ALL {
        for name in [kind.event_type(), kind.subject_token(), kind.topic()] {
            assert!(page.contains(&format!("`{name}`")), "docs/events.md does not name `{name}`");
        }
    }
    let schema = contract::schema::attributes();
    let attributes = schema["properties"].as_object().unwrap().keys();
    for attribute in attributes.map(String::as_str).chain(["datacontenttype"]) {
        assert!(page.contains(&format!("`{attribute}`")), "docs/events.md does not explain `{attribute}`");
    }
}
