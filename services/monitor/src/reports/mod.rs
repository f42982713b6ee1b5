//! Where apps, their clients and sites report what they measure: a listener of its own, because the admin port stays
//! inside.
//!
//! A 204 says that the bus has what was reported, nothing less. Who may report is asked before anything is read, and
//! everything that is read is bounded.

mod desk;
mod load;
mod members;
mod qos;
mod rate;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bus::Bus;
use catalogue::Names;
use runtime::access::{Access, Token};
use sbi::TlsFiles;
use sbi::server::{Server, ServerConfig};
use tokio_util::sync::CancellationToken;

use crate::config::ReportsConfig;
use crate::metrics::Metrics;
use crate::monitor::StartError;
use desk::Desk;
use rate::Rate;

/// The setting that names the file with the token.
const TOKEN_FILE: &str = "monitor.reports.token_file";

/// A port that is bound and not served yet.
pub(crate) struct Serving {
    server: Server,
    desk: Arc<Desk>,
}

/// Takes the address.
///
/// # Errors
/// A token or certificate that cannot be used, an occupied port.
pub(crate) async fn bind(
    config: &ReportsConfig,
    names: Names,
    bus: Arc<dyn Bus>,
    metrics: Metrics,
) -> Result<Serving, StartError> {
    let token = config.token_file.as_deref().map(|path| Token::read(TOKEN_FILE, path)).transpose()?;
    let files = config.tls.as_ref().map_or_else(TlsFiles::default, |tls| TlsFiles {
        ca_file: None,
        cert_file: Some(tls.cert_file.clone()),
        key_file: Some(tls.key_file.clone()),
    });
    let server = ServerConfig {
        max_connections: config.max_connections,
        tls: files.server()?,
        ..ServerConfig::default()
    };
    let server = Server::bind(config.listen, server).await.map_err(StartError::Listen)?;
    let desk = Desk {
        access: Access::new(TOKEN_FILE, token, config.listen),
        rate: Rate::new(config.per_second, Instant::now()),
        config: config.clone(),
        names,
        bus,
        metrics,
    };
    Ok(Serving { server, desk: Arc::new(desk) })
}

impl Serving {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Serves until `stop` is cancelled.
    pub(crate) async fn run(self, stop: CancellationToken) {
        self.server.run(self.desk, stop).await;
    }
}
