//! A listener for callbacks: HTTP/1.1 and HTTP/2 with prior knowledge on one port, or TLS with both.
//!
//! Network functions post over HTTP/2 without an upgrade (TS 29.500 clause 5.2.2); people and probes come with
//! HTTP/1.1. Everything that a peer can make large is bounded: connections, streams, headers, bodies, and the
//! time for a first request.

mod body;
mod connection;
mod requests;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use body::{BodyError, read_body};
use requests::Requests;

/// Limits of a [`Server`].
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// How many connections are served at once; further ones wait in the system's queue.
    pub max_connections: usize,
    /// How many requests of one HTTP/2 connection are served at once.
    pub max_streams: u32,
    /// The largest head of a request, in bytes.
    pub max_header_bytes: u32,
    /// For how long a peer may take for TLS and the head of its first request, and, with HTTP/1.1, of any.
    pub header_timeout: Duration,
    /// How often an idle HTTP/2 connection is asked whether it lives.
    pub ping_interval: Duration,
    /// For how long requests under way may go on after a stop.
    pub grace: Duration,
    /// TLS; plain where absent.
    pub tls: Option<Arc<rustls::ServerConfig>>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            max_connections: 512,
            max_streams: 256,
            max_header_bytes: 16 << 10,
            header_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(30),
            grace: Duration::from_secs(5),
            tls: None,
        }
    }
}

impl ServerConfig {
    fn builder(&self, requests: Requests) -> Builder<Requests> {
        let mut builder = Builder::new(requests);
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size((self.max_header_bytes as usize).max(8 << 10))
            .max_headers(64);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.max_streams)
            .max_header_list_size(self.max_header_bytes)
            .initial_stream_window_size(1 << 18)
            .initial_connection_window_size(1 << 20)
            .keep_alive_interval(self.ping_interval)
            .keep_alive_timeout(self.header_timeout);
        builder
    }
}

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request; the body is unread, [`read_body`] bounds it. The future is dropped where the peer gives
    /// the request or the connection up.
    fn handle(&self, request: Request<Incoming>) -> impl Future<Output = Response<Full<Bytes>>> + Send;
}

/// A bound listener.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    config: ServerConfig,
}

impl Server {
    /// Takes the address; port 0 takes any free one.
    ///
    /// # Errors
    /// The system's answer, with the address.
    pub async fn bind(listen: SocketAddr, config: ServerConfig) -> std::io::Result<Self> {
        let named = |e: std::io::Error| std::io::Error::new(e.kind(), format!("{listen}: {e}"));
        let listener = TcpListener::bind(listen).await.map_err(named)?;
        let address = listener.local_addr().map_err(named)?;
        Ok(Self { listener, address, config })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is cancelled, then lets requests under way finish within the grace period.
    pub async fn run<H: Handler>(self, handler: Arc<H>, stop: CancellationToken) {
        let config = Arc::new(self.config);
        let places = Arc::new(Semaphore::new(config.max_connections));
        let acceptor = config.tls.clone().map(TlsAcceptor::from);
        let graceful = GracefulShutdown::new();
        let connections = TaskTracker::new();
        let abort = CancellationToken::new();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = accept(&self.listener, &places) => accepted,
            };
            let Some((stream, place)) = accepted else { continue };
            let connection = connection::Connection {
                config: config.clone(),
                handler: handler.clone(),
                watcher: graceful.watcher(),
            };
            let (acceptor, abort) = (acceptor.clone(), abort.clone());
            connections.spawn(async move {
                tokio::select! {
                    biased;
                    () = abort.cancelled() => {}
                    () = connection.serve(stream, acceptor) => {}
                }
                drop(place);
            });
        }
        drop(self.listener);
        connections.close();
        let finished = async {
            graceful.shutdown().await;
            connections.wait().await;
        };
        if tokio::time::timeout(config.grace, finished).await.is_err() {
            tracing::warn!(grace = ?config.grace, "requests under way did not finish; their connections are closed");
            abort.cancel();
            connections.wait().await;
        }
    }
}

type Accepted = (TcpStream, tokio::sync::OwnedSemaphorePermit);

/// The next connection and its place; `None` where one was lost before it was served.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are small and complete; waiting to fill a segment only delays them.
            let _ = stream.set_nodelay(true);
            Some((stream, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            // Out of file descriptors: trying again at once would only spin.
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
