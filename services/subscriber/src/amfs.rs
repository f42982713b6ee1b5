//! Which AMFs there are: those of the configuration, and those that discovery finds.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sbi::nrf::Nrf;
use sbi::oauth2::Scope;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::amf::Amf;
use crate::callback::Notifier;
use crate::context::Core;
use crate::discovery::{self, Endpoints};
use crate::pace::Backoff;
use crate::quiet::Complaint;
use crate::sources::{amf_events, amf_poll};
use crate::track::Named;

/// The service that we use.
const SERVICE: Scope = Scope::AMF_EVENTS;

struct Member {
    amf: Arc<Amf>,
    stop: CancellationToken,
    configured: bool,
    discovered: bool,
}

struct Roster {
    core: Arc<Core>,
    members: HashMap<Url, Member>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Finds AMFs and keeps a poll and a subscription at each, until `stop`; returns when all have ended.
pub(crate) async fn run(core: Arc<Core>, mut registered: watch::Receiver<bool>, stop: CancellationToken) {
    let mut roster =
        Roster { core: core.clone(), members: HashMap::new(), tasks: TaskTracker::new(), stop: stop.clone() };
    for root in &core.config.amfs {
        roster.meet(root, true);
    }
    // AMFs of a former life: where they answer they are kept, whether or not an NRF still lists them.
    let holders = core.publisher.track().holders();
    for named in holders {
        roster.meet(&named.root, false);
    }
    roster.count();
    match &core.link.nrf {
        Some(nrf) => discover_until(&mut roster, nrf, &mut registered, &stop).await,
        None => stop.cancelled().await,
    }
    roster.tasks.close();
    roster.tasks.wait().await;
}

async fn discover_until(
    roster: &mut Roster,
    nrf: &Nrf,
    registered: &mut watch::Receiver<bool>,
    stop: &CancellationToken,
) {
    let settings = roster.core.config.discovery.clone();
    let mut complaint = Complaint::about(format!("discovery at {}", nrf.root()));
    let mut nobody = Complaint::about(format!("finding an AMF with {} at {}", SERVICE.services, nrf.root()));
    let mut backoff = Backoff::new(Duration::from_millis(500), settings.interval);
    loop {
        // Tokens are given to those who are registered only.
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            known = registered.wait_for(|known| *known) => if known.is_err() { return },
        }
        let found = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            found = discovery::find(nrf, SERVICE, &roster.core.config.nf.kind) => found,
        };
        let pause = match found {
            Ok(endpoints) => {
                complaint.works();
                roster.discovered(&endpoints);
                if endpoints.is_empty() && roster.members.is_empty() {
                    nobody.failed(
                        &"none is registered; a Free5GC NRF that restarted has lost its AMFs: restart them",
                    );
                    backoff.failed(None)
                } else {
                    nobody.works();
                    backoff.succeeded();
                    settings.interval
                }
            }
            Err(error) => {
                complaint.failed(&error);
                backoff.failed(None)
            }
        };
        roster.forget(settings.forget_after);
        roster.count();
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl Roster {
    fn discovered(&mut self, endpoints: &Endpoints) {
        for (root, ids) in endpoints {
            self.meet(root, false);
            if let Some(member) = self.members.get_mut(root) {
                member.discovered = true;
                let mut track = self.core.publisher.track();
                member.amf.discovered_as(track.after_polls(), ids.clone());
                track.note(member.amf.slot, member.amf.life());
            }
        }
        for (root, member) in &mut self.members {
            if member.discovered && !endpoints.contains_key(root) {
                member.discovered = false;
                tracing::warn!(amf = %root, "is no longer registered at the NRF; it is kept while it answers");
            }
        }
    }

    /// Begins with an AMF, unless it is known.
    fn meet(&mut self, root: &Url, configured: bool) {
        if let Some(member) = self.members.get_mut(root) {
            member.configured |= configured;
            return;
        }
        let (slot, known, ues) = {
            let mut track = self.core.publisher.track();
            let slot = track.amf(root);
            let known = slot.and_then(|slot| track.named(slot).cloned());
            (slot, known, slot.map_or(0, |slot| track.alive(slot)))
        };
        let (Some(slot), Some(Named { life, .. })) = (slot, known) else {
            tracing::error!(amf = %root, "is not used: there have been more AMFs than can be told apart");
            return;
        };
        tracing::info!(amf = %root, known_ues = ues, "found");
        let callback = self.core.callbacks.issue(Notifier::Amf(slot));
        let amf = Arc::new(Amf::new(root.clone(), slot, callback, life, ues > 0));
        let stop = self.stop.child_token();
        self.tasks.spawn(amf_poll::run(amf.clone(), self.core.clone(), stop.clone()));
        if self.core.config.push {
            self.tasks.spawn(amf_events::run(amf.clone(), self.core.clone(), stop.clone()));
        }
        self.members.insert(root.clone(), Member { amf, stop, configured, discovered: false });
    }

    /// Lets go of AMFs that are no longer registered and no longer answer. Their UEs stay known: that an AMF is
    /// lost does not mean that its UEs are.
    fn forget(&mut self, after: Duration) {
        let core = &self.core;
        self.members.retain(|root, member| {
            let keep = member.configured || member.discovered || member.amf.silent_for() < after;
            if !keep {
                tracing::warn!(amf = %root, "is no longer registered and does not answer; it is forgotten");
                core.callbacks.revoke(&member.amf.callback.correlation);
                member.stop.cancel();
            }
            keep
        });
    }

    fn count(&self) {
        let count = self.members.len();
        self.core.amfs.store(count, Ordering::Relaxed);
        self.core.metrics.amfs.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
