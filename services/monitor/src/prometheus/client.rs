//! Sending queries.

use std::fmt::Write as _;
use std::path::PathBuf;

use reqwest::Certificate;
use reqwest::header::ACCEPT;
use runtime::access::Token;
use url::Url;

use super::answer::{self, Answer};
use crate::config::PrometheusConfig;
use crate::monitor::StartError;

/// The setting that names the file with the token.
const TOKEN_FILE: &str = "monitor.prometheus.bearer_token_file";

/// A client of one Prometheus. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    query: Url,
    token_file: Option<PathBuf>,
    timeout: String,
    max_answer: usize,
}

impl Client {
    /// A client; nothing is sent yet, so Prometheus may be down.
    ///
    /// # Errors
    /// [`StartError::Prometheus`] names the setting that is wrong.
    pub(crate) fn new(config: &PrometheusConfig) -> Result<Self, StartError> {
        let wrong = |setting, reason| StartError::Prometheus { setting, reason };
        let mut http = reqwest::Client::builder()
            .timeout(config.timeout)
            // A redirect would send the token to a host that nobody configured.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(path) = &config.ca_file {
            let refuse = |reason| wrong("ca_file", format!("{}: {reason}", path.display()));
            let pem = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
            let authorities = Certificate::from_pem_bundle(&pem).map_err(|error| refuse(chain(&error)))?;
            if authorities.is_empty() {
                return Err(refuse("holds no PEM certificate".to_owned()));
            }
            http = http.tls_certs_only(authorities);
        }
        let base = config.url.as_str().trim_end_matches('/');
        let query = format!("{base}/api/v1/query").parse();
        let client = Self {
            http: http.build().map_err(|error| wrong("url", chain(&error)))?,
            query: query.map_err(|error: url::ParseError| wrong("url", error.to_string()))?,
            token_file: config.bearer_token_file.clone(),
            timeout: format!("{}ms", config.timeout.as_millis()),
            max_answer: config.max_answer.in_memory(),
        };
        client.token().map_err(StartError::Token)?;
        Ok(client)
    }

    /// Asks an instant query, of now.
    ///
    /// # Errors
    /// Why there is no answer, for an operator.
    pub(super) async fn ask(&self, query: &str) -> Result<Answer, String> {
        // A form: queries may be longer than URLs.
        let form = [("query", query), ("timeout", self.timeout.as_str())];
        let mut request = self.http.post(self.query.clone()).header(ACCEPT, "application/json").form(&form);
        if let Some(token) = self.token().map_err(|error| error.to_string())? {
            request = request.bearer_auth(token.as_str());
        }
        let gone = |error: reqwest::Error| format!("{}: {}", self.query, chain(&error.without_url()));
        let mut response = request.send().await.map_err(gone)?;
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(gone)? {
            if body.len() + chunk.len() > self.max_answer {
                return Err(format!("the answer has more than {} bytes (max_answer)", self.max_answer));
            }
            body.extend_from_slice(&chunk);
        }
        answer::read(status, &body)
    }

    /// Read each time: others renew the file.
    fn token(&self) -> Result<Option<Token>, runtime::access::TokenError> {
        self.token_file.as_deref().map(|path| Token::read(TOKEN_FILE, path)).transpose()
    }
}

/// An error with its causes: reqwest's own text names none of them.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        // Writing to a text does not fail.
        let _ = write!(text, ": {inner}");
        cause = inner.source();
    }
    text
}
