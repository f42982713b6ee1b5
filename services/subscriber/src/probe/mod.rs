//! Finds out what a core accepts, what it really does, and what listening to it costs.

mod amf;
mod report;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bus::BusError;
use model::Timestamp;
use prometheus_client::registry::Registry;
use sbi::nrf::{Heartbeat, Nrf};
use sbi::oauth2::Scope;
use sbi::server::{Server, ServerConfig};
use store::Store;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::callback::{Callback, Callbacks, Receive};
use crate::config::Config;
use crate::context::{self, Link};
use crate::metrics::Metrics;
use crate::track::AmfSlot;
use crate::translate::Sightings;
use crate::{amfs, identity, registration};

pub use report::{AmfProbe, NrfProbe, ProbeReport};

/// For how long changes and notifications are watched.
const WATCH: Duration = Duration::from_secs(10);

/// Probes the core that `config` describes: about ten seconds. Nothing is left behind: what was registered or
/// subscribed is ended.
pub async fn probe(config: Config, store: Store) -> ProbeReport {
    probe_for(config, store, WATCH).await
}

/// As [`probe`], watching for this long.
pub async fn probe_for(config: Config, store: Store, watch: Duration) -> ProbeReport {
    let mut report = ProbeReport { problems: config.problems(), ..ProbeReport::default() };
    if !report.problems.is_empty() {
        return report;
    }
    if let Err(problem) = probe_into(&mut report, config, store, watch).await {
        report.problems.push(problem);
    }
    report
}

async fn probe_into(
    report: &mut ProbeReport,
    config: Config,
    store: Store,
    watch: Duration,
) -> Result<(), String> {
    let nf_instance_id = identity::nf_instance_id(&store).await.map_err(|e| e.to_string())?;
    let link = Link::new(&config, &nf_instance_id).map_err(|e| e.to_string())?;
    let server = Server::bind(config.callback.listen, ServerConfig::default())
        .await
        .map_err(|e| format!("callback.listen: {e}"))?;
    let callbacks = Arc::new(Callbacks::new(context::advertised(&config, server.local_addr()).await));
    let handler = Arc::new(Callback {
        callbacks: callbacks.clone(),
        receiver: Arc::new(Counter::default()),
        metrics: Metrics::register(&mut Registry::default()),
        max_body: config.callback.max_body.in_memory(),
        body_timeout: config.callback.body_timeout,
    });
    let stop = CancellationToken::new();
    let serving = tokio::spawn(server.run(handler, stop.clone()));
    let probe = Probe { config, nf_instance_id, link, callbacks, watch };
    probe.run(report).await;
    stop.cancel();
    serving.await.map_err(|e| e.to_string())
}

/// Takes notifications in and forgets them.
#[derive(Default)]
struct Counter(AtomicU64);

impl Receive for Counter {
    async fn receive(&self, _: AmfSlot, _: Sightings, _: Timestamp) -> Result<(), BusError> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }
}

struct Probe {
    config: Config,
    nf_instance_id: String,
    link: Link,
    callbacks: Arc<Callbacks>,
    watch: Duration,
}

impl Probe {
    async fn run(&self, report: &mut ProbeReport) {
        let mut roots: Vec<Url> = self.config.amfs.clone();
        let mut created = false;
        if let Some(nrf) = &self.link.nrf {
            let (found, new) = self.ask(nrf, report).await;
            created = new;
            roots.extend(found);
        }
        roots.sort();
        roots.dedup();
        if roots.is_empty() {
            report.problems.push("no AMF with namf-evts was found or configured".into());
        }
        for (number, root) in roots.into_iter().enumerate() {
            let slot = AmfSlot(u16::try_from(number).unwrap_or(u16::MAX));
            report.amfs.push(amf::probe(self, root, slot).await);
        }
        // A registration that was there before belongs to a subscriber that runs.
        if let Some(nrf) = self.link.nrf.as_ref().filter(|_| created)
            && let Err(error) = nrf.deregister(&self.nf_instance_id).await
        {
            report.problems.push(format!("could not deregister: {error}"));
        }
    }

    /// What the NRF says; the AMFs that it knows, and whether our registration is new.
    async fn ask(&self, nrf: &Nrf, report: &mut ProbeReport) -> (Vec<Url>, bool) {
        let url = nrf.root().to_string();
        let profile = registration::profile(&self.config.nf, &self.nf_instance_id, self.callbacks.root());
        let registration = match nrf.register(&profile).await {
            Ok(registration) => registration,
            Err(error) => {
                report.problems.push(format!("registration: {error}"));
                report.nrf = Some(NrfProbe {
                    url,
                    registered: false,
                    oauth2: None,
                    heartbeat_seconds: None,
                    heartbeat: "not tried".into(),
                    amf_token: None,
                    amfs: Vec::new(),
                });
                return (Vec::new(), false);
            }
        };
        let mut amf_token = None;
        if let (Some(tokens), Some(wanted)) = (&self.link.tokens, registration.oauth2) {
            tokens.switch(wanted);
            if tokens.wanted() {
                let token = tokens.bearer(Scope::AMF_EVENTS).await;
                amf_token = Some(token.map_or_else(|e| e.to_string(), |_| "given".into()));
            }
        }
        let heartbeat = match nrf.heartbeat(&self.nf_instance_id).await {
            Ok(Heartbeat::Registered) => "accepted".into(),
            Ok(Heartbeat::Unknown) => "not known right after registration".into(),
            Err(error) => error.to_string(),
        };
        let endpoints = amfs::discover(nrf, &self.config.nf.kind).await.unwrap_or_else(|error| {
            report.problems.push(format!("discovery: {error}"));
            amfs::Endpoints::new()
        });
        report.nrf = Some(NrfProbe {
            url,
            registered: true,
            oauth2: registration.oauth2,
            heartbeat_seconds: registration.heartbeat.map(|h| h.as_secs()),
            heartbeat,
            amf_token,
            amfs: endpoints.keys().map(Url::to_string).collect(),
        });
        (endpoints.into_keys().collect(), registration.created)
    }
}
