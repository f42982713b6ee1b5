//! The NRF's consumer: registration, heartbeat, discovery (TS 29.510 clauses 5.2 and 5.3).
//!
//! Status subscriptions are left out on purpose: on a core that gets them wrong, one such subscription makes the
//! registration of *other* NFs answer 500. Discovery is polled in their place.

mod endpoint;

use std::time::Duration;

use http::{Method, StatusCode};
use sbi_schemas::ts29510::{NfProfile, SearchResult};
use sbi_schemas::ts29571::{PatchItem, PatchOperation};
use url::Url;

pub use endpoint::service_root;

use crate::oauth2::Scope;
use crate::{Answer, CallError, Caller, Content, Request};

/// The longest heartbeat interval that is believed.
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(3600);

/// An NRF.
#[derive(Debug, Clone)]
pub struct Nrf {
    root: Url,
    caller: Caller,
}

/// What the NRF made of our registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Whether it knew nothing of us before.
    pub created: bool,
    /// Whether it says that tokens are used; `None` where it says nothing.
    pub oauth2: Option<bool>,
    /// How often it wants to hear from us; `None` where it says nothing.
    pub heartbeat: Option<Duration>,
}

/// What a heartbeat found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// We are registered.
    Registered,
    /// The NRF does not know us (any more).
    Unknown,
}

impl Nrf {
    /// The NRF whose APIs are under `root`.
    pub fn new(root: Url, caller: Caller) -> Self {
        Self { root, caller }
    }

    /// The root of its APIs.
    pub fn root(&self) -> &Url {
        &self.root
    }

    /// Registers, or replaces the registration (clause 5.2.2.2).
    ///
    /// # Errors
    /// [`CallError`]; repeating it does no harm.
    pub async fn register(&self, profile: &NfProfile) -> Result<Registration, CallError> {
        let url = self.instance(&profile.nf_instance_id)?;
        let request = Request { method: Method::PUT, url, content: Content::json(profile)? };
        // Registration needs no token: who registers is not yet known to the NRF. One that wants mutual TLS
        // checks that instead.
        let answer = self.caller.client().send(&request, None).await?;
        let answer = answer.expect(&[StatusCode::OK, StatusCode::CREATED, StatusCode::NO_CONTENT])?;
        let created = answer.status == StatusCode::CREATED;
        if answer.body.is_empty() {
            return Ok(Registration { created, oauth2: None, heartbeat: None });
        }
        let stored: NfProfile = answer.json()?;
        let oauth2 =
            stored.custom_info.as_ref().and_then(|info| info.get("oauth2")).and_then(|v| v.as_bool());
        let heartbeat = stored
            .heart_beat_timer
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Duration::from_secs(u64::from(seconds)).min(LONGEST_HEARTBEAT));
        Ok(Registration { created, oauth2, heartbeat })
    }

    /// Says that we are alive (clause 5.2.2.3.2).
    ///
    /// # Errors
    /// [`CallError`]; repeating it does no harm.
    pub async fn heartbeat(&self, nf_instance_id: &str) -> Result<Heartbeat, CallError> {
        let patch = [PatchItem {
            op: PatchOperation::Replace,
            path: "/nfStatus".into(),
            from: None,
            value: Some("REGISTERED".into()),
        }];
        let request = Request {
            method: Method::PATCH,
            url: self.instance(nf_instance_id)?,
            content: Content::json_as("application/json-patch+json", &patch)?,
        };
        let answer = self.caller.call(Scope::NRF, &request).await?;
        match answer.status {
            StatusCode::OK | StatusCode::NO_CONTENT => Ok(Heartbeat::Registered),
            StatusCode::NOT_FOUND => Ok(Heartbeat::Unknown),
            _ => Err(answer.refusal()),
        }
    }

    /// Ends the registration (clause 5.2.2.4). That there is none is as good.
    ///
    /// # Errors
    /// [`CallError`]; repeating it does no harm.
    pub async fn deregister(&self, nf_instance_id: &str) -> Result<(), CallError> {
        let url = self.instance(nf_instance_id)?;
        let request = Request { method: Method::DELETE, url, content: Content::Empty };
        let answer = self.caller.call(Scope::NRF, &request).await?;
        answer.expect(&[StatusCode::NO_CONTENT, StatusCode::OK, StatusCode::NOT_FOUND]).map(drop)
    }

    /// Finds instances of a type that offer a service (clause 5.3.2.2).
    ///
    /// # Errors
    /// [`CallError`]; repeating it does no harm.
    pub async fn discover(
        &self,
        target_nf_type: &str,
        requester_nf_type: &str,
        service: &str,
    ) -> Result<SearchResult, CallError> {
        let mut url = self.under("nnrf-disc/v1/nf-instances")?;
        url.query_pairs_mut()
            .append_pair("target-nf-type", target_nf_type)
            .append_pair("requester-nf-type", requester_nf_type)
            .append_pair("service-names", service);
        let request = Request { method: Method::GET, url, content: Content::Empty };
        let answer: Answer = self.caller.call(Scope::NRF, &request).await?;
        answer.expect(&[StatusCode::OK])?.json()
    }

    fn instance(&self, nf_instance_id: &str) -> Result<Url, CallError> {
        self.under(&format!("nnrf-nfm/v1/nf-instances/{nf_instance_id}"))
    }

    fn under(&self, path: &str) -> Result<Url, CallError> {
        under(&self.root, path)
            .map_err(|e| CallError::Connect { url: format!("{}{path}", self.root), reason: e.to_string() })
    }
}

/// `path` below `root`, whether or not the root ends in a slash.
///
/// # Errors
/// Where the root cannot have anything below it.
pub fn under(root: &Url, path: &str) -> Result<Url, url::ParseError> {
    let text = format!("{}/{}", root.as_str().trim_end_matches('/'), path.trim_start_matches('/'));
    text.parse()
}
