//! Listeners: HTTP/1.1, closed and reopened at will.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::serve;
use crate::sim::Inner;

/// Connections served at once; more of them wait to be accepted.
const MAX_CONNECTIONS: usize = 1024;
/// How long a client may take over a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// What a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A gateway before all services.
    Everything,
    Orchestrator,
    Clm,
    Dcm,
}

/// One listener; its address stays its own while it is closed.
#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    scope: Scope,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Listener {
    pub(crate) async fn open(inner: &Arc<Inner>, address: SocketAddr, scope: Scope) -> io::Result<Self> {
        let socket = bind(address).await?;
        let address = socket.local_addr()?;
        let open = Mutex::new(Some(Open::start(inner, socket, scope)));
        Ok(Self { address, scope, open })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn scope(&self) -> Scope {
        self.scope
    }

    /// Closes listener and connections; returns when the address is free.
    pub(crate) async fn close(&self) {
        if let Some(open) = self.open.lock().await.take() {
            open.stop.cancel();
            if let Err(error) = open.task.await {
                tracing::error!(%error, "emco-sim listener");
            }
        }
    }

    /// Listens again, unless it does.
    pub(crate) async fn reopen(&self, inner: &Arc<Inner>) -> io::Result<()> {
        let mut open = self.open.lock().await;
        if open.is_none() {
            *open = Some(Open::start(inner, bind(self.address).await?, self.scope));
        }
        Ok(())
    }
}

async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("emco-sim on {address}: {error}"));
    TcpListener::bind(address).await.map_err(named)
}

impl Open {
    fn start(inner: &Arc<Inner>, socket: TcpListener, scope: Scope) -> Self {
        let stop = inner.stop.child_token();
        let task = tokio::spawn(accept(Arc::clone(inner), socket, scope, stop.clone()));
        Self { stop, task }
    }
}

async fn accept(inner: Arc<Inner>, socket: TcpListener, scope: Scope, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(Arc::clone(&inner), stream, scope);
                let stop = stop.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = connection => (),
                        () = stop.cancelled() => (),
                    }
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "emco-sim cannot accept");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

async fn connection(inner: Arc<Inner>, stream: TcpStream, scope: Scope) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let inner = Arc::clone(&inner);
        async move { serve::serve(&inner, scope, request.map(Body::new)).await }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    // A lost reply ends its connection this way, as does a client that goes away.
    if let Err(error) = served {
        tracing::debug!(%error, "emco-sim connection");
    }
}
