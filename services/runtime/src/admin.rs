//! The admin port: liveness, readiness, metrics and the log level.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, put};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::telemetry::LogLevel;

/// Whether the process is ready; set by whoever starts the services.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Says whether `/readyz` answers 200 from now on.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }
}

struct Admin {
    registry: Registry,
    readiness: Readiness,
    level: LogLevel,
}

/// Serves `/livez`, `/readyz`, `/metrics` (OpenMetrics text), `PUT /log-level` and what `more` has until `stop` is
/// cancelled; returns the address that it listens on. Who may use `more`, and how much is read there, is its own affair.
///
/// # Errors
/// The system's answer, with the address, where it cannot listen.
pub async fn serve(
    listen: SocketAddr,
    registry: Registry,
    readiness: Readiness,
    level: LogLevel,
    more: Router,
    stop: CancellationToken,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|e| std::io::Error::new(e.kind(), format!("admin.listen {listen}: {e}")))?;
    let address = listener.local_addr()?;
    let app = Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/log-level", put(set_level))
        .layer(DefaultBodyLimit::max(4 << 10))
        .with_state(Arc::new(Admin { registry, readiness, level }))
        .merge(more);
    tokio::spawn(async move {
        let served = axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "admin port failed");
        }
    });
    Ok(address)
}

async fn ready(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    if admin.readiness.0.load(Ordering::Acquire) {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn metrics(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    let mut text = String::new();
    match encode(&mut text, &admin.registry) {
        Ok(()) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")],
            text,
        ),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, "text/plain")], format!("{error}\n"))
        }
    }
}

async fn set_level(State(admin): State<Arc<Admin>>, filter: String) -> impl IntoResponse {
    match admin.level.set(filter.trim()) {
        Ok(()) => (StatusCode::NO_CONTENT, String::new()),
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("answered");
        answer
    }

    #[tokio::test]
    async fn readiness_follows_what_is_set_and_metrics_end_as_openmetrics_does() {
        let level = crate::telemetry::init("off", crate::telemetry::Format::Text).expect("valid filter");
        let readiness = Readiness::default();
        let stop = CancellationToken::new();
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let more = Router::new().route("/v1/more", get(async || "more\n"));
        let address = serve(listen, Registry::default(), readiness.clone(), level, more, stop.clone())
            .await
            .expect("listening");
        let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(ask(address, &get("/readyz")).await.starts_with("HTTP/1.1 503"));
        readiness.set(true);
        assert!(ask(address, &get("/readyz")).await.starts_with("HTTP/1.1 200"));
        assert!(ask(address, &get("/metrics")).await.contains("# EOF"));
        assert!(ask(address, &get("/v1/more")).await.ends_with("more\n"));
        let put = "PUT /log-level HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\na=b=c";
        assert!(ask(address, put).await.starts_with("HTTP/1.1 400"));
        stop.cancel();
    }
}
