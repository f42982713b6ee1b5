//! The demo: laboratory and services in one process, watched from the bus, summed up in a table.

mod detour;
mod ledger;
mod observer;
mod progress;
mod summary;
mod table;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::{Position, SiteId, UeLocation};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::lab::{Input, Lab, LabConfig};
use crate::services::{Role, Services};
use crate::settings::Settings;

use detour::Detour;
use ledger::Ledger;
use summary::Summary;

/// How long the demo waits, after the end of the scenario, for relocations that are under way.
const SETTLE_LIMIT: Duration = Duration::from_secs(120);
/// How long nothing may be open before the demo takes it that all is done.
const QUIET: Duration = Duration::from_secs(1);

/// What is run.
pub(crate) struct Plan {
    /// The simulators.
    pub(crate) lab: LabConfig,
    /// The scenario.
    pub(crate) input: Input,
    /// Whether the result is printed as JSON.
    pub(crate) json: bool,
}

/// Runs the demo; exit status 0 only if there were relocations, every one ended complete, and no request failed.
///
/// # Errors
/// What keeps it from starting: an unreadable file, an occupied port.
pub(crate) async fn run(plan: Plan) -> anyhow::Result<ExitCode> {
    let (scenario, notes) = plan.input.read()?;
    notes.iter().for_each(|note| progress::note(note));
    let speed = plan.lab.speed;
    let level = runtime::telemetry::init("warn", runtime::telemetry::Format::Text)?;
    let stop = CancellationToken::new();
    runtime::stop::on_signal(stop.clone())?;
    let lab = Lab::start(plan.lab, scenario).await?;
    let settings = Settings::load(&lab.write_files()?)?;
    let services = Services::start(&settings, Role::ALL, level, &stop).await?;

    let ledger = Arc::new(Mutex::new(Ledger::new(speed, Detour::new(nearest_site(&settings)?))));
    let observers = observer::start(&services.bus(), &ledger, &stop).await?;
    progress::opening(&lab, &settings);
    let played = async {
        lab.play(&stop).await;
        settled(&ledger, &stop).await;
    };
    tokio::select! { () = played => (), () = progress::show(&lab, &ledger, speed) => () }
    let interrupted = stop.is_cancelled();
    let clients = lab.finish_clients().await;
    let summary = Summary::new(&mut ledger.lock().unwrap_or_else(PoisonError::into_inner), clients);
    stop.cancel();
    services.join().await;
    for observer in observers {
        let _ = observer.await;
    }
    lab.shutdown().await;

    progress::end();
    let shown = table::render(&summary);
    if plan.json {
        progress::note(&shown);
        crate::cli::print(&serde_json::to_string(&summary.json())?);
    } else {
        crate::cli::print(&shown);
    }
    let verdict = if interrupted { Err("interrupted".to_owned()) } else { summary.verdict() };
    Ok(match verdict {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            progress::note(&format!("the demo did not go as it should: {reason}"));
            ExitCode::FAILURE
        }
    })
}

/// Waits until nothing has been open for a while.
async fn settled(ledger: &Mutex<Ledger>, stop: &CancellationToken) {
    let started = Instant::now();
    let mut quiet_since = Instant::now();
    while quiet_since.elapsed() < QUIET && started.elapsed() < SETTLE_LIMIT && !stop.is_cancelled() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if ledger.lock().unwrap_or_else(PoisonError::into_inner).open() > 0 {
            quiet_since = Instant::now();
        }
    }
}

/// The nearest site of a cell, without the decider's policy and memory.
fn nearest_site(settings: &Settings) -> anyhow::Result<detour::NearestSite> {
    let index = placement::SiteIndex::new(&settings.catalogue.sites)?;
    let place = |cell: &model::Cell| match cell.pin {
        model::Pin::Position(position) => Some((cell.id, position)),
        model::Pin::Site(_) => None,
    };
    let cells: std::collections::HashMap<model::CellId, Position> =
        settings.catalogue.cells.iter().filter_map(place).collect();
    Ok(Box::new(move |location: &UeLocation| -> Option<SiteId> {
        let position = cells.get(&location.cell?)?;
        index.nearest(*position).map(|ranked| ranked.site.clone())
    }))
}
