//! Problem details (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::names::Unknown;

/// Why a request was not done.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    /// What could have been named instead.
    known: Option<Vec<String>>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), known: None }
    }

    /// The same, with what could have been named instead.
    pub(super) fn knowing(self, known: Vec<String>) -> Self {
        Self { known: Some(known), ..self }
    }
}

impl From<Unknown> for Problem {
    fn from(unknown: Unknown) -> Self {
        let detail = unknown.to_string();
        Self::new(StatusCode::NOT_FOUND, detail).knowing(unknown.known)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(known) = self.known {
            body["known"] = known.into();
        }
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        let mut response = (self.status, kind, body.to_string()).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
