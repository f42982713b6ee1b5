//! Sending requests.

use std::fmt;
use std::sync::Arc;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Certificate, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::budget::Budget;
use crate::config::Bases;
use crate::paths::Path;
use crate::reply::{Reply, chain};
use crate::token::TokenFile;
use crate::{Config, ConfigError, EmcoError, Reason};

/// Which of EMCO's services answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Projects, composite apps, deployment intent groups.
    Orchestrator,
    /// Clusters.
    Clm,
    /// Logical clouds.
    Dcm,
}

/// A client of one EMCO. Cheap to clone; clones share connections, token and status budget.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    bases: Bases,
    token: Option<TokenFile>,
    budget: Budget,
    max_body_bytes: usize,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("bases", &self.0.bases).finish_non_exhaustive()
    }
}

impl Client {
    /// A client; nothing is sent yet, so EMCO may be down.
    ///
    /// # Errors
    /// [`ConfigError`] names the field or file that is wrong.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let bases = config.bases()?;
        let mut http = reqwest::Client::builder()
            .timeout(config.timeout)
            .connect_timeout(config.connect_timeout)
            // A redirect would send the token to a host that nobody configured.
            .redirect(reqwest::redirect::Policy::none())
            .http1_only()
            .no_proxy();
        if let Some(path) = &config.ca_file {
            let refuse = |reason| ConfigError::File { field: "ca_file", path: path.clone(), reason };
            let pem = std::fs::read(path).map_err(|e| refuse(e.to_string()))?;
            let authorities = Certificate::from_pem_bundle(&pem).map_err(|e| refuse(chain(&e)))?;
            if authorities.is_empty() {
                return Err(refuse("holds no PEM certificate".to_owned()));
            }
            http = http.tls_certs_only(authorities);
        }
        Ok(Self(Arc::new(Inner {
            http: http.build().map_err(|e| ConfigError::Http(chain(&e)))?,
            bases,
            token: config.bearer_token_file.map(TokenFile::new),
            budget: Budget::new(config.status_concurrency, config.status_per_second),
            max_body_bytes: config.max_body_bytes,
        })))
    }

    /// The base URL under which a service is reached, for messages.
    pub fn base(&self, service: Service) -> &url::Url {
        match service {
            Service::Orchestrator => &self.0.bases.orchestrator,
            Service::Clm => &self.0.bases.clm,
            Service::Dcm => &self.0.bases.dcm,
        }
    }

    /// The shared budget of status queries.
    pub(crate) fn budget(&self) -> &Budget {
        &self.0.budget
    }

    /// Reads an object.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        service: Service,
        path: Result<Path, Reason>,
    ) -> Result<T, EmcoError> {
        let (path, reply) = self.call(service, Method::GET, path, None).await?;
        reply.json().map_err(|reason| EmcoError { method: "GET", path: path.as_str().to_owned(), reason })
    }

    /// Reads an object that may not be there.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        service: Service,
        path: Result<Path, Reason>,
    ) -> Result<Option<T>, EmcoError> {
        match self.get(service, path).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a list; EMCO says `null` for an empty one.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        service: Service,
        path: Result<Path, Reason>,
    ) -> Result<Vec<T>, EmcoError> {
        Ok(self.get::<Option<Vec<T>>>(service, path).await?.unwrap_or_default())
    }

    /// Creates an object, or starts an action (which has no body).
    pub(crate) async fn post(
        &self,
        path: Result<Path, Reason>,
        body: Option<&impl Serialize>,
    ) -> Result<(), EmcoError> {
        let body = body.map(serde_json::to_vec).transpose().map_err(|e| EmcoError {
            method: "POST",
            path: String::new(),
            reason: Reason::Unreadable(e.to_string()),
        })?;
        self.call(Service::Orchestrator, Method::POST, path, body).await.map(drop)
    }

    /// Deletes an object; one that is not there counts as deleted.
    pub(crate) async fn delete(&self, path: Result<Path, Reason>) -> Result<(), EmcoError> {
        match self.call(Service::Orchestrator, Method::DELETE, path, None).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    async fn call(
        &self,
        service: Service,
        method: Method,
        path: Result<Path, Reason>,
        body: Option<Vec<u8>>,
    ) -> Result<(Path, Reply), EmcoError> {
        let name = match method {
            Method::GET => "GET",
            Method::POST => "POST",
            _ => "DELETE",
        };
        let path = path.map_err(|reason| EmcoError { method: name, path: String::new(), reason })?;
        match self.exchange(service, &method, &path, body).await.and_then(Reply::success) {
            Ok(reply) => Ok((path, reply)),
            Err(reason) => Err(EmcoError { method: name, path: path.as_str().to_owned(), reason }),
        }
    }

    /// One request; a second one with a fresh token where the first was answered 401 (and so did nothing).
    async fn exchange(
        &self,
        service: Service,
        method: &Method,
        path: &Path,
        body: Option<Vec<u8>>,
    ) -> Result<Reply, Reason> {
        let Some(file) = &self.0.token else { return self.send(service, method, path, body, None).await };
        let token = file.get(None).await.map_err(Reason::Token)?;
        let reply = self.send(service, method, path, body.clone(), Some(&token)).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let fresh = file.get(Some(&token)).await.map_err(Reason::Token)?;
        if fresh == token { Ok(reply) } else { self.send(service, method, path, body, Some(&fresh)).await }
    }

    async fn send(
        &self,
        service: Service,
        method: &Method,
        path: &Path,
        body: Option<Vec<u8>>,
        token: Option<&str>,
    ) -> Result<Reply, Reason> {
        let base = self.base(service).as_str().trim_end_matches('/');
        // clm answers by the Accept header: only with JSON it shows the cluster and not its kubeconfig.
        let mut request = self
            .0
            .http
            .request(method.clone(), format!("{base}{}", path.as_str()))
            .header(ACCEPT, "application/json");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        // The error of a call names the path already.
        let from = |error: reqwest::Error| format!("{base}: {}", chain(&error.without_url()));
        match request.send().await {
            Ok(response) => Reply::read(response, self.0.max_body_bytes, from).await,
            Err(error) if error.is_connect() || error.is_builder() => Err(Reason::Connect(from(error))),
            Err(error) => Err(Reason::NoAnswer(from(error))),
        }
    }
}
