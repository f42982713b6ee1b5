//! `edgeroam watch`: a line for each cell change, decision and saga step.

mod lines;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use bus::embedded::Tail;
use model::Stream;

use crate::settings::Settings;

const STREAMS: [Stream; 4] = [Stream::UeEvents, Stream::Decisions, Stream::Outcomes, Stream::DeadLetter];

/// Arguments of `edgeroam watch`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file of the running EdgeRoam.
    #[arg(long, value_name = "FILE", default_value = "edgeroam.yaml")]
    config: PathBuf,
    /// Its bus, where there is no configuration file at hand.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    bus: Option<PathBuf>,
    /// Begin at the oldest record that is kept, not at the newest.
    #[arg(long)]
    from_oldest: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let folder = match &args.bus {
        Some(folder) => folder.clone(),
        None => Settings::load(&args.config)?.state_dir.join("bus"),
    };
    super::runtime()?.block_on(async {
        let mut tail = Tail::open(&folder, &STREAMS, !args.from_oldest).with_context(|| {
            format!(
                "no bus to watch in {}: has an EdgeRoam been started with this configuration?",
                folder.display()
            )
        })?;
        loop {
            let (stream, delivery) = tail.next().await?;
            if let Some(line) = lines::line(stream, &delivery.data)
                && !super::print(&line)
            {
                return Ok(ExitCode::SUCCESS);
            }
        }
    })
}
