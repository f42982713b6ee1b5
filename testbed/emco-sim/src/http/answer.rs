//! Answers as Go's `net/http` gives them.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use bytes::Bytes;

use crate::refusal::Refusal;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NOSNIFF: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));

/// An answer.
pub(super) type Answer = Response<Body>;

/// Nothing but a status code.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

/// JSON, with the line end that Go's encoder writes.
pub(super) fn json(status: StatusCode, body: impl Into<Vec<u8>>) -> Answer {
    content(status, JSON, body.into())
}

/// JSON whose handler forgot to say so: Go guesses text.
pub(super) fn undeclared_json(status: StatusCode, body: impl Into<Vec<u8>>) -> Answer {
    content(status, TEXT, body.into())
}

/// A file.
pub(super) fn file(body: Bytes) -> Answer {
    let mut answer = Response::new(Body::from(body));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    answer
}

/// Go's `http.Error`.
pub(super) fn refusal(refusal: &Refusal) -> Answer {
    error(refusal.status, &refusal.text)
}

/// Go's `http.Error`, for any status code.
pub(super) fn error(status: u16, text: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = content(status, TEXT, text.as_bytes().to_vec());
    answer.headers_mut().insert(NOSNIFF.0, NOSNIFF.1);
    answer
}

/// What the ingress before EMCO says without a valid token.
pub(super) fn unauthorized(presented: bool) -> Answer {
    let text = if presented { "Jwt verification fails" } else { "Jwt is missing" };
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = StatusCode::UNAUTHORIZED;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    answer.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer realm=\"emco\""));
    answer
}

fn content(status: StatusCode, kind: HeaderValue, mut body: Vec<u8>) -> Answer {
    body.push(b'\n');
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}
