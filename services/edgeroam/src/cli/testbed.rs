//! `edgeroam testbed`: the simulators alone, in a process of their own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::demo::ScenarioArgs;
use crate::lab::Lab;

/// Arguments of `edgeroam testbed`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Where `edgeroam.yaml` and the files that it names are written.
    #[arg(long, value_name = "DIR", default_value = "lab")]
    dir: PathBuf,
    /// Start no clients.
    #[arg(long)]
    no_clients: bool,
    /// How long to go on after the end of the scenario; without it, until SIGINT or SIGTERM.
    #[arg(long, value_parser = super::demo::duration)]
    linger: Option<Duration>,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    runtime::telemetry::init("warn", runtime::telemetry::Format::Text)?;
    let (config, input) = args.scenario.into_lab(args.dir, !args.no_clients);
    super::runtime()?.block_on(async {
        let (scenario, notes) = input.read()?;
        notes.iter().for_each(|note| super::say(note));
        let stop = CancellationToken::new();
        runtime::stop::on_signal(stop.clone())?;
        let lab = Lab::start(config, scenario).await?;
        let file = lab.write_files()?;
        super::print(&format!("nrf      {}", lab.nrf_url()));
        super::print(&format!("emco     {}", lab.emco().url()));
        super::print(&format!("dns      {}", lab.dns_addr()));
        super::print(&format!("status   {}", lab.serve_status(&stop).await?));
        super::print(&format!("run      edgeroam all --config {}", file.display()));
        lab.play(&stop).await;
        match args.linger {
            Some(span) => tokio::select! { () = tokio::time::sleep(span) => (), () = stop.cancelled() => () },
            None => stop.cancelled().await,
        }
        let report = lab.finish_clients().await;
        super::print(&serde_json::to_string(&report)?);
        lab.shutdown().await;
        Ok(ExitCode::SUCCESS)
    })
}
