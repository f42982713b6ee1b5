//! Problem details: the one place where they are built, and where those of others are read.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use sbi_schemas::problem::{CONTENT_TYPE, ProblemDetails};
use sbi_schemas::ts29510::AccessTokenErr;

/// How much of a peer's text is repeated in our messages, in characters.
const SHOWN: usize = 200;

/// Application errors that TS 29.500 table 5.2.7.2-1 names and we answer with.
pub mod cause {
    /// The body is not what the API says.
    pub const INVALID_MSG_FORMAT: &str = "INVALID_MSG_FORMAT";
    /// A member that must be there holds a value that it cannot have.
    pub const MANDATORY_IE_INCORRECT: &str = "MANDATORY_IE_INCORRECT";
    /// A member that must be there is missing.
    pub const MANDATORY_IE_MISSING: &str = "MANDATORY_IE_MISSING";
    /// There is no such resource.
    pub const RESOURCE_URI_STRUCTURE_NOT_FOUND: &str = "RESOURCE_URI_STRUCTURE_NOT_FOUND";
    /// There is no such subscription.
    pub const SUBSCRIPTION_NOT_FOUND: &str = "SUBSCRIPTION_NOT_FOUND";
    /// Not possible at present.
    pub const SYSTEM_FAILURE: &str = "SYSTEM_FAILURE";
}

/// An answer that says why a request was refused.
pub fn response(status: StatusCode, cause: Option<&str>, detail: impl Into<String>) -> Response<Full<Bytes>> {
    let problem = ProblemDetails {
        title: status.canonical_reason().map(str::to_owned),
        status: Some(status.as_u16()),
        detail: Some(detail.into()),
        cause: cause.map(str::to_owned),
        ..ProblemDetails::default()
    };
    // A struct of strings and numbers always serialises.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    response
}

/// What a peer's refusal says, on one line and cut to a few words: problem details under whatever content type,
/// `{"error": …}` of OAuth2, or plain text. Empty where it says nothing.
pub fn explain(body: &[u8]) -> String {
    let said = if let Ok(refusal) = serde_json::from_slice::<AccessTokenErr>(body) {
        [Some(refusal.error), refusal.error_description].into_iter().flatten().collect::<Vec<_>>().join(": ")
    } else if let Ok(problem) = serde_json::from_slice::<ProblemDetails>(body) {
        let mut said: Vec<_> = [problem.cause, problem.title, problem.detail].into_iter().flatten().collect();
        // Free5GC says the same under two names.
        said.dedup();
        said.join(": ")
    } else {
        String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]).into_owned()
    };
    said.chars()
        .take(SHOWN)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_refusal_is_problem_json_with_status_and_cause() {
        let answer =
            response(StatusCode::NOT_FOUND, Some(cause::SUBSCRIPTION_NOT_FOUND), "no such subscription");
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = answer.into_body().collect().await.expect("body").to_bytes();
        let read: ProblemDetails = serde_json::from_slice(&body).expect("problem details");
        assert_eq!((read.status, read.cause.as_deref()), (Some(404), Some("SUBSCRIPTION_NOT_FOUND")));
    }

    #[test]
    fn the_ways_in_which_free5gc_refuses_are_understood() {
        assert_eq!(explain(br#"{"error":"invalid_client"}"#), "invalid_client");
        assert_eq!(explain(br#"{"status":403,"cause":"UE_NOT_SERVED_BY_AMF"}"#), "UE_NOT_SERVED_BY_AMF");
        assert_eq!(explain(b"404 page not found"), "404 page not found");
        assert_eq!(explain(b""), "");
        assert_eq!(explain(&[b'x'; 5000]).len(), SHOWN);
    }
}
