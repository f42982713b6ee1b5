//! Every request that is sent to the core is equal in path, members and types to a recorded one, and every
//! recorded answer is understood.
#![allow(missing_docs, clippy::print_stderr)]

mod rig;

use std::collections::BTreeSet;
use std::path::PathBuf;

use core_sim::{Config as Sim, CoreSim, How};
use rig::{at, cell, config, count, start, supi, within};
use sbi_schemas::problem::ProblemDetails;
use sbi_schemas::{Text, ts29510, ts29518};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What we use of the core; a recording of something else is no answer to us.
const OURS: [&str; 5] = ["nrf-0", "amf-0", "oauth-off", "nrf-1", "amf-1"];

/// Recorded steps with a request and an answer; `None` where the recordings are not here.
fn recorded() -> Option<Vec<Value>> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/recorded/free5gc"));
    let Ok(listed) = std::fs::read_dir(folder) else {
        eprintln!("skipped: the recordings are not here");
        return None;
    };
    let mut steps = Vec::new();
    for entry in listed.map(|e| e.expect("listed")) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.ends_with(".json") || !OURS.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).expect("readable");
        let recording: Value = serde_json::from_str(&text).expect("JSON");
        let all = recording["steps"].as_array().cloned().unwrap_or_default();
        steps.extend(
            all.into_iter().filter(|s| s["request"]["url"].is_string() && s["response"]["status"].is_u64()),
        );
    }
    Some(steps)
}

/// A request without what differs from one to the next: ids become `*`, values become their types.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    method: String,
    path: String,
    query: BTreeSet<String>,
    content_type: Option<String>,
    members: BTreeSet<String>,
}

fn shape(method: &str, target: &str, content_type: Option<&str>, body: &Value) -> Shape {
    let path_and_query =
        target.split_once("://").map_or(target, |(_, rest)| &rest[rest.find('/').unwrap_or(0)..]);
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let path = path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect::<Vec<_>>().join("/");
    let query = query.split('&').filter(|p| !p.is_empty());
    let query = query.map(|p| p.split('=').next().unwrap_or(p).to_owned()).collect();
    let mut members = BTreeSet::new();
    types("", body, &mut members);
    let content_type = content_type.map(str::to_owned).filter(|_| !members.is_empty());
    Shape { method: method.into(), path, query, content_type, members }
}

fn is_id(part: &str) -> bool {
    part.parse::<u64>().is_ok() || (part.len() == 36 && part.matches('-').count() == 4)
}

fn types(at: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Null => {}
        Value::Bool(_) => drop(into.insert(format!("{at}: boolean"))),
        Value::Number(_) => drop(into.insert(format!("{at}: number"))),
        Value::String(_) => drop(into.insert(format!("{at}: string"))),
        Value::Array(items) => items.iter().for_each(|item| types(&format!("{at}[]"), item, into)),
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| types(&format!("{at}/{name}"), member, into));
        }
    }
}

fn form(body: &str) -> Value {
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    Value::Object(pairs.map(|(k, v)| (k.to_owned(), Value::String(v.to_owned()))).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_is_like_a_recorded_one() {
    let Some(recorded) = recorded() else { return };
    let shapes: BTreeSet<Shape> = recorded
        .iter()
        .map(|step| {
            let request = &step["request"];
            let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
            // One recording of a poll has no headers; all others of its kind say the same.
            let content_type = request["headers"]["content-type"].as_str().unwrap_or("application/json");
            shape(&text("method"), &text("url"), Some(content_type), &request["body"])
        })
        .collect();

    let core = CoreSim::start(Sim::default()).await.expect("a core");
    let mut config = config(&core);
    config.nf.plmns = vec![model::PlmnId::new("208", "93").expect("a PLMN")];
    // Free5GC's SMFs were asked in another form, and have nothing under this path whatever is asked.
    config.qos.enabled = subscriber::Enabled::Off;
    let rig = start(config).await;
    // An empty core first: its left-behind subscriptions are deleted.
    assert!(within(|| count(&core, "DELETE", "/namf-evts/v1/subscriptions/") > 0).await);
    core.register_ue(0, &supi(1), at(1));
    rig.tells(&supi(1), &[&cell(1)]).await;
    assert!(within(|| count(&core, "PATCH", "/nnrf-nfm") > 0).await);
    core.restart_nrf(How::Sigterm).await.expect("restarted");
    assert!(within(|| count(&core, "PUT", "/nnrf-nfm") > 1).await);
    rig.end().await;

    let mut kinds = BTreeSet::new();
    for seen in core.requests() {
        let content_type =
            seen.headers.iter().find(|(name, _)| name == "content-type").map(|(_, v)| v.as_str());
        let text = String::from_utf8_lossy(&seen.body);
        let body = match content_type {
            Some("application/x-www-form-urlencoded") => form(&text),
            _ => serde_json::from_str(&text).unwrap_or(Value::Null),
        };
        let ours = shape(&seen.method, &seen.path, content_type, &body);
        assert!(shapes.contains(&ours), "was never recorded: {ours:#?}");
        kinds.insert(ours);
    }
    // PUT, PATCH, DELETE and discovery at the NRF, tokens, poll, subscription and DELETE at the AMF.
    assert_eq!(kinds.len(), 8, "{kinds:#?}");
}

fn read<T: DeserializeOwned>(step: &Value) {
    let body = &step["response"]["body"];
    let read: Result<T, _> = serde_json::from_value(body.clone());
    assert!(read.is_ok(), "{}: {:?}\n{body}", step["request"]["url"], read.err());
}

#[test]
fn every_recorded_answer_is_understood() {
    let Some(recorded) = recorded() else { return };
    let mut understood = 0;
    for step in &recorded {
        let (method, url) =
            (step["request"]["method"].as_str(), step["request"]["url"].as_str().unwrap_or_default());
        let status = step["response"]["status"].as_u64().unwrap_or_default();
        let empty = matches!(&step["response"]["body"], Value::String(s) if s.is_empty());
        understood += 1;
        match (method, status) {
            (Some("PUT" | "PATCH"), 200 | 201) if url.contains("/nf-instances/") => {
                read::<ts29510::NfProfile>(step)
            }
            (Some("GET"), 200) if url.contains("/nnrf-disc/") => read::<ts29510::SearchResult>(step),
            (Some("POST"), 200) if url.ends_with("/oauth2/token") => read::<ts29510::AccessTokenRsp>(step),
            (Some("POST"), 201) if url.contains("/namf-evts/") => {
                read::<ts29518::AmfCreatedEventSubscription>(step);
                let text = step["response"]["body"].to_string();
                let borrowed = serde_json::from_str::<ts29518::AmfCreatedEventSubscription<Text<'_>>>(&text);
                assert!(borrowed.is_ok(), "{borrowed:?}");
            }
            (_, 400..) if !empty && step["response"]["body"].is_object() => {
                if step["response"]["body"].get("error").is_some() {
                    read::<ts29510::AccessTokenErr>(step);
                } else {
                    read::<ProblemDetails>(step);
                }
                let said = sbi::problem::explain(step["response"]["body"].to_string().as_bytes());
                let silent = step["response"]["body"] == serde_json::json!({});
                assert_eq!(said.is_empty(), silent, "{step}");
            }
            _ => understood -= 1,
        }
    }
    assert!(understood > 100, "only {understood} answers were read");
}
