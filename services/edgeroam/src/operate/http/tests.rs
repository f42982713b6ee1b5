use std::net::SocketAddr;

use axum::body::Body;
use axum::http::Request as HttpRequest;
use bus::Start;
use bus::embedded::{Config, EmbeddedBus};
use http_body_util::BodyExt as _;
use model::Stream;
use prometheus_client::registry::Registry;
use runtime::access::Token;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::*;

const DRAIN: &str =
    r#"{"id":"0197a5a0-0000-7000-8000-000000000001","by":"ann","ask":{"drain":{"site":"north"}}}"#;

struct Desk {
    bus: Arc<EmbeddedBus>,
    listen: SocketAddr,
    token: Option<Token>,
    decider: decider::Decider,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

async fn desk() -> Desk {
    let folder = tempfile::tempdir().expect("temporary directory");
    let bus = EmbeddedBus::open(folder.path().join("bus"), Config::default()).expect("opened");
    let inputs = decider::Inputs {
        config: decider::Config::default(),
        sites: vec![north()],
        cells: Vec::new(),
        tai_pins: vec![model::TaiPin { tai: tai(), site: north().id }],
        apps: vec![echo()],
        limits: model::Limits::default(),
        key: model::InstanceKey::new(&[7; 16]).expect("long enough"),
        bus: bus.clone(),
        store: store::Store::open(folder.path().join("store.redb")).expect("opened"),
    };
    let (mut registry, stop) = (Registry::default(), CancellationToken::new());
    let decider = decider::Decider::start(inputs, &mut registry, stop.clone()).await.expect("started");
    let listen = SocketAddr::from(([127, 0, 0, 1], 9090));
    Desk { bus, listen, token: None, decider, stop, _folder: folder }
}

fn north() -> Site {
    let cluster = model::ClusterRef { provider: "edge".into(), cluster: "north".into() };
    Site {
        id: "north".parse().expect("valid"),
        name: "North".into(),
        position: None,
        cluster,
        ingress: None,
        tier: model::Tier::Edge,
        water_marks: None,
        labels: std::collections::BTreeSet::new(),
        max_instances: None,
        service_area: None,
        tenants: std::collections::BTreeSet::new(),
        cost: None,
    }
}

fn echo() -> model::App {
    model::App {
        id: "echo".parse().expect("valid"),
        users: model::Users::All,
        mode: model::Mode::Act,
        scope: model::Scope::PerUe,
        policy: model::Policy::Nearest,
        max_concurrent_relocations: 4,
        linger: std::time::Duration::from_secs(60),
        requires: std::collections::BTreeSet::new(),
        qos: None,
        tenant: None,
        residency: std::collections::BTreeMap::new(),
        limits: model::AppLimits::default(),
        groups: std::collections::BTreeMap::new(),
    }
}

fn tai() -> model::Tai {
    "208-93-000001".parse().expect("valid")
}

impl Desk {
    async fn ask(&self, request: HttpRequest<Body>) -> (StatusCode, Value) {
        let counter = Counter {
            bus: self.bus.clone(),
            names: Names(catalogue::Names { sites: vec![north().id], apps: vec![echo().id] }),
            sites: vec![north()],
            inquirer: self.decider.inquirer(),
            access: Access::new("admin.token_file", self.token.clone(), self.listen),
        };
        let response = router(counter).oneshot(request).await.expect("answered");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&body).expect("JSON"))
    }

    async fn post(&self, body: &str) -> (StatusCode, Value) {
        self.ask(posted("127.0.0.1:9090", body).body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// `GET /v1/why` of these, from this machine.
    async fn why(&self, query: &str) -> (StatusCode, Value) {
        let request = HttpRequest::get(format!("/v1/why?{query}")).header("host", "127.0.0.1:9090");
        self.ask(request.body(Body::empty()).expect("a request")).await
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
    let desk = desk().await;
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
    let desk = desk().await;
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
    let mut desk = desk().await;
    let request = posted("evil.example:9090", DRAIN).body(Body::from(DRAIN)).expect("a request");
    assert_eq!(desk.ask(request).await.0, StatusCode::FORBIDDEN);
    desk.listen = SocketAddr::from(([0, 0, 0, 0], 9090));
    let (status, problem) = desk.post(DRAIN).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(problem["detail"].as_str().is_some_and(|why| why.contains("admin.token_file")), "{problem}");
    assert_eq!(desk.commands().await, []);

    let path = desk._folder.path().join("token");
    std::fs::write(&path, "0123456789abcdef").expect("written");
    desk.token = Some(Token::read("admin.token_file", &path).expect("a token"));
    assert_eq!(desk.post(DRAIN).await.0, StatusCode::UNAUTHORIZED);
    let request = posted("edge.example", DRAIN).header("authorization", "Bearer 0123456789abcdef");
    assert_eq!(desk.ask(request.body(Body::from(DRAIN)).expect("a request")).await.0, StatusCode::ACCEPTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn why_an_instance_is_where_it_is_is_told_to_whoever_may_ask() {
    let mut desk = desk().await;
    let location = model::UeLocation { cell: None, tai: Some(tai()), position: None };
    let event = model::UeEvent {
        supi: "imsi-208930000000003".parse().expect("valid"),
        observed_at: now(),
        reported_at: None,
        source: model::UeSource::Poll,
        amf: None,
        change: model::UeChange::Location(location),
    };
    let data = serde_json::to_vec(&event).expect("JSON").into();
    let record = bus::Record { key: event.supi.to_string().into(), id: None, data };
    desk.bus.publish(Stream::UeEvents, vec![record]).await.expect("published");
    let told = loop {
        let (status, told) = desk.why("ue=imsi-208930000000003").await;
        if status == StatusCode::OK {
            break told;
        }
        assert_eq!(status, StatusCode::NOT_FOUND, "{told}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    assert_eq!((&told[0]["supi"], &told[0]["verdict"]), (&json!("imsi-208930000000003"), &json!("move")));
    assert!(told[0]["live"].is_array(), "{told}");
    let instance = told[0]["instance"].as_str().expect("an instance");
    let (_, own) = desk.why(&format!("app=echo&instance={instance}")).await;
    assert_eq!(own[0]["instance"], told[0]["instance"]);
    for (query, status, wanted) in [
        ("ue=imsi-208930000000004&app=echo", StatusCode::NOT_FOUND, "has no instance of `echo`"),
        ("app=echo&instance=00ff", StatusCode::NOT_FOUND, "there is no instance echo/00ff"),
        ("ue=imsi-208930000000003&app=eco", StatusCode::NOT_FOUND, "there are echo"),
        ("ue=nobody", StatusCode::BAD_REQUEST, "SUPI"),
        ("app=echo", StatusCode::BAD_REQUEST, "ask for `ue`"),
        ("ue=imsi-208930000000003&instance=00ff", StatusCode::BAD_REQUEST, "ask for `ue`"),
        ("supi=imsi-208930000000003", StatusCode::BAD_REQUEST, "supi"),
    ] {
        let (told, problem) = desk.why(query).await;
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(told == status && detail.contains(wanted), "{query}: {told} {problem}");
    }
    // Decisions name UEs: the rules for commands hold.
    let request = HttpRequest::get("/v1/why?ue=imsi-208930000000003").header("host", "evil.example");
    assert_eq!(desk.ask(request.body(Body::empty()).expect("a request")).await.0, StatusCode::FORBIDDEN);
    desk.listen = SocketAddr::from(([0, 0, 0, 0], 9090));
    assert_eq!(desk.why("ue=imsi-208930000000003").await.0, StatusCode::FORBIDDEN);
    desk.stop.cancel();
    desk.decider.join().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_that_wait_for_a_word_are_told_to_whoever_may_post_one() {
    let mut desk = desk().await;
    let asked = |host: &str| {
        let request = HttpRequest::get("/v1/relocations").header("host", host);
        request.body(Body::empty()).expect("a request")
    };
    assert_eq!(desk.ask(asked("127.0.0.1:9090")).await, (StatusCode::OK, json!([])));
    assert_eq!(desk.ask(asked("evil.example")).await.0, StatusCode::FORBIDDEN);
    let about = r#""instance":"00ff","generation":2,"site":"north""#;
    let word = |app: &str, about: &str| format!(r#"{{"ask":{{"confirm":{{"app":"{app}",{about}}}}}}}"#);
    assert_eq!(desk.post(&word("echo", about)).await.0, StatusCode::ACCEPTED);
    assert_eq!(desk.post(&word("eco", about)).await.0, StatusCode::NOT_FOUND);
    let (status, problem) = desk.post(&word("echo", r#""instance":"00ff","site":"north""#)).await;
    assert!(status == StatusCode::BAD_REQUEST && problem.to_string().contains("generation"), "{problem}");
    let commands = desk.commands().await;
    assert!(matches!(&commands[..], [one] if one.ask.as_str() == "confirm"), "{commands:?}");
    let path = desk._folder.path().join("token");
    std::fs::write(&path, "0123456789abcdef").expect("written");
    desk.token = Some(Token::read("admin.token_file", &path).expect("a token"));
    assert_eq!(desk.ask(asked("127.0.0.1:9090")).await.0, StatusCode::UNAUTHORIZED);
    desk.stop.cancel();
    desk.decider.join().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decider_that_has_stopped_is_told_as_unavailable() {
    let desk = desk().await;
    desk.stop.cancel();
    let started = std::time::Instant::now();
    let (status, problem) = desk.why("ue=imsi-208930000000003").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    assert!(started.elapsed().as_secs() < 20, "the wait is bounded");
}
