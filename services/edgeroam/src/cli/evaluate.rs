//! `edgeroam evaluate`: replays traffic through the engine, once for each policy, and compares them with the cheapest
//! choice in hindsight.

mod input;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use evaluation::{Network, Progress, Report};

use super::traffic::{self, Measure, Places};

/// Arguments of `edgeroam evaluate`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: input::Source,
    #[command(flatten)]
    places: Places,
    /// Another policy to compare: YAML with one entry `policy`, as an app of edgeroam.yaml has it. May be repeated.
    #[arg(long = "policy", value_name = "FILE")]
    policies: Vec<PathBuf>,
    #[command(flatten)]
    measure: Measure,
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
    let (cells, sites) = args.places.read()?;
    let events = args.source.events(&cells, &sites)?;
    let network = Network::new(cells, sites)?;
    let settings = args.measure.settings();
    let mut ticker = Ticker { last: Instant::now() };
    let told = &mut |progress: Progress<'_>| ticker.tell(progress);
    let (report, dump) = evaluation::evaluate(&network, &events, &policies, &settings, told)?;
    if let Some(note) = unknown(&report) {
        super::say(&note);
    }
    if let Some(folder) = &args.dump {
        dump.write(folder).with_context(|| traffic::writing(folder))?;
    }
    if let Some(file) = &args.html {
        traffic::write(file, &evaluation::html(&report))?;
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
