//! Every request that is sent is equal in path, members and types to one that a real EMCO took.

#![allow(missing_docs)]

mod recordings;
mod server;

use std::collections::{BTreeMap, BTreeSet};

use emco::{
    AppIntent, AppIntentSpec, CompositeApp, Group, GroupSpec, Intents, IntentsSpec, Metadata, Named, Output,
    PlacementIntent, StatusKind,
};
use serde_json::Value;
use server::Server;

/// Paths of which no exchange was recorded; EMCO's API description has them.
const NOT_RECORDED: &[&str] = &[
    "GET /v2/projects/*/composite-apps/*/*",
    "GET /v2/projects/*/composite-apps/*/*/apps",
    "GET /v2/projects/*/composite-apps/*/*/composite-profiles/*",
    "GET /v2/projects/*/composite-apps/*/*/composite-profiles/*/profiles",
    "GET /v2/projects/*/composite-apps/*/*/deployment-intent-groups",
    "GET /v2/projects/*/composite-apps/*/*/deployment-intent-groups/*/intents",
    "GET /v2/projects/*/composite-apps/*/*/deployment-intent-groups/*/intents/*",
    "GET /v2/projects/*/logical-clouds/*",
    "GET /v2/projects/*/logical-clouds/*/cluster-references",
    "GET /v2/cluster-providers/*/clusters/*",
    "GET /v2/cluster-providers/*/clusters/*/labels",
];

/// Words of EMCO's paths; everything else is a name.
const WORDS: &[&str] = &[
    "v2",
    "projects",
    "composite-apps",
    "apps",
    "composite-profiles",
    "profiles",
    "deployment-intent-groups",
    "generic-placement-intents",
    "app-intents",
    "intents",
    "approve",
    "instantiate",
    "terminate",
    "status",
    "logical-clouds",
    "cluster-references",
    "cluster-providers",
    "clusters",
    "labels",
];

/// Method and path with `*` for every name; the query stays.
fn path_shape(method: &str, path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let parts = path.split('/').map(|part| if part.is_empty() || WORDS.contains(&part) { part } else { "*" });
    let path = parts.collect::<Vec<_>>().join("/");
    match query {
        Some(query) => format!("{method} {path}?{query}"),
        None => format!("{method} {path}"),
    }
}

/// Members and types.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => "bool".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(items) => items.iter().map(shape).collect::<Vec<_>>().into(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
    }
}

