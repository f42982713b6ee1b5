//! The server against peers that are slow, many, or in the middle of something.
#![allow(missing_docs)]

mod peer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use sbi::server::{BodyError, Handler, Server, ServerConfig, read_body};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

/// Says that a request is here, and answers when it may.
struct Gate {
    here: Notify,
    may: Semaphore,
}

impl Handler for Gate {
    async fn handle(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        self.here.notify_one();
        self.may.acquire().await.expect("open").forget();
        let read = read_body(request.into_body(), 1 << 10, Duration::from_millis(200)).await;
        Response::new(Full::from(match read {
            Ok(body) => format!("{} bytes", body.len()),
            Err(BodyError::TooSlow { .. }) => "slow".into(),
            Err(error) => error.to_string(),
        }))
    }
}

struct Running {
    address: SocketAddr,
    gate: Arc<Gate>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

async fn start(config: ServerConfig, permits: usize) -> Running {
    let server = Server::bind(([127, 0, 0, 1], 0).into(), config).await.expect("a port");
    let (address, stop) = (server.local_addr(), CancellationToken::new());
    let gate = Arc::new(Gate { here: Notify::new(), may: Semaphore::new(permits) });
    let task = tokio::spawn(server.run(gate.clone(), stop.clone()));
    Running { address, gate, stop, task }
}

async fn connect(address: SocketAddr, first: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    stream.write_all(first).await.expect("sent");
    stream
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    String::from_utf8_lossy(&all).into_owned()
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn whoever_says_nothing_or_half_a_head_is_let_go_of() {
    let config = ServerConfig { header_timeout: Duration::from_millis(100), ..ServerConfig::default() };
    let running = start(config, 9).await;
    for first in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n", b"GET / HTTP/1.1\r\nhost:"] {
        let mut stream = connect(running.address, first).await;
        // Ends because the server closes; the answer, if any, is a refusal.
        let said = rest(&mut stream).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
    assert!(rest(&mut connect(running.address, GET).await).await.ends_with("0 bytes"));
}

#[tokio::test]
async fn an_oversized_head_is_refused() {
    let running = start(ServerConfig::default(), 9).await;
    let head = [b"GET / HTTP/1.1\r\nx: ".to_vec(), vec![b'x'; 64 << 10], b"\r\n\r\n".to_vec()].concat();
    let mut stream = TcpStream::connect(running.address).await.expect("connected");
    let _ = stream.write_all(&head).await;
    let said = rest(&mut stream).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431"), "{said}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let running = start(ServerConfig::default(), 9).await;
    let head = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 10\r\n\r\nabc";
    assert!(rest(&mut connect(running.address, head).await).await.ends_with("slow"));
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_their_turn() {
    let running = start(ServerConfig { max_connections: 1, ..ServerConfig::default() }, 0).await;
    let mut first = connect(running.address, GET).await;
    running.gate.here.notified().await;
    let mut second = connect(running.address, GET).await;
    let waiting = tokio::time::timeout(Duration::from_millis(100), running.gate.here.notified()).await;
    assert!(waiting.is_err(), "the second connection was served beside the first");
    running.gate.may.add_permits(2);
    assert!(rest(&mut first).await.ends_with("0 bytes"));
    assert!(rest(&mut second).await.ends_with("0 bytes"));
}

#[tokio::test]
async fn what_is_under_way_at_a_stop_is_answered_and_nothing_new_is_taken() {
    let running = start(ServerConfig::default(), 0).await;
    let mut stream = connect(running.address, GET).await;
    running.gate.here.notified().await;
    running.stop.cancel();
    running.gate.may.add_permits(1);
    assert!(rest(&mut stream).await.ends_with("0 bytes"));
    running.task.await.expect("no panic");
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn what_does_not_end_within_the_grace_is_cut_off() {
    let running =
        start(ServerConfig { grace: Duration::from_millis(50), ..ServerConfig::default() }, 0).await;
    let mut stream = connect(running.address, GET).await;
    running.gate.here.notified().await;
    running.stop.cancel();
    running.task.await.expect("no panic");
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn requests_of_one_connection_run_side_by_side_and_none_waits_for_another() {
    let running = start(ServerConfig::default(), 0).await;
    let stream = TcpStream::connect(running.address).await.expect("connected");
    let executor = hyper_util::rt::TokioExecutor::new();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (sender, connection) =
        hyper::client::conn::http2::handshake(executor, io).await.expect("a connection");
    tokio::spawn(connection);
    let ask = || {
        let mut sender = sender.clone();
        tokio::spawn(async move { sender.send_request(Request::new(Full::<Bytes>::default())).await })
    };
    let asked: Vec<_> = (0..100).map(|_| ask()).collect();
    running.gate.may.add_permits(99);
    let answered = async {
        while asked.iter().filter(|one| one.is_finished()).count() < 99 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), answered).await.expect("all but one are answered");
    running.gate.may.add_permits(1);
    for one in asked {
        assert_eq!(one.await.expect("no panic").expect("an answer").status(), 200);
    }
}
