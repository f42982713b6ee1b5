//! Statuses of sites as lines.

use super::{at, spaced};
use crate::v1::{Evacuation, EvacuationState, Relief, SiteStatus};

pub(super) fn line(event: &SiteStatus) -> String {
    let since = event.since.map_or_else(|| "-".to_owned(), at);
    let reason = event.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let left = event.evacuation.as_ref().map_or_else(String::new, left);
    let relief = event.relief.as_ref().map_or_else(String::new, relieved);
    format!("{since}  site      {}  {}{reason}{left}{relief}", event.site, spaced(event.state.as_str()))
}

fn relieved(relief: &Relief) -> String {
    let Relief { load, high, low, leaving, left, .. } = relief;
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    format!(
        "  OVERLOADED: {} (above {}, until {}), {left} have left, {leaving} are leaving",
        percent(*load),
        percent(*high),
        percent(*low)
    )
}

fn left(evacuation: &Evacuation) -> String {
    let Evacuation { instances, remaining, stranded, .. } = evacuation;
    let stuck = if *stranded > 0 { format!(", {stranded} have nowhere to go") } else { String::new() };
    let there = format!("{remaining} of {instances} still there{stuck}");
    match &evacuation.state {
        EvacuationState::UnderWay => format!("  {there}"),
        EvacuationState::Overdue => {
            let deadline = evacuation.deadline.map_or_else(|| "-".to_owned(), at);
            format!("  OVERDUE since {deadline}: {there}")
        }
        EvacuationState::Done => format!("  empty: all {instances} have left"),
        word @ EvacuationState::Other(_) => format!("  {}: {there}", spaced(word.as_str())),
    }
}
