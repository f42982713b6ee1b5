//! One request: authentication, faults, dispatch.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::http::{Method, StatusCode};

use super::answer::{self, Answer};
use super::listen::Scope;
use super::resource;
use super::route::{self, Route};
use crate::fault::Effect;
use crate::history::HistoryEvent;
use crate::orchestrator::query::StatusQuery;
use crate::refusal::Refusal;
use crate::sim::Inner;
use crate::{cloud, orchestrator, view};

/// The largest JSON body, in bytes; EMCO's own have a few hundred.
const MAX_JSON: usize = 1 << 20;

/// An answer that never arrives; hyper drops the connection.
#[derive(Debug, thiserror::Error)]
#[error("the reply was lost, as asked")]
pub(super) struct Lost;

/// Serves one request.
///
/// # Errors
/// When the connection is to be dropped.
pub(super) async fn serve(inner: &Arc<Inner>, scope: Scope, request: Request) -> Result<Answer, Lost> {
    if let Some(answer) = testbed(inner, &request) {
        return Ok(answer);
    }
    if let Some(expected) = &inner.config.bearer_token {
        let presented = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        if presented.and_then(|value| value.strip_prefix("Bearer ")) != Some(expected.as_str()) {
            return Ok(answer::unauthorized(presented.is_some()));
        }
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let whole = request.uri().path_and_query().map_or(path.as_str(), |whole| whole.as_str());
    inner.history.note_request(method.as_str(), whole);
    let effect = inner.faults.take(method.as_str(), &path);
    if effect.is_some() {
        inner.history.record(HistoryEvent::Fault { method: method.to_string(), path });
    }
    match effect {
        None => Ok(carry_out(inner, scope, request).await),
        Some(Effect::Fail { status, text }) => Ok(answer::error(status, &text)),
        Some(Effect::Delay(delay)) => {
            let answer = in_any_case(inner, scope, request, delay).await;
            answer.ok_or(Lost)
        }
        Some(Effect::LoseReply) => {
            in_any_case(inner, scope, request, std::time::Duration::ZERO).await;
            Err(Lost)
        }
    }
}

/// Carries a request out even when its sender goes away meanwhile.
async fn in_any_case(
    inner: &Arc<Inner>,
    scope: Scope,
    request: Request,
    delay: std::time::Duration,
) -> Option<Answer> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, resource::MAX_UPLOAD).await.ok()?;
    let request = Request::from_parts(head, Body::from(body));
    let task = {
        let inner = Arc::clone(inner);
        inner.tasks.clone().spawn(async move {
            tokio::time::sleep(delay).await;
            carry_out(&inner, scope, request).await
        })
    };
    task.await.ok()
}

async fn carry_out(inner: &Arc<Inner>, scope: Scope, request: Request) -> Answer {
    let Some(route) = route::find(request.uri().path(), scope) else {
        return answer::error(404, "404 page not found");
    };
    dispatch(inner, route, request).await.unwrap_or_else(|refusal| answer::refusal(&refusal))
}

async fn dispatch(inner: &Arc<Inner>, route: Route, request: Request) -> Result<Answer, Refusal> {
    let method = request.method().clone();
    match route {
        Route::Collection { kind, key, parent } => {
            resource::collection(inner, kind, &key, &parent, request).await
        }
        Route::Item { kind, key } => resource::item(inner, kind, &key, request).await,
        Route::GroupAction { group, action } if method == Method::POST => {
            let body = body(request).await?;
            let revision = orchestrator::action::act(inner, &group, action, &body).await?;
            Ok(match revision {
                Some(revision) => answer::json(StatusCode::ACCEPTED, revision.to_string()),
                None => answer::empty(StatusCode::ACCEPTED),
            })
        }
        Route::GroupStatus { group } if method == Method::GET => {
            let query = StatusQuery::parse(request.uri())?;
            // EMCO gathers an answer over the whole of that time; halfway stands for all of it.
            let half = inner.config.delays.status / 2;
            tokio::time::sleep(inner.pace.vary(half)).await;
            let status = orchestrator::status::answer(&inner.world(), &group, &query)?;
            tokio::time::sleep(inner.pace.vary(half)).await;
            Ok(answer::json(StatusCode::OK, status))
        }
        Route::CloudAction { cloud, action } if method == Method::POST => {
            let document = cloud::act(inner, &cloud, action).await?;
            Ok(match document {
                Some(document) => answer::json(StatusCode::ACCEPTED, document),
                None => answer::empty(StatusCode::ACCEPTED),
            })
        }
        Route::CloudStatus { cloud } if method == Method::GET => {
            StatusQuery::parse(request.uri())?;
            tokio::time::sleep(inner.pace.vary(inner.config.delays.status)).await;
            Ok(answer::json(StatusCode::OK, cloud::status(inner, &cloud)?))
        }
        Route::GroupAction { .. }
        | Route::GroupStatus { .. }
        | Route::CloudAction { .. }
        | Route::CloudStatus { .. } => Ok(answer::empty(StatusCode::METHOD_NOT_ALLOWED)),
    }
}

/// A request's body, bounded.
pub(super) async fn body(request: Request) -> Result<bytes::Bytes, Refusal> {
    axum::body::to_bytes(request.into_body(), MAX_JSON)
        .await
        .map_err(|_| Refusal::new(413, "http: request body too large"))
}

/// The views for assertions, which need no token.
fn testbed(inner: &Arc<Inner>, request: &Request) -> Option<Answer> {
    let json = match request.uri().path() {
        "/_testbed/groups" => serde_json::to_vec(&view::groups(&inner.world())),
        "/_testbed/history" => serde_json::to_vec(&inner.history.entries()),
        _ => return None,
    };
    if request.method() != Method::GET {
        return Some(answer::empty(StatusCode::METHOD_NOT_ALLOWED));
    }
    Some(match json {
        Ok(json) => answer::json(StatusCode::OK, json),
        Err(error) => answer::error(500, &error.to_string()),
    })
}
