//! A client of the edge application: what runs on one UE.
//!
//! It resolves the name of its instance by its own queries, honours the time to live to the letter, keeps its
//! connections open, sends on a fixed schedule whether or not answers come (an open loop), and never sends a
//! request twice. Whatever a user would notice is a failure: an answer after the deadline, a refused or reset
//! connection, an answer that names no release, a name that no longer resolves.
//!
//! Counting starts when the name first resolves; before that an application has not been placed yet.

mod connection;
mod ledger;
mod report;
mod resolver;
mod run;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use report::{Failure, Failures, Latency, Report, Seen};

use ledger::Ledger;

/// What a client does.
#[derive(Debug, Clone)]
pub struct Config {
    /// The name of its instance, fully qualified; the final dot may be left out.
    pub name: String,
    /// The DNS server that it asks, over UDP.
    pub dns: SocketAddr,
    /// The port of the application.
    pub port: u16,
    /// Requests a second; 0 counts as 1.
    pub rate: u32,
    /// How long one request may take, looking up, connecting and answering together.
    pub deadline: Duration,
}

impl Config {
    /// 20 requests a second with a deadline of one second.
    pub fn new(name: impl Into<String>, dns: SocketAddr, port: u16) -> Self {
        Self { name: name.into(), dns, port, rate: 20, deadline: Duration::from_secs(1) }
    }
}

/// A running client.
#[derive(Debug)]
pub struct Client {
    ledger: Arc<Mutex<Ledger>>,
    task: JoinHandle<()>,
}

impl Client {
    /// Starts a client that runs until `stop` is cancelled. Needs a tokio runtime.
    ///
    /// A name that is no domain name never resolves, which the report shows.
    pub fn start(config: Config, stop: CancellationToken) -> Self {
        let ledger = Arc::new(Mutex::new(Ledger::new(&config.name)));
        let task = tokio::spawn(run::run(config, Arc::clone(&ledger), stop));
        Self { ledger, task }
    }

    /// What it has seen so far.
    pub fn report(&self) -> Report {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).report()
    }

    /// Waits until the client has stopped and its last requests have ended.
    pub async fn join(self) -> Report {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "client failed");
        }
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).report()
    }
}
