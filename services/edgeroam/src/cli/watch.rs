//! `edgeroam watch`: a line for each cell change, measurement, command, condition of a site, decision and saga step.

pub(super) mod lines;
mod measurements;
pub(super) mod operations;
mod public;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use bus::embedded::Tail;
use model::Stream;

use super::which_bus::WhichBus;

const STREAMS: [Stream; 7] = [
    Stream::UeEvents,
    Stream::Qos,
    Stream::Commands,
    Stream::Sites,
    Stream::Decisions,
    Stream::Outcomes,
    Stream::DeadLetter,
];

/// Arguments of `edgeroam watch`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file of the running EdgeRoam.
    #[arg(long, value_name = "FILE", default_value = "edgeroam.yaml")]
    config: PathBuf,
    /// Its bus, where there is no configuration file at hand: nats://HOST:PORT, kafka://HOST:PORT, or the folder of
    /// an embedded one. At a broker the public events are shown, as every consumer sees them.
    #[arg(long, value_name = "URL|DIR", conflicts_with = "config")]
    bus: Option<String>,
    /// Begin at the oldest record that is kept, not at the newest.
    #[arg(long)]
    from_oldest: bool,
    /// Public events of these types alone, such as `relocation.completed` or `io.edgeroam.instance.v1`.
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Public events of this UE alone: its pseudonym, or its SUPI together with `--key-file`.
    #[arg(long, value_name = "UE")]
    ue: Option<String>,
    /// The key of the pseudonyms (32 to 128 hex digits), to find a SUPI's events.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Each public event as one JSON object, a CloudEvent in structured mode.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match WhichBus::of(args.bus.as_deref(), &args.config)? {
        WhichBus::Folder(folder) => tail(&folder, args),
        WhichBus::Broker(broker) => super::runtime()?.block_on(public::watch(&broker, args)),
    }
}

/// Follows the log of a running embedded bus.
fn tail(folder: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    if args.json || args.ue.is_some() || !args.types.is_empty() {
        bail!("--type, --ue and --json are of public events, which the embedded bus does not have");
    }
    super::runtime()?.block_on(async {
        let mut tail = Tail::open(folder, &STREAMS, !args.from_oldest).with_context(|| {
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
