//! Commands, sites, why instances are where they are and what waits for a word, on the admin port.

mod relocations;
mod why;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bus::{Bus, BusError};
use catalogue::Unknown;
use decider::Inquirer;
use model::{OperatorCommand, Site};
use runtime::access::Access;
use runtime::problem::Problem;
use serde_json::json;

use super::request::Request;
use super::{Names, now, publish, view};

/// The longest body that is read, in bytes.
const MOST: usize = 16 << 10;

/// Where commands are taken.
pub(crate) struct Counter {
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) sites: Vec<Site>,
    pub(crate) names: Names,
    /// Who may post, and ask why.
    pub(crate) access: Access,
    /// Where it is asked how instances stand.
    pub(crate) inquirer: Inquirer,
}

/// `POST /v1/commands`, `GET /v1/sites`, `GET /v1/why` and `GET /v1/relocations`.
pub(crate) fn router(counter: Counter) -> Router {
    Router::new()
        .route("/v1/commands", post(command))
        .route("/v1/sites", get(sites))
        .route("/v1/why", get(why::why))
        .route("/v1/relocations", get(relocations::open))
        .layer(DefaultBodyLimit::max(MOST))
        .with_state(Arc::new(counter))
}

/// 202 with id and time once the bus has the command.
async fn command(
    State(counter): State<Arc<Counter>>,
    target: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    counter.access.check(&target, &headers)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/json is wanted"));
    }
    let body = body.map_err(|rejected| Problem::new(rejected.status(), rejected.body_text()))?;
    let command =
        Request::read(&body, now()).map_err(|reason| Problem::new(StatusCode::BAD_REQUEST, reason))?;
    counter.names.check(&command.ask).map_err(of_name)?;
    let stands = counter.put(command).await?;
    tracing::info!(ask = stands.ask.as_str(), key = stands.ask.key(), by = stands.by, id = %stands.id, "asked");
    let body = json!({ "id": stands.id, "at": stands.at }).to_string();
    Ok((StatusCode::ACCEPTED, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

async fn sites(State(counter): State<Arc<Counter>>) -> Result<Response, Problem> {
    let views = view::sites(counter.bus.as_ref(), &counter.sites).await.map_err(|e| of_bus(&e))?;
    let internal = |e: serde_json::Error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, e.to_string());
    let body = serde_json::to_string(&views).map_err(internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

impl Counter {
    /// Puts the command on the bus; what stands there under its id.
    async fn put(&self, command: OperatorCommand) -> Result<OperatorCommand, Problem> {
        let bus = self.bus.as_ref();
        let position = publish::put(bus, &command).await.map_err(|e| of_bus(&e))?;
        let broken = |e: anyhow::Error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("{e:#}"));
        let stands = publish::at(bus, position).await.map_err(broken)?.unwrap_or_else(|| command.clone());
        if stands.id == command.id && stands.ask != command.ask {
            let why = format!("id {} was used to ask for something else; take another", command.id);
            return Err(Problem::new(StatusCode::CONFLICT, why));
        }
        Ok(stands)
    }
}

fn of_bus(error: &BusError) -> Problem {
    let detail = format!("{error}; ask again with the same id");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}

fn of_name(unknown: Unknown) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, unknown.to_string()).with_known(unknown.known)
}

#[cfg(test)]
mod tests;
