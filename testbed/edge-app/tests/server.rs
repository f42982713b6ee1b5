//! The edge application as its clients and operators meet it.
#![allow(missing_docs)]

use std::net::SocketAddr;
use std::time::Duration;

use edge_app::server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const GUARD: Duration = Duration::from_secs(30);

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer).await.expect("read");
        answer.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let complete = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            head.lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .is_some_and(|wanted| wanted.parse() == Ok(body.len()))
        });
        if complete || length == 0 {
            return text;
        }
    }
}

const GET: &str = "GET / HTTP/1.1\r\nhost: app\r\n\r\n";

#[tokio::test]
async fn answers_on_one_connection_name_the_release_and_count() {
    let server = Server::start(any_port(), "er-0123456789ab").expect("listening");
    let mut stream = TcpStream::connect(server.addr()).await.expect("connected");
    for served in 1..=3 {
        let answer = ask(&mut stream, GET).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("x-release: er-0123456789ab\r\n"), "{answer}");
        assert!(
            answer.ends_with(&format!(r#"{{"release":"er-0123456789ab","served":{served}}}"#)),
            "{answer}"
        );
    }
    assert_eq!(server.served(), 3);
    let healthy = ask(&mut stream, "GET /healthz HTTP/1.1\r\nhost: app\r\n\r\n").await;
    assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
    let missing = ask(&mut stream, "GET /x HTTP/1.1\r\nhost: app\r\n\r\n").await;
    assert!(missing.starts_with("HTTP/1.1 404"), "{missing}");
    let posted = ask(&mut stream, "POST / HTTP/1.1\r\nhost: app\r\ncontent-length: 0\r\n\r\n").await;
    assert!(posted.starts_with("HTTP/1.1 405"), "{posted}");
    server.stop().await;
}

#[tokio::test]
async fn a_stopped_server_closes_idle_connections_and_refuses_new_ones() {
    let server = Server::start(any_port(), "er-1").expect("listening");
    let addr = server.addr();
    let mut stream = TcpStream::connect(addr).await.expect("connected");
    ask(&mut stream, GET).await;
    tokio::time::timeout(GUARD, server.stop()).await.expect("stopped");
    assert_eq!(stream.read(&mut [0; 16]).await.expect("an orderly end"), 0);
    let refused = TcpStream::connect(addr).await.expect_err("nobody listens");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_request_that_is_under_way_when_the_server_stops_is_answered() {
    let server = Server::start(any_port(), "er-1").expect("listening");
    let mut stream = TcpStream::connect(server.addr()).await.expect("connected");
    stream.write_all(b"GET / HTTP/1.1\r\nho").await.expect("sent");
    // The server has accepted and begun to read once a later connection was served.
    let mut later = TcpStream::connect(server.addr()).await.expect("connected");
    ask(&mut later, GET).await;
    let stopped = tokio::spawn(server.stop());
    assert_eq!(later.read(&mut [0; 16]).await.expect("an orderly end"), 0);
    let answer = ask(&mut stream, "st: app\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    tokio::time::timeout(GUARD, stopped).await.expect("in time").expect("stopped");
}

#[tokio::test]
async fn a_connection_that_never_asks_does_not_keep_a_server_from_stopping() {
    let server = Server::start(any_port(), "er-1").expect("listening");
    let _silent = TcpStream::connect(server.addr()).await.expect("connected");
    tokio::time::timeout(GUARD, server.stop()).await.expect("stopped");
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = Server::start(any_port(), "er-1").expect("listening");
    let mut stream = TcpStream::connect(server.addr()).await.expect("connected");
    stream.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
    let filler = format!("x-filler: {}\r\n", "a".repeat(1000));
    for _ in 0..100 {
        // The server may close while we are still writing, which is what is wanted.
        if stream.write_all(filler.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(GUARD, stream.read_to_end(&mut answer)).await.expect("it ends");
    let refused = String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 4");
    assert!(refused || ended.is_err(), "{answer:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_release_that_is_no_header_value_and_a_taken_address_are_refused() {
    let error = Server::start(any_port(), "er\n1").expect_err("no header value");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    let server = Server::start(any_port(), "er-1").expect("listening");
    let error = Server::start(server.addr(), "er-2").expect_err("taken");
    assert!(error.to_string().contains(&server.addr().to_string()), "{error}");
}
