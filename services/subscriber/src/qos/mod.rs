//! What the core measures of the quality of service: packet delays (QOS_MON, TS 29.508) that SMFs notify.
//!
//! One subscription for any UE is kept at every SMF that the NRF lists. A network measures the QoS flows whose policies
//! ask for it, so what is notified is far less than what moves. A core whose SMFs have no such service costs one
//! question a minute. QOS_NOTIF has no part in this: it belongs to AF sessions at a PCF (`docs/decisions/0020`).

mod keep;
mod kept;
mod measured;
pub(crate) mod requests;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sbi::oauth2::Scope;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

pub(crate) use measured::{Measurements, measurements};

use crate::config::Enabled;
use crate::context::Core;
use crate::discovery::{self, Endpoints};
use crate::pace::Backoff;
use crate::quiet::Complaint;

/// The service that we use.
const SERVICE: Scope = Scope::SMF_EVENTS;
/// How many times longer than usual the NRF is not asked again where it knew no SMF.
const SELDOM: u32 = 12;

/// An SMF.
struct Smf {
    /// Root of its APIs.
    root: Url,
    answered: Mutex<Instant>,
    /// The NF instance ids that are registered for it: a new one tells of a restart.
    ids: watch::Sender<BTreeSet<String>>,
}

impl Smf {
    /// It answered, whatever.
    fn answers(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn silent_for(&self) -> Duration {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

struct Member {
    smf: Arc<Smf>,
    stop: CancellationToken,
    discovered: bool,
}

struct Roster {
    core: Arc<Core>,
    members: HashMap<Url, Member>,
    tasks: TaskTracker,
    stop: CancellationToken,
    absence: Absence,
}

/// What was said of there being no SMF.
enum Absence {
    /// It is worth one line.
    Said(bool),
    /// It is a fault.
    Complained(Complaint),
}

/// Finds SMFs and keeps a subscription at each, until `stop`; returns when all have ended.
pub(crate) async fn run(core: Arc<Core>, mut registered: watch::Receiver<bool>, stop: CancellationToken) {
    let absence = match core.config.qos.enabled {
        Enabled::Off => return,
        Enabled::Auto => Absence::Said(false),
        Enabled::On => {
            Absence::Complained(Complaint::about(format!("finding an SMF with {}", SERVICE.services)))
        }
    };
    let mut roster = Roster {
        core: core.clone(),
        members: HashMap::new(),
        tasks: TaskTracker::new(),
        stop: stop.clone(),
        absence,
    };
    let Some(nrf) = &core.link.nrf else { return };
    let interval = core.config.discovery.interval;
    let mut complaint = Complaint::about(format!("discovery of SMFs at {}", nrf.root()));
    let mut backoff = Backoff::new(Duration::from_millis(500), interval);
    while !stop.is_cancelled() {
        let found = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            found = async {
                // Tokens are given to those who are registered only.
                registered.wait_for(|known| *known).await.ok()?;
                Some(discovery::find(nrf, SERVICE, &core.config.nf.kind).await)
            } => found,
        };
        let pause = match found {
            None => break,
            Some(Ok(endpoints)) => {
                complaint.works();
                backoff.succeeded();
                roster.discovered(&endpoints);
                if roster.members.is_empty() { interval * SELDOM } else { interval }
            }
            Some(Err(error)) => {
                complaint.failed(&error);
                backoff.failed(None)
            }
        };
        roster.forget(core.config.discovery.forget_after);
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    roster.tasks.close();
    roster.tasks.wait().await;
}

impl Roster {
    fn discovered(&mut self, endpoints: &Endpoints) {
        for (root, ids) in endpoints {
            let member = self.members.entry(root.clone()).or_insert_with(|| {
                tracing::info!(smf = %root, "found");
                let stop = self.stop.child_token();
                let (known, _) = watch::channel(ids.clone());
                let answered = Mutex::new(Instant::now());
                let smf = Arc::new(Smf { root: root.clone(), answered, ids: known });
                self.tasks.spawn(keep::run(smf.clone(), self.core.clone(), stop.clone()));
                Member { smf, stop, discovered: true }
            });
            member.discovered = true;
            member.smf.ids.send_if_modified(|known| {
                let restarted = !ids.is_subset(known);
                known.clone_from(ids);
                restarted
            });
        }
        for (root, member) in &mut self.members {
            if member.discovered && !endpoints.contains_key(root) {
                member.discovered = false;
                tracing::info!(smf = %root, "is no longer registered at the NRF; it is kept while it answers");
            }
        }
        self.absence.note(self.members.is_empty());
    }

    fn forget(&mut self, after: Duration) {
        self.members.retain(|root, member| {
            let keep = member.discovered || member.smf.silent_for() < after;
            if !keep {
                tracing::info!(smf = %root, "is no longer registered and does not answer; it is forgotten");
                member.stop.cancel();
            }
            keep
        });
    }
}

impl Absence {
    fn note(&mut self, nobody: bool) {
        match (self, nobody) {
            (Self::Said(said), true) => {
                if !std::mem::replace(said, true) {
                    tracing::info!(
                        "no SMF with {} is registered: the core reports no packet delays",
                        SERVICE.services
                    );
                }
            }
            (Self::Said(said), false) => *said = false,
            (Self::Complained(complaint), true) => complaint.failed(&"none is registered"),
            (Self::Complained(complaint), false) => complaint.works(),
        }
    }
}
