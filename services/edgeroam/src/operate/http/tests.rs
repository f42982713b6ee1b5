use axum::body::Body;
use axum::http::Request as HttpRequest;
use bus::Start;
use bus::embedded::{Config, EmbeddedBus};
use http_body_util::BodyExt as _;
use model::Stream;
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;

const DRAIN: &str =
    r#"{"id":"0197a5a0-0000-7000-8000-000000000001","by":"ann","ask":{"drain":{"site":"north"}}}"#;

struct Desk {
    bus: Arc<EmbeddedBus>,
    listen: SocketAddr,
    token: Option<Token>,
    _folder: tempfile::TempDir,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().expect("temporary directory");
    let bus = EmbeddedBus::open(folder.path().join("bus"), Config::default()).expect("opened");
    Desk { bus, listen: SocketAddr::from(([127, 0, 0, 1], 9090)), token: None, _folder: folder }
}

impl Desk {
    async fn ask(&self, request: HttpRequest<Body>) -> (StatusCode, Value) {
        let cluster = model::ClusterRef { provider: "edge".into(), cluster: "north".into() };
        let id = "north".parse().expect("valid");
        let sites = vec![Site {
            id,
            name: "North".into(),
            position: None,
            cluster,
            ingress: None,
            labels: std::collections::BTreeSet::new(),
            max_instances: None,
            service_area: None,
            tenants: std::collections::BTreeSet::new(),
        }];
        let catalogue = catalogue::Catalogue { sites: sites.clone(), ..catalogue::Catalogue::default() };
        let counter = Counter {
            bus: self.bus.clone(),
            names: Names::of(&catalogue),
            sites,
            token: self.token.clone(),
            listen: self.listen,
        };
        let response = router(counter).oneshot(request).await.expect("answered");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&body).expect("JSON"))
    }

    async fn post(&self, body: &str) -> (StatusCode, Value) {
        self.ask(posted("127.0.0.1:9090", body).body(Body::from(body.to_owned())).expect("a request")).await
    }

    async fn commands(&self) -> Vec<OperatorCommand> {
        publish::all(self.bus.as_ref()).await.expect("read")
    }
}

fn posted(host: &str, body: &str) -> axum::http::request::Builder {
    HttpRequest::post("/v1/commands")
        .header("host", host)
        .header("content-type", "application/json")
        .header("content-length", body.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_answered_once_the_bus_has_it_and_again_without_a_second_record() {
    let desk = desk();
    let (status, first) = desk.post(DRAIN).await;
    assert_eq!(
        (status, &first["id"]),
        (StatusCode::ACCEPTED, &"0197a5a0-0000-7000-8000-000000000001".into())
    );
    assert_eq!(desk.commands().await.len(), 1);
    assert_eq!(desk.post(DRAIN).await, (StatusCode::ACCEPTED, first), "the same answer, its time included");
    assert_eq!(desk.commands().await.len(), 1);
    let (status, other) = desk.post(&DRAIN.replace("drain", "cordon")).await;
    assert_eq!(status, StatusCode::CONFLICT, "{other}");
    let mut reader = desk.bus.consume(Stream::Commands, "test", Start::Oldest).await.expect("opened");
    let record = reader.next(1).await.expect("a record").remove(0);
    assert_eq!(&*record.key, "north");
    let (status, sites) =
        desk.ask(HttpRequest::get("/v1/sites").body(Body::empty()).expect("a request")).await;
    assert_eq!((status, &sites[0]["asked"]["by"]), (StatusCode::OK, &"ann".into()), "{sites}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_told_as_a_problem_and_leaves_no_record() {
    let desk = desk();
    let (status, problem) = desk.post(&DRAIN.replace("north", "nroth")).await;
    assert_eq!((status, &problem["known"]), (StatusCode::NOT_FOUND, &json!(["north"])));
    assert_eq!((&problem["status"], &problem["title"]), (&json!(404), &json!("Not Found")));
    assert!(problem["detail"].as_str().is_some_and(|why| why.contains("`nroth`")), "{problem}");
    assert_eq!(desk.post("{\"ask\":7}").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(desk.post(&"x".repeat(MOST + 1)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let form = HttpRequest::post("/v1/commands").header("host", "localhost:1").body(Body::from(DRAIN));
    assert_eq!(desk.ask(form.expect("a request")).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(desk.commands().await, []);
    desk.bus.close().await;
    assert_eq!(desk.post(DRAIN).await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_only_this_machine_may_ask() {
    let mut desk = desk();
    let request = posted("evil.example:9090", DRAIN).body(Body::from(DRAIN)).expect("a request");
    assert_eq!(desk.ask(request).await.0, StatusCode::FORBIDDEN);
    desk.listen = SocketAddr::from(([0, 0, 0, 0], 9090));
    let (status, problem) = desk.post(DRAIN).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(problem["detail"].as_str().is_some_and(|why| why.contains("admin.token_file")), "{problem}");
    assert_eq!(desk.commands().await, []);

    let path = desk._folder.path().join("token");
    std::fs::write(&path, "0123456789abcdef").expect("written");
    desk.token = Some(Token::read(&path).expect("a token"));
    assert_eq!(desk.post(DRAIN).await.0, StatusCode::UNAUTHORIZED);
    let request = posted("edge.example", DRAIN).header("authorization", "Bearer 0123456789abcdef");
    assert_eq!(desk.ask(request.body(Body::from(DRAIN)).expect("a request")).await.0, StatusCode::ACCEPTED);
}

#[test]
fn a_host_is_this_machine_by_its_address_or_the_one_name() {
    for host in ["127.0.0.1", "127.0.0.1:9090", "[::1]", "[::1]:9090", "localhost", "LOCALHOST:1"] {
        assert!(is_this_machine(host), "{host}");
    }
    for host in ["", "10.0.0.1:9090", "localhost.evil.example", "127.0.0.1.evil.example:80", "evil:127"] {
        assert!(!is_this_machine(host), "{host}");
    }
}
