//! Finds out what a core accepts, what it really does, and what listening to it costs.
//!
//! It registers under an id of its own and ends what it has begun however it goes: after an error, and when it is
//! stopped in the middle.

mod amf;
mod listen;
mod nrf;
mod report;
mod smf;
mod words;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use sbi::CallError;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use crate::callback::Callbacks;
use crate::config::Config;
use crate::context::Link;
use crate::track::AmfSlot;

pub use report::{AmfProbe, NrfProbe, ProbeReport, SmfProbe};

/// For how long changes and notifications are watched.
const WATCH: Duration = Duration::from_secs(10);

/// Probes the core that `config` describes: about ten seconds, or until `stop`. Nothing is left behind: what was
/// registered or subscribed is ended, which after `stop` may take a few seconds more.
pub async fn probe(config: Config, stop: CancellationToken) -> ProbeReport {
    probe_for(config, WATCH, stop).await
}

/// As [`probe`], watching for this long.
pub async fn probe_for(config: Config, watch: Duration, stop: CancellationToken) -> ProbeReport {
    let mut report = ProbeReport { problems: config.problems(), ..ProbeReport::default() };
    if !report.problems.is_empty() {
        return report;
    }
    if let Err(problem) = probe_into(&mut report, config, watch, stop).await {
        report.problems.push(problem);
    }
    report
}

async fn probe_into(
    report: &mut ProbeReport,
    config: Config,
    watch: Duration,
    stop: CancellationToken,
) -> Result<(), String> {
    // A running EdgeRoam's registration is not touched; version 4 is what Free5GC takes.
    let nf_instance_id = Uuid::new_v4().to_string();
    let link = Link::new(&config, &nf_instance_id).map_err(|e| e.to_string())?;
    let listener = listen::start(&config).await?;
    let (callbacks, deaf) = (listener.callbacks.clone(), listener.deaf);
    report.notes.extend(listener.note.clone());
    let broken = AtomicBool::new(false);
    let probe = Probe { config, nf_instance_id, link, callbacks, deaf, watch, broken, stop };
    probe.run(report).await;
    listener.end().await
}

struct Probe {
    config: Config,
    nf_instance_id: String,
    link: Link,
    callbacks: Arc<Callbacks>,
    /// Notifications cannot arrive here.
    deaf: bool,
    watch: Duration,
    /// Whether a request broke before it was answered.
    broken: AtomicBool,
    stop: CancellationToken,
}

impl Probe {
    async fn run(&self, report: &mut ProbeReport) {
        let mut roots: Vec<Url> = self.config.amfs.clone();
        let mut registered = false;
        if let Some(nrf) = &self.link.nrf {
            registered = self.register(nrf, &mut roots, report).await;
        }
        roots.sort();
        roots.dedup();
        if roots.is_empty() && !self.stop.is_cancelled() {
            report.problems.push("no AMF with namf-evts was found or configured".into());
        }
        // SMFs notify while the AMFs are watched.
        let smfs = match self.link.nrf.as_ref().filter(|_| registered) {
            Some(nrf) => smf::begin(self, nrf).await,
            None => Ok(Vec::new()),
        };
        for (number, root) in roots.into_iter().enumerate() {
            if self.stop.is_cancelled() {
                break;
            }
            let slot = AmfSlot(u16::try_from(number).unwrap_or(u16::MAX));
            report.amfs.push(amf::probe(self, root, slot).await);
        }
        match smfs {
            Ok(watched) => report.smfs = smf::end(self, watched).await,
            Err(problem) => report.problems.push(problem),
        }
        if let Some(nrf) = self.link.nrf.as_ref().filter(|_| registered) {
            self.deregister(nrf, report).await;
        }
        if self.stop.is_cancelled() {
            report.problems.push("stopped before its end: what is missing was not tried".into());
        }
        report.problems.extend(words::advice(self.config.http, self.broken()));
    }

    fn broken(&self) -> bool {
        self.broken.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// An error in words; notes what kind it is.
    fn told(&self, error: &CallError) -> String {
        if matches!(error, CallError::NeverSent { .. } | CallError::Broken { .. } | CallError::Timeout { .. })
        {
            self.broken.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        words::once(&error.to_string())
    }
}
