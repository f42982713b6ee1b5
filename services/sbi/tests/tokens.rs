//! Tokens: fetched when wanted, kept while they serve, replaced when refused.
#![allow(missing_docs)]

mod peer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use sbi::oauth2::{Mode, Scope, TokenError, Tokens};
use sbi::{Caller, Class, Client, ClientConfig, Content, Request};

/// An NRF that gives `t1`, `t2`, … and a producer that takes one of them only.
#[derive(Default)]
struct Core {
    given: AtomicU32,
    taken: AtomicU32,
    closed: AtomicBool,
    expires_in: AtomicU32,
}

type Shared = State<Arc<Core>>;

async fn token(State(core): Shared, body: String) -> (StatusCode, String) {
    assert_eq!(
        body,
        "grant_type=client_credentials&nfInstanceId=id&nfType=AF&targetNfType=AMF&scope=namf-evts"
    );
    if core.closed.load(Ordering::SeqCst) {
        return (StatusCode::BAD_REQUEST, r#"{"error":"invalid_client"}"#.into());
    }
    let number = core.given.fetch_add(1, Ordering::SeqCst) + 1;
    let life = core.expires_in.load(Ordering::SeqCst);
    (StatusCode::OK, format!(r#"{{"access_token":"t{number}","token_type":"Bearer","expires_in":{life}}}"#))
}

async fn produce(State(core): Shared, headers: HeaderMap) -> (StatusCode, &'static str) {
    let wanted = core.taken.load(Ordering::SeqCst);
    let given = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if wanted == 0 || given == format!("Bearer t{wanted}") {
        (StatusCode::OK, "{}")
    } else {
        (StatusCode::UNAUTHORIZED, r#"{"error":"verify OAuth Authorization header invalid"}"#)
    }
}

struct Rig {
    core: Arc<Core>,
    tokens: Arc<Tokens>,
    caller: Caller,
    peer: SocketAddr,
}

async fn rig(mode: Mode) -> Rig {
    peer::provider();
    let core = Arc::new(Core { expires_in: 1000.into(), ..Core::default() });
    let router =
        Router::new().route("/oauth2/token", post(token)).route("/", get(produce)).with_state(core.clone());
    let peer = peer::serve(router).await;
    let client = Client::new(&ClientConfig::default()).expect("a client");
    let root = format!("http://{peer}").parse().expect("URL");
    let tokens = Tokens::new(client.clone(), &root, "id".into(), "AF".into(), mode).expect("a root");
    let tokens = Arc::new(tokens);
    Rig { core, caller: Caller::new(client, Some(tokens.clone())), tokens, peer }
}

impl Rig {
    async fn ask(&self) -> Result<u16, sbi::CallError> {
        let url = format!("http://{}/", self.peer).parse().expect("URL");
        let request = Request { method: http::Method::GET, url, content: Content::Empty };
        self.caller.call(Scope::AMF_EVENTS, &request).await.map(|answer| answer.status.as_u16())
    }

    fn given(&self) -> u32 {
        self.core.given.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn none_is_fetched_until_the_nrf_says_so_and_then_one_serves_all() {
    let rig = rig(Mode::Auto).await;
    assert_eq!((rig.ask().await.expect("an answer"), rig.given()), (200, 0));
    rig.tokens.switch(true);
    rig.core.taken.store(1, Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!((rig.ask().await.expect("an answer"), rig.given()), (200, 1));
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_the_request_sent_again() {
    let rig = rig(Mode::On).await;
    assert_eq!(rig.ask().await.expect("an answer"), 200);
    rig.core.taken.store(2, Ordering::SeqCst);
    assert_eq!((rig.ask().await.expect("an answer"), rig.given()), (200, 2));
}

#[tokio::test]
async fn a_401_switches_tokens_on_where_nobody_said_they_are_used() {
    let rig = rig(Mode::Auto).await;
    rig.core.taken.store(1, Ordering::SeqCst);
    assert_eq!((rig.ask().await.expect("an answer"), rig.given()), (200, 1));
    assert!(rig.tokens.wanted());
}

#[tokio::test]
async fn an_old_token_stays_in_use_while_no_new_one_can_be_had() {
    let rig = rig(Mode::On).await;
    rig.core.expires_in.store(0, Ordering::SeqCst);
    rig.core.taken.store(1, Ordering::SeqCst);
    assert_eq!(rig.ask().await.expect("an answer"), 200);
    rig.core.closed.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!((rig.ask().await.expect("an answer"), rig.given()), (200, 1));
    }
    // Refused, and none in its place: the 401 is the answer, and no token is held.
    rig.core.taken.store(9, Ordering::SeqCst);
    assert_eq!(rig.ask().await.expect("an answer"), 401);
    let error = rig.ask().await.expect_err("no token");
    assert!(error.to_string().contains("invalid_client"), "{error}");
    assert!(matches!(error.class(), Class::Transient(Some(_))));
    rig.core.closed.store(false, Ordering::SeqCst);
    rig.core.taken.store(2, Ordering::SeqCst);
    assert_eq!(rig.ask().await.expect("an answer"), 200);
}

#[tokio::test]
async fn off_means_off() {
    let rig = rig(Mode::Off).await;
    rig.tokens.switch(true);
    rig.core.taken.store(1, Ordering::SeqCst);
    assert_eq!((rig.ask().await.expect("an answer"), rig.given()), (401, 0));
}

#[tokio::test]
async fn an_nrf_that_is_away_is_told_apart_from_one_that_refuses() {
    let client = {
        peer::provider();
        Client::new(&ClientConfig::default()).expect("a client")
    };
    let nobody = "http://127.0.0.1:1".parse().expect("URL");
    let tokens = Tokens::new(client, &nobody, "id".into(), "AF".into(), Mode::On).expect("a root");
    let tokens = Arc::new(tokens);
    let error = tokens.bearer(Scope::AMF_EVENTS).await.expect_err("nobody there");
    assert!(matches!(error, TokenError::Call(_)), "{error}");
    assert_eq!(error.class(), Class::Transient(None));
}
