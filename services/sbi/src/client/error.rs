//! What can go wrong with a request, and what may be done about it.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;
use thiserror::Error;
use url::Url;

use crate::oauth2::TokenError;
use crate::{Class, TlsError};

/// Why there is no client.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The process has no default crypto provider.
    #[error("no crypto provider: install rustls::crypto::aws_lc_rs as the default provider first")]
    NoCryptoProvider,
    /// A file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A file is not PEM of the right kind.
    #[error("{path}: {source}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: reqwest::Error,
    },
    /// Certificate and key do not go together.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The HTTP client refuses its settings.
    #[error("HTTP client: {0}")]
    Client(reqwest::Error),
}

/// Why a request had no good answer.
#[derive(Debug, Error)]
pub enum CallError {
    /// There is no connection.
    #[error("{url}: cannot connect: {reason}")]
    Connect {
        /// What was asked.
        url: String,
        /// Why.
        reason: String,
    },
    /// The peer closed connection after connection before the request could be sent.
    #[error("{url}: the peer closes every connection before a request is sent")]
    NeverSent {
        /// What was asked.
        url: String,
    },
    /// There was no answer in time.
    #[error("{url}: no answer in time")]
    Timeout {
        /// What was asked.
        url: String,
    },
    /// The connection broke in the middle.
    #[error("{url}: {reason}")]
    Broken {
        /// What was asked.
        url: String,
        /// Why.
        reason: String,
    },
    /// The answer is larger than is read.
    #[error("{url}: the answer has more than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The peer refused.
    #[error("{url}: {status}{}{said}", if said.is_empty() { "" } else { ": " })]
    Refused {
        /// What was asked.
        url: String,
        /// The status.
        status: StatusCode,
        /// What it says.
        said: String,
        /// When to come back.
        retry_after: Option<Duration>,
    },
    /// The answer is not what the API says.
    #[error("{url}: {status} with a body that is not understood: {source}")]
    Malformed {
        /// What was asked.
        url: String,
        /// The status.
        status: StatusCode,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The token is no header value.
    #[error("{url}: the access token holds characters that no header can carry")]
    BadToken {
        /// What was asked.
        url: String,
    },
    /// The request cannot be written.
    #[error("the request cannot be written as JSON: {0}")]
    NotSerialisable(serde_json::Error),
    /// There is no access token.
    #[error(transparent)]
    Token(#[from] Box<TokenError>),
}

impl CallError {
    /// What may be done about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Connect { .. } | Self::NeverSent { .. } => Class::Transient(None),
            Self::Timeout { .. } | Self::Broken { .. } => Class::Unknown,
            Self::Refused { status, retry_after, .. } => Class::of_status(*status, *retry_after),
            Self::Token(error) => error.class(),
            Self::TooLarge { .. }
            | Self::Malformed { .. }
            | Self::BadToken { .. }
            | Self::NotSerialisable(_) => Class::Permanent,
        }
    }

    /// The status with which the peer refused, if it did.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } | Self::Malformed { status, .. } => Some(*status),
            Self::Connect { .. }
            | Self::NeverSent { .. }
            | Self::Timeout { .. }
            | Self::Broken { .. }
            | Self::TooLarge { .. }
            | Self::BadToken { .. }
            | Self::NotSerialisable(_)
            | Self::Token(_) => None,
        }
    }

    pub(super) fn from_transport(url: &Url, error: reqwest::Error) -> Self {
        let url = url.to_string();
        if never_sent(&error) {
            return Self::NeverSent { url };
        }
        if error.is_connect() {
            return Self::Connect { url, reason: innermost(&error) };
        }
        if error.is_timeout() {
            return Self::Timeout { url };
        }
        Self::Broken { url, reason: innermost(&error) }
    }
}

/// Whether the request provably was not processed: the connection was closed (a keep-alive that ended) before it was
/// written, or the peer sent GOAWAY(NO_ERROR) and did not count it in (RFC 9113 clause 6.8: requests that are counted
/// in are still answered). Free5GC says goodbye after every idle millisecond; `reqwest` repeats that twice.
pub(super) fn never_sent(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    let mut closed = false;
    while let Some(error) = cause {
        if let Some(hyper) = error.downcast_ref::<hyper::Error>() {
            closed |= hyper.is_canceled() || hyper.is_closed();
        }
        if let Some(h2) = error.downcast_ref::<h2::Error>() {
            closed |= h2.is_go_away() && h2.is_remote() && h2.reason() == Some(h2::Reason::NO_ERROR);
        }
        cause = error.source();
    }
    closed
}

fn innermost(error: &reqwest::Error) -> String {
    let mut deepest: &(dyn Error + 'static) = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