/// Calls everything once.
async fn call_everything(server: &Server) {
    let (client, release) = (server.client(), "er-0a1b2c3d4e5f");
    let app = CompositeApp { project: "mec".into(), name: "addrapp".into(), version: "v1".into() };
    let group = app.group(release);
    let (gpi, intents) = (format!("{release}-gpi"), format!("{release}-intents"));
    let metadata = Metadata { user_data1: "a relocation id".into(), ..Metadata::named(release) };
    let spec = GroupSpec {
        composite_profile: "prof".into(),
        version: release.into(),
        logical_cloud: "admin-lc".into(),
        override_values: Vec::new(),
    };
    let placed = AppIntentSpec { app: "srv".into(), intent: PlacementIntent::at("edge", "edge-a") };
    let named = BTreeMap::from([("genericPlacementIntent".to_owned(), gpi.clone())]);
    client.create_group(&app, &Group { metadata, spec }).await.expect("accepted");
    client.create_placement(&group, &Named { metadata: Metadata::named(&gpi) }).await.expect("accepted");
    let intent = AppIntent { metadata: Metadata::named("srv-place"), spec: placed };
    client.create_app_intent(&group, &gpi, &intent).await.expect("accepted");
    let wanted = Intents { metadata: Metadata::named(&intents), spec: IntentsSpec { intent: named } };
    client.create_intents(&group, &wanted).await.expect("accepted");
    client.approve(&group).await.expect("accepted");
    client.instantiate(&group).await.expect("accepted");
    for (kind, output) in [
        (StatusKind::Deployed, Output::All),
        (StatusKind::Ready, Output::All),
        (StatusKind::Ready, Output::Detail),
    ] {
        server.answer(200, "{}");
        client.status(&group, kind, output).await.expect("accepted").expect("there");
    }
    client.terminate(&group).await.expect("accepted");
    let object = r#"{"metadata":{"name":"x"},"spec":{}}"#;
    server.answer(200, object);
    client.group(&group).await.expect("accepted");
    client.groups(&app).await.expect("accepted");
    client.placements(&group).await.expect("accepted");
    client.app_intents(&group, &gpi).await.expect("accepted");
    server.answer(200, r#"{"intent":null}"#);
    client.intents(&group).await.expect("accepted");
    server.answer(200, object);
    client.has_intents(&group, &intents).await.expect("accepted");
    client.apps(&app).await.expect("accepted");
    client.cluster_references("mec", "admin-lc").await.expect("accepted");
    server.answer(200, object);
    client.has_project("mec").await.expect("accepted");
    server.answer(200, object);
    client.has_composite_app(&app).await.expect("accepted");
    server.answer(200, object);
    client.has_composite_profile(&app, "prof").await.expect("accepted");
    client.profiled_apps(&app, "prof").await.expect("accepted");
    server.answer(200, "{}");
    client.cloud_status("mec", "admin-lc").await.expect("accepted");
    server.answer(200, object);
    client.has_logical_cloud("mec", "admin-lc").await.expect("accepted");
    server.answer(200, object);
    client.has_cluster("edge", "edge-a").await.expect("accepted");
    server.answer(200, r#"[{"clusterLabel":"zone-a"}]"#);
    let labels = client.cluster_labels("edge", "edge-a").await.expect("accepted");
    assert_eq!(labels, Some(vec!["zone-a".to_owned()]));
    client.delete_app_intent(&group, &gpi, "srv-place").await.expect("accepted");
    client.delete_placement(&group, &gpi).await.expect("accepted");
    client.delete_intents(&group, &intents).await.expect("accepted");
    client.delete_group(&group).await.expect("accepted");
}

#[tokio::test]
async fn every_request_was_taken_by_a_real_emco() {
    let Some(recordings) = recordings::read(&[]) else { return };
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for exchange in recordings.iter().flat_map(|r| &r.exchanges).filter(|e| e.status < 300 || e.status == 404)
    {
        let body = shape(&exchange.request).to_string();
        known.entry(path_shape(&exchange.method, &exchange.path)).or_default().insert(body);
    }
    let server = Server::start().await;
    call_everything(&server).await;
    let (mut unknown, mut unused) = (Vec::new(), NOT_RECORDED.to_vec());
    for asked in server.asked() {
        let path = path_shape(&asked.method, &asked.path);
        let body = shape(&asked.body.unwrap_or(Value::Null)).to_string();
        match known.get(&path) {
            Some(bodies) if bodies.contains(&body) => {}
            Some(bodies) => unknown.push(format!("{path}: {body} is not one of {bodies:?}")),
            None if NOT_RECORDED.contains(&path.as_str()) => unused.retain(|listed| *listed != path),
            None => unknown.push(path),
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(unused.is_empty(), "recorded by now, or no longer sent: {unused:?}");
}

#[tokio::test]
async fn requests_say_what_they_carry_and_what_they_take() {
    let server = Server::start().await;
    call_everything(&server).await;
    for asked in server.asked() {
        assert_eq!(asked.accept.as_deref(), Some("application/json"), "{}", asked.path);
        assert_eq!(asked.content_type.is_some(), asked.body.is_some(), "{}", asked.path);
        assert!(asked.content_type.is_none_or(|kind| kind == "application/json"));
    }
}

#[test]
fn every_recorded_object_can_be_read_and_written_back() {
    let Some(recordings) = recordings::read(&[]) else { return };
    let mut count = 0;
    for exchange in recordings.iter().flat_map(|r| &r.exchanges) {
        let path = path_shape(&exchange.method, &exchange.path);
        if exchange.method != "POST" || exchange.status != 201 || !path.contains("deployment-intent-groups") {
            continue;
        }
        let answer = exchange.response.clone();
        let members = |value: &Value| value.as_object().map(|o| o.keys().cloned().collect::<BTreeSet<_>>());
        let again = match path.rsplit('/').next() {
            Some("deployment-intent-groups") => {
                serde_json::to_value(serde_json::from_value::<Group>(answer).expect("a group"))
            }
            Some("app-intents") => {
                serde_json::to_value(serde_json::from_value::<AppIntent>(answer).expect("an app intent"))
            }
            Some("intents") => {
                serde_json::to_value(serde_json::from_value::<Intents>(answer).expect("intents"))
            }
            _ => continue,
        };
        let again = again.expect("JSON");
        assert_eq!(members(&again["spec"]), members(&exchange.request["spec"]), "{}", exchange.path);
        count += 1;
    }
    assert!(count > 30, "{count}");
}
