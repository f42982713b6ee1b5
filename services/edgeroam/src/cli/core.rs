//! `edgeroam core probe`: what a 5G core accepts, what it really fires, what a poll costs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use tokio_util::sync::CancellationToken;

use crate::settings::Settings;

/// Exit status of a probe that a signal stopped: 128 + SIGINT, as shells have it.
const EXIT_STOPPED: u8 = 130;

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
    let core = Settings::load_core(config)?;
    runtime::telemetry::init("warn", runtime::telemetry::Format::Text)?;
    let stop = CancellationToken::new();
    let report = super::runtime()?.block_on(async {
        runtime::stop::on_signal(stop.clone())?;
        anyhow::Ok(subscriber::probe(core, stop.clone()).await)
    })?;
    let text = if *json { serde_json::to_string(&report)? } else { report.to_string() };
    super::print(text.trim_end());
    Ok(match stop.is_cancelled() {
        true => ExitCode::from(EXIT_STOPPED),
        false if report.amfs.iter().any(|amf| amf.polls) => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
