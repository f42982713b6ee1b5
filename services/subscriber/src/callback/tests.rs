//! Tests of [`super`] over real sockets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use prometheus_client::registry::Registry;
use sbi::server::{Server, ServerConfig};
use sbi_schemas::problem::ProblemDetails;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::*;

const LIMIT: usize = 8 << 10;

#[derive(Default)]
struct Sink {
    taken: AtomicUsize,
    reports: std::sync::Mutex<Vec<QosReport>>,
    broken: AtomicBool,
}

impl Receive for Sink {
    async fn receive(&self, _: AmfSlot, sightings: Sightings, _: Timestamp) -> Result<(), BusError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(BusError::Closed);
        }
        self.taken.fetch_add(sightings.seen.len(), Ordering::SeqCst);
        Ok(())
    }

    async fn measured(&self, reports: Vec<QosReport>) -> Result<(), BusError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(BusError::Closed);
        }
        self.reports.lock().expect("no panic").extend(reports);
        Ok(())
    }
}

struct Fixture {
    sink: Arc<Sink>,
    issued: IssuedCallback,
    smf: IssuedCallback,
    client: reqwest::Client,
    _stop: tokio_util::sync::DropGuard,
}

async fn fixture() -> Fixture {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(listen, ServerConfig::default()).await.expect("a free port");
    let root = format!("http://{}", server.local_addr()).parse().expect("URL");
    let callbacks = Arc::new(Callbacks::new(root));
    let issued = callbacks.issue(Notifier::Amf(AmfSlot(0)));
    let smf = callbacks.issue(Notifier::Smf);
    let sink = Arc::new(Sink::default());
    let handler = Callback {
        callbacks,
        receiver: sink.clone(),
        metrics: Metrics::register(&mut Registry::default()),
        max_body: LIMIT,
        body_timeout: Duration::from_secs(30),
        qos: QosConfig { dnn: Some("internet".into()), ..QosConfig::default() },
    };
    let stop = CancellationToken::new();
    tokio::spawn(server.run(Arc::new(handler), stop.clone()));
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    Fixture { sink, issued, smf, client, _stop: stop.drop_guard() }
}

impl Fixture {
    async fn post(&self, url: &str, body: impl Into<reqwest::Body>) -> (u16, ProblemDetails) {
        let request = self.client.post(url).header("content-type", "application/json; charset=utf-8");
        self.finish(request.body(body)).await
    }

