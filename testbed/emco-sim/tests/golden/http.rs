//! A plain HTTP client, and multipart forms.

use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{Method, Request, Uri};
use bytes::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
}

/// A client of one base URL.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    base: String,
    client: Client<HttpConnector, Body>,
}

impl Http {
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.into(), client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends a request, `path` with its query, and reads the whole answer.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<(String, Vec<u8>)>) -> Answer {
        let uri: Uri = format!("{}{path}", self.base).parse().unwrap();
        let method: Method = method.parse().unwrap();
        let mut request = Request::builder().method(method).uri(uri).header(ACCEPT, "application/json");
        let content = match body {
            Some((kind, content)) => {
                request = request.header(CONTENT_TYPE, kind);
                Body::from(content)
            }
            None => Body::empty(),
        };
        let answer = self.client.request(request.body(content).unwrap()).await.unwrap();
        let (head, body) = answer.into_parts();
        Answer {
            status: head.status.as_u16(),
            content_type: head.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap().to_owned()),
            body: axum::body::to_bytes(Body::new(body), 16 << 20).await.unwrap(),
        }
    }
}
