//! Reads recorded exchanges with a real EMCO, where they are on this machine.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of it")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use emco::GroupStatus;
use serde_json::Value;

/// One recorded request with its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub file: String,
    pub label: String,
    pub at_ms: u64,
    pub method: String,
    pub path: String,
    pub request: Value,
    pub status: u16,
    pub response: Value,
}

/// A recording: its exchanges, and what happened to Pods meanwhile.
#[derive(Debug, Clone)]
pub struct Recording {
    pub exchanges: Vec<Exchange>,
    pub pods: Vec<PodEvent>,
}

/// Something that happened to a Pod, by the fake kubelets' own word.
#[derive(Debug, Clone)]
pub struct PodEvent {
    pub at_ms: u64,
    pub cluster: String,
    pub pod: String,
    pub event: String,
}

/// The recordings whose names begin with these numbers; `None` (and a message) where they are not there.
pub fn read(numbers: &[&str]) -> Option<Vec<Recording>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recorded/emco");
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("skipped: the recordings of EMCO are not on this machine");
        return None;
    };
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let wanted = |path: &std::path::PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".json") && (numbers.is_empty() || numbers.iter().any(|n| name.starts_with(n)))
    };
    Some(files.into_iter().filter(wanted).map(|path| recording(&path)).collect())
}

fn recording(path: &std::path::Path) -> Recording {
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let text = std::fs::read_to_string(path).expect("readable");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let entries = json["exchanges"].as_array().expect("exchanges");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut pods = Vec::new();
    for event in entries.iter().filter_map(|e| e["data"].as_array()).flatten() {
        if let (Some(pod), Some(name)) = (event["pod"].as_str(), event["ev"].as_str()) {
            pods.push(PodEvent {
                at_ms: event["t_ms"].as_u64().unwrap_or_default(),
                cluster: text(&event["cluster"]),
                pod: pod.to_owned(),
                event: name.to_owned(),
            });
        }
    }
    let exchanges = entries.iter().filter(|e| e["request"].is_object() && e["response"].is_object());
    let exchanges = exchanges.map(|e| Exchange {
        file: file.clone(),
        label: text(&e["label"]),
        at_ms: e["t_ms"].as_u64().unwrap_or_default(),
        method: text(&e["request"]["method"]),
        path: text(&e["request"]["path"]),
        request: e["request"]["body"].clone(),
        status: u16::try_from(e["response"]["status"].as_u64().unwrap_or_default()).unwrap_or_default(),
        response: e["response"]["body"].clone(),
    });
    Recording { exchanges: exchanges.collect(), pods }
}

impl Exchange {
    /// The group that a status was asked of, and the query.
    pub fn status_query(&self) -> Option<(&str, &str)> {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let group = path.strip_suffix("/status")?.rsplit('/').next()?;
        (self.method == "GET" && self.status == 200 && path.contains("deployment-intent-groups"))
            .then_some((group, query))
    }

    /// The answer as a status.
    pub fn status_answer(&self) -> GroupStatus {
        serde_json::from_value(self.response.clone()).expect("a status")
    }
}

impl Recording {
    /// Each answer to a `status=ready` question with the last answer to `status=deployed` of the same group.
    pub fn pairs(&self) -> Vec<(GroupStatus, GroupStatus, &Exchange)> {
        let mut deployed = std::collections::BTreeMap::new();
        let mut pairs = Vec::new();
        for exchange in &self.exchanges {
            let Some((group, query)) = exchange.status_query() else { continue };
            if query == "status=deployed" {
                deployed.insert(group, exchange.status_answer());
            } else if query.starts_with("status=ready")
                && let Some(deployed) = deployed.get(group)
            {
                pairs.push((deployed.clone(), exchange.status_answer(), exchange));
            }
        }
        pairs
    }

    /// Whether this Pod was ready at that time, by the kubelets' word. One that had been started before the
    /// recording began is in it with its end only, or not at all.
    pub fn was_ready(&self, pod: &str, at_ms: u64) -> bool {
        let events = self.pods.iter().filter(|event| event.pod.ends_with(pod));
        let earliest = |name: &str| {
            let times = events.clone().filter(|event| event.event == name).map(|event| event.at_ms);
            times.min()
        };
        let begun = match (earliest("scheduled"), earliest("ready")) {
            (None, None) => true,
            (_, ready) => ready.is_some_and(|ready| ready <= at_ms),
        };
        begun && earliest("terminating").or(earliest("gone")).is_none_or(|end| end > at_ms)
    }
}
