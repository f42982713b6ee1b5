//! The subscription: asks an AMF to notify, and asks again whenever it may have forgotten.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use model::ReportedAt;
use sbi::oauth2::Scope;
use sbi::{CallError, Class};
use sbi_schemas::ts29518::AmfCreatedEventSubscription;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{event_exposure, kept};
use crate::amf::{Amf, Doubts};
use crate::clock;
use crate::context::Core;
use crate::ending::{GOODBYE, seen_through};
use crate::pace::Backoff;
use crate::quiet::Complaint;

/// A subscription without an end of its own is renewed after this long.
const RENEW: Duration = Duration::from_secs(1800);
/// The least time between two renewals, whatever end the AMF sets.
const LEAST: Duration = Duration::from_secs(10);

/// A subscription at an AMF.
pub(super) struct Subscription {
    pub(super) url: Option<Url>,
    /// Ids that are numbers may name somebody else's subscription after a restart.
    pub(super) numbered: bool,
    pub(super) renew_in: Duration,
}

/// Keeps a subscription at this AMF until `stop`, then ends it.
pub(crate) async fn run(amf: Arc<Amf>, core: Arc<Core>, stop: CancellationToken) {
    let mut complaint = Complaint::about(format!("subscribing at {}", amf.root));
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
    let mut doubts = amf.doubts();
    let mut held = kept::recall(&core.store, &amf.root).await;
    while !stop.is_cancelled() {
        let seen = *doubts.borrow_and_update();
        let Some(subscribed) = seen_through(subscribe(&amf, &core), &stop).await else { break };
        let pause = match subscribed {
            Ok(new) => {
                complaint.works();
                backoff.succeeded();
                tracing::info!(amf = %amf.root, "subscribed to location reports");
                kept::keep(&core.store, &amf.root, &new).await;
                let old = held.replace(new);
                let restarted = doubts.borrow().restarts != seen.restarts;
                if let Some(old) = old {
                    end(&core, old, restarted).await;
                }
                held.as_ref().map_or(RENEW, |new| new.renew_in)
            }
            Err(error) => {
                complaint.failed(&error);
                match error.class() {
                    Class::Permanent => RENEW,
                    Class::Transient(after) => backoff.failed(after),
                    Class::Unknown => backoff.failed(None),
                }
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            doubt = doubt(&mut doubts, seen) => {
                if doubt.restarts != seen.restarts && held.as_ref().is_some_and(|h| h.numbered) {
                    // Its number now belongs to nobody, or to another consumer.
                    held = None;
                }
                tracing::info!(amf = %amf.root, "may have lost our subscription");
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
    if let Some(last) = held {
        let ended = tokio::time::timeout(GOODBYE, end(&core, last, false)).await;
        if ended.is_ok() {
            kept::forget(&core.store, &amf.root).await;
        }
    }
}

/// Waits for a new reason to doubt.
async fn doubt(doubts: &mut watch::Receiver<Doubts>, seen: Doubts) -> Doubts {
    let now = doubts.wait_for(|now| *now != seen).await.map(|now| *now);
    match now {
        Ok(now) => now,
        // The AMF is being forgotten: `stop` comes next.
        Err(_) => std::future::pending().await,
    }
}

async fn subscribe(amf: &Amf, core: &Core) -> Result<Subscription, CallError> {
    let request = event_exposure::subscribe_request(amf, &core.nf_instance_id)?;
    let answer = core.link.caller.call(Scope::AMF_EVENTS, &request).await?;
    let answer = answer.expect(&[StatusCode::CREATED, StatusCode::OK])?;
    let created: AmfCreatedEventSubscription = answer.json()?;
    let ends = created.subscription.options.and_then(|options| options.expiry);
    Ok(Subscription {
        url: event_exposure::resource(&amf.root, &answer.headers, &created.subscription_id),
        numbered: created.subscription_id.parse::<u64>().is_ok(),
        renew_in: renew_in(ends.as_deref()),
    })
}

/// A subscription is renewed when nine tenths of its time have passed.
fn renew_in(ends: Option<&str>) -> Duration {
    let Some(ends) = ends.and_then(ReportedAt::parse) else { return RENEW };
    let left = Duration::from_micros(ends.as_micros().saturating_sub(clock::now().as_micros()));
    (left * 9 / 10).clamp(LEAST, RENEW)
}

async fn end(core: &Core, subscription: Subscription, restarted: bool) {
    if restarted && subscription.numbered {
        return;
    }
    let Some(url) = subscription.url else { return };
    if let Err(error) = event_exposure::delete(&core.link.caller, url).await {
        tracing::debug!(%error, "a subscription could not be ended");
    }
}
