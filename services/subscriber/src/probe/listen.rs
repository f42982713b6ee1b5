//! Where the probe receives notifications: at the configured address, or beside whoever has it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use bus::BusError;
use model::{QosReport, Timestamp};
use prometheus_client::registry::Registry;
use sbi::server::{Server, ServerConfig};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::callback::{Callback, Callbacks, Receive};
use crate::config::Config;
use crate::context;
use crate::metrics::Metrics;
use crate::track::AmfSlot;
use crate::translate::Sightings;

/// A listener for notifications, which are counted and forgotten.
pub(super) struct Listener {
    pub(super) callbacks: Arc<Callbacks>,
    /// What is worth knowing about the address.
    pub(super) note: Option<String>,
    /// What is advertised leads elsewhere.
    pub(super) deaf: bool,
    serving: JoinHandle<()>,
    stop: CancellationToken,
}

/// Listens at `callback.listen`, or, where that is taken, at a free port of the same address.
pub(super) async fn start(config: &Config) -> Result<Listener, String> {
    let tls = config.callback.tls.server().map_err(|e| format!("callback.tls: {e}"))?;
    let limits = ServerConfig { tls, ..ServerConfig::default() };
    let wanted = config.callback.listen;
    let (server, taken) = match Server::bind(wanted, limits.clone()).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            (Server::bind(SocketAddr::new(wanted.ip(), 0), limits).await, true)
        }
        bound => (bound, false),
    };
    let server = server.map_err(|e| format!("callback.listen: {e}"))?;
    let bound = server.local_addr();
    let deaf = taken && config.callback.advertise.is_some();
    let note = taken.then(|| {
        let lost = if deaf {
            "; callback.advertise leads to the other one, so no notification comes here"
        } else {
            ""
        };
        format!("callback.listen {wanted} is in use, so the probe listens at {bound}{lost}")
    });
    let callbacks = Arc::new(Callbacks::new(context::advertised(config, bound).await));
    let handler = Arc::new(Callback {
        callbacks: callbacks.clone(),
        receiver: Arc::new(Forgetful),
        metrics: Metrics::register(&mut Registry::default()),
        max_body: config.callback.max_body.in_memory(),
        body_timeout: config.callback.body_timeout,
        qos: config.qos.clone(),
    });
    let stop = CancellationToken::new();
    let serving = tokio::spawn(server.run(handler, stop.clone()));
    Ok(Listener { callbacks, note, deaf, serving, stop })
}

impl Listener {
    /// Stops listening.
    pub(super) async fn end(self) -> Result<(), String> {
        self.stop.cancel();
        self.serving.await.map_err(|e| e.to_string())
    }
}

/// Takes notifications in; [`Callbacks`] count them.
struct Forgetful;

impl Receive for Forgetful {
    async fn receive(&self, _: AmfSlot, _: Sightings, _: Timestamp) -> Result<(), BusError> {
        Ok(())
    }

    async fn measured(&self, _: Vec<QosReport>) -> Result<(), BusError> {
        Ok(())
    }
}
