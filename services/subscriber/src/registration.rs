//! Our registration at the NRF, kept alive.

use std::sync::Arc;
use std::time::Duration;

use sbi::CallError;
use sbi::nrf::{Heartbeat, Nrf, Registration};
use sbi_schemas::ts29510::{IpEndPoint, NfProfile, NfService, NfServiceVersion, NfStatus};
use sbi_schemas::ts29571;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use crate::config::NfConfig;
use crate::context::Core;
use crate::ending::{GOODBYE, seen_through};
use crate::pace::Backoff;
use crate::quiet::Complaint;

/// Registers, stays registered until `stop`, and says in `registered` whether the NRF knows us.
pub(crate) async fn run(core: Arc<Core>, nrf: Nrf, registered: watch::Sender<bool>, stop: CancellationToken) {
    let profile = profile(&core.config.nf, &core.nf_instance_id, core.callbacks.root());
    let mut complaint = Complaint::about(format!("registration at {}", nrf.root()));
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(5));
    while !stop.is_cancelled() {
        let Some(registration) = seen_through(nrf.register(&profile), &stop).await else { break };
        let pause = match registration {
            Ok(registration) => {
                complaint.works();
                backoff.succeeded();
                tracing::info!(nrf = %nrf.root(), id = core.nf_instance_id, created = registration.created,
                    oauth2 = ?registration.oauth2, "registered");
                welcomed(&core, &registration);
                registered.send_replace(true);
                let interval = registration.heartbeat.unwrap_or(core.config.nf.heartbeat);
                stay(&core, &nrf, interval, &stop).await;
                core.metrics.registered.set(0);
                Duration::ZERO
            }
            Err(error) => {
                complaint.failed(&error);
                backoff.failed(None)
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Says goodbye, if we were ever registered.
pub(crate) async fn deregister(core: &Core, nrf: &Nrf) {
    match tokio::time::timeout(GOODBYE, nrf.deregister(&core.nf_instance_id)).await {
        Ok(Ok(())) => tracing::info!(nrf = %nrf.root(), "deregistered"),
        Ok(Err(error)) => tracing::warn!(%error, "could not deregister"),
        Err(_) => tracing::warn!(nrf = %nrf.root(), "could not deregister in time"),
    }
}

fn welcomed(core: &Core, registration: &Registration) {
    core.metrics.registered.set(1);
    if let (Some(tokens), Some(wanted)) = (&core.link.tokens, registration.oauth2) {
        tokens.switch(wanted);
    }
}

/// Sends heartbeats until the NRF no longer knows us, or `stop`.
async fn stay(core: &Core, nrf: &Nrf, interval: Duration, stop: &CancellationToken) {
    let mut complaint = Complaint::about(format!("heartbeat at {}", nrf.root()));
    let mut backoff = Backoff::new(Duration::from_millis(500), interval);
    let mut pause = interval;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let beat = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            beat = nrf.heartbeat(&core.nf_instance_id) => beat,
        };
        pause = match beat {
            Ok(Heartbeat::Registered) => {
                complaint.works();
                backoff.succeeded();
                core.metrics.registered.set(1);
                interval
            }
            Ok(Heartbeat::Unknown) => {
                tracing::warn!(nrf = %nrf.root(), "no longer knows us; registering again");
                return;
            }
            // It answers, and not to our liking: whatever it holds of us, a new registration replaces it.
            Err(error) if answers(&error) => {
                complaint.failed(&error);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(backoff.failed(None)) => {}
                }
                return;
            }
            Err(error) => {
                complaint.failed(&error);
                core.metrics.registered.set(0);
                backoff.failed(None)
            }
        };
    }
}

fn answers(error: &CallError) -> bool {
    match error {
        CallError::Refused { .. } | CallError::Malformed { .. } => true,
        CallError::Token(error) => match error.as_ref() {
            sbi::oauth2::TokenError::Refused { .. } => true,
            sbi::oauth2::TokenError::Call(_) => false,
        },
        CallError::Connect { .. }
        | CallError::NeverSent { .. }
        | CallError::Timeout { .. }
        | CallError::Broken { .. }
        | CallError::TooLarge { .. }
        | CallError::BadToken { .. }
        | CallError::NotSerialisable(_) => false,
    }
}

/// What we register: an NF that is reached under `callback`.
pub(crate) fn profile(nf: &NfConfig, id: &str, callback: &Url) -> NfProfile {
    let mut endpoint = IpEndPoint {
        transport: Some("TCP".into()),
        port: callback.port_or_known_default(),
        ..IpEndPoint::default()
    };
    let (mut fqdn, mut v4, mut v6) = (None, None, None);
    match callback.host() {
        Some(Host::Ipv4(address)) => {
            endpoint.ipv4_address = Some(address.to_string());
            v4 = Some(vec![address.to_string()]);
        }
        Some(Host::Ipv6(address)) => {
            endpoint.ipv6_address = Some(address.to_string());
            v6 = Some(vec![address.to_string()]);
        }
        Some(Host::Domain(name)) => fqdn = Some(name.to_owned()),
        None => {}
    }
    let service = NfService {
        service_instance_id: "1".into(),
        service_name: "naf-eventexposure".into(),
        versions: vec![NfServiceVersion {
            api_version_in_uri: "v1".into(),
            api_full_version: "1.0.0".into(),
        }],
        scheme: callback.scheme().to_owned(),
        nf_service_status: NfStatus::Registered,
        fqdn: fqdn.clone(),
        ip_end_points: fqdn.is_none().then(|| vec![endpoint]),
        api_prefix: Some(callback.as_str().trim_end_matches('/').to_owned()),
    };
    let plmns =
        nf.plmns.iter().map(|plmn| ts29571::PlmnId { mcc: plmn.mcc(), mnc: plmn.mnc() }).collect::<Vec<_>>();
    NfProfile {
        nf_instance_id: id.to_owned(),
        nf_type: nf.kind.clone(),
        nf_status: NfStatus::Registered,
        nf_instance_name: nf.name.clone(),
        heart_beat_timer: u32::try_from(nf.heartbeat.as_secs()).ok(),
        plmn_list: (!plmns.is_empty()).then_some(plmns),
        fqdn,
        ipv4_addresses: v4,
        ipv6_addresses: v6,
        nf_services: Some(vec![service]),
        custom_info: None,
    }
}
