//! `edgeroam tune`: searches the knobs of a policy on some traffic, and says what they are worth on other traffic.

mod input;
mod progress;
mod table;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use evaluation::{Family, Network, Objective, Task, Tuning};
use tokio_util::sync::CancellationToken;

use super::traffic::{self, Measure, Places};

/// Exit status of a search that a signal stopped: 128 + SIGINT, as shells have it.
const EXIT_STOPPED: u8 = 130;

/// Arguments of `edgeroam tune`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    sources: input::Sources,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    measure: Measure,
    /// The policy whose knobs are tuned: regret or threshold.
    #[arg(long, default_value = "regret", value_parser = family)]
    policy: Family,
    /// The most policies that are tried on the training traffic.
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    budget_runs: u32,
    /// What is made as low as possible: cost (over optimum, of all files together), mean (of the files' cost over
    /// optimum) or worst (the highest of them).
    #[arg(long, default_value = "cost", value_parser = objective)]
    objective: Objective,
    /// Seeds what is tried, the split of the UEs where there is no --test, and the radio shadows of --trace.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many threads work on it [default: as many as there are cores]. The result is the same.
    #[arg(long, value_name = "COUNT")]
    threads: Option<NonZeroUsize>,
    /// Write the tuned policy to this file, as `evaluate --policy` and an app of edgeroam.yaml take it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the report as a page with charts to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The last line of standard output is one JSON object; the table goes to standard error.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    for file in args.out.iter().chain(&args.html) {
        writable(file)?;
    }
    let (cells, sites) = args.places.read()?;
    let (training, test) = args.sources.read(&cells, &sites, args.seed)?;
    let network = Network::new(cells, sites)?;
    if args.sources.are_split() && network.limited_sites() > 0 {
        super::say(
            "sites have limits, and a part of the UEs fills them later than all of them: give --test FILE",
        );
    }
    let settings = args.measure.settings();
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let task = Task {
        network: &network,
        training: &training,
        test: &test,
        family: args.policy,
        settings: &settings,
        objective: args.objective,
        runs: NonZeroUsize::new(args.budget_runs as usize).unwrap_or(NonZeroUsize::MIN),
        seed: args.seed,
        threads: args.threads.unwrap_or(cores),
    };
    let tuning = until_stopped(&task)?;
    if let Some(file) = &args.out {
        traffic::write(file, &tuning.yaml())?;
    }
    if let Some(file) = &args.html {
        traffic::write(file, &evaluation::tuning_html(&tuning))?;
    }
    let table = table::render(&tuning);
    if args.json {
        super::say(&table);
        super::print(&evaluation::tuning_json(&tuning).to_string());
    } else {
        super::print(&table);
    }
    Ok(if tuning.stopped { ExitCode::from(EXIT_STOPPED) } else { ExitCode::SUCCESS })
}

/// Searches until the end, or until a signal: then with the best so far.
fn until_stopped(task: &Task<'_>) -> anyhow::Result<Tuning> {
    let stop = CancellationToken::new();
    let runtime = super::runtime()?;
    runtime.block_on(async { runtime::stop::on_signal(stop.clone()) })?;
    let mut progress = progress::Progress::new();
    Ok(evaluation::tune(task, &|| stop.is_cancelled(), &mut |trying| progress.tell(trying))?)
}

/// Better now than after an hour.
fn writable(file: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        bail!("{}: there is no folder {}: make it first", traffic::writing(file), folder.display());
    }
    Ok(())
}

fn family(name: &str) -> Result<Family, String> {
    Family::named(name).map_err(|error| error.to_string())
}

fn objective(name: &str) -> Result<Objective, String> {
    let found = Objective::ALL.into_iter().find(|objective| objective.as_str() == name);
    found.ok_or_else(|| format!("`{name}` is no objective: `cost`, `mean` or `worst`"))
}
