//! Which subscriptions we made, across restarts: one that a crash left behind would be notified to nobody for ever.
//!
//! One that is made in the last milliseconds before a crash is still lost: its address is known from the AMF's
//! answer only. Its notifications are then refused with 404.

use std::time::Duration;

use store::Store;
use url::Url;

use super::amf_events::Subscription;

fn fact(amf: &Url) -> String {
    format!("subscriber/subscription/{amf}")
}

/// The subscription that a former life of this process left at this AMF.
pub(super) async fn recall(store: &Store, amf: &Url) -> Option<Subscription> {
    let kept = store.fact(&fact(amf)).await.ok()??;
    let url: Url = String::from_utf8(kept).ok()?.parse().ok()?;
    Some(Subscription { url: Some(url), numbered: false, renew_in: Duration::ZERO })
}

/// Remembers a subscription. One whose id is a number is not kept: after a restart of the AMF that number may be
/// somebody else's, and whoever numbers like this (Free5GC) notifies nobody anyway.
pub(super) async fn keep(store: &Store, amf: &Url, subscription: &Subscription) {
    let Some(url) = subscription.url.as_ref().filter(|_| !subscription.numbered) else { return };
    if let Err(error) = store.put_fact(&fact(amf), url.to_string().into_bytes()).await {
        tracing::warn!(%error, "the address of a subscription could not be kept");
    }
}

/// It has ended.
pub(super) async fn forget(store: &Store, amf: &Url) {
    if let Err(error) = store.remove_fact(&fact(amf)).await {
        tracing::warn!(%error, "the address of a subscription could not be let go of");
    }
}
