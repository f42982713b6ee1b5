//! What a demo shows while it runs, on standard error.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{Outcome, OutcomeKind};
use tokio::time::Instant;

use super::ledger::Ledger;
use crate::lab::Lab;
use crate::settings::Settings;

/// How often the state is shown where standard error is a file.
const QUIET_EVERY: Duration = Duration::from_secs(5);

/// A line of its own.
pub(super) fn note(text: &str) {
    let clear = if stderr().is_terminal() { "\r\x1b[K" } else { "" };
    let _ = writeln!(stderr().lock(), "{clear}{text}");
}

/// What is about to be played.
pub(super) fn opening(lab: &Lab, settings: &Settings) {
    let scenario = lab.scenario();
    note(&format!(
        "{} UEs, {} cells, {} sites, {} s; core {} at {}, EMCO at {}, DNS at {}",
        scenario.ues.len(),
        settings.catalogue.cells.len(),
        settings.catalogue.sites.len(),
        scenario.duration.as_secs(),
        lab.personality(),
        lab.nrf_url(),
        lab.emco().url(),
        lab.dns_addr(),
    ));
}

/// A relocation that ended.
pub(super) fn outcome(outcome: &Outcome) {
    let (Some(source), Some(target)) = (&outcome.source, &outcome.target) else { return };
    let what = match &outcome.kind {
        OutcomeKind::Completed { took_ms, .. } => format!("moved in {:.1} s", *took_ms as f64 / 1000.0),
        OutcomeKind::Undone { reason } => format!("undone: {reason}"),
        OutcomeKind::Failed { reason } => format!("FAILED: {reason}"),
        OutcomeKind::Progress { .. }
        | OutcomeKind::Fenced { .. }
        | OutcomeKind::Retired
        | OutcomeKind::Leftover { .. } => return,
    };
    note(&format!("  {}/{}  {source} -> {target}  {what}", outcome.app, outcome.instance));
}

/// Shows the state of things, again and again; never returns.
pub(super) async fn show(lab: &Lab, ledger: &Mutex<Ledger>, speed: f64) {
    let live = stderr().is_terminal();
    let started = Instant::now();
    let mut ticks = tokio::time::interval(if live { Duration::from_millis(500) } else { QUIET_EVERY });
    loop {
        ticks.tick().await;
        let (events, relocations, open) = {
            let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
            (ledger.events, ledger.relocations(), ledger.open())
        };
        let clients = lab.client_report();
        let line = format!(
            "{:>4.0} s  {events} location events  {} of {} relocations completed, {open} orders open  \
             {} requests, {} failed",
            started.elapsed().as_secs_f64() * speed,
            relocations.completed,
            relocations.ordered,
            clients.requests,
            clients.failed,
        );
        if live {
            let _ = write!(stderr().lock(), "\r\x1b[K{line}");
            let _ = stderr().flush();
        } else {
            note(&line);
        }
    }
}

/// Clears the live line.
pub(super) fn end() {
    if stderr().is_terminal() {
        let _ = write!(stderr().lock(), "\r\x1b[K");
    }
}
