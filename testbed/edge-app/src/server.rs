//! One instance of the edge application: an HTTP/1.1 server whose answers name its release.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// The name of the header that names the release.
pub const RELEASE_HEADER: &str = "x-release";
/// Connections served at once; more of them wait to be accepted.
const MAX_CONNECTIONS: usize = 1024;
/// The largest request head, in bytes; hyper's least buffer.
const MAX_HEAD_BYTES: usize = 8 << 10;
/// How long a stopped server waits for connections that never finish their request.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// What `GET /` answers.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    release: &'a str,
    served: u64,
}

struct Instance {
    release: String,
    served: AtomicU64,
}

/// One running instance. Dropping it stops it as well, without waiting.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    instance: Arc<Instance>,
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts an instance of `release` on `addr` (port 0: any). Needs a tokio runtime.
    ///
    /// `GET /` answers 200 with `{"release":"…","served":N}` and the header `x-release`, `GET /healthz` 200;
    /// HTTP/1.1 with keep-alive.
    ///
    /// # Errors
    /// The system's answer, with the address, where it cannot listen; `InvalidInput` where `release` is no
    /// header value.
    pub fn start(addr: SocketAddr, release: &str) -> io::Result<Self> {
        http::HeaderValue::from_str(release)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("release: {e}")))?;
        let named = |e: io::Error| io::Error::new(e.kind(), format!("edge app on {addr}: {e}"));
        let listener = std::net::TcpListener::bind(addr).map_err(named)?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let addr = listener.local_addr()?;
        let instance = Arc::new(Instance { release: release.to_owned(), served: AtomicU64::new(0) });
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(listener, Arc::clone(&instance), stop.clone()));
        Ok(Self { addr, instance, stop: stop.drop_guard(), task })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many times `GET /` was answered.
    pub fn served(&self) -> u64 {
        self.instance.served.load(Ordering::Relaxed)
    }

    /// Stops accepting, answers what is under way and closes idle connections; returns when all that is done.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "edge app failed");
        }
    }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.release)
    }
}

async fn run(listener: TcpListener, instance: Arc<Instance>, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = GracefulShutdown::new();
    let abort = CancellationToken::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        if let Some((stream, slot)) = accepted {
            serve(stream, slot, &instance, &connections, abort.clone());
        }
    }
    // Connections whose handshake the kernel has finished belong to clients that think themselves connected.
    while let Some((stream, slot)) = tokio::select! {
        biased;
        accepted = accept(&listener, &slots) => accepted,
        () = std::future::ready(()) => None,
    } {
        serve(stream, slot, &instance, &connections, abort.clone());
    }
    drop(listener);
    if tokio::time::timeout(STOP_GRACE, connections.shutdown()).await.is_err() {
        abort.cancel();
    }
}

type Slot = tokio::sync::OwnedSemaphorePermit;

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, Slot)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, slot)),
        Err(error) => {
            // Out of file descriptors or a connection that is gone already: neither ends the instance.
            tracing::warn!(%error, "edge app cannot accept");
            tokio::time::sleep(Duration::from_millis(10)).await;
            None
        }
    }
}

fn serve(
    stream: TcpStream,
    slot: Slot,
    instance: &Arc<Instance>,
    connections: &GracefulShutdown,
    abort: CancellationToken,
) {
    // Small answers must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let instance = Arc::clone(instance);
    let service = service_fn(move |request| {
        let response = answer(&instance, &request);
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        let _slot = slot;
        tokio::select! {
            // What ends a connection early is the client's affair: it is the client that counts failures.
            served = connection => { let _ = served.inspect_err(|error| tracing::trace!(%error, "connection")); }
            () = abort.cancelled() => (),
        }
    });
}

fn answer(instance: &Instance, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => {
            let served = instance.served.fetch_add(1, Ordering::Relaxed) + 1;
            let body = serde_json::to_vec(&Answer { release: &instance.release, served }).unwrap_or_default();
            reply(instance, StatusCode::OK, "application/json", body)
        }
        (&Method::GET, "/healthz") => reply(instance, StatusCode::OK, "text/plain", b"ok\n".to_vec()),
        (_, "/" | "/healthz") => reply(instance, StatusCode::METHOD_NOT_ALLOWED, "text/plain", Vec::new()),
        _ => reply(instance, StatusCode::NOT_FOUND, "text/plain", Vec::new()),
    }
}

fn reply(instance: &Instance, status: StatusCode, kind: &str, body: Vec<u8>) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        .header(RELEASE_HEADER, &instance.release)
        .body(Full::new(Bytes::from(body)))
        .expect("the release was checked to be a header value at start")
}
