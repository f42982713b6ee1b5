//! Answers whoever reports.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::{Bus, Record};
use bytes::Bytes;
use catalogue::Names;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use model::{IdentError, QosReport, SiteId, SiteRecord, Stream};
use runtime::access::Access;
use runtime::problem::Problem;
use sbi::server::{BodyError, Handler, read_body};
use uuid::Uuid;

use super::rate::Rate;
use super::{load, qos};
use crate::clock;
use crate::config::ReportsConfig;
use crate::metrics::{Metrics, Reported, Taken};
use crate::said;

/// Before a bus that failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// Ids of reports are UUIDs of version 5 in this name space: the same report again is the same id.
const REPORTS: Uuid = Uuid::from_u128(0x6f0b_94d5_3c1e_4a57_9f7a_0d2b_5e8c_1a63);

/// Where reports are taken.
pub(super) struct Desk {
    pub(super) access: Access,
    pub(super) rate: Rate,
    pub(super) config: ReportsConfig,
    pub(super) names: Names,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) metrics: Metrics,
}

/// A resource of the port.
enum Resource {
    Qos,
    Load(SiteId),
}

/// A refusal and how it is counted.
struct Refusal(Taken, Problem);

impl Handler for Desk {
    async fn handle(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let (reported, taken) = self.take(&head, body).await;
        match taken {
            Ok(()) => {
                self.metrics.request(reported, Taken::Accepted);
                let mut response = Response::new(Full::default());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
            Err(Refusal(counted, problem)) => {
                self.metrics.request(reported, counted);
                let (status, detail) = (problem.status(), problem.detail());
                tracing::debug!(%status, detail, "a report was refused");
                let mut response = problem.response().map(|text| Full::new(Bytes::from(text)));
                if status == StatusCode::METHOD_NOT_ALLOWED {
                    let allowed = if matches!(reported, Reported::Qos) { "POST" } else { "PUT" };
                    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
                }
                response
            }
        }
    }
}

impl Desk {
    async fn take(&self, head: &Parts, body: Incoming) -> (Reported, Result<(), Refusal>) {
        // Everything that needs no body comes before the body is read.
        if let Err(problem) = self.access.check(&head.uri, &head.headers) {
            return (Reported::Nothing, Err(Refusal(Taken::NotAllowed, problem)));
        }
        match self.resource(head.uri.path()) {
            Ok(Resource::Qos) => (Reported::Qos, self.qos(head, body).await),
            Ok(Resource::Load(site)) => (Reported::Load, self.load(head, body, site).await),
            Err(refusal) => (Reported::Nothing, Err(refusal)),
        }
    }

    fn resource(&self, path: &str) -> Result<Resource, Refusal> {
        if path == "/v1/qos" {
            return Ok(Resource::Qos);
        }
        let site = path.strip_prefix("/v1/sites/").and_then(|rest| rest.strip_suffix("/load"));
        let Some(site) = site else {
            let detail = "there are POST /v1/qos and PUT /v1/sites/{site}/load";
            return Err(Refusal(Taken::Other, Problem::new(StatusCode::NOT_FOUND, detail)));
        };
        let bad = |error: IdentError| Problem::new(StatusCode::NOT_FOUND, error.to_string());
        let site: SiteId = site.parse().map_err(|error| Refusal(Taken::Unknown, bad(error)))?;
        self.names.site(&site).map_err(|unknown| {
            let problem = Problem::new(StatusCode::NOT_FOUND, unknown.to_string());
            Refusal(Taken::Unknown, problem.with_known(unknown.known))
        })?;
        Ok(Resource::Load(site))
    }

    async fn qos(&self, head: &Parts, body: Incoming) -> Result<(), Refusal> {
        let body = self.body(head, &Method::POST, body).await?;
        let reports = qos::read(&body, self.config.max_reports, &self.names, clock::now());
        let reports = reports.map_err(|problem| Refusal(Taken::Malformed, problem))?;
        self.rate.count(Instant::now(), reports.len());
        let record = |report: &QosReport| {
            // A struct of strings and numbers always serialises.
            let data = serde_json::to_vec(report).unwrap_or_default();
            Record { key: report.key().into(), id: Some(id_of(&data)), data: data.into() }
        };
        self.publish(Stream::Qos, reports.iter().map(record).collect()).await?;
        self.metrics.qos_reports.inc_by(reports.len() as u64);
        Ok(())
    }

    async fn load(&self, head: &Parts, body: Incoming, site: SiteId) -> Result<(), Refusal> {
        let body = self.body(head, &Method::PUT, body).await?;
        let load = load::read(&body, site, self.config.load_valid_for, clock::now());
        let load = load.map_err(|problem| Refusal(Taken::Malformed, problem))?;
        self.rate.count(Instant::now(), 1);
        let record = said::record(&SiteRecord::Load(load));
        let id = Some(id_of(&record.data));
        self.publish(Stream::Sites, vec![Record { id, ..record }]).await?;
        self.metrics.load_reports.inc();
        Ok(())
    }

    async fn body(&self, head: &Parts, method: &Method, body: Incoming) -> Result<Bytes, Refusal> {
        if head.method != method {
            let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} is taken here"));
            return Err(Refusal(Taken::Other, problem));
        }
        if !is_json(&head.headers) {
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "application/json is wanted");
            return Err(Refusal(Taken::Malformed, problem));
        }
        self.rate.may(Instant::now()).map_err(|wait| {
            let why = format!("more than {} reports a second come in", self.config.per_second);
            Refusal(Taken::TooMany, Problem::new(StatusCode::TOO_MANY_REQUESTS, why).retry_after(wait))
        })?;
        let (most, time) = (self.config.max_body.in_memory(), self.config.body_timeout);
        read_body(body, most, time).await.map_err(|error| {
            let status = match &error {
                BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                BodyError::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
                BodyError::Broken(_) => StatusCode::BAD_REQUEST,
            };
            Refusal(Taken::Malformed, Problem::new(status, error.to_string()))
        })
    }

    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<(), Refusal> {
        self.bus.publish(stream, records).await.map(drop).map_err(|error| {
            tracing::warn!(%error, "what was reported could not be put on the bus");
            let problem =
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "it could not be stored; report again");
            Refusal(Taken::NotPublished, problem.retry_after(PAUSE))
        })
    }
}

fn id_of(data: &[u8]) -> Box<str> {
    Uuid::new_v5(&REPORTS, data).to_string().into()
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    value
        .split(|b| *b == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/json")
}
