//! `edgeroam demo`: the whole loop on simulators, with a table at the end.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use core_sim::Personality;

use crate::demo::{self, Plan};
use crate::lab::{Input, Knobs, LabConfig};

/// Arguments of `edgeroam demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// The last line of standard output is one JSON object; the table goes to standard error.
    #[arg(long)]
    json: bool,
    /// Keep configuration, bus and store in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// What is played: shared by `demo` and `testbed`.
#[derive(Debug, clap::Args)]
pub(super) struct ScenarioArgs {
    /// How the simulated core behaves.
    #[arg(long, value_enum, default_value_t = Core::Free5gc)]
    core: Core,
    /// How many times faster than life the trace, policy durations and EMCO's delays run. Clients, DNS and
    /// latencies keep real time.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Seeds the built-in scenario, radio shadows and the simulators' jitter.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How many UEs (at most, where a trace is given) [default: 30, or all of the trace].
    #[arg(long)]
    ues: Option<u32>,
    /// How much of the scenario is played, before `--speed` [default: 60s, or all of the trace].
    #[arg(long, value_parser = duration)]
    duration: Option<Duration>,
    /// Cells: CSV with the header mcc,mnc,nci,tac,lon,lat, an export of OpenCelliD, or AdvantEDGE assets.
    #[arg(long, value_name = "FILE", requires_all = ["sites", "trace"])]
    cells: Option<PathBuf>,
    /// Sites: CSV with the header id,lon,lat, GeoJSON Points with `id` and `name`, or AdvantEDGE assets.
    #[arg(long, value_name = "FILE", requires_all = ["cells", "trace"])]
    sites: Option<PathBuf>,
    /// Movement: SUMO FCD XML (geo coordinates), GPX, CSV of fixes, or AdvantEDGE assets.
    #[arg(long, value_name = "FILE", requires_all = ["cells", "sites"])]
    trace: Option<PathBuf>,
    /// The network of cells whose file names none, as MCC-MNC.
    #[arg(long, default_value = "208-93", value_parser = super::plmn)]
    plmn: model::PlmnId,
    /// The bus that EdgeRoam runs on: `embedded`, nats://HOST:PORT or kafka://HOST:PORT.
    #[arg(long, value_name = "URL", default_value = "embedded", value_parser = bus)]
    bus: String,
    /// Port of the simulated application on its loopback addresses.
    #[arg(long, default_value_t = 18080)]
    pod_port: u16,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Core {
    /// Free5GC as it was recorded: accepts subscriptions, never pushes a location.
    Free5gc,
    /// A core that does what the specifications say: pushes, 204, Location header.
    #[value(name = "3gpp")]
    ThreeGpp,
}

pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let scratch;
    let dir = match args.keep {
        Some(dir) => dir,
        None => {
            scratch = tempfile::tempdir()?;
            scratch.path().to_path_buf()
        }
    };
    runtime::telemetry::init("warn", runtime::telemetry::Format::Text)?;
    let (lab, input) = args.scenario.into_lab(dir, true);
    super::runtime()?.block_on(demo::run(Plan { lab, input, json: args.json }))
}

impl ScenarioArgs {
    /// The laboratory and the scenario that these arguments ask for.
    pub(super) fn into_lab(self, dir: PathBuf, clients: bool) -> (LabConfig, Input) {
        let lab = LabConfig {
            personality: match self.core {
                Core::Free5gc => Personality::Free5gc,
                Core::ThreeGpp => Personality::ThreeGpp,
            },
            seed: self.seed,
            speed: self.speed,
            dir,
            pod_port: self.pod_port,
            bus: self.bus,
            clients,
            knobs: Knobs::default(),
        };
        let input = match (self.cells, self.sites, self.trace) {
            (Some(cells), Some(sites), Some(trace)) => Input::Files {
                cells,
                sites,
                trace,
                plmn: self.plmn,
                seed: self.seed,
                ues: self.ues.map(|ues| ues as usize),
                duration: self.duration,
            },
            _ => Input::BuiltIn {
                seed: self.seed,
                ues: self.ues.unwrap_or(30),
                duration: self.duration.unwrap_or(Duration::from_secs(60)),
            },
        };
        (lab, input)
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|_| "write it like 30s or 2m".to_owned())?;
    Duration::try_from(span).map_err(|_| "it must not be negative".to_owned())
}

fn bus(text: &str) -> Result<String, String> {
    bus::Config::of_url(text).map(|_| text.to_owned()).map_err(|e| e.to_string())
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "a number is wanted".to_owned())?;
    if (0.1..=100.0).contains(&speed) { Ok(speed) } else { Err("0.1 to 100".to_owned()) }
}
