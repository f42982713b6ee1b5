//! A plain HTTP client, and a receiver of notifications.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Pool, Error};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::sync::mpsc;

/// A guard against hanging; nothing is expected to come near it.
pub(crate) const GUARD: Duration = Duration::from_secs(60);
pub(crate) const AF: &str = "5f2a8c1e-7d34-4b1a-9c57-0d8e6f1a2b3c";
pub(crate) const JSON: &str = "application/json";
pub(crate) const PATCH: &str = "application/json-patch+json";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// Sends each request on a connection of its own, unless it is a pooled one: so no request meets a connection that a
/// restart has just broken.
#[derive(Clone)]
pub(crate) struct Client {
    http2: bool,
    kept: Option<Pool<HttpConnector, Full<Bytes>>>,
}

fn pool(http2: bool) -> Pool<HttpConnector, Full<Bytes>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Pool::builder(TokioExecutor::new()).http2_only(http2).build(connector)
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The answer's `cause`, empty if there is none.
    pub(crate) fn cause(&self) -> String {
        self.json().get("cause").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl Client {
    pub(crate) fn new(http2: bool) -> Client {
        Client { http2, kept: None }
    }

    /// One that keeps its connections.
    pub(crate) fn pooled(http2: bool) -> Client {
        Client { http2, kept: Some(pool(http2)) }
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        url: &str,
        authorization: Option<&str>,
        content_type: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Result<Answer, Error> {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(url);
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        if let Some(value) = content_type {
            request = request.header(header::CONTENT_TYPE, value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let pool = self.kept.clone().unwrap_or_else(|| pool(self.http2));
        let response = tokio::time::timeout(GUARD, pool.request(request)).await.expect("no answer")?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        token: &str,
        content_type: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let authorization = (!token.is_empty()).then_some(&*bearer);
        let answer = self.try_send(method, url, authorization, content_type, body).await;
        answer.unwrap_or_else(|error| panic!("{method} {url}: {error:?}"))
    }

    pub(crate) async fn get(&self, url: &str, token: &str) -> Answer {
        self.send("GET", url, token, None, "").await
    }

    pub(crate) async fn delete(&self, url: &str, token: &str) -> Answer {
        self.send("DELETE", url, token, None, "").await
    }

    pub(crate) async fn post(&self, url: &str, token: &str, body: &Value) -> Answer {
        self.send("POST", url, token, Some(JSON), body.to_string()).await
    }

    pub(crate) async fn put(&self, url: &str, body: &Value) -> Answer {
        self.send("PUT", url, "", Some(JSON), body.to_string()).await
    }

    pub(crate) async fn patch(&self, url: &str, token: &str, body: &Value) -> Answer {
        self.send("PATCH", url, token, Some(PATCH), body.to_string()).await
    }

    /// Registers the AF of the recordings.
    pub(crate) async fn register(&self, nrf: &str) -> Answer {
        self.put(&format!("{nrf}/nnrf-nfm/v1/nf-instances/{AF}"), &af_profile(AF)).await
    }

    /// An access token for the AF.
    pub(crate) async fn token(&self, nrf: &str, target: &str, scope: &str) -> String {
        let answer = self.ask_token(nrf, target, scope).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn ask_token(&self, nrf: &str, target: &str, scope: &str) -> Answer {
        let fields = [
            ("grant_type", "client_credentials"),
            ("nfInstanceId", AF),
            ("nfType", "AF"),
            ("targetNfType", target),
            ("scope", scope),
        ];
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send("POST", &format!("{nrf}/oauth2/token"), "", Some(FORM), form).await
    }
}

/// The profile that the recordings register.
pub(crate) fn af_profile(id: &str) -> Value {
    json!({
        "nfInstanceId": id, "nfType": "AF", "nfStatus": "REGISTERED", "ipv4Addresses": ["127.0.0.1"],
        "heartBeatTimer": 30, "plmnList": [{"mcc": "208", "mnc": "93"}],
        "nfServices": [{
            "serviceInstanceId": "1", "serviceName": "naf-eventexposure",
            "versions": [{"apiVersionInUri": "v1", "apiFullVersion": "1.0.0"}], "scheme": "http",
            "nfServiceStatus": "REGISTERED",
            "ipEndPoints": [{"ipv4Address": "127.0.0.1", "transport": "TCP", "port": 9999}],
            "apiPrefix": "http://127.0.0.1:9999",
        }],
    })
}

/// A location in the core's PLMN and tracking area.
pub(crate) fn cell(nr_cell_id: u64) -> core_sim::Location {
    core_sim::Location { mcc: "208".into(), mnc: "93".into(), nr_cell_id, tac: "000001".into() }
}

/// Receives notifications over HTTP/2 with prior knowledge only.
pub(crate) struct Receiver {
    addr: SocketAddr,
    received: mpsc::UnboundedReceiver<(String, Value)>,
}

impl Receiver {
    /// Answers the first `refusals` notifications with 503, the others with 204.
    pub(crate) async fn start(refusals: usize) -> Receiver {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (sender, received) = mpsc::unbounded_channel();
        let refusals = Arc::new(AtomicUsize::new(refusals));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (sender, refusals) = (sender.clone(), Arc::clone(&refusals));
                let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                    let (sender, refusals) = (sender.clone(), Arc::clone(&refusals));
                    async move {
                        let path = request.uri().path().to_owned();
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let refuse =
                            refusals.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
                        if !refuse {
                            sender.send((path, serde_json::from_slice(&body).unwrap())).unwrap();
                        }
                        let status = if refuse { 503 } else { 204 };
                        let response = Response::builder().status(status).body(Full::<Bytes>::default());
                        Ok::<_, Infallible>(response.unwrap())
                    }
                });
                let http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                tokio::spawn(http2.serve_connection(TokioIo::new(stream), service));
            }
        });
        Receiver { addr, received }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// The next notification.
    pub(crate) async fn next(&mut self) -> (String, Value) {
        tokio::time::timeout(GUARD, self.received.recv()).await.expect("no notification").unwrap()
    }

    /// Whether nothing has arrived that was not taken.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.received.try_recv().is_err()
    }
}
