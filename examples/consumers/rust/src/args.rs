//! The command line.

use std::time::Duration;

/// Follows EdgeRoam's relocations on NATS.
#[derive(Debug, clap::Parser)]
pub(crate) struct Args {
    /// The NATS server.
    #[arg(long, default_value = "nats://127.0.0.1:4222")]
    pub(crate) url: String,
    /// Stop after so many `relocation.completed` events.
    #[arg(long)]
    pub(crate) count: Option<u64>,
    /// Stop after so many seconds; with status 1 where `--count` was not reached.
    #[arg(long, default_value_t = 3_600)]
    timeout: u64,
    /// The name of the durable consumer: each system that reads events has its own.
    #[arg(long, default_value = "consumer-example-rust")]
    pub(crate) name: String,
    /// A new durable consumer begins with the oldest event that is kept, not with the next one.
    #[arg(long)]
    pub(crate) from_oldest: bool,
}

impl Args {
    pub(crate) const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}
