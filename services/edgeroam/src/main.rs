//! `edgeroam`: moves applications between edge clusters when the 5G users they serve move.
//!
//! One binary with a verb for each job. [`cli`] holds one file a verb, [`settings`] the configuration file,
//! [`services`] the wiring of subscriber, decider and executor on one bus, [`operate`] what operators ask for, and `demo` (feature
//! `testbed`) the simulators, the clients and the closing table. What the services do is in their own crates.

mod cli;
#[cfg(feature = "testbed")]
mod demo;
#[cfg(feature = "testbed")]
mod lab;
mod operate;
mod services;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // Every TLS client of the process uses this provider; a second installation would only say that it is there.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    cli::run(cli::Cli::parse_from(std::env::args_os().map(cli::western)))
}
