//! `edgeroam why`: what was decided about a UE, an instance, an app or a relocation, with the numbers behind it; and
//! what would be decided now.

mod history;
mod limits;
mod now;
mod otherwise;
mod show;
mod subject;
mod weighed;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;

use super::which_bus::WhichBus;
use subject::Subject;
use url::Url;
pub(super) use weighed::weights;

/// Arguments of `edgeroam why`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A UE (imsi-208930000000003), an app (echo), an instance (echo/eecf169a97462a82, echo/imsi-208930000000003), or a
    /// relocation: its id or its release (er-0123456789ab).
    #[arg(value_name = "UE|APP|INSTANCE|RELOCATION")]
    subject: Subject,
    /// The configuration file of the running EdgeRoam.
    #[arg(long, value_name = "FILE", default_value = "edgeroam.yaml")]
    config: PathBuf,
    /// Its bus, where there is no configuration file at hand: nats://HOST:PORT, kafka://HOST:PORT, or the folder of an
    /// embedded one.
    #[arg(long, value_name = "URL|DIR", conflicts_with = "config")]
    bus: Option<String>,
    /// How a UE or an instance stands at this moment, also where nothing was decided: asks the running decider, which
    /// publishes and orders nothing because of that.
    #[arg(long, conflicts_with_all = ["bus", "last"])]
    now: bool,
    /// The admin port that is asked, where it is not the one of the configuration: http://HOST:PORT.
    #[arg(long, value_name = "URL", requires = "now")]
    admin: Option<Url>,
    /// How many decisions are shown, the newest last.
    #[arg(long, value_name = "N", default_value_t = 5)]
    last: usize,
    /// Each decision as it stands on the bus, a JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.now {
        return standing(args);
    }
    let history = match WhichBus::of(args.bus.as_deref(), &args.config)? {
        WhichBus::Folder(folder) => history::recorded(&folder, &args.subject, args.last)?,
        WhichBus::Broker(config) => broker(&config, args)?,
    };
    if history.is_empty() {
        bail!("nothing was decided about {}, as far as the bus still knows", args.subject);
    }
    for entry in &history {
        let text = if args.json { serde_json::to_string(&entry.decision)? } else { show::entry(entry) };
        if !super::print(&text) {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn standing(args: &Args) -> anyhow::Result<ExitCode> {
    for standing in &now::ask(args)? {
        let text = if args.json { serde_json::to_string(standing)? } else { show::standing(standing) };
        if !super::print(&text) {
            return Ok(ExitCode::SUCCESS);
        }
    }
    if !args.json {
        super::print("This is how it stands now: nothing was published or ordered by asking.");
    }
    Ok(ExitCode::SUCCESS)
}

fn broker(config: &bus::Config, args: &Args) -> anyhow::Result<Vec<history::Entry>> {
    super::runtime()?.block_on(async {
        let bus = config.open(Path::new("")).await?;
        let history = history::on_bus(bus.as_ref(), &args.subject, args.last).await;
        bus.close().await;
        history
    })
}
