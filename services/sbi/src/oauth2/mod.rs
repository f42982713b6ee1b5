//! Access tokens by client credentials at the NRF (TS 33.501 clause 13.4.1, TS 29.510 clause 5.4.2).

mod error;
mod held;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use http::{Method, StatusCode};
use sbi_schemas::ts29510::AccessTokenRsp;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

pub use error::TokenError;

use crate::{Client, Content, Request};
use held::Held;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Type of the producer, for example `AMF`.
    pub target_nf_type: &'static str,
    /// Its services, separated by spaces.
    pub services: &'static str,
}

impl Scope {
    /// The NRF's own services.
    pub const NRF: Self = Self { target_nf_type: "NRF", services: "nnrf-nfm nnrf-disc" };
    /// Event exposure of the AMF.
    pub const AMF_EVENTS: Self = Self { target_nf_type: "AMF", services: "namf-evts" };
    /// Event exposure of the SMF.
    pub const SMF_EVENTS: Self = Self { target_nf_type: "SMF", services: "nsmf-event-exposure" };
}

/// Whether tokens are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Where the NRF says so (`customInfo.oauth2` of Free5GC), or a producer answers 401.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// Fetches, keeps and renews access tokens.
///
/// A token is renewed ahead of its end. Where that fails, the old one goes on being used until a producer refuses
/// it: an NRF that is down, or has lost its registrations, must not stop what still works.
#[derive(Debug)]
pub struct Tokens {
    client: Client,
    url: Url,
    nf_instance_id: String,
    nf_type: String,
    mode: Mode,
    wanted: AtomicBool,
    /// Whether a token that is due could not be renewed.
    stale: AtomicBool,
    held: Mutex<HashMap<Scope, Held>>,
}

impl Tokens {
    /// Tokens for an NF that is registered at the NRF whose root is `nrf`.
    ///
    /// # Errors
    /// [`url::ParseError`] where `nrf` cannot be the root of an API.
    pub fn new(
        client: Client,
        nrf: &Url,
        nf_instance_id: String,
        nf_type: String,
        mode: Mode,
    ) -> Result<Self, url::ParseError> {
        let url = crate::nrf::under(nrf, "oauth2/token")?;
        let wanted = AtomicBool::new(mode == Mode::On);
        Ok(Self {
            client,
            url,
            nf_instance_id,
            nf_type,
            mode,
            wanted,
            stale: AtomicBool::new(false),
            held: Mutex::default(),
        })
    }

    /// Says whether the NRF wants tokens to be used; without effect unless the mode is [`Mode::Auto`].
    pub fn switch(&self, wanted: bool) {
        if self.mode == Mode::Auto {
            self.wanted.store(wanted, Ordering::Release);
        }
    }

    /// Whether tokens are used at present.
    pub fn wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// The token to use now; `None` where none is wanted. One that is due is renewed beside this, so that an NRF
    /// that does not answer holds nobody up.
    ///
    /// # Errors
    /// [`TokenError`] where none is held and none can be had.
    pub async fn bearer(self: &Arc<Self>, scope: Scope) -> Result<Option<Arc<str>>, TokenError> {
        if !self.wanted() {
            return Ok(None);
        }
        let mut held = self.held.lock().await;
        let now = Instant::now();
        if let Some(old) = held.get_mut(&scope) {
            if old.is_due(now) {
                old.put_off(now);
                let tokens = self.clone();
                tokio::spawn(async move { tokens.renew(scope).await });
            }
            return Ok(Some(old.token()));
        }
        // Whoever else waits for this lock gets the same token.
        let fresh = Held::new(&self.fetch(scope).await?, now);
        let token = fresh.token();
        held.insert(scope, fresh);
        Ok(Some(token))
    }

    /// The token that is held, to be [remembered](Self::remember) in another life.
    pub async fn held(&self, scope: Scope) -> Option<Arc<str>> {
        self.held.lock().await.get(&scope).map(Held::token)
    }

    /// Begins with a token of a former life; it is renewed soon.
    pub async fn remember(&self, scope: Scope, token: &str) {
        self.held.lock().await.entry(scope).or_insert_with(|| Held::old(token, Instant::now()));
    }

    /// Another token after a producer answered 401 to `refused`; `None` where no other one makes sense.
    ///
    /// # Errors
    /// [`TokenError`] where none can be had.
    pub async fn after_refusal(
        self: &Arc<Self>,
        scope: Scope,
        refused: Option<&str>,
    ) -> Result<Option<Arc<str>>, TokenError> {
        if self.mode == Mode::Off {
            return Ok(None);
        }
        self.wanted.store(true, Ordering::Release);
        {
            let mut held = self.held.lock().await;
            if held.get(&scope).is_some_and(|h| Some(h.token().as_ref()) == refused) {
                held.remove(&scope);
            }
        }
        let another = self.bearer(scope).await?;
        Ok(another.filter(|token| Some(token.as_ref()) != refused))
    }

    async fn renew(&self, scope: Scope) {
        let now = Instant::now();
        match self.fetch(scope).await {
            Ok(fresh) => {
                drop(self.held.lock().await.insert(scope, Held::new(&fresh, now)));
                if self.stale.swap(false, Ordering::Relaxed) {
                    tracing::info!(services = scope.services, "the access token is renewed again");
                }
            }
            Err(error) if !self.stale.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, "the access token cannot be renewed; the old one stays in use");
            }
            Err(error) => tracing::debug!(%error, "the access token still cannot be renewed"),
        }
    }

    async fn fetch(&self, scope: Scope) -> Result<AccessTokenRsp, TokenError> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("nfInstanceId", &self.nf_instance_id)
            .append_pair("nfType", &self.nf_type)
            .append_pair("targetNfType", scope.target_nf_type)
            .append_pair("scope", scope.services)
            .finish();
        let request = Request {
            method: Method::POST,
            url: self.url.clone(),
            content: Content::Of("application/x-www-form-urlencoded", form.into()),
        };
        let answer = self.client.send(&request, None).await.map_err(TokenError::call)?;
        if answer.status != StatusCode::OK {
            return Err(TokenError::refused(scope, &answer));
        }
        answer.json().map_err(TokenError::call)
    }
}
