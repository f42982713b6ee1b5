//! Answers, freed of what differs from run to run.

use serde_json::{Map, Value, json};

/// Application contexts by order of appearance: their ids differ, who refers to whom must not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Vec<String>);

impl Names {
    fn of(&mut self, id: &str) -> String {
        if id.is_empty() {
            return String::new();
        }
        let known = self.0.iter().position(|known| known == id);
        let position = known.unwrap_or_else(|| {
            self.0.push(id.to_owned());
            self.0.len() - 1
        });
        format!("context {position}")
    }
}

/// Members that hold a time.
const TIMES: [&str; 5] = ["time", "lastTransitionTime", "lastUpdateTime", "startTime", "startedAt"];
/// Members that hold an address or port that was drawn.
const DRAWN: [&str; 5] = ["podIP", "ip", "clusterIP", "nodePort", "clusterIPs"];
/// What only the recorder's own cluster has: its kubelet's switch, and the node, which older runs left out.
const LABORATORY: [&str; 2] = ["lab/ready-delay", "nodeName"];

/// `body` without what differs from run to run. A context is named by its place in the first appearance.
pub(crate) fn normalise(body: &Value, names: &mut Names) -> Value {
    match body {
        Value::Object(members) => object(members, names),
        Value::Array(items) => items.iter().map(|item| normalise(item, names)).collect(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => body.clone(),
    }
}

fn object(members: &Map<String, Value>, names: &mut Names) -> Value {
    let mut plain = Map::new();
    // The status context is named before the actions: that is where it appears first.
    if let Some(Value::String(id)) = members.get("statusctxid") {
        plain.insert("statusctxid".into(), json!(names.of(id)));
    }
    for (name, value) in members {
        let value = match (name.as_str(), value) {
            ("statusctxid", _) => continue,
            (name, _) if LABORATORY.contains(&name) => continue,
            ("instance", Value::String(id)) => json!(names.of(id)),
            ("emco/deployment-id", Value::String(label)) => match label.split_once('-') {
                Some((id, app)) => json!(format!("{}-{app}", names.of(id))),
                None => value.clone(),
            },
            (name, Value::String(time)) if TIMES.contains(&name) => {
                assert!(time.parse::<jiff::Timestamp>().is_ok(), "{name} is no time: {time}");
                json!("<time>")
            }
            (name, _) if DRAWN.contains(&name) => json!(format!("<{name}>")),
            ("pod-template-hash", _) => json!("<hash>"),
            ("message", Value::String(text)) => json!(without_hash(text)),
            _ => normalise(value, names),
        };
        plain.insert(name.clone(), value);
    }
    if is_pod(members) {
        name_after_workload(&mut plain);
    }
    // Annotations that held nothing but the laboratory's do not exist elsewhere.
    plain.retain(|name, value| name != "annotations" || value.as_object().is_none_or(|a| !a.is_empty()));
    Value::Object(plain)
}

fn is_pod(members: &Map<String, Value>) -> bool {
    members.get("GVK").and_then(|gvk| gvk.get("Kind")) == Some(&json!("Pod"))
        || members.get("kind") == Some(&json!("Pod"))
}

/// Takes the generated end off a Pod's name.
fn name_after_workload(pod: &mut Map<String, Value>) {
    let shorten = |name: &mut Value| {
        if let Some(workload) = name.as_str().and_then(|name| name.rsplitn(3, '-').nth(2)) {
            *name = json!(format!("{workload}-<pod>"));
        }
    };
    if let Some(name) = pod.get_mut("name") {
        shorten(name);
    }
    if let Some(name) = pod.get_mut("metadata").and_then(|metadata| metadata.get_mut("name")) {
        shorten(name);
    }
}

/// Takes the generated end off a replica set's name.
fn without_hash(text: &str) -> String {
    match text.split_once('"').and_then(|(before, rest)| Some((before, rest.split_once('"')?))) {
        Some((before, (replica_set, after))) => {
            let workload = replica_set.rsplit_once('-').map_or(replica_set, |(workload, _)| workload);
            format!("{before}\"{workload}-<hash>\"{after}")
        }
        None => text.to_owned(),
    }
}
