//! Starting and stopping.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use bus::Bus;
use prometheus_client::registry::Registry;
use sbi::oauth2::Scope;
use sbi::server::{Server, ServerConfig};
use sbi::{BuildError, TlsError};
use store::{Store, StoreError};
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::callback::{Callback, Callbacks, IssuedCallback, Notifier};
use crate::config::Config;
use crate::context::{self, Core, Link, LinkError};
use crate::metrics::Metrics;
use crate::parts::{self, Parts};
use crate::publish::Publisher;
use crate::track::{AmfSlot, Footprint, Limits};
use crate::{amfs, baseline, identity, qos, registration};

/// Why the subscriber does not start: a fault of this machine or its configuration, never of the core.
#[derive(Debug, Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error("core: {}", .0.join("; "))]
    Config(Vec<String>),
    /// The callback address cannot be taken.
    #[error("core.callback.listen: {0}")]
    Callback(std::io::Error),
    /// A certificate or key of the callback cannot be used.
    #[error("core.callback.tls: {0}")]
    CallbackTls(TlsError),
    /// The client towards the core cannot be made.
    #[error("core.tls: {0}")]
    Client(BuildError),
    /// The store cannot be read or written.
    #[error("what was kept: {0}")]
    Store(#[from] StoreError),
}

impl From<LinkError> for StartError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Client(error) => Self::Client(error),
            LinkError::Nrf(error) => Self::Config(vec![format!("nrf: {error}")]),
        }
    }
}

/// A running subscriber.
pub struct Subscriber {
    core: Arc<Core>,
    callback: SocketAddr,
    running: JoinHandle<()>,
}

impl Subscriber {
    /// Starts, and returns when the callback listens. The core need not be there; it is looked for until `stop`.
    ///
    /// # Errors
    /// [`StartError`]: wrong configuration, an occupied callback address, unusable certificates, no store.
    pub async fn start(
        config: Config,
        bus: Arc<dyn Bus>,
        store: Store,
        registry: &mut Registry,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(StartError::Config(problems));
        }
        let metrics = Metrics::register(registry);
        let nf_instance_id = identity::nf_instance_id(&store).await?;
        let link = Link::new(&config, &nf_instance_id)?;
        let server = listen(&config).await?;
        let callback = server.local_addr();
        let callbacks = Arc::new(Callbacks::new(context::advertised(&config, callback).await));
        tracing::info!(listen = %callback, advertised = %callbacks.root(), "notifications are received");
        let limits =
            Limits { gone_after: config.poll.gone_after, idle_gone_after: config.poll.idle_gone_after };
        let known = baseline::recall(&store, bus.as_ref(), limits).await?;
        if let (Some(tokens), Some(token)) = (&link.tokens, known.token) {
            tokens.remember(Scope::AMF_EVENTS, &token).await;
        }
        let parts = Arc::new(Parts::new(if bus.is_shared() { config.parts } else { 1 }));
        let share = match parts::join(bus.as_ref(), &parts).await {
            Ok(share) => Some(share),
            Err(error) => {
                tracing::warn!(%error, "cannot join the subscriber's replicas yet");
                None
            }
        };
        let publisher = Arc::new(Publisher::new(bus.clone(), known.track, parts, metrics.clone()));
        let sharing = tokio::spawn(parts::run(publisher.clone(), bus, share, stop.clone()));
        let handler = Arc::new(Callback {
            callbacks: callbacks.clone(),
            receiver: publisher.clone(),
            metrics: metrics.clone(),
            max_body: config.callback.max_body.in_memory(),
            body_timeout: config.callback.body_timeout,
            qos: config.qos.clone(),
        });
        let amfs = AtomicUsize::new(0);
        let core =
            Arc::new(Core { config, nf_instance_id, link, publisher, callbacks, metrics, store, amfs });
        let running = tokio::spawn(run(core.clone(), server, handler, sharing, stop));
        Ok(Self { core, callback, running })
    }

    /// Where notifications are received.
    pub fn callback_addr(&self) -> SocketAddr {
        self.callback
    }

    /// Our NF instance id.
    pub fn nf_instance_id(&self) -> &str {
        &self.core.nf_instance_id
    }

    /// A callback address as an AMF gets it, for load that comes from elsewhere (benchmarks, trials by hand).
    pub fn issue_callback(&self) -> IssuedCallback {
        self.core.callbacks.issue(Notifier::Amf(AmfSlot::NONE))
    }

    /// The memory that the table of UEs takes.
    pub fn footprint(&self) -> Footprint {
        self.core.publisher.footprint()
    }

    /// Waits until everything has ended after `stop`: subscriptions are deleted, the registration is ended, and
    /// notifications under way are answered.
    pub async fn join(self) {
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the subscriber ended badly");
        }
    }
}

async fn listen(config: &Config) -> Result<Server, StartError> {
    let limits = ServerConfig {
        max_connections: config.callback.max_connections,
        max_streams: config.callback.max_streams,
        tls: config.callback.tls.server().map_err(StartError::CallbackTls)?,
        ..ServerConfig::default()
    };
    Server::bind(config.callback.listen, limits).await.map_err(StartError::Callback)
}

/// Everything that runs; ends in the order in which the parts need each other.
async fn run(
    core: Arc<Core>,
    server: Server,
    handler: Arc<Callback<Publisher>>,
    sharing: JoinHandle<()>,
    stop: CancellationToken,
) {
    let close = CancellationToken::new();
    let serving = tokio::spawn(server.run(handler, close.clone()));
    let (registered, knows_us) = watch::channel(false);
    let registration = core.link.nrf.clone().map(|nrf| {
        let ours = registered.clone();
        tokio::spawn(registration::run(core.clone(), nrf, ours, stop.clone()))
    });
    let keeping = tokio::spawn(baseline::run(core.clone(), stop.clone()));
    let measuring = tokio::spawn(qos::run(core.clone(), knows_us.clone(), stop.clone()));
    amfs::run(core.clone(), knows_us, stop.clone()).await;
    stop.cancelled().await;
    let _ = measuring.await;
    let _ = keeping.await;
    let _ = sharing.await;
    if let Some(registration) = registration {
        let _ = registration.await;
    }
    if let Some(nrf) = core.link.nrf.as_ref().filter(|_| *registered.borrow()) {
        registration::deregister(&core, nrf).await;
    }
    close.cancel();
    let _ = serving.await;
    baseline::keep(&core).await;
}
