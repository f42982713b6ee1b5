//! Listeners, tokens, bounds, and the views over HTTP.

use std::net::{Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::http::header::{ACCEPT, AUTHORIZATION};
use emco_sim::Config;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::form::form;
use crate::http::Http;
use crate::lab::{GROUPS, Lab, config, on, until};

#[tokio::test]
async fn each_service_can_have_a_listener_of_its_own() {
    let any = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let own = Config { orchestrator_listen: any, clm_listen: any, dcm_listen: any, ..config(80) };
    let lab = Lab::start(own).await;
    let cloud = "/v2/projects/mec/logical-clouds/edge";
    for (url, served, refused) in [
        (lab.sim.orchestrator_url(), "/v2/projects/mec", cloud),
        (lab.sim.clm_url(), "/v2/cluster-providers/edge", "/v2/projects/mec"),
        (lab.sim.dcm_url(), cloud, "/v2/cluster-providers/edge"),
    ] {
        assert_ne!(url, lab.sim.url());
        let http = Http::new(&url);
        assert_eq!(http.send("GET", served, None).await.status, 200, "{url}{served}");
        assert_eq!(http.send("GET", refused, None).await.status, 404, "{url}{refused}");
    }
    for path in [cloud, "/v2/projects/mec", "/v2/cluster-providers/edge"] {
        assert_eq!(lab.get(path).await.0, 200, "{path}");
    }
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn with_a_token_configured_requests_need_it() {
    let lab = Lab::start(Config { bearer_token: Some("secret".into()), ..config(81) }).await;
    assert_eq!(lab.get("/v2/projects").await.0, 401);
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    for (token, status) in [("Bearer wrong", 401), ("Bearer secret", 200)] {
        let request = axum::http::Request::get(format!("{}/v2/projects", lab.sim.url()));
        let request = request.header(AUTHORIZATION, token).body(Body::empty()).unwrap();
        assert_eq!(client.request(request).await.unwrap().status().as_u16(), status, "{token}");
    }
    assert_eq!(lab.get("/_testbed/groups").await.0, 200);
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn labels_of_a_cluster_are_listed_added_and_taken_away() {
    let lab = Lab::start(config(84)).await;
    let labels = "/v2/cluster-providers/edge/clusters/edge-a/labels";
    assert_eq!(lab.get(labels).await, (200, json!([])), "an empty list of labels is no null");
    for name in ["edgeroam-drain", "zone-a"] {
        assert_eq!(lab.post(labels, json!({"clusterLabel": name})).await.status, 201);
    }
    assert_eq!(lab.post(labels, json!({"clusterLabel": "zone-a"})).await.status, 409);
    let both = json!([{"clusterLabel": "edgeroam-drain"}, {"clusterLabel": "zone-a"}]);
    assert_eq!(lab.get(labels).await, (200, both));
    let one = format!("{labels}/edgeroam-drain");
    assert_eq!(lab.http.send("DELETE", &one, None).await.status, 204);
    assert_eq!(lab.get(&one).await.0, 404);
    assert_eq!(lab.get(labels).await, (200, json!([{"clusterLabel": "zone-a"}])));
    // clm looks for the cluster first.
    assert_eq!(lab.get("/v2/cluster-providers/edge/clusters/edge-z/labels").await.0, 404);
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn views_over_http_equal_those_in_process() {
    let lab = Lab::start(config(82)).await;
    lab.instantiated("er-1", "edge-a").await;
    until("er-1 ready", || lab.is_ready("er-1")).await;
    let (_, groups) = lab.get("/_testbed/groups").await;
    assert_eq!(groups, serde_json::to_value(lab.sim.deployment_groups()).unwrap());
    assert_eq!(
        groups[0],
        json!({
            "name": "er-1",
            "release": "er-1",
            "state": "Instantiated",
            "deployed": "Instantiated",
            "clusters": ["edge-a"],
            "ready_pods": 1,
        })
    );
    let (_, history) = lab.get("/_testbed/history").await;
    let ready = history.as_array().unwrap().iter().find(|entry| entry["event"] == "pod_ready").unwrap();
    assert_eq!((&ready["release"], &ready["cluster"]), (&json!("er-1"), &json!("edge-a")));
    assert!(ready["millis"].is_u64() && ready["at"].is_string() && ready["address"].is_string());
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn uploads_and_bodies_are_bounded_and_checked() {
    let lab = Lab::start(config(83)).await;
    let large = json!({"metadata": {"name": "p", "description": "x".repeat(2 << 20)}});
    assert_eq!(lab.post("/v2/projects", large).await.status, 413);
    let apps = "/v2/projects/mec/composite-apps/echo/v1/apps";
    let metadata = json!({"metadata": {"name": "other"}}).to_string();
    for (body, text) in [
        (form(&metadata, b"no archive"), "Error in file format\n"),
        (("application/json".into(), b"{}".to_vec()), "request Content-Type isn't multipart/form-data\n"),
    ] {
        let answer = lab.http.send("POST", apps, Some(body)).await;
        assert_eq!((answer.status, std::str::from_utf8(&answer.body).unwrap()), (422, text));
        assert_eq!(answer.content_type.as_deref(), Some("text/plain; charset=utf-8"));
    }
    let (status, names) = lab.get(apps).await;
    assert_eq!((status, names.as_array().unwrap().len()), (200, 1));
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn uploaded_resources_are_read_with_an_accept_header_only() {
    let lab = Lab::start(config(84)).await;
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let uri = format!("{}/v2/cluster-providers/edge/clusters/edge-a", lab.sim.url());
    for (accept, status) in [(None, 406), (Some("*/*"), 300), (Some("application/json"), 200)] {
        let mut request = axum::http::Request::get(&uri);
        if let Some(accept) = accept {
            request = request.header(ACCEPT, accept);
        }
        let answer = client.request(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{accept:?}");
    }
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn a_terminated_group_goes_children_first() {
    let lab = Lab::start(config(85)).await;
    lab.instantiated("er-1", "edge-a").await;
    until("er-1 ready", || lab.is_ready("er-1")).await;
    assert_eq!(lab.act("er-1", "terminate").await, 202);
    until("er-1 terminated", || lab.group("er-1").deployed == "Terminated").await;
    let group = format!("{GROUPS}/er-1");
    for path in [
        "/generic-placement-intents/gpi/app-intents/place",
        "/generic-placement-intents/gpi",
        "/intents/intents",
        "",
    ] {
        assert_eq!(lab.http.send("DELETE", &format!("{group}{path}"), None).await.status, 204, "{path}");
    }
    assert_eq!(lab.get(&group).await.0, 404);
    assert_eq!(lab.http.send("DELETE", &group, None).await.status, 404);
    assert!(lab.sim.deployment_groups().is_empty());
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn lists_are_as_emco_encodes_them() {
    let lab = Lab::start(config(86)).await;
    lab.approved("er-1", on("edge-a")).await;
    // Bare maps in an object, not what was posted.
    let (_, intents) = lab.get(&format!("{GROUPS}/er-1/intents")).await;
    assert_eq!(intents, json!({"intent": [{"genericPlacementIntent": "gpi"}]}));
    assert_eq!(lab.get("/v2/cluster-providers/none/clusters").await, (200, json!([])));
    let (_, none) = lab.get("/v2/projects/mec/composite-apps/echo/v1/apps/srv/dependency").await;
    assert_eq!(none, Value::Null);
    assert_eq!(lab.get("/v2/projects/none/composite-apps").await.0, 404);
    assert_eq!(lab.get(&format!("{GROUPS}/er-1/status?status=ready&app=none")).await.0, 200);
    assert_eq!(lab.act("er-1", "instantiate").await, 202);
    assert_eq!(lab.get(&format!("{GROUPS}/er-1/status?status=ready&app=none")).await.0, 400);
    lab.sim.shutdown().await;
}
