//! Reports of quality and load, over real sockets.
#![allow(clippy::unwrap_used)]

mod rig;

use bus::Bus as _;
use reqwest::StatusCode;
use rig::{Rig, Running, site};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef";
const SUPI: &str = "imsi-208930000000003";

fn rig() -> Rig {
    Rig::new(vec![site("north", None), site("south", None)])
}

/// With a token, and what else the section says.
async fn start(rig: &Rig, more: Value) -> Running {
    let token_file = rig.file("token", TOKEN);
    let mut reports = json!({ "listen": "127.0.0.1:0", "token_file": token_file });
    reports.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rig.start(json!({ "reports": reports })).await
}

async fn sent(
    running: &Running,
    request: impl FnOnce(&reqwest::Client, String) -> reqwest::RequestBuilder,
) -> (StatusCode, Value) {
    let base = format!("http://{}", running.monitor.reports_addr().unwrap());
    let client = reqwest::Client::new();
    let response = request(&client, base).send().await.unwrap();
    let (status, body) = (response.status(), response.bytes().await.unwrap());
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn post(running: &Running, body: &Value) -> (StatusCode, Value) {
    sent(running, |client, base| client.post(format!("{base}/v1/qos")).bearer_auth(TOKEN).json(body)).await
}

async fn put(running: &Running, site: &str, body: &Value) -> (StatusCode, Value) {
    let path = format!("/v1/sites/{site}/load");
    sent(running, |client, base| client.put(base + &path).bearer_auth(TOKEN).json(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_204_is_on_the_bus_once() {
    let rig = rig();
    let running = start(&rig, json!({})).await;
    let report = json!({ "supi": SUPI, "app": "echo", "site": "north", "rtt_us": 18_500, "loss": 0.01 });
    assert_eq!(post(&running, &report).await.0, StatusCode::NO_CONTENT);
    assert_eq!(rig.qos().await.len(), 1);
    let both = json!([{ "supi": SUPI, "jitter_us": 300 }, { "supi": "nai-a@b", "rtt_us": 1 }]);
    assert_eq!(post(&running, &both).await.0, StatusCode::NO_CONTENT);
    let reports = rig.qos().await;
    assert_eq!((reports.len(), reports[1].measured.jitter_us), (3, Some(300)));
    assert_eq!(reports[0].source, model::QosSource::App);
    let load = json!({ "load": 0.9, "valid_for": "30s", "at": 7, "resources": { "cpu": 0.9 } });
    assert_eq!(put(&running, "south", &load).await.0, StatusCode::NO_CONTENT);
    assert_eq!(put(&running, "south", &load).await.0, StatusCode::NO_CONTENT);
    let loads = rig.loads().await;
    assert_eq!((loads.len(), loads[0].load, loads[0].site.as_str()), (1, 0.9, "south"));
    assert_eq!(running.figure("edgeroam_monitor_qos_reports_total"), 3.0);
    assert_eq!(running.figure("edgeroam_monitor_requests_total{what=\"load\",result=\"accepted\"}"), 2.0);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_as_a_problem_and_leaves_no_record() {
    let rig = rig();
    let running = start(&rig, json!({ "max_body": "1KiB", "max_reports": 2 })).await;
    let (status, problem) =
        post(&running, &json!([{ "supi": SUPI, "rtt_us": 1 }, { "supi": SUPI, "loss": 2 }])).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (StatusCode::BAD_REQUEST, &json!("#/1/loss")),
        "{problem}"
    );
    let (status, problem) = post(&running, &json!({ "supi": SUPI, "rtt_us": 1, "site": "nroth" })).await;
    assert_eq!((status, &problem["known"]), (StatusCode::BAD_REQUEST, &json!(["north", "south"])));
    let (status, problem) = put(&running, "nroth", &json!({ "load": 1 })).await;
    assert_eq!((status, &problem["known"]), (StatusCode::NOT_FOUND, &json!(["north", "south"])));
    let (status, _) = post(&running, &json!({ "supi": SUPI, "x": "x".repeat(2_000) })).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let form = |client: &reqwest::Client, base| {
        client.post(format!("{base}/v1/qos")).bearer_auth(TOKEN).body("rtt=1")
    };
    assert_eq!(sent(&running, form).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let get = |client: &reqwest::Client, base| client.get(format!("{base}/v1/qos")).bearer_auth(TOKEN);
    assert_eq!(sent(&running, get).await.0, StatusCode::METHOD_NOT_ALLOWED);
    let elsewhere = |client: &reqwest::Client, base| client.get(format!("{base}/")).bearer_auth(TOKEN);
    assert_eq!(sent(&running, elsewhere).await.0, StatusCode::NOT_FOUND);
    rig.bus.close().await;
    let (status, _) = post(&running, &json!({ "supi": SUPI, "rtt_us": 1 })).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(running.figure("edgeroam_monitor_qos_reports_total"), 0.0);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_token_nothing_is_read_and_without_any_only_this_machine_reports() {
    let rig = rig();
    let report = json!({ "supi": SUPI, "rtt_us": 1 });
    let running = start(&rig, json!({})).await;
    let bare = |client: &reqwest::Client, base| client.post(format!("{base}/v1/qos")).json(&report);
    assert_eq!(sent(&running, bare).await.0, StatusCode::UNAUTHORIZED);
    running.end().await;
    let running = rig.start(json!({ "reports": { "listen": "127.0.0.1:0" } })).await;
    assert_eq!(sent(&running, bare).await.0, StatusCode::NO_CONTENT);
    let named = |client: &reqwest::Client, base| {
        client.post(format!("{base}/v1/qos")).header("host", "evil.example").json(&report)
    };
    assert_eq!(sent(&running, named).await.0, StatusCode::FORBIDDEN);
    running.end().await;
    assert_eq!(rig.qos().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_over_the_rate_are_put_off() {
    let rig = rig();
    let running = start(&rig, json!({ "per_second": 1 })).await;
    let three =
        json!([{ "supi": SUPI, "rtt_us": 1 }, { "supi": SUPI, "rtt_us": 2 }, { "supi": SUPI, "rtt_us": 3 }]);
    assert_eq!(post(&running, &three).await.0, StatusCode::NO_CONTENT);
    let base = format!("http://{}/v1/qos", running.monitor.reports_addr().unwrap());
    let response = reqwest::Client::new().post(base).bearer_auth(TOKEN).json(&three).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3).contains(&wait), "{wait}");
    assert_eq!(rig.qos().await.len(), 3);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_come_over_tls_where_there_is_a_certificate() {
    let rig = rig();
    let pem = |name: &str| format!("{}/../sbi/tests/tls/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    let tls = json!({ "cert_file": pem("cert"), "key_file": pem("key") });
    let running = start(&rig, json!({ "tls": tls })).await;
    let trusted = reqwest::Certificate::from_pem(&std::fs::read(pem("cert")).unwrap()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
    let url = format!("https://{}/v1/qos", running.monitor.reports_addr().unwrap());
    let report = json!({ "supi": SUPI, "rtt_us": 1 });
    let answer = client.post(url).bearer_auth(TOKEN).json(&report).send().await.unwrap();
    assert_eq!((answer.status(), answer.version()), (StatusCode::NO_CONTENT, reqwest::Version::HTTP_2));
    assert_eq!(rig.qos().await.len(), 1);
    running.end().await;
}