    async fn finish(&self, request: reqwest::RequestBuilder) -> (u16, ProblemDetails) {
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let problem = response.headers().get("content-type").is_some_and(|t| t == "application/problem+json");
        let body = response.bytes().await.expect("a body");
        assert_eq!(problem, status != 204, "{status}");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn notification(&self, correlation: &str) -> String {
        let plmn = json!({"mcc": "208", "mnc": "93"});
        json!({"notifyCorrelationId": correlation, "reportList": [{
            "type": "LOCATION_REPORT", "state": {"active": true}, "timeStamp": "2026-11-23T07:00:00Z",
            "supi": "imsi-208930000000003", "location": {"nrLocation": {
                "tai": {"plmnId": plmn, "tac": "000001"}, "ncgi": {"plmnId": plmn, "nrCellId": "000008000"}}}}]})
        .to_string()
    }
}

#[tokio::test]
async fn a_notification_gets_204_when_it_is_taken_in_and_503_when_it_is_not() {
    let fixture = fixture().await;
    let (uri, body) = (fixture.issued.uri.as_str(), fixture.notification(&fixture.issued.correlation));
    assert_eq!(fixture.post(uri, body.clone()).await.0, 204);
    assert_eq!(fixture.sink.taken.load(Ordering::SeqCst), 1);
    fixture.sink.broken.store(true, Ordering::SeqCst);
    let (status, problem) = fixture.post(uri, body).await;
    assert_eq!((status, problem.cause.as_deref()), (503, Some("SYSTEM_FAILURE")));
}

#[tokio::test]
async fn http_1_is_answered_on_the_same_port() {
    let fixture = fixture().await;
    let client = reqwest::Client::builder().http1_only().build().expect("a client");
    let body = fixture.notification(&fixture.issued.correlation);
    let request =
        client.post(fixture.issued.uri.as_str()).header("content-type", "application/json").body(body);
    assert_eq!(request.send().await.expect("an answer").status(), 204);
}

#[tokio::test]
async fn a_wrong_secret_is_refused_before_the_body_is_read() {
    let fixture = fixture().await;
    let uri = fixture.issued.uri.as_str();
    let flipped = if uri.ends_with('0') { "1" } else { "0" };
    for wrong in
        [format!("{}{flipped}", &uri[..uri.len() - 1]), format!("{uri}0"), uri[..uri.len() - 1].to_owned()]
    {
        assert_eq!(fixture.post(&wrong, vec![b'x'; 4 * LIMIT]).await.0, 403, "{wrong}");
    }
    assert_eq!(fixture.sink.taken.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_unknown_correlation_id_is_refused_in_path_and_body() {
    let fixture = fixture().await;
    let uri = fixture.issued.uri.as_str();
    let elsewhere = uri.replace(&fixture.issued.correlation, "er-unknown");
    let body = fixture.notification(&fixture.issued.correlation);
    let (status, problem) = fixture.post(&elsewhere, body).await;
    assert_eq!((status, problem.cause.as_deref()), (404, Some("SUBSCRIPTION_NOT_FOUND")));
    let (status, problem) = fixture.post(uri, fixture.notification("er-unknown")).await;
    assert_eq!((status, problem.cause.as_deref()), (404, Some("SUBSCRIPTION_NOT_FOUND")));
}

#[tokio::test]
async fn malformed_bodies_are_refused_with_the_place() {
    let fixture = fixture().await;
    let uri = fixture.issued.uri.as_str();
    let deep = "[".repeat(LIMIT - 1);
    for body in
        ["", "{bad json", "null", "[]", r#"{"reportList":{}}"#, r#"{"reportList":[{"type":1}]}"#, &deep]
    {
        let (status, problem) = fixture.post(uri, body.to_owned()).await;
        assert_eq!((status, problem.cause.as_deref()), (400, Some("INVALID_MSG_FORMAT")), "{body}");
        assert!(problem.detail.is_some_and(|d| d.contains("column")), "{body}");
    }
    let (status, problem) = fixture.post(uri, "{}").await;
    assert_eq!((status, problem.cause.as_deref()), (400, Some("MANDATORY_IE_MISSING")));
    assert_eq!(fixture.sink.taken.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn oversized_bodies_are_refused_with_and_without_a_length() {
    let fixture = fixture().await;
    let uri = fixture.issued.uri.as_str();
    assert_eq!(fixture.post(uri, vec![b' '; LIMIT + 1]).await.0, 413);
    let mut body = fixture.notification(&fixture.issued.correlation).into_bytes();
    body.resize(LIMIT, b' ');
    assert_eq!(fixture.post(uri, body).await.0, 204);
}

#[tokio::test]
async fn other_methods_types_and_paths_are_refused() {
    let fixture = fixture().await;
    let uri = fixture.issued.uri.as_str();
    assert_eq!(fixture.finish(fixture.client.get(uri)).await.0, 405);
    assert_eq!(fixture.finish(fixture.client.post(uri).body("{}")).await.0, 415);
    let root = uri.split(issued::AMF_PATH).next().expect("a root");
    let (status, problem) = fixture.post(&format!("{root}/elsewhere"), "{}").await;
    assert_eq!((status, problem.cause.as_deref()), (404, Some("RESOURCE_URI_STRUCTURE_NOT_FOUND")));
}

#[tokio::test]
async fn a_change_of_the_subscription_itself_is_accepted() {
    let fixture = fixture().await;
    let body = r#"{"subsChangeNotifyCorrelationId":"x"}"#;
    assert_eq!(fixture.post(fixture.issued.uri.as_str(), body).await.0, 204);
}

#[test]
fn every_address_is_different_and_long_enough() {
    let callbacks = Callbacks::new("http://a/b".parse().expect("URL"));
    let issue = || callbacks.issue(Notifier::Amf(AmfSlot(0)));
    let (one, other) = (issue(), issue());
    assert_ne!(one, other);
    let secret = one.uri.path().rsplit('/').next().expect("a secret");
    assert_eq!(secret.len(), 32);
    assert!(one.uri.as_str().starts_with("http://a/b/namf-evts-callback/v1/er-"), "{}", one.uri);
    callbacks.revoke(&one.correlation);
    assert!(callbacks.known(&one.correlation).is_none() && callbacks.known(&other.correlation).is_some());
}

fn measured(correlation: &str, events: &serde_json::Value) -> String {
    json!({"notifId": correlation, "eventNotifs": events}).to_string()
}

fn delay(ms: u64) -> serde_json::Value {
    json!({"event": "QOS_MON", "timeStamp": "2026-11-23T07:00:00Z", "supi": "imsi-208930000000003",
        "dnn": "internet", "rtDelays": [ms]})
}

#[tokio::test]
async fn packet_delays_get_204_when_they_are_taken_in_and_503_when_they_are_not() {
    let fixture = fixture().await;
    let uri = fixture.smf.uri.as_str();
    let elsewhere = json!({"event": "QOS_MON", "timeStamp": "x", "dnn": "ims"});
    let body =
        measured(&fixture.smf.correlation, &json!([delay(13), elsewhere, {"event": "NEW", "timeStamp": ""}]));
    assert_eq!(fixture.post(uri, body.clone()).await.0, 204);
    let rtt = |reports: &[QosReport]| reports.iter().map(|r| r.measured.rtt_us).collect::<Vec<_>>();
    assert_eq!(rtt(&fixture.sink.reports.lock().expect("no panic")), [Some(13_000)]);
    fixture.sink.broken.store(true, Ordering::SeqCst);
    let (status, problem) = fixture.post(uri, body).await;
    assert_eq!((status, problem.cause.as_deref()), (503, Some("SYSTEM_FAILURE")));
}

#[tokio::test]
async fn packet_delays_that_cannot_be_used_are_refused_with_the_place() {
    let fixture = fixture().await;
    let (uri, own) = (fixture.smf.uri.as_str(), fixture.smf.correlation.as_str());
    let nobody = json!({"event": "QOS_MON", "timeStamp": "2026-11-23T07:00:00Z", "rtDelays": [1]});
    let negative = json!({"event": "QOS_MON", "timeStamp": "", "rtDelays": [-1]});
    for (body, cause, detail) in [
        ("{".to_owned(), "INVALID_MSG_FORMAT", "column"),
        ("{}".to_owned(), "INVALID_MSG_FORMAT", "notifId"),
        (measured(own, &json!([{"event": "QOS_MON"}])), "INVALID_MSG_FORMAT", "timeStamp"),
        (measured(own, &json!([negative])), "INVALID_MSG_FORMAT", "-1"),
        (measured(own, &json!([])), "MANDATORY_IE_INCORRECT", "eventNotifs is empty"),
        (measured(own, &json!([nobody])), "MANDATORY_IE_INCORRECT", "eventNotifs[0]: supi is missing"),
    ] {
        let (status, problem) = fixture.post(uri, body).await;
        assert_eq!((status, problem.cause.as_deref()), (400, Some(cause)), "{problem:?}");
        assert!(problem.detail.as_ref().is_some_and(|d| d.contains(detail)), "{problem:?}");
    }
    assert_eq!(fixture.post(uri, measured(own, &json!([nobody, delay(5)]))).await.0, 204, "one can be used");
    assert_eq!(fixture.sink.reports.lock().expect("no panic").len(), 1);
    assert_eq!(fixture.post(uri, vec![b' '; LIMIT + 1]).await.0, 413);
}

#[tokio::test]
async fn an_address_is_good_for_its_own_service_and_subscription_only() {
    let fixture = fixture().await;
    let body = measured(&fixture.smf.correlation, &json!([delay(1)]));
    let crossed = fixture.smf.uri.as_str().replace(issued::SMF_PATH, issued::AMF_PATH);
    let unknown = fixture.smf.uri.as_str().replace(&fixture.smf.correlation, "er-unknown");
    for uri in [crossed, unknown] {
        let (status, problem) = fixture.post(&uri, body.clone()).await;
        assert_eq!((status, problem.cause.as_deref()), (404, Some("SUBSCRIPTION_NOT_FOUND")), "{uri}");
    }
    let other = measured(&fixture.issued.correlation, &json!([delay(1)]));
    assert_eq!(fixture.post(fixture.smf.uri.as_str(), other).await.0, 404);
    assert_eq!(fixture.post(&format!("{}0", fixture.smf.uri), body).await.0, 403);
    assert!(fixture.sink.reports.lock().expect("no panic").is_empty());
}
