//! Peers for tests.
#![allow(dead_code, unreachable_pub)] // Each test binary uses its part.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use sbi::TlsFiles;
use sbi::server::{Handler, Server, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Installs the crypto provider once.
pub fn provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// A file of `tests/tls`: a self-signed certificate for 127.0.0.1, and its key.
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls")).join(name)
}

/// Serves until the test ends; both HTTP versions.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Answers 204 to everything.
pub struct Nothing;

impl Handler for Nothing {
    async fn handle(&self, _: Request<Incoming>) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    }
}

/// Our own server with TLS, answering 204 to everything.
pub async fn serve_tls() -> SocketAddr {
    provider();
    let files =
        TlsFiles { ca_file: None, cert_file: Some(file("cert.pem")), key_file: Some(file("key.pem")) };
    let tls = files.server().expect("usable files");
    let config = ServerConfig { tls, ..ServerConfig::default() };
    let server = Server::bind(([127, 0, 0, 1], 0).into(), config).await.expect("a port");
    let address = server.local_addr();
    tokio::spawn(server.run(Arc::new(Nothing), CancellationToken::new()));
    address
}

/// A TLS peer that completes handshakes with those only who show the certificate of `tests/tls`, counts them, and
/// hangs up.
pub async fn serve_mutual_tls() -> (SocketAddr, Arc<AtomicUsize>) {
    provider();
    let certificate = CertificateDer::from_pem_file(file("cert.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).expect("a key");
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("a root");
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().expect("a verifier");
    let config = rustls::ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate], key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let shown = Arc::new(AtomicUsize::new(0));
    let counted = shown.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            if acceptor.accept(stream).await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (address, shown)
}

/// An HTTP/2 peer; with `refuse` it says GOAWAY(NO_ERROR) in place of any answer and closes.
pub async fn goaway_first(mut stream: TcpStream, refuse: bool) {
    if refuse {
        // Empty SETTINGS, then GOAWAY: last stream 0, NO_ERROR (RFC 9113 clause 6.8).
        let frames = [&[0, 0, 0, 4, 0, 0, 0, 0, 0][..], &[0, 0, 8, 7, 0, 0, 0, 0, 0], &[0; 8]].concat();
        let _ = stream.write_all(&frames).await;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        return;
    }
    let service = hyper::service::service_fn(async |_: Request<Incoming>| {
        Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}
