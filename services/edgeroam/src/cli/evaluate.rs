//! `edgeroam evaluate`: replays traffic through the engine, once for each policy, and compares them with the cheapest
//! choice in hindsight.

mod input;
mod recorded;
mod table;
#[cfg(feature = "testbed")]
mod trace;
mod units;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use catalogue::read::{self, CellDefaults};
use evaluation::{Network, Progress, Report, Settings};
use model::{Cell, Site};

/// Arguments of `edgeroam evaluate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: input::Source,
    /// Cells: CSV with the header mcc,mnc,nci,tac,lon,lat, an export of OpenCelliD, or AdvantEDGE assets.
    #[arg(long, value_name = "FILE")]
    cells: PathBuf,
    /// Sites: CSV with the header id,lon,lat, GeoJSON Points with `id` and `name`, or AdvantEDGE assets.
    #[arg(long, value_name = "FILE")]
    sites: PathBuf,
    /// The network of cells whose file names none, as MCC-MNC.
    #[arg(long, value_name = "MCC-MNC", value_parser = super::plmn)]
    plmn: Option<model::PlmnId>,
    /// Another policy to compare: YAML with one entry `policy`, as an app of edgeroam.yaml has it. May be repeated.
    #[arg(long = "policy", value_name = "FILE")]
    policies: Vec<PathBuf>,
    /// Time between two samples of the cost.
    #[arg(long, value_name = "SPAN", default_value = "2s", value_parser = units::span)]
    sample: Duration,
    /// What a relocation costs, in metres of one sample.
    #[arg(long, value_name = "METERS", default_value = "3000", value_parser = units::meters)]
    relocation_cost: f64,
    /// The distance that the latency budget allows.
    #[arg(long, value_name = "LENGTH", default_value = "3km", value_parser = units::meters)]
    budget: f64,
    /// Write what was replayed and what the default policy decided: events.csv and decisions.csv in this folder.
    #[arg(long, value_name = "DIR")]
    dump: Option<PathBuf>,
    /// Write the report as a page with charts to this file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The last line of standard output is one JSON object; the table goes to standard error.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let policies = evaluation::contenders(&args.policies)?;
    let (cells, sites) = places(args)?;
    let events = args.source.events(&cells, &sites)?;
    let network = Network::new(cells, sites)?;
    let settings = Settings {
        sample: args.sample,
        relocation_cost_meters: args.relocation_cost,
        budget_meters: args.budget,
        ..Settings::default()
    };
    let mut ticker = Ticker { last: Instant::now() };
    let told = &mut |progress: Progress<'_>| ticker.tell(progress);
    let (report, dump) = evaluation::evaluate(&network, &events, &policies, &settings, told)?;
    if let Some(note) = unknown(&report) {
        super::say(&note);
    }
    if let Some(folder) = &args.dump {
        dump.write(folder).with_context(|| writing(folder))?;
    }
    if let Some(file) = &args.html {
        std::fs::write(file, evaluation::html(&report)).with_context(|| writing(file))?;
    }
    let table = table::render(&report);
    if args.json {
        super::say(&table);
        super::print(&evaluation::json(&report).to_string());
    } else {
        super::print(&table);
    }
    Ok(ExitCode::SUCCESS)
}

fn places(args: &Args) -> anyhow::Result<(Vec<Cell>, Vec<Site>)> {
    let (sites, notes) = read::sites(&args.sites, Some("-"))?;
    super::say(&notes.to_string());
    let (cells, notes) = read::cells(&args.cells, CellDefaults { plmn: args.plmn, tac: None })?;
    super::say(&notes.to_string());
    Ok((cells, sites))
}

fn writing(path: &Path) -> String {
    format!("writing {}", path.display())
}

/// A word on cells that are missing, where some are.
fn unknown(report: &Report) -> Option<String> {
    (report.unknown_cells > 0).then(|| {
        let left_out = match report.ues_left_out {
            0 => String::new(),
            ues => format!("; {ues} UEs that are on no other are left out"),
        };
        format!(
            "{} of {} events are on {} cells that are not among the cells{left_out}",
            report.unknown_cell_events, report.events, report.unknown_cells
        )
    })
}

/// Tells how far it is, once a second at most.
struct Ticker {
    last: Instant,
}

impl Ticker {
    fn tell(&mut self, progress: Progress<'_>) {
        if self.last.elapsed() >= Duration::from_secs(1) {
            self.last = Instant::now();
            let Progress { policy, what, done, of } = progress;
            super::say(&format!("{policy}: {done} of {of} {what}"));
        }
    }
}
