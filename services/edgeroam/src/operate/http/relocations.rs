//! `GET /v1/relocations`: the moves that wait for nothing but somebody's word. They name UEs: only who may post commands
//! may ask.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use decider::{About, Answer};
use runtime::problem::Problem;

use super::Counter;
use super::why::stands_by;

/// A JSON array, one object a move.
pub(super) async fn open(
    State(counter): State<Arc<Counter>>,
    target: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    counter.access.check(&target, &headers)?;
    let silent = |e: decider::InquiryError| Problem::new(StatusCode::SERVICE_UNAVAILABLE, e.to_string());
    let moves = match counter.inquirer.ask(About::Moves).await.map_err(silent)? {
        Answer::Moves(moves) => moves,
        Answer::Stands(_) | Answer::Unknown { .. } | Answer::StandsBy => return Err(stands_by()),
    };
    let internal = |e: serde_json::Error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, e.to_string());
    let body = serde_json::to_string(&moves).map_err(internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}
