//! The client against peers that misbehave.
#![allow(missing_docs)]

mod peer;

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header;
use axum::response::Redirect;
use axum::routing::get;
use http::{Method, StatusCode};
use sbi::{CallError, Class, Client, ClientConfig, Content, HttpVersion, Request};
use tokio::net::TcpListener;

const LIMIT: usize = 64 << 10;

fn client(http: HttpVersion) -> Client {
    peer::provider();
    let config = ClientConfig {
        http,
        max_body_bytes: LIMIT,
        timeout: Duration::from_millis(500),
        ..ClientConfig::default()
    };
    Client::new(&config).expect("a client")
}

fn ask(address: SocketAddr, path: &str) -> Request {
    let url = format!("http://{address}{path}").parse().expect("URL");
    Request { method: Method::GET, url, content: Content::Empty }
}

fn endless() -> Body {
    let chunk = axum::body::Bytes::from_static(&[b'x'; 4096]);
    Body::from_stream(futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone())))
}

#[tokio::test]
async fn bodies_are_bounded_with_and_without_a_length() {
    let router = Router::new()
        .route("/exact", get(async || vec![b'x'; LIMIT]))
        .route("/large", get(async || vec![b'x'; LIMIT + 1]))
        .route("/endless", get(async || endless()));
    let peer = peer::serve(router).await;
    for http in [HttpVersion::Http11, HttpVersion::Http2] {
        let client = client(http);
        let whole = client.send(&ask(peer, "/exact"), None).await.expect("an answer");
        assert_eq!(whole.body.len(), LIMIT);
        for path in ["/large", "/endless"] {
            let error = client.send(&ask(peer, path), None).await.expect_err(path);
            assert!(matches!(error, CallError::TooLarge { limit: LIMIT, .. }), "{error}");
            assert_eq!(error.class(), Class::Permanent);
        }
    }
}

#[tokio::test]
async fn no_answer_in_time_leaves_open_what_happened() {
    let router = Router::new().route("/", get(async || std::future::pending::<()>().await));
    let peer = peer::serve(router).await;
    let error = client(HttpVersion::Http11).send(&ask(peer, "/"), None).await.expect_err("no answer");
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    assert_eq!(error.class(), Class::Unknown);
}

#[tokio::test]
async fn nobody_there_is_transient_and_names_the_address() {
    // Port 1 (tcpmux) is served nowhere any more.
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let error = client(HttpVersion::Http11).send(&ask(address, "/"), None).await.expect_err("nobody there");
    assert!(matches!(error, CallError::Connect { .. }), "{error}");
    assert_eq!(error.class(), Class::Transient(None));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let router = Router::new().route("/", get(async || Redirect::temporary("/elsewhere")));
    let peer = peer::serve(router).await;
    let answer = client(HttpVersion::Http11).send(&ask(peer, "/"), Some("token")).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.expect(&[StatusCode::OK]).expect_err("no success").class(), Class::Permanent);
}

#[tokio::test]
async fn a_refusal_says_what_the_peer_says_and_when_to_come_back() {
    let busy = async || {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "7")],
            r#"{"status":503,"cause":"NF_CONGESTION"}"#,
        )
    };
    let peer = peer::serve(Router::new().route("/", get(busy))).await;
    let answer = client(HttpVersion::Http2).send(&ask(peer, "/"), None).await.expect("an answer");
    let error = answer.refusal();
    assert_eq!(error.class(), Class::Transient(Some(Duration::from_secs(7))));
    assert!(error.to_string().contains("NF_CONGESTION"), "{error}");
}

#[tokio::test]
async fn a_request_that_never_left_is_sent_again() {
    // The peer says GOAWAY on a fresh connection before it reads a request, as Free5GC sometimes does.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(peer::goaway_first(stream, connection < 2));
        }
    });
    let answer = client(HttpVersion::Http2).send(&ask(address, "/"), None).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn tls_trusts_the_given_authority_only() {
    let peer = peer::serve_tls().await;
    let url = format!("https://{peer}/").parse().expect("URL");
    let request = Request { method: Method::GET, url, content: Content::Empty };
    for http in [HttpVersion::Http11, HttpVersion::Http2] {
        let tls = sbi::TlsFiles { ca_file: Some(peer::file("cert.pem")), ..sbi::TlsFiles::default() };
        let trusting = Client::new(&ClientConfig { tls, http, ..ClientConfig::default() }).expect("a client");
        assert_eq!(trusting.send(&request, None).await.expect("an answer").status, StatusCode::NO_CONTENT);
    }
    let error = client(HttpVersion::Http11).send(&request, None).await.expect_err("not trusted");
    assert!(matches!(error, CallError::Connect { .. }), "{error}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_peer_that_wants_one() {
    let (peer, shown) = peer::serve_mutual_tls().await;
    let url = format!("https://{peer}/").parse().expect("URL");
    let request = Request { method: Method::GET, url, content: Content::Empty };
    let ca_file = Some(peer::file("cert.pem"));
    let without = sbi::TlsFiles { ca_file: ca_file.clone(), ..sbi::TlsFiles::default() };
    let client = Client::new(&ClientConfig { tls: without, ..ClientConfig::default() }).expect("a client");
    assert!(client.send(&request, None).await.is_err());
    assert_eq!(shown.load(Ordering::SeqCst), 0);
    let with = sbi::TlsFiles {
        ca_file,
        cert_file: Some(peer::file("cert.pem")),
        key_file: Some(peer::file("key.pem")),
    };
    let client = Client::new(&ClientConfig { tls: with, ..ClientConfig::default() }).expect("a client");
    // The peer hangs up after the handshake: that it was completed is what counts.
    assert!(client.send(&request, None).await.is_err());
    assert!(shown.load(Ordering::SeqCst) > 0);
}

#[test]
fn unusable_certificates_are_named() {
    peer::provider();
    let files = |ca: Option<&str>, cert: Option<&str>| sbi::TlsFiles {
        ca_file: ca.map(Into::into),
        cert_file: cert.map(Into::into),
        key_file: None,
    };
    let try_with = |tls| {
        Client::new(&ClientConfig { tls, ..ClientConfig::default() }).expect_err("unusable").to_string()
    };
    assert!(try_with(files(Some("no/ca.pem"), None)).contains("no/ca.pem"));
    assert!(try_with(files(None, Some("a.pem"))).contains("key_file is missing"));
}
