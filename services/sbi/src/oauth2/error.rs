//! Why there is no token.

use std::time::Duration;

use http::StatusCode;
use sbi_schemas::ts29510::AccessTokenErr;
use thiserror::Error;

use super::Scope;
use crate::{Answer, CallError, Class, problem};

/// Why there is no token.
#[derive(Debug, Error)]
pub enum TokenError {
    /// The NRF cannot be asked.
    #[error("no access token: {0}")]
    Call(#[source] Box<CallError>),
    /// The NRF gives none.
    #[error("no access token for {} ({}): {status}: {said}", scope.target_nf_type, scope.services)]
    Refused {
        /// What was asked for.
        scope: Scope,
        /// The status.
        status: StatusCode,
        /// What the NRF says.
        said: String,
        /// The OAuth2 error code, if there is one.
        code: Option<String>,
    },
}

impl TokenError {
    /// What may be done about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Call(error) => error.class(),
            // We, or the producer, may not be registered yet; both change without our doing.
            Self::Refused { code: Some(code), .. } if code == "invalid_client" => {
                Class::Transient(Some(Duration::from_secs(1)))
            }
            Self::Refused { status, .. } => Class::of_status(*status, None),
        }
    }

    pub(super) fn call(error: CallError) -> Self {
        Self::Call(Box::new(error))
    }

    pub(super) fn refused(scope: Scope, answer: &Answer) -> Self {
        let code = serde_json::from_slice::<AccessTokenErr>(&answer.body).ok().map(|e| e.error);
        Self::Refused { scope, status: answer.status, said: problem::explain(&answer.body), code }
    }
}
