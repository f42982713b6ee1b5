//! Where AMFs post: one address a subscription, with a secret in its path.
//!
//! Cores send no credentials with notifications, so the address itself is the credential: 122 random bits, compared
//! in constant time. A 204 says that the bus has what was notified, nothing less.

mod issued;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bus::BusError;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use model::Timestamp;
use sbi::problem::{self, cause};
use sbi::server::{BodyError, Handler, read_body};
use sbi_schemas::Text;
use sbi_schemas::ts29518::AmfEventNotification;

use crate::clock::timestamp;
use crate::metrics::{Metrics, NotificationResult};
use crate::publish::Publisher;
use crate::track::AmfSlot;
use crate::translate::{Reported, Sightings, sightings};

pub use issued::IssuedCallback;
pub(crate) use issued::{Callbacks, Known};

/// First part of every callback's path.
pub(crate) const PATH: &str = "/namf-evts-callback/v1/";

/// Takes in what was notified.
pub(crate) trait Receive: Send + Sync + 'static {
    /// Returns when it is safe to say 204.
    fn receive(
        &self,
        amf: AmfSlot,
        sightings: Sightings,
        observed_at: Timestamp,
    ) -> impl Future<Output = Result<(), BusError>> + Send;
}

impl Receive for Publisher {
    async fn receive(
        &self,
        amf: AmfSlot,
        sightings: Sightings,
        observed_at: Timestamp,
    ) -> Result<(), BusError> {
        self.push(amf, &sightings, observed_at).await
    }
}

/// Answers notifications.
pub(crate) struct Callback<R> {
    pub(crate) callbacks: Arc<Callbacks>,
    pub(crate) receiver: Arc<R>,
    pub(crate) metrics: Metrics,
    pub(crate) max_body: usize,
    pub(crate) body_timeout: Duration,
}

/// A refusal and how it is counted.
struct Refusal {
    counted: NotificationResult,
    status: StatusCode,
    cause: Option<&'static str>,
    detail: String,
}

impl<R: Receive> Handler for Callback<R> {
    async fn handle(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match self.take_in(request).await {
            Ok(()) => {
                self.metrics.notification(NotificationResult::Accepted);
                let mut response = Response::new(Full::default());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
            Err(refusal) => {
                self.metrics.notification(refusal.counted);
                tracing::debug!(status = %refusal.status, detail = refusal.detail, "notification refused");
                let mut response = problem::response(refusal.status, refusal.cause, refusal.detail);
                if refusal.status == StatusCode::METHOD_NOT_ALLOWED {
                    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
                }
                if refusal.status == StatusCode::SERVICE_UNAVAILABLE {
                    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                }
                response
            }
        }
    }
}

impl<R: Receive> Callback<R> {
    async fn take_in(&self, request: Request<Incoming>) -> Result<(), Refusal> {
        let observed_at = timestamp(SystemTime::now());
        let (head, body) = request.into_parts();
        // Everything that needs no body comes before the body is read.
        let known = self.authorise(head.uri.path())?;
        if head.method != Method::POST {
            let detail = "notifications are posted";
            return Err(refuse(NotificationResult::Other, StatusCode::METHOD_NOT_ALLOWED, None, detail));
        }
        if !is_json(&head.headers) {
            let detail = "the content type must be application/json";
            return Err(refuse(
                NotificationResult::Malformed,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                None,
                detail,
            ));
        }
        let body = read_body(body, self.max_body, self.body_timeout).await.map_err(unread)?;
        let sightings = understand(&body, &known)?;
        known.count();
        if sightings.seen.is_empty() {
            return Ok(());
        }
        self.receiver.receive(known.amf, sightings, observed_at).await.map_err(|error| {
            tracing::warn!(%error, "a notification could not be put on the bus");
            refuse(
                NotificationResult::NotPublished,
                StatusCode::SERVICE_UNAVAILABLE,
                Some(cause::SYSTEM_FAILURE),
                "the notification could not be stored",
            )
        })
    }

    fn authorise(&self, path: &str) -> Result<Arc<Known>, Refusal> {
        let parts = path.strip_prefix(PATH).and_then(|rest| rest.split_once('/'));
        let Some((correlation, secret)) = parts else {
            let cause = Some(cause::RESOURCE_URI_STRUCTURE_NOT_FOUND);
            let detail = "there is no such resource";
            return Err(refuse(NotificationResult::Other, StatusCode::NOT_FOUND, cause, detail));
        };
        let Some(known) = self.callbacks.known(correlation) else {
            return Err(unknown_subscription());
        };
        if !known.has_secret(secret) {
            let detail = "this is not the address that was given for the subscription";
            return Err(refuse(NotificationResult::WrongSecret, StatusCode::FORBIDDEN, None, detail));
        }
        Ok(known)
    }
}

fn understand(body: &[u8], known: &Known) -> Result<Sightings, Refusal> {
    let notification: AmfEventNotification<Text<'_>> = serde_json::from_slice(body).map_err(|error| {
        let cause = Some(cause::INVALID_MSG_FORMAT);
        refuse(NotificationResult::Malformed, StatusCode::BAD_REQUEST, cause, &format!("body: {error}"))
    })?;
    let id = notification.notify_correlation_id.as_ref();
    if id.is_some_and(|id| id.as_ref() != known.correlation) {
        return Err(unknown_subscription());
    }
    match (&notification.report_list, &notification.subs_change_notify_correlation_id) {
        (Some(reports), _) => Ok(sightings(reports, Reported::InNotification)),
        (None, Some(_)) => Ok(Sightings::default()),
        (None, None) => {
            let cause = Some(cause::MANDATORY_IE_MISSING);
            let detail = "reportList is missing";
            Err(refuse(NotificationResult::Malformed, StatusCode::BAD_REQUEST, cause, detail))
        }
    }
}

fn is_json(headers: &http::HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = value.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/json")
}

fn unread(error: BodyError) -> Refusal {
    let (counted, status) = match &error {
        BodyError::TooLarge { .. } => (NotificationResult::TooLarge, StatusCode::PAYLOAD_TOO_LARGE),
        BodyError::TooSlow { .. } => (NotificationResult::Other, StatusCode::REQUEST_TIMEOUT),
        BodyError::Broken(_) => (NotificationResult::Other, StatusCode::BAD_REQUEST),
    };
    refuse(counted, status, None, &error.to_string())
}

fn unknown_subscription() -> Refusal {
    let cause = Some(cause::SUBSCRIPTION_NOT_FOUND);
    refuse(
        NotificationResult::UnknownSubscription,
        StatusCode::NOT_FOUND,
        cause,
        "there is no such subscription",
    )
}

fn refuse(
    counted: NotificationResult,
    status: StatusCode,
    cause: Option<&'static str>,
    detail: &str,
) -> Refusal {
    Refusal { counted, status, cause, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests;
