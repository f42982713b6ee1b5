//! Why a notification is not taken in.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use sbi::problem::{self, cause};
use sbi::server::BodyError;

use crate::metrics::NotificationResult;

/// A refusal and how it is counted.
pub(super) struct Refusal {
    pub(super) counted: NotificationResult,
    status: StatusCode,
    cause: Option<&'static str>,
    detail: String,
}

impl Refusal {
    pub(super) fn new(
        counted: NotificationResult,
        status: StatusCode,
        cause: Option<&'static str>,
        detail: impl Into<String>,
    ) -> Self {
        Self { counted, status, cause, detail: detail.into() }
    }

    /// 400: the body is not what the API says.
    pub(super) fn malformed(cause: &'static str, detail: impl Into<String>) -> Self {
        Self::new(NotificationResult::Malformed, StatusCode::BAD_REQUEST, Some(cause), detail)
    }

    /// 400: the body cannot be read.
    pub(super) fn unreadable(error: &serde_json::Error) -> Self {
        Self::malformed(cause::INVALID_MSG_FORMAT, format!("body: {error}"))
    }

    /// 404: nobody was given this address, or it is not the subscription's.
    pub(super) fn unknown_subscription() -> Self {
        let counted = NotificationResult::UnknownSubscription;
        let cause = Some(cause::SUBSCRIPTION_NOT_FOUND);
        Self::new(counted, StatusCode::NOT_FOUND, cause, "there is no such subscription")
    }

    /// 503: the bus has it not.
    pub(super) fn not_stored() -> Self {
        let counted = NotificationResult::NotPublished;
        let cause = Some(cause::SYSTEM_FAILURE);
        let detail = "the notification could not be stored";
        Self::new(counted, StatusCode::SERVICE_UNAVAILABLE, cause, detail)
    }

    pub(super) fn response(self) -> Response<Full<Bytes>> {
        tracing::debug!(status = %self.status, detail = self.detail, "notification refused");
        let mut response = problem::response(self.status, self.cause, self.detail);
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        let (counted, status) = match &error {
            BodyError::TooLarge { .. } => (NotificationResult::TooLarge, StatusCode::PAYLOAD_TOO_LARGE),
            BodyError::TooSlow { .. } => (NotificationResult::Other, StatusCode::REQUEST_TIMEOUT),
            BodyError::Broken(_) => (NotificationResult::Other, StatusCode::BAD_REQUEST),
        };
        Self::new(counted, status, None, error.to_string())
    }
}
