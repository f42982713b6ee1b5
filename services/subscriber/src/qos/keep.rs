//! One subscription at one SMF: made, looked after, renewed ahead of its end, made again where it was lost.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use model::{ReportedAt, Timestamp};
use sbi::oauth2::Scope;
use sbi::{Answer, CallError, Class, Request};
use sbi_schemas::ts29508::NsmfEventExposure;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::kept::{self, Kept};
use super::{Smf, requests};
use crate::callback::{IssuedCallback, Notifier};
use crate::clock;
use crate::config::Enabled;
use crate::context::Core;
use crate::ending::{GOODBYE, seen_through};
use crate::pace::Backoff;
use crate::quiet::Complaint;

/// When an SMF that refused for good is asked again.
const LATER: Duration = Duration::from_secs(1800);
/// The least time between two renewals, whatever end the SMF sets.
const LEAST: Duration = Duration::from_secs(1);

/// A subscription at an SMF.
struct Held {
    /// Where it lies, if the SMF says so.
    url: Option<Url>,
    callback: IssuedCallback,
    renew_at: Instant,
    ends_at: Instant,
}

/// What became of a subscription.
enum Found {
    /// It is there.
    There,
    /// It is not, or is somebody else's.
    Lost,
}

/// Keeps a subscription at this SMF until `stop`, then ends it.
pub(super) async fn run(smf: Arc<Smf>, core: Arc<Core>, stop: CancellationToken) {
    let mut complaint = Complaint::about(format!("asking {} for packet delays", smf.root));
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
    let mut ids = smf.ids.subscribe();
    if let Some(left) = kept::recall(&core.store, &smf.root).await {
        let _ = seen_through(kept::end(&core.link.caller, left), &stop).await;
    }
    while !stop.is_cancelled() {
        ids.borrow_and_update();
        let Some(subscribed) = seen_through(subscribe(&smf, &core), &stop).await else { return };
        let pause = match subscribed {
            Ok(mut held) => {
                complaint.works();
                backoff.succeeded();
                tracing::info!(smf = %smf.root, "subscribed to packet delays");
                core.metrics.smfs.inc();
                look_after(&smf, &core, &mut held, &stop).await;
                core.metrics.smfs.dec();
                core.callbacks.revoke(&held.callback.correlation);
                if stop.is_cancelled() {
                    return end(&smf, &core, held).await;
                }
                tracing::info!(smf = %smf.root, "has lost our subscription");
                Duration::ZERO
            }
            Err(error) if requests::has_no_service(&error) && core.config.qos.enabled == Enabled::Auto => {
                smf.answers();
                tracing::info!(smf = %smf.root, %error, "has no Nsmf_EventExposure: it reports no packet delays");
                LATER
            }
            Err(error) => {
                complaint.failed(&error);
                match error.class() {
                    Class::Permanent => LATER,
                    Class::Transient(after) => backoff.failed(after),
                    Class::Unknown => backoff.failed(None),
                }
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            // It restarted: what it refused before it may grant now.
            Ok(()) = ids.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn subscribe(smf: &Smf, core: &Core) -> Result<Held, CallError> {
    // An address of its own for each attempt: one whose answer was lost notifies nobody.
    let callback = core.callbacks.issue(Notifier::Smf);
    let subscribed = try_subscribe(smf, core, &callback).await;
    if subscribed.is_err() {
        core.callbacks.revoke(&callback.correlation);
    }
    let (url, ends) = subscribed?;
    if let Some(url) = url.clone() {
        let notif_id = callback.correlation.clone();
        kept::keep(&core.store, &smf.root, &Kept { url, notif_id }).await;
    }
    let mut held = Held { url, callback, renew_at: Instant::now(), ends_at: Instant::now() };
    held.lasts_until(ends);
    Ok(held)
}

async fn try_subscribe(
    smf: &Smf,
    core: &Core,
    callback: &IssuedCallback,
) -> Result<(Option<Url>, Timestamp), CallError> {
    let wanted = clock::now().plus(core.config.qos.expiry);
    let body = requests::subscription(callback, &core.config.qos, wanted);
    let answer = call(smf, core, &requests::create(&smf.root, &body)?).await?;
    let answer = answer.expect(&[StatusCode::CREATED, StatusCode::OK])?;
    let granted: NsmfEventExposure = answer.json()?;
    Ok((requests::resource(&smf.root, &answer.headers), end_of(&granted, wanted)))
}

/// Looks at the subscription now and then, and renews it; returns when it is lost, or at `stop`.
async fn look_after(smf: &Smf, core: &Core, held: &mut Held, stop: &CancellationToken) {
    let mut ids = smf.ids.subscribe();
    ids.borrow_and_update();
    let often = core.config.discovery.interval * 2;
    let mut complaint = Complaint::about(format!("looking after the subscription at {}", smf.root));
    loop {
        let next = (Instant::now() + often).min(held.renew_at.max(Instant::now() + LEAST));
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            Ok(()) = ids.changed() => {}
            () = tokio::time::sleep_until(next) => {}
        }
        let looked = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            looked = look(smf, core, held) => looked,
        };
        match looked {
            Ok(Found::There) => complaint.works(),
            Ok(Found::Lost) => return,
            Err(error) => complaint.failed(&error),
        }
        if Instant::now() >= held.ends_at {
            return;
        }
    }
}

async fn look(smf: &Smf, core: &Core, held: &mut Held) -> Result<Found, CallError> {
    let due = Instant::now() >= held.renew_at;
    let Some(url) = held.url.clone() else { return Ok(if due { Found::Lost } else { Found::There }) };
    let wanted = clock::now().plus(core.config.qos.expiry);
    let request = if due {
        requests::replace(url, &requests::subscription(&held.callback, &core.config.qos, wanted))?
    } else {
        requests::read(url)
    };
    let answer = call(smf, core, &request).await?;
    match (answer.status, due) {
        (StatusCode::NO_CONTENT, true) => held.lasts_until(wanted),
        (StatusCode::OK, _) => {
            let there: NsmfEventExposure = answer.json()?;
            if there.notif_id != held.callback.correlation {
                return Ok(Found::Lost);
            }
            if due {
                held.lasts_until(end_of(&there, wanted));
            }
        }
        (StatusCode::NOT_FOUND, _) => return Ok(Found::Lost),
        // It cannot be looked at; only a renewal tells more, or, where there is none either, its end.
        (StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED, false) => {}
        _ => return Err(answer.refusal()),
    }
    Ok(Found::There)
}

async fn call(smf: &Smf, core: &Core, request: &Request) -> Result<Answer, CallError> {
    let answer = core.link.caller.call(Scope::SMF_EVENTS, request).await?;
    smf.answers();
    Ok(answer)
}

async fn end(smf: &Smf, core: &Core, held: Held) {
    let Some(url) = held.url else { return };
    match tokio::time::timeout(GOODBYE, requests::delete(&core.link.caller, url)).await {
        Ok(Ok(())) => kept::forget(&core.store, &smf.root).await,
        Ok(Err(error)) => tracing::debug!(%error, "a subscription could not be ended"),
        Err(_) => tracing::debug!(smf = %smf.root, "a subscription could not be ended in time"),
    }
}

/// When a subscription ends: the SMF's own word, else as we asked.
fn end_of(granted: &NsmfEventExposure, wanted: Timestamp) -> Timestamp {
    let said = granted.expiry.as_deref().and_then(ReportedAt::parse);
    said.map_or(wanted, |at| Timestamp::from_micros(at.as_micros()).min(wanted))
}

impl Held {
    /// It is renewed when nine tenths of its time have passed.
    fn lasts_until(&mut self, ends: Timestamp) {
        let (now, left) = (Instant::now(), ends.since(clock::now()));
        self.renew_at = now + left * 9 / 10;
        self.ends_at = now + left.max(LEAST);
    }
}
