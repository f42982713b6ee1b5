//! Answers.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;

const GIN_JSON: &str = "application/json; charset=utf-8";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// ProblemDetails (TS 29.571 clause 5.2.4.1) as far as the two personalities fill it.
#[derive(Serialize, Default)]
pub(crate) struct Problem {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<&'static str>,
    pub(crate) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<&'static str>,
}

impl Problem {
    /// A status and its application error.
    pub(crate) fn cause(status: u16, cause: &'static str) -> Problem {
        Problem { status, cause: Some(cause), ..Problem::default() }
    }

    /// Free5GC's answer to a body that it cannot read or will not have.
    pub(crate) fn malformed(detail: impl Into<String>) -> Problem {
        let title = Some("Malformed request syntax");
        Problem { title, status: 400, detail: Some(detail.into()), cause: None }
    }

    /// Adds a text for people.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.detail = Some(detail.into());
        self
    }

    /// As `application/problem+json` (TS 29.500 clause 5.2.7).
    pub(crate) fn reply(&self) -> Reply {
        Reply::with(self.status, PROBLEM, self)
    }

    /// As Free5GC's NFs but the NRF send it: under the media type of an ordinary answer.
    pub(crate) fn gin(&self) -> Reply {
        Reply::with(self.status, GIN_JSON, self)
    }
}

/// An answer, ready to be sent.
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(header::HeaderName, String)>,
    body: Bytes,
}

impl Reply {
    /// JSON as the compliant NFs send it.
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Reply {
        Reply::with(status, JSON, body)
    }

    /// JSON as Free5GC's web framework sends it.
    pub(crate) fn gin(status: u16, body: &impl Serialize) -> Reply {
        Reply::with(status, GIN_JSON, body)
    }

    /// A collection of links (TS 29.501, HAL).
    pub(crate) fn with_hal(body: &impl Serialize) -> Reply {
        Reply::with(200, "application/3gppHal+json", body)
    }

    /// No body.
    pub(crate) fn empty(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// Free5GC's answer to what it has no route for, a wrong method included.
    pub(crate) fn page_not_found() -> Reply {
        let body = Bytes::from_static(b"404 page not found");
        Reply { status: 404, headers: vec![(header::CONTENT_TYPE, "text/plain".to_owned())], body }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: header::HeaderName, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    fn with(status: u16, content_type: &str, body: &impl Serialize) -> Reply {
        match serde_json::to_vec(body) {
            Ok(bytes) => Reply {
                status,
                headers: vec![(header::CONTENT_TYPE, content_type.to_owned())],
                body: bytes.into(),
            },
            Err(error) => {
                tracing::error!(%error, "an answer of the simulated core is no JSON");
                Reply::empty(500)
            }
        }
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            // A value that came out of a request and cannot stand in a header is left out.
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}
