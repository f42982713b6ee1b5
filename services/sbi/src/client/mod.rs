//! Bounded HTTP requests to network functions.

mod answer;
mod error;

use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, header};
use serde::Deserialize;
use url::Url;

pub use answer::Answer;
pub use error::{BuildError, CallError};

use crate::TlsFiles;

/// How often a request that never left is sent again.
const RESENDS: u32 = 8;

/// Which HTTP is spoken towards the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum HttpVersion {
    /// HTTP/1.1 with keep-alive. Free5GC closes idle HTTP/2 connections after a millisecond, these it keeps.
    #[default]
    #[serde(rename = "1.1")]
    Http11,
    /// HTTP/2 with prior knowledge (RFC 9113 clause 3.3), as TS 29.500 clause 5.2.2 has it.
    #[serde(rename = "2")]
    Http2,
}

/// Limits of a [`Client`].
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Which HTTP.
    pub http: HttpVersion,
    /// For how long a connection may take to be made.
    pub connect_timeout: Duration,
    /// For how long a request may take, body included.
    pub timeout: Duration,
    /// The largest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// Certificates.
    pub tls: TlsFiles,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            http: HttpVersion::Http11,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(10),
            max_body_bytes: 256 << 20,
            tls: TlsFiles::default(),
        }
    }
}

/// Sends requests; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    max_body_bytes: usize,
}

/// What to send.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Body.
    pub content: Content,
}

/// A request's body.
#[derive(Debug, Clone)]
pub enum Content {
    /// None.
    Empty,
    /// These bytes under this content type.
    Of(&'static str, Bytes),
}

impl Content {
    /// A value as JSON under `application/json`.
    ///
    /// # Errors
    /// [`CallError::NotSerialisable`].
    pub fn json<T: serde::Serialize>(value: &T) -> Result<Self, CallError> {
        Self::json_as("application/json", value)
    }

    /// A value as JSON under another content type.
    ///
    /// # Errors
    /// [`CallError::NotSerialisable`].
    pub fn json_as<T: serde::Serialize>(content_type: &'static str, value: &T) -> Result<Self, CallError> {
        let body = serde_json::to_vec(value).map_err(CallError::NotSerialisable)?;
        Ok(Self::Of(content_type, body.into()))
    }
}

impl Client {
    /// A client that follows no redirect (a token must not travel where a peer points) and uses no proxy.
    ///
    /// # Errors
    /// [`BuildError`]: unusable certificates, or no crypto provider.
    pub fn new(config: &ClientConfig) -> Result<Self, BuildError> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(BuildError::NoCryptoProvider);
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tcp_nodelay(true)
            .connect_timeout(config.connect_timeout)
            .timeout(config.timeout);
        builder = match config.http {
            HttpVersion::Http11 => builder.http1_only(),
            HttpVersion::Http2 => builder.http2_prior_knowledge(),
        };
        if let Some(path) = &config.tls.ca_file {
            let pem = read(path)?;
            let bundle = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|source| BuildError::Pem { path: path.clone(), source })?;
            builder = builder.tls_certs_only(bundle);
        }
        if let Some((cert, key)) = config.tls.pair()? {
            let mut pem = read(key)?;
            pem.push(b'\n');
            pem.extend(read(cert)?);
            let identity = reqwest::Identity::from_pem(&pem)
                .map_err(|source| BuildError::Pem { path: cert.into(), source })?;
            builder = builder.identity(identity);
        }
        let http = builder.build().map_err(BuildError::Client)?;
        Ok(Self { http, max_body_bytes: config.max_body_bytes })
    }

    /// Sends one request and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// [`CallError`] where there is no complete answer.
    pub async fn send(&self, request: &Request, bearer: Option<&str>) -> Result<Answer, CallError> {
        let started = Instant::now();
        let mut resends = 0;
        loop {
            match self.http.execute(self.build(request, bearer)?).await {
                Ok(response) => return self.read(request, response, started).await,
                Err(error) if error::never_sent(&error) && resends < RESENDS => resends += 1,
                Err(error) => return Err(CallError::from_transport(&request.url, error)),
            }
        }
    }

    fn build(&self, request: &Request, bearer: Option<&str>) -> Result<reqwest::Request, CallError> {
        let mut built = reqwest::Request::new(request.method.clone(), request.url.clone());
        let headers = built.headers_mut();
        headers
            .insert(header::ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
        if let Some(token) = bearer {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| CallError::BadToken { url: request.url.to_string() })?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Content::Of(content_type, body) = &request.content {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            *built.body_mut() = Some(body.clone().into());
        }
        Ok(built)
    }

    async fn read(
        &self,
        request: &Request,
        mut response: reqwest::Response,
        started: Instant,
    ) -> Result<Answer, CallError> {
        let first_byte_at = SystemTime::now();
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let too_large = || CallError::TooLarge { url: request.url.to_string(), limit: self.max_body_bytes };
        if response.content_length().is_some_and(|length| length > self.max_body_bytes as u64) {
            return Err(too_large());
        }
        let failed = |error| CallError::from_transport(&request.url, error);
        let mut body = response.chunk().await.map_err(failed)?.unwrap_or_default();
        if let Some(second) = response.chunk().await.map_err(failed)? {
            let mut whole = BytesMut::from(body);
            let mut next = Some(second);
            while let Some(chunk) = next {
                if whole.len() + chunk.len() > self.max_body_bytes {
                    return Err(too_large());
                }
                whole.extend_from_slice(&chunk);
                next = response.chunk().await.map_err(failed)?;
            }
            body = whole.freeze();
        }
        if body.len() > self.max_body_bytes {
            return Err(too_large());
        }
        let took = started.elapsed();
        Ok(Answer { url: request.url.clone(), status, headers, body, first_byte_at, took })
    }
}

fn read(path: &std::path::Path) -> Result<Vec<u8>, BuildError> {
    std::fs::read(path).map_err(|source| BuildError::File { path: path.into(), source })
}
