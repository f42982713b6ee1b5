//! Answers, read with a limit.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use serde::de::DeserializeOwned;

use crate::Reason;

/// The longest part of an error text that is kept, in characters.
const MAX_TEXT: usize = 500;

/// A read answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    pub retry_after: Option<Duration>,
}

impl Reply {
    /// Reads the answer, at most `limit` bytes of it; `from` puts a broken connection into words.
    pub(crate) async fn read(
        mut response: reqwest::Response,
        limit: usize,
        from: impl FnOnce(reqwest::Error) -> String,
    ) -> Result<Self, Reason> {
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) if body.len() + chunk.len() <= limit => body.extend_from_slice(&chunk),
                Ok(Some(_)) => {
                    return Err(Reason::Unreadable(format!("more than {limit} bytes (emco.max_body_bytes)")));
                }
                Err(error) => return Err(Reason::NoAnswer(from(error))),
            }
        }
        Ok(Self { status, body, retry_after: retry_after.map(Duration::from_secs) })
    }

    /// The answer, if it is a success.
    pub(crate) fn success(self) -> Result<Self, Reason> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let text: String = String::from_utf8_lossy(&self.body).trim().chars().take(MAX_TEXT).collect();
        Err(Reason::Refused { status: self.status, text, retry_after: self.retry_after })
    }

    /// Its body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Reason> {
        serde_json::from_slice(&self.body).map_err(|e| Reason::Unreadable(e.to_string()))
    }
}

/// An error with its causes: reqwest's own text names none of them.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
