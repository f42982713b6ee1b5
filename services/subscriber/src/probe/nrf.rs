//! The NRF under the probe.

use std::sync::Arc;

use http::StatusCode;
use sbi::nrf::{Heartbeat, Nrf, Registration};
use sbi::oauth2::{Mode, Scope, Tokens};
use sbi::{CallError, Caller};
use url::Url;

use super::{NrfProbe, Probe, ProbeReport, words};
use crate::ending::{GOODBYE, seen_through};
use crate::{discovery, registration};

impl Probe {
    /// Registers, and notes what the NRF says and the AMFs that it knows. Whether a registration may be there now.
    pub(super) async fn register(&self, nrf: &Nrf, roots: &mut Vec<Url>, report: &mut ProbeReport) -> bool {
        let profile = registration::profile(&self.config.nf, &self.nf_instance_id, self.callbacks.root());
        match seen_through(nrf.register(&profile), &self.stop).await {
            Some(Ok(registration)) => {
                let found = self.ask(nrf, &registration, report).await;
                report.nrf = Some(found);
                let known = report.nrf.iter().flat_map(|nrf| &nrf.amfs);
                roots.extend(known.filter_map(|root| root.parse::<Url>().ok()));
                true
            }
            Some(Err(error)) => {
                report.problems.push(format!("registration: {}", self.told(&error)));
                report.nrf = Some(NrfProbe { url: nrf.root().to_string(), ..NrfProbe::default() });
                may_have_worked(&error)
            }
            None => true,
        }
    }

    async fn ask(&self, nrf: &Nrf, registration: &Registration, report: &mut ProbeReport) -> NrfProbe {
        let mut found = NrfProbe {
            url: nrf.root().to_string(),
            registered: true,
            oauth2: registration.oauth2,
            tokens: words::tokens(self.config.oauth2, registration.oauth2).into(),
            heartbeat_seconds: registration.heartbeat.map(|h| h.as_secs()),
            ..NrfProbe::default()
        };
        if let (Some(tokens), Some(wanted)) = (&self.link.tokens, registration.oauth2) {
            tokens.switch(wanted);
        }
        let asking = async {
            if let Some(tokens) = self.link.tokens.as_ref().filter(|tokens| tokens.wanted()) {
                let token = tokens.bearer(Scope::AMF_EVENTS).await;
                found.amf_token =
                    Some(token.map_or_else(|e| words::once(&e.to_string()), |_| "given".into()));
            }
            found.heartbeat = match nrf.heartbeat(&self.nf_instance_id).await {
                Ok(Heartbeat::Registered) => "accepted".into(),
                Ok(Heartbeat::Unknown) => "not known right after registration".into(),
                Err(error) => self.told(&error),
            };
            match discovery::find(nrf, Scope::AMF_EVENTS, &self.config.nf.kind).await {
                Ok(endpoints) => found.amfs = endpoints.keys().map(Url::to_string).collect(),
                Err(error) => report.problems.push(format!("discovery: {}", self.told(&error))),
            }
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            () = asking => {}
        }
        found
    }

    /// Ends the registration. Registering needs no token and ending it may: where `core.oauth2` is not what this
    /// core wants, it is tried the other way too.
    pub(super) async fn deregister(&self, nrf: &Nrf, report: &mut ProbeReport) {
        let id = &self.nf_instance_id;
        let ending = async {
            let ended = nrf.deregister(id).await;
            match (&ended, self.other_way()) {
                (Err(error), Some(caller)) if wants_the_other_way(error) => {
                    Nrf::new(nrf.root().clone(), caller).deregister(id).await
                }
                _ => ended,
            }
        };
        let why = match tokio::time::timeout(GOODBYE, ending).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => self.told(&error),
            Err(_) => "no answer in time".into(),
        };
        report.problems.push(format!("could not deregister, so the NRF may keep NF instance {id}: {why}"));
    }

    /// Without tokens where they are used, with them where they are not.
    fn other_way(&self) -> Option<Caller> {
        let client = self.link.caller.client().clone();
        if self.link.tokens.as_ref()?.wanted() {
            return Some(Caller::new(client, None));
        }
        let (id, kind) = (self.nf_instance_id.clone(), self.config.nf.kind.clone());
        let tokens = Tokens::new(client.clone(), self.config.nrf.as_ref()?, id, kind, Mode::On).ok()?;
        Some(Caller::new(client, Some(Arc::new(tokens))))
    }
}

fn wants_the_other_way(error: &CallError) -> bool {
    let refused = [Some(StatusCode::UNAUTHORIZED), Some(StatusCode::FORBIDDEN)].contains(&error.status());
    refused || matches!(error, CallError::Token(_))
}

/// Whether a registration may be there although it was answered with this.
fn may_have_worked(error: &CallError) -> bool {
    match error {
        CallError::Timeout { .. }
        | CallError::Broken { .. }
        | CallError::TooLarge { .. }
        | CallError::Malformed { .. } => true,
        CallError::Refused { status, .. } => status.is_server_error(),
        CallError::Connect { .. }
        | CallError::NeverSent { .. }
        | CallError::BadToken { .. }
        | CallError::NotSerialisable(_)
        | CallError::Token(_) => false,
    }
}
