//! `edgeroam core probe`: what a 5G core accepts, what it really fires, what a poll costs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use crate::settings::Settings;

/// Arguments of `edgeroam core`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Try the core out and say which source of locations is chosen, and why.
    Probe {
        /// The configuration file, of which only the section `core` is used.
        #[arg(long, value_name = "FILE", default_value = "edgeroam.yaml")]
        config: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Verb::Probe { config, json } = &args.verb;
    let settings = Settings::load(config)?;
    runtime::telemetry::init("warn", runtime::telemetry::Format::Text)?;
    // The id that a running EdgeRoam has registered under is left alone: the probe registers as itself.
    let scratch = tempfile::tempdir()?;
    let store = store::Store::open(scratch.path().join("store.redb"))?;
    let report = super::runtime()?.block_on(subscriber::probe(settings.core, store));
    super::print(&if *json { serde_json::to_string(&report)? } else { report.to_string() });
    Ok(if report.amfs.iter().any(|amf| amf.polls) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
