//! One connection.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::Handler;

/// What a connection needs.
pub(super) struct Connection<H> {
    pub(super) builder: Arc<Builder<TokioExecutor>>,
    pub(super) handler: Arc<H>,
    pub(super) watcher: Watcher,
    pub(super) header_timeout: Duration,
}

impl<H: Handler> Connection<H> {
    /// Serves until the peer or the server ends it.
    pub(super) async fn serve(self, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        match acceptor {
            None => self.over(stream).await,
            Some(acceptor) => match timeout(self.header_timeout, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Box::pin(self.over(stream)).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                Err(_) => tracing::debug!("TLS handshake took too long"),
            },
        }
    }

    async fn over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let Self { builder, handler, watcher, header_timeout } = self;
        let asked = Arc::new(AtomicBool::new(false));
        let service = {
            let asked = asked.clone();
            service_fn(move |request| {
                asked.store(true, Ordering::Relaxed);
                let handler = handler.clone();
                async move { Ok::<_, Infallible>(handler.handle(request).await) }
            })
        };
        let mut served = pin!(watcher.watch(builder.serve_connection(TokioIo::new(stream), service)));
        let ended = match timeout(header_timeout, &mut served).await {
            Ok(ended) => ended,
            // Which HTTP it is shows in the first bytes; hyper itself waits for these without end.
            Err(_) if !asked.load(Ordering::Relaxed) => return,
            Err(_) => served.await,
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended badly");
        }
    }
}
