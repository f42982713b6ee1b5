//! A decision with its numbers, for people.

use std::time::Duration;

use model::{Basis, Candidate, Decision, Outcome, Policy, Regret, Serving, Threshold, Verdict};

use super::history::Entry;
use super::limits;
use super::otherwise::otherwise;
use crate::cli::watch::lines;

/// Lines that tell one decision whole.
pub(super) fn entry(entry: &Entry) -> String {
    let Entry { decision, outcomes } = entry;
    let explanation = &decision.explanation;
    let mut text = lines::decision(decision);
    let mut tell = |what: &str, how: &str| {
        text.push_str(&format!("\n    {what:<10}  {how}"));
    };
    tell("place", &place(&explanation.basis));
    if let Some(serving) = &explanation.serving {
        tell("serves", &serves(serving));
    }
    for (number, candidate) in explanation.candidates.iter().enumerate() {
        tell(if number == 0 { "sites" } else { "" }, &site(candidate, decision));
    }
    tell("policy", &policy(&explanation.policy));
    if explanation.better_for_ms > 0 {
        tell("better for", &seconds(explanation.better_for_ms));
    }
    tell("under way", &format!("{} of {}", explanation.under_way, explanation.under_way_limit));
    limits::lines(&explanation.limits).iter().for_each(|(what, how)| tell(what, how));
    tell("otherwise", &otherwise(decision));
    if let Some((generation, relocation)) = &decision.order {
        tell("order", &format!("{relocation} ({}), generation {generation}", relocation.release()));
    }
    for outcome in outcomes {
        tell("came of it", &came_of_it(outcome));
    }
    tell("catalogue", &format!("version {}", explanation.catalogue_version));
    text
}

fn place(basis: &Basis) -> String {
    match basis {
        Basis::Cell(cell) => format!("cell {cell}"),
        Basis::Tai(tai) => format!("tracking area {tai}, for the cell is not in the catalogue"),
        Basis::ServingSite => "not known: the serving site's".to_owned(),
        Basis::Unknown => "not known".to_owned(),
    }
}

fn serves(serving: &Serving) -> String {
    let meters = serving.meters.map_or_else(|| "distance not known".to_owned(), |m| format!("{m:.0} m"));
    let from = serving.came_from.as_ref().map_or_else(String::new, |site| format!(", came from {site}"));
    let left = serving
        .rejected_by
        .map_or_else(String::new, |guard| format!("; {}", contract::guard_in_words(guard)));
    format!("{}, {meters}, there for {}{from}{left}", serving.site, seconds(serving.stayed_ms))
}

fn site(candidate: &Candidate, decision: &Decision) -> String {
    let mut text = format!("{:<16} {:>8.0} m", candidate.site.as_str(), candidate.meters);
    if let Some(regret) = &candidate.regret {
        text.push_str(&format!("  account {:.0} m·s, trend {:.0} m", regret.account, regret.trend));
    }
    if let Some(guard) = candidate.rejected_by {
        text.push_str(&format!("  rejected: {}", contract::guard_in_words(guard)));
    } else if decision.target.as_ref() == Some(&candidate.site) && decision.verdict == Verdict::Move {
        text.push_str("  <- goes there");
    }
    text
}

fn policy(policy: &Policy) -> String {
    match policy {
        Policy::Nearest => "nearest".to_owned(),
        Policy::Threshold(Threshold { margin_meters, time_to_trigger, minimum_stay }) => format!(
            "threshold: margin {margin_meters} m, time_to_trigger {}, minimum_stay {}",
            span(*time_to_trigger),
            span(*minimum_stay)
        ),
        Policy::Regret(Regret { relocation_cost, look_ahead, smoothing, no_return, tick }) => format!(
            "regret: relocation_cost {relocation_cost} m·s, look_ahead {}, smoothing {}, no_return {}, tick {}",
            span(*look_ahead),
            span(*smoothing),
            span(*no_return),
            span(*tick)
        ),
    }
}

fn came_of_it(outcome: &Outcome) -> String {
    format!("{}  {}", outcome.at, lines::became(&outcome.kind))
}

/// A span as people read it.
pub(super) fn span(span: Duration) -> String {
    format!("{} s", span.as_secs_f64())
}

/// Milliseconds as seconds.
pub(super) fn seconds(millis: u64) -> String {
    span(Duration::from_millis(millis))
}
