//! Follows EdgeRoam's relocations on NATS and prints a line for each event.
//!
//! An example of a consumer: it knows the contract (`docs/events.md`) and none of EdgeRoam's crates. At its start it
//! reads the last state of every instance, then it follows the stream through a durable consumer of its own, so that
//! a restart goes on where it stopped. An event that comes twice is shown once.
//!
//! Lines are `<what> <key> <from> -> <to> <id>` for relocations, and `state|instance <key> <site> <id>`.

mod args;
mod event;
mod follow;
mod latest;
mod ledger;
mod seen;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::Args;
use crate::ledger::Ledger;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let mut ledger = Ledger::new(args.count);
    let mut terminated = signal(SignalKind::terminate())?;
    let all_seen = tokio::select! {
        followed = follow::follow(&args, &mut ledger) => followed.map(|()| true)?,
        () = tokio::time::sleep(args.timeout()) => args.count.is_none(),
        _ = terminated.recv() => true,
        _ = tokio::signal::ctrl_c() => true,
    };
    ledger.sum_up()?;
    Ok(if all_seen { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
