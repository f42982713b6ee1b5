//! Requests with access tokens.

use std::sync::Arc;

use http::StatusCode;

use crate::oauth2::{Scope, Tokens};
use crate::{Answer, CallError, Client, Request};

/// Sends requests with an access token where the core wants one; cheap to clone.
#[derive(Debug, Clone)]
pub struct Caller {
    client: Client,
    tokens: Option<Arc<Tokens>>,
}

impl Caller {
    /// A caller that takes its tokens from `tokens`, or has none.
    pub fn new(client: Client, tokens: Option<Arc<Tokens>>) -> Self {
        Self { client, tokens }
    }

    /// The client without tokens.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Sends one request and reads the whole answer, whatever its status.
    ///
    /// After a 401 the token is given up, and the request is sent once more if another one can be had. The
    /// answer is the 401 where none can.
    ///
    /// # Errors
    /// [`CallError`] where there is no complete answer, or no token at all for the first attempt.
    pub async fn call(&self, scope: Scope, request: &Request) -> Result<Answer, CallError> {
        let Some(tokens) = &self.tokens else { return self.client.send(request, None).await };
        let token = tokens.bearer(scope).await.map_err(Box::new)?;
        let answer = self.client.send(request, token.as_deref()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        match tokens.after_refusal(scope, token.as_deref()).await {
            Ok(Some(another)) => self.client.send(request, Some(&another)).await,
            Ok(None) => Ok(answer),
            Err(error) => {
                tracing::debug!(%error, url = %request.url, "no other token after a 401");
                Ok(answer)
            }
        }
    }
}
