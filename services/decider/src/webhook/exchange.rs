//! One request and its answer.

use std::path::PathBuf;

use placement::Question;
use reqwest::StatusCode;
use runtime::access::{Token, TokenError};
use serde::Deserialize;
use url::Url;

use super::WebhookError;
use crate::config::WebhookConfig;

/// The setting that names the file with the token.
const TOKEN_FILE: &str = "decider.confirmation_webhook.bearer_token_file";
/// The longest answer that is read, in bytes.
const MOST: usize = 4 << 10;

/// What whoever was asked says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// Somebody will answer by other ways.
    Later,
    /// Here is the answer.
    Now { agrees: bool },
}

#[derive(Debug, Deserialize)]
struct Body {
    answer: Word,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Confirm,
    Refuse,
}

#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    token_file: Option<PathBuf>,
}

impl Client {
    pub(super) fn new(config: &WebhookConfig) -> Result<Self, WebhookError> {
        let http = reqwest::Client::builder()
            .timeout(config.timeout)
            // A redirect would send the token to a host that nobody configured.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| WebhookError::Client(error.to_string()))?;
        let client = Self { http, url: config.url.clone(), token_file: config.bearer_token_file.clone() };
        client.token()?;
        Ok(client)
    }

    /// Posts a question.
    ///
    /// # Errors
    /// Why there is no answer, for an operator.
    pub(super) async fn post(&self, question: &Question) -> Result<Reply, String> {
        let mut request = self.http.post(self.url.clone()).json(question);
        if let Some(token) = self.token().map_err(|error| error.to_string())? {
            request = request.bearer_auth(token.as_str());
        }
        let gone = |error: reqwest::Error| error.without_url().to_string();
        let mut response = request.send().await.map_err(gone)?;
        let (status, mut body) = (response.status(), Vec::new());
        if status == StatusCode::ACCEPTED || status == StatusCode::NO_CONTENT {
            return Ok(Reply::Later);
        }
        while let Some(chunk) = response.chunk().await.map_err(gone)? {
            if body.len() + chunk.len() > MOST {
                return Err(format!("the answer has more than {MOST} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        read(status, &body)
    }

    /// Read each time: others renew the file.
    fn token(&self) -> Result<Option<Token>, TokenError> {
        self.token_file.as_deref().map(|path| Token::read(TOKEN_FILE, path)).transpose()
    }
}

fn read(status: StatusCode, body: &[u8]) -> Result<Reply, String> {
    if status != StatusCode::OK {
        return Err(format!("it answers {status}; 200, 202 or 204 is wanted"));
    }
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| format!("{{\"answer\":\"confirm\"}} or \"refuse\" is wanted: {error}"))?;
    Ok(Reply::Now {
        agrees: match body.answer {
            Word::Confirm => true,
            Word::Refuse => false,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_yes_or_no_is_an_answer() {
        let ok = |body: &str| read(StatusCode::OK, body.as_bytes());
        assert_eq!(ok(r#"{"answer":"confirm","by":"ann"}"#), Ok(Reply::Now { agrees: true }));
        assert_eq!(ok(r#"{"answer":"refuse"}"#), Ok(Reply::Now { agrees: false }));
        for wrong in ["", "{}", r#"{"answer":"yes"}"#, r#"{"answer":true}"#, "confirm"] {
            assert!(ok(wrong).is_err_and(|reason| reason.contains("is wanted")), "{wrong}");
        }
        let failed = read(StatusCode::UNAUTHORIZED, br#"{"answer":"confirm"}"#);
        assert!(failed.is_err_and(|reason| reason.contains("401")));
    }
}
