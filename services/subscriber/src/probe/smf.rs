//! The SMFs under the probe: whether they take a subscription to packet delays, and what they then notify.

use http::StatusCode;
use sbi::CallError;
use sbi::nrf::Nrf;
use sbi::oauth2::Scope;
use url::Url;

use super::{Probe, SmfProbe};
use crate::callback::{IssuedCallback, Notifier};
use crate::clock;
use crate::config::Enabled;
use crate::discovery;
use crate::ending::{GOODBYE, seen_through};
use crate::qos::requests;

/// An SMF while the AMFs are watched.
pub(super) struct Watched {
    probe: SmfProbe,
    callback: IssuedCallback,
    subscription: Option<Url>,
}

/// Subscribes at every SMF that the NRF lists.
pub(super) async fn begin(probe: &Probe, nrf: &Nrf) -> Result<Vec<Watched>, String> {
    if probe.config.qos.enabled == Enabled::Off {
        return Ok(Vec::new());
    }
    let finding = discovery::find(nrf, Scope::SMF_EVENTS, &probe.config.nf.kind);
    let found = tokio::select! {
        biased;
        () = probe.stop.cancelled() => return Ok(Vec::new()),
        found = finding => found.map_err(|error| format!("discovery of SMFs: {}", probe.told(&error)))?,
    };
    let mut watched = Vec::new();
    for root in found.into_keys() {
        if probe.stop.is_cancelled() {
            break;
        }
        watched.push(subscribe(probe, root).await);
    }
    Ok(watched)
}

async fn subscribe(probe: &Probe, root: Url) -> Watched {
    let callback = probe.callbacks.issue(Notifier::Smf);
    let mut report = SmfProbe { url: root.to_string(), ..SmfProbe::default() };
    let subscription = match seen_through(try_subscribe(probe, &root, &callback), &probe.stop).await {
        Some(Ok(url)) => {
            report.accepted = true;
            let named = if url.is_some() { "with" } else { "without" };
            report.packet_delays = format!("subscription accepted, {named} a usable Location header");
            url
        }
        Some(Err(error)) => {
            let without = if requests::has_no_service(&error) { "no Nsmf_EventExposure" } else { "refused" };
            report.packet_delays = format!("{without}: {}", probe.told(&error));
            None
        }
        None => None,
    };
    Watched { probe: report, callback, subscription }
}

async fn try_subscribe(
    probe: &Probe,
    root: &Url,
    callback: &IssuedCallback,
) -> Result<Option<Url>, CallError> {
    let qos = &probe.config.qos;
    let body = requests::subscription(callback, qos, clock::now().plus(qos.expiry));
    let answer = probe.link.caller.call(Scope::SMF_EVENTS, &requests::create(root, &body)?).await?;
    let answer = answer.expect(&[StatusCode::CREATED, StatusCode::OK])?;
    Ok(requests::resource(root, &answer.headers))
}

/// Ends what was begun and says what came of it.
pub(super) async fn end(probe: &Probe, watched: Vec<Watched>) -> Vec<SmfProbe> {
    let mut reports = Vec::new();
    for Watched { probe: mut report, callback, subscription } in watched {
        if let Some(url) = subscription {
            let why = match tokio::time::timeout(GOODBYE, requests::delete(&probe.link.caller, url)).await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(probe.told(&error)),
                Err(_) => Some("no answer in time".into()),
            };
            if let Some(why) = why {
                report.packet_delays = format!("{}; could not be ended: {why}", report.packet_delays);
            }
        }
        report.notifications = probe.callbacks.received(&callback.correlation);
        probe.callbacks.revoke(&callback.correlation);
        reports.push(report);
    }
    reports
}
