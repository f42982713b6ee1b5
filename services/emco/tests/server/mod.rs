//! A server that notes what it is asked and answers as it is told.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part of it")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// A noted request.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub token: Option<String>,
    pub accept: Option<String>,
    pub content_type: Option<String>,
    pub body: Option<Value>,
}

#[derive(Default)]
struct Inner {
    asked: Vec<Asked>,
    answers: VecDeque<(u16, String)>,
    token: Option<String>,
}

/// A server on a loopback port of its own.
pub struct Server {
    inner: Arc<Mutex<Inner>>,
    pub url: url::Url,
}

impl Server {
    pub async fn start() -> Self {
        let inner = Arc::new(Mutex::new(Inner::default()));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&inner));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { inner, url }
    }

    /// Answers the next request so; requests without a prepared answer get 200 `[]` or 202.
    pub fn answer(&self, status: u16, body: impl Into<String>) {
        self.inner.lock().expect("not poisoned").answers.push_back((status, body.into()));
    }

    /// Answers 401 to every other token.
    pub fn require(&self, token: &str) {
        self.inner.lock().expect("not poisoned").token = Some(token.to_owned());
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.inner.lock().expect("not poisoned").asked.clone()
    }

    /// A client of this server.
    pub fn client(&self) -> emco::Client {
        client(emco::Config::at(self.url.clone()))
    }
}

pub fn client(config: emco::Config) -> emco::Client {
    // Another test of this process may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    emco::Client::new(config).expect("a client")
}

async fn answer(
    State(inner): State<Arc<Mutex<Inner>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let token = header("authorization").and_then(|v| v.strip_prefix("Bearer ").map(str::to_owned));
    let mut inner = inner.lock().expect("not poisoned");
    inner.asked.push(Asked {
        method: method.to_string(),
        path: uri.to_string(),
        token: token.clone(),
        accept: header("accept"),
        content_type: header("content-type"),
        body: serde_json::from_slice(&body).ok(),
    });
    if inner.token.is_some() && inner.token != token {
        return (StatusCode::UNAUTHORIZED, "RBAC: access denied").into_response();
    }
    let default = if method == Method::GET { (200, "[]".to_owned()) } else { (202, String::new()) };
    let (status, text) = inner.answers.pop_front().unwrap_or(default);
    (StatusCode::from_u16(status).expect("a status"), text).into_response()
}
