//! What the clients see, readable while the laboratory runs: `GET /clients`, and `GET /scenario`.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Lab;

impl Lab {
    /// Serves the clients' report and the names of the UEs' instances until `stop` is cancelled; returns its base
    /// URL.
    ///
    /// # Errors
    /// A socket that cannot be opened.
    pub(crate) async fn serve_status(&self, stop: &CancellationToken) -> std::io::Result<String> {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let clients = Arc::clone(&self.clients);
        let names: Vec<_> = self
            .scenario
            .ues
            .iter()
            .map(|ue| json!({"supi": ue.supi, "name": self.name_of(&ue.supi)}))
            .collect();
        let scenario = json!({"ues": names, "seconds": self.scenario.duration.as_secs_f64()});
        let app = Router::new()
            .route("/clients", get(async move || Json(clients.report())))
            .route("/scenario", get(async move || Json(scenario)));
        let stop = stop.clone();
        tokio::spawn(async move {
            let served = axum::serve(listener, app).with_graceful_shutdown(stop.cancelled_owned()).await;
            if let Err(error) = served {
                tracing::error!(%error, "status port failed");
            }
        });
        Ok(url)
    }
}
