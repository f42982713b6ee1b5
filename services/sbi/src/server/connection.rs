//! One connection.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::requests::Requests;
use super::{Handler, ServerConfig};

/// What a connection needs.
pub(super) struct Connection<H> {
    pub(super) config: Arc<ServerConfig>,
    pub(super) handler: Arc<H>,
    pub(super) watcher: Watcher,
}

impl<H: Handler> Connection<H> {
    /// Serves until the peer or the server ends it.
    pub(super) async fn serve(self, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        match acceptor {
            None => self.over(stream).await,
            Some(acceptor) => match timeout(self.config.header_timeout, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Box::pin(self.over(stream)).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                Err(_) => tracing::debug!("TLS handshake took too long"),
            },
        }
    }

    async fn over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let Self { config, handler, watcher } = self;
        let requests = Requests::default();
        let builder = config.builder(requests.clone());
        let asked = Arc::new(AtomicBool::new(false));
        let service = {
            let asked = asked.clone();
            service_fn(move |request| {
                asked.store(true, Ordering::Relaxed);
                let handler = handler.clone();
                async move { Ok::<_, Infallible>(handler.handle(request).await) }
            })
        };
        let served = Box::pin(watcher.watch(builder.serve_connection(TokioIo::new(stream), service)));
        let mut served = pin!(requests.along_with(served));
        let ended = match timeout(config.header_timeout, &mut served).await {
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
