//! `edgeroam watch`: a line for each cell change, decision and saga step.

use std::path::PathBuf;
use std::process::ExitCode;

use bus::embedded::Tail;
use model::{
    CmState, Decision, Outcome, OutcomeKind, RelocationId, SiteId, Stream, UeChange, UeEvent, Verdict,
};
use serde::de::DeserializeOwned;

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
        let mut tail = Tail::open(&folder, &STREAMS, !args.from_oldest)?;
        loop {
            let (stream, delivery) = tail.next().await?;
            if let Some(line) = line(stream, &delivery.data)
                && !super::print(&line)
            {
                return Ok(ExitCode::SUCCESS);
            }
        }
    })
}

/// One record as a line for people.
pub(crate) fn line(stream: Stream, data: &[u8]) -> Option<String> {
    match stream {
        Stream::UeEvents => parsed(data, event),
        Stream::Decisions => parsed(data, decision),
        Stream::Outcomes => parsed(data, outcome),
        Stream::DeadLetter => Some(format!("dead letter   {}", String::from_utf8_lossy(data))),
        Stream::Sites | Stream::Commands | Stream::Orders | Stream::Instances => None,
    }
}

fn parsed<T: DeserializeOwned>(data: &[u8], show: fn(&T) -> String) -> Option<String> {
    Some(match serde_json::from_slice(data) {
        Ok(value) => show(&value),
        Err(error) => format!("unreadable record: {error}"),
    })
}

fn event(event: &UeEvent) -> String {
    let what = match &event.change {
        UeChange::Location(location) => {
            let cell = location.cell.map_or_else(|| "no cell".to_owned(), |cell| cell.to_string());
            let tai = location.tai.map_or_else(String::new, |tai| format!("  tai {tai}"));
            format!("cell {cell}{tai}")
        }
        UeChange::Connectivity { cm: CmState::Idle } => "idle".to_owned(),
        UeChange::Connectivity { cm: CmState::Connected } => "connected".to_owned(),
        UeChange::Gone => "gone".to_owned(),
    };
    format!("{}  ue        {}  {what}", event.observed_at, event.supi)
}

fn decision(decision: &Decision) -> String {
    let meters = |site: &SiteId| {
        let candidate = decision.explanation.candidates.iter().find(|c| c.site == *site);
        candidate.map_or_else(String::new, |c| format!(" ({:.0} m)", c.meters))
    };
    let from = decision.source.as_ref().map_or_else(
        || "-".to_owned(),
        |site| match decision.explanation.serving.as_ref().and_then(|serving| serving.meters) {
            Some(distance) => format!("{site} ({distance:.0} m)"),
            None => site.to_string(),
        },
    );
    let to =
        decision.target.as_ref().map_or_else(|| "-".to_owned(), |site| format!("{site}{}", meters(site)));
    let rule = serde_json::to_value(decision.explanation.rule).map_or_else(
        |_| String::new(),
        |rule| rule.as_str().map_or_else(|| rule.to_string(), ToOwned::to_owned),
    );
    let observe = if decision.mode == model::Mode::Observe && decision.verdict == Verdict::Move {
        "  [observe: not ordered]"
    } else {
        ""
    };
    format!(
        "{}  decision  {}/{}  {} {}  {from} -> {to}  {rule}{observe}",
        decision.at,
        decision.app,
        decision.instance,
        decision.trigger.as_str(),
        decision.verdict.as_str(),
    )
}

fn outcome(outcome: &Outcome) -> String {
    let short = |id: &RelocationId| id.release();
    let what = match &outcome.kind {
        OutcomeKind::Progress { step } => format!("{} done", step.as_str()),
        OutcomeKind::Completed { serving: Some(placement), took_ms } => {
            format!("completed in {took_ms} ms: serves at {} ({})", placement.site, placement.address)
        }
        OutcomeKind::Completed { serving: None, took_ms } => format!("let go in {took_ms} ms"),
        OutcomeKind::Undone { reason } => format!("undone: {reason}"),
        OutcomeKind::Failed { reason } => format!("FAILED, an operator is needed: {reason}"),
        OutcomeKind::Fenced { newest, .. } => format!("fenced by generation {newest}"),
        OutcomeKind::Retired => "source retired".to_owned(),
        OutcomeKind::Leftover { reason } => format!("source left over: {reason}"),
    };
    format!(
        "{}  saga      {}/{}  {}  {what}",
        outcome.at,
        outcome.app,
        outcome.instance,
        short(&outcome.relocation)
    )
}
