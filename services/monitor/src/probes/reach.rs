//! One probe: a TCP connection, and where wanted an HTTP/1.1 answer on it.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Where a site is probed.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// A name or an address; an IPv6 one may stand in brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) path: Option<String>,
}

impl Target {
    /// How long connecting took, which is one round trip.
    ///
    /// # Errors
    /// Why there is no answer, for an operator.
    pub(super) async fn reach(&self, timeout: Duration) -> Result<Duration, String> {
        let at = format!("{}:{}", self.host, self.port);
        match tokio::time::timeout(timeout, self.answered()).await {
            Ok(Ok(took)) => Ok(took),
            Ok(Err(reason)) => Err(format!("unreachable at {at}: {reason}")),
            Err(_) => Err(format!("unreachable at {at}: no answer within {timeout:?}")),
        }
    }

    async fn answered(&self) -> Result<Duration, String> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::net::lookup_host((bare, self.port)).await.map_err(|e| e.to_string())?;
        let (stream, took) = connect(found).await?;
        if let Some(path) = &self.path {
            self.ask(stream, path).await?;
        }
        Ok(took)
    }

    async fn ask(&self, stream: TcpStream, path: &str) -> Result<(), String> {
        let host = format!("{}:{}", self.host, self.port);
        let request =
            Request::get(path).header(header::HOST, host).header(header::USER_AGENT, "edgeroam-monitor");
        let request = request.body(Empty::<Bytes>::new()).map_err(|e| e.to_string())?;
        let io = TokioIo::new(stream);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(io).await.map_err(|e| e.to_string())?;
        let mut answer = pin!(sender.send_request(request));
        let answer = tokio::select! {
            biased;
            answer = &mut answer => answer,
            // What was answered before the peer closed is there.
            _ = connection => answer.await,
        };
        let status = answer.map_err(|e| format!("no HTTP answer: {e}"))?.status();
        if status.is_server_error() { Err(format!("{path} answers {status}")) } else { Ok(()) }
    }
}

/// The first address that takes a connection, and how long that took.
async fn connect(found: impl Iterator<Item = SocketAddr>) -> Result<(TcpStream, Duration), String> {
    let mut refused = "the name has no address".to_owned();
    for address in found {
        let begun = Instant::now();
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok((stream, begun.elapsed())),
            Err(error) => refused = error.to_string(),
        }
    }
    Err(refused)
}
