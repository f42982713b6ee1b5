//! The command line: one file a verb.

mod app;
mod ask;
mod config;
mod core;
#[cfg(feature = "testbed")]
mod demo;
mod evaluate;
mod instance;
mod nearest;
mod relocation;
mod serve;
mod site;
#[cfg(feature = "testbed")]
mod testbed;
mod traffic;
mod tune;
mod watch;
mod which_bus;
mod why;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::services::Role;
use crate::settings::InvalidSettings;

/// Exit status for a configuration that cannot be used (`EX_USAGE` of sysexits.h).
const EXIT_CONFIG: u8 = 64;

/// Moves applications between edge clusters when the 5G users they serve move.
#[derive(Debug, Parser)]
#[command(name = "edgeroam", version, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Play a mobility scenario against simulators of a 5G core and EMCO, and show what became of it.
    #[cfg(feature = "testbed")]
    Demo(demo::Args),
    /// Run every service beside your own 5G core, EMCO and DNS server.
    All(serve::Args),
    /// Run a subscriber alone, on a bus that others share.
    Subscriber(serve::Args),
    /// Run a decider alone: of all that share a bus one decides, the others stand by.
    Decider(serve::Args),
    /// Run an executor alone: all that share a bus share the instances.
    Executor(serve::Args),
    /// Run a relay alone: it derives the public events from the internal streams.
    Relay(serve::Args),
    /// Run a monitor alone: it takes reports of quality and load; of all that share a bus one probes sites and asks
    /// Prometheus.
    Monitor(serve::Args),
    /// Run the simulators alone: 5G core, EMCO, DNS server, application and its clients.
    #[cfg(feature = "testbed")]
    Testbed(testbed::Args),
    /// Write or check a configuration file.
    Config(config::Args),
    /// Ask a 5G core what it can do.
    Core(core::Args),
    /// Rank the edge sites nearest to positions or cells.
    Nearest(nearest::Args),
    /// Replay recorded or simulated traffic, and compare policies with the best choice in hindsight.
    Evaluate(evaluate::Args),
    /// Search a policy's knobs on traffic, and compare them with the defaults on other traffic.
    Tune(tune::Args),
    /// Show the sites, or stop one from taking instances, empty it and take it back.
    Site(site::Args),
    /// Stop orders for an app or for all of them, and let them go on.
    App(app::Args),
    /// Send an instance to a site, keep it there or let the policy decide again.
    Instance(instance::Args),
    /// Show the moves that wait for somebody's word, and agree to one or refuse it.
    Relocation(relocation::Args),
    /// Show each cell change, command, condition of a site, decision and saga step of a running EdgeRoam, a line each.
    Watch(watch::Args),
    /// Show what was decided about a UE, an app, an instance or a relocation, and why.
    Why(why::Args),
}

/// A position west of Greenwich begins with a minus sign and is no flag: a space before it tells clap so.
pub(crate) fn western(arg: OsString) -> OsString {
    let position = arg.to_str().is_some_and(|text| {
        text.contains(',')
            && text.starts_with('-')
            && text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.')
    });
    if !position {
        return arg;
    }
    let mut shielded = OsString::from(" ");
    shielded.push(arg);
    shielded
}

/// Runs the verb and turns its end into an exit status: 0, 1 for a failure, 64 for an unusable configuration.
pub(crate) fn run(cli: Cli) -> ExitCode {
    let ended = match cli.verb {
        #[cfg(feature = "testbed")]
        Verb::Demo(args) => demo::run(args),
        Verb::All(args) => serve::run(&args, Role::ALL),
        Verb::Subscriber(args) => serve::run(&args, &[Role::Subscriber]),
        Verb::Decider(args) => serve::run(&args, &[Role::Decider]),
        Verb::Executor(args) => serve::run(&args, &[Role::Executor]),
        Verb::Relay(args) => serve::run(&args, &[Role::Relay]),
        Verb::Monitor(args) => serve::run(&args, &[Role::Monitor]),
        #[cfg(feature = "testbed")]
        Verb::Testbed(args) => testbed::run(args),
        Verb::Config(args) => config::run(args),
        Verb::Core(args) => core::run(&args),
        Verb::Nearest(args) => nearest::run(args),
        Verb::Evaluate(args) => evaluate::run(&args),
        Verb::Tune(args) => tune::run(&args),
        Verb::Site(args) => site::run(args),
        Verb::App(args) => app::run(args),
        Verb::Instance(args) => instance::run(args),
        Verb::Relocation(args) => relocation::run(args),
        Verb::Watch(args) => watch::run(&args),
        Verb::Why(args) => why::run(&args),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            say(&format!("edgeroam: {}", told(&error)));
            let config = error.chain().any(|cause| cause.is::<InvalidSettings>());
            ExitCode::from(if config { EXIT_CONFIG } else { 1 })
        }
    }
}

/// An error with its causes, but for those that the one before has told already.
fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// A multi-threaded runtime for verbs that do I/O.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// A network as MCC-MNC.
fn plmn(text: &str) -> Result<model::PlmnId, String> {
    let (mcc, mnc) = text.split_once('-').ok_or("write it like 208-93")?;
    model::PlmnId::new(mcc, mnc).map_err(|e| e.to_string())
}

/// A line on standard error.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A line on standard output; `false` once nobody reads it any more.
pub(crate) fn print(line: &str) -> bool {
    writeln!(std::io::stdout().lock(), "{line}").is_ok()
}
