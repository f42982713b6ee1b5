//! Commands, sites and why instances are where they are, on the admin port.

mod why;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bus::{Bus, BusError};
use decider::Inquirer;
use model::{OperatorCommand, Site};
use serde_json::json;

use super::problem::Problem;
use super::request::Request;
use super::{Names, Token, now, publish, view};

/// The longest body that is read, in bytes.
const MOST: usize = 16 << 10;

/// Where commands are taken.
pub(crate) struct Counter {
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) sites: Vec<Site>,
    pub(crate) names: Names,
    /// Where it is asked how instances stand.
    pub(crate) inquirer: Inquirer,
    /// What whoever posts must show. Without it only this machine may post.
    pub(crate) token: Option<Token>,
    /// Where the admin port was told to listen.
    pub(crate) listen: SocketAddr,
}

/// `POST /v1/commands`, `GET /v1/sites` and `GET /v1/why`.
pub(crate) fn router(counter: Counter) -> Router {
    Router::new()
        .route("/v1/commands", post(command))
        .route("/v1/sites", get(sites))
        .route("/v1/why", get(why::why))
        .layer(DefaultBodyLimit::max(MOST))
        .with_state(Arc::new(counter))
}

/// 202 with id and time once the bus has the command.
async fn command(
    State(counter): State<Arc<Counter>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    counter.may_ask(&headers)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/json is wanted"));
    }
    let body = body.map_err(|rejected| Problem::new(rejected.status(), rejected.body_text()))?;
    let command =
        Request::read(&body, now()).map_err(|reason| Problem::new(StatusCode::BAD_REQUEST, reason))?;
    counter.names.check(&command.ask)?;
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
    fn may_ask(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if let Some(token) = &self.token {
            let refused = || Problem::new(StatusCode::UNAUTHORIZED, "show the token of admin.token_file");
            return if token.is_shown(headers) { Ok(()) } else { Err(refused()) };
        }
        if !self.listen.ip().is_loopback() {
            let why = format!(
                "others can reach {}: operators are served there once admin.token_file is set",
                self.listen
            );
            return Err(Problem::new(StatusCode::FORBIDDEN, why));
        }
        // A name that somebody else has pointed to this machine is how a page in a browser would get here.
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
        if host.is_some_and(is_this_machine) {
            return Ok(());
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "without a token, ask 127.0.0.1, [::1] or localhost"))
    }

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

/// Whether a `Host` (RFC 9110, clause 7.2) names the loopback interface.
fn is_this_machine(host: &str) -> bool {
    if host.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback()) {
        return true;
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
        return true;
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests;
