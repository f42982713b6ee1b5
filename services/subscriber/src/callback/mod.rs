//! Where AMFs and SMFs post: one address a subscription, with a secret in its path.
//!
//! Cores send no credentials with notifications, so the address itself is the credential: 122 random bits, compared
//! in constant time. A 204 says that the bus has what was notified, nothing less.

mod amf;
mod issued;
mod refusal;
mod smf;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bus::BusError;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use model::{QosReport, Timestamp};
use sbi::problem::cause;
use sbi::server::{Handler, read_body};

use crate::clock::timestamp;
use crate::config::QosConfig;
use crate::metrics::{Ignored, Metrics, NotificationResult};
use crate::publish::Publisher;
use crate::qos::Measurements;
use crate::track::AmfSlot;
use crate::translate::Sightings;

pub use issued::IssuedCallback;
pub(crate) use issued::{Callbacks, Known, Notifier};

use refusal::Refusal;

/// Takes in what was notified.
pub(crate) trait Receive: Send + Sync + 'static {
    /// Takes in where UEs are. Returns when it is safe to say 204.
    fn receive(
        &self,
        amf: AmfSlot,
        sightings: Sightings,
        observed_at: Timestamp,
    ) -> impl Future<Output = Result<(), BusError>> + Send;

    /// Takes in what was measured of UEs. Returns when it is safe to say 204.
    fn measured(&self, reports: Vec<QosReport>) -> impl Future<Output = Result<(), BusError>> + Send;
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

    async fn measured(&self, reports: Vec<QosReport>) -> Result<(), BusError> {
        self.measure(&reports).await
    }
}

/// Answers notifications.
pub(crate) struct Callback<R> {
    pub(crate) callbacks: Arc<Callbacks>,
    pub(crate) receiver: Arc<R>,
    pub(crate) metrics: Metrics,
    pub(crate) max_body: usize,
    pub(crate) body_timeout: Duration,
    /// Which PDU sessions count.
    pub(crate) qos: QosConfig,
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
                refusal.response()
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
            return Err(Refusal::new(
                NotificationResult::Other,
                StatusCode::METHOD_NOT_ALLOWED,
                None,
                detail,
            ));
        }
        if !is_json(&head.headers) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let detail = "the content type must be application/json";
            return Err(Refusal::new(NotificationResult::Malformed, status, None, detail));
        }
        let body = read_body(body, self.max_body, self.body_timeout).await?;
        let stored = match known.notifier {
            Notifier::Amf(amf) => {
                let sightings = amf::understand(&body, &known)?;
                known.count();
                if sightings.seen.is_empty() {
                    return Ok(());
                }
                self.receiver.receive(amf, sightings, observed_at).await
            }
            Notifier::Smf => {
                let read = smf::understand(&body, &known, &self.qos, observed_at)?;
                known.count();
                self.count_ignored(&read);
                if read.reports.is_empty() {
                    return Ok(());
                }
                self.receiver.measured(read.reports).await
            }
        };
        stored.map_err(|error| {
            tracing::warn!(%error, "a notification could not be put on the bus");
            Refusal::not_stored()
        })
    }

    fn authorise(&self, path: &str) -> Result<Arc<Known>, Refusal> {
        let Some((prefix, correlation, secret)) = issued::parts(path) else {
            let cause = Some(cause::RESOURCE_URI_STRUCTURE_NOT_FOUND);
            let detail = "there is no such resource";
            return Err(Refusal::new(NotificationResult::Other, StatusCode::NOT_FOUND, cause, detail));
        };
        let known = self.callbacks.known(correlation).filter(|known| known.notifier.path() == prefix);
        let known = known.ok_or_else(Refusal::unknown_subscription)?;
        if !known.has_secret(secret) {
            let detail = "this is not the address that was given for the subscription";
            return Err(Refusal::new(NotificationResult::WrongSecret, StatusCode::FORBIDDEN, None, detail));
        }
        Ok(known)
    }

    fn count_ignored(&self, read: &Measurements) {
        self.metrics.ignored(Ignored::Unreadable, read.unreadable);
        self.metrics.ignored(Ignored::Unmeasured, read.unmeasured);
        self.metrics.ignored(Ignored::OtherSession, read.elsewhere);
    }
}

fn is_json(headers: &http::HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = value.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/json")
}

#[cfg(test)]
mod tests;
