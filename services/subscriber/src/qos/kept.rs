//! Which subscriptions we made, across restarts. Their addresses died with the process that gave them out, so its next
//! life ends them.

use sbi::Caller;
use sbi::oauth2::Scope;
use sbi_schemas::ts29508::NsmfEventExposure;
use serde::{Deserialize, Serialize};
use store::Store;
use url::Url;

use super::requests;

/// A subscription as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Where it lies.
    pub(super) url: Url,
    /// Its `notifId`: an SMF that restarted may have given its place to somebody else's.
    pub(super) notif_id: String,
}

fn fact(smf: &Url) -> String {
    format!("subscriber/qos-subscription/{smf}")
}

/// What a former life of this process left at this SMF.
pub(super) async fn recall(store: &Store, smf: &Url) -> Option<Kept> {
    let kept = store.fact(&fact(smf)).await.ok()??;
    serde_json::from_slice(&kept).ok()
}

/// Remembers a subscription.
pub(super) async fn keep(store: &Store, smf: &Url, kept: &Kept) {
    // Strings always serialise.
    let data = serde_json::to_vec(kept).unwrap_or_default();
    if let Err(error) = store.put_fact(&fact(smf), data).await {
        tracing::warn!(%error, "the address of a subscription could not be kept");
    }
}

/// It has ended.
pub(super) async fn forget(store: &Store, smf: &Url) {
    if let Err(error) = store.remove_fact(&fact(smf)).await {
        tracing::warn!(%error, "the address of a subscription could not be let go of");
    }
}

/// Ends a subscription of a former life, if it is still ours.
pub(super) async fn end(caller: &Caller, kept: Kept) {
    let Ok(answer) = caller.call(Scope::SMF_EVENTS, &requests::read(kept.url.clone())).await else { return };
    let ours = answer.json::<NsmfEventExposure>().is_ok_and(|there| there.notif_id == kept.notif_id);
    if ours && let Err(error) = requests::delete(caller, kept.url).await {
        tracing::debug!(%error, "a subscription that was left behind could not be ended");
    }
}
