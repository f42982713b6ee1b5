//! Problem details (RFC 9457), as our own ports answer.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

/// Why a request was not done.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    known: Option<Vec<String>>,
    pointer: Option<String>,
    retry_after: Option<Duration>,
}

impl Problem {
    /// With this status, and what is wrong in words.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), known: None, pointer: None, retry_after: None }
    }

    /// With what could have been named instead.
    #[must_use]
    pub fn with_known(self, known: Vec<String>) -> Self {
        Self { known: Some(known), ..self }
    }

    /// Of this member of the body: a JSON pointer (RFC 6901), `/1/loss`.
    #[must_use]
    pub fn at(self, pointer: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), ..self }
    }

    /// To be asked again after this, in whole seconds upwards (RFC 9110, clause 10.2.3).
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// Its status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What is wrong, in words.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// As it is sent.
    pub fn response(self) -> Response<String> {
        let mut body = json!({
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(known) = self.known {
            body["known"] = known.into();
        }
        if let Some(pointer) = self.pointer {
            // The members of the example in RFC 9457, clause 3.
            let detail = body["detail"].clone();
            body["errors"] =
                Value::Array(vec![json!({ "detail": detail, "pointer": format!("#{pointer}") })]);
        }
        let mut response = Response::new(body.to_string());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        self.response().map(Body::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_where_it_is_what_there_is_and_when_to_ask_again() {
        let problem =
            Problem::new(StatusCode::BAD_REQUEST, "no ratio").at("/1/loss").with_known(vec!["a".into()]);
        let response = problem.response();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body: Value = serde_json::from_str(response.body()).expect("JSON");
        assert_eq!((&body["status"], &body["title"]), (&json!(400), &json!("Bad Request")));
        assert_eq!(body["errors"], json!([{ "detail": "no ratio", "pointer": "#/1/loss" }]));
        assert_eq!(body["known"], json!(["a"]));
        let slow =
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "later").retry_after(Duration::from_millis(1_200));
        assert_eq!(slow.response().headers()[header::RETRY_AFTER], "2");
        let unknown = Problem::new(StatusCode::UNAUTHORIZED, "who?").response();
        assert_eq!(unknown.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }
}
