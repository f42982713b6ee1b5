//! Outcomes as lines.

use super::{at, release, spaced};
use crate::v1::{
    ProgressState, Relocation, RelocationCompleted, RelocationFailed, RelocationFenced, RelocationProgress,
    RelocationUndone, Step,
};

pub(super) fn progress(event: &RelocationProgress) -> String {
    let what = match &event.state {
        ProgressState::StepDone => format!("{} done", event.step.as_ref().map_or("a step", Step::as_str)),
        ProgressState::SourceRetired => "source retired".to_owned(),
        ProgressState::SourceLeftOver => {
            format!("source left over: {}", event.reason.as_deref().unwrap_or("no reason is told"))
        }
        state @ ProgressState::Other(_) => spaced(state.as_str()),
    };
    saga(&event.of, &what)
}

pub(super) fn completed(event: &RelocationCompleted) -> String {
    let took = event.took_ms;
    let what = match &event.serving {
        Some(placement) => {
            format!("completed in {took} ms: serves at {} ({})", placement.site, placement.address)
        }
        None => format!("let go in {took} ms"),
    };
    saga(&event.of, &what)
}

pub(super) fn undone(event: &RelocationUndone) -> String {
    saga(&event.of, &format!("undone: {}", event.reason))
}

pub(super) fn failed(event: &RelocationFailed) -> String {
    saga(&event.of, &format!("FAILED, an operator is needed: {}", event.reason))
}

pub(super) fn fenced(event: &RelocationFenced) -> String {
    saga(&event.of, &format!("fenced by generation {}", event.newest_generation))
}

fn saga(of: &Relocation, what: &str) -> String {
    format!("{}  saga      {}/{}  {}  {what}", at(of.at), of.app, of.instance, release(&of.relocation))
}
