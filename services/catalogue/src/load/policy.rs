//! `mode`, `scope` and `policy`.

use std::time::Duration;

use model::{Aim, Gathering, Mode, OrchestratorChooses, Policy, Regret, Scope, Threshold, Weighted};
use serde_saphyr::Spanned;

use super::weighted::weighted;

use crate::error::Problems;
use crate::section::{
    AppEntry, GroupEntry, OptText, OrchestratorChoosesEntry, PolicyEntry, PolicyMap, RegretEntry, Span,
    ThresholdEntry, WordOr,
};

/// How many sites may be offered: a place has four ranked ones (`placement`).
const CANDIDATES: std::ops::RangeInclusive<u8> = 2..=4;

/// `observe` where nothing is said.
pub(super) fn mode(entry: &OptText, path: &str, problems: &mut Problems) -> Option<Mode> {
    match entry.as_ref().map(|t| (t.value.0.as_str(), t.referenced)) {
        None | Some(("observe", _)) => Some(Mode::Observe),
        Some(("act", _)) => Some(Mode::Act),
        Some((other, at)) => {
            let reason = format!("`{other}` is no mode: `observe` (only show what would be done) or `act`");
            problems.field(format!("{path}.mode"), at, reason);
            None
        }
    }
}

/// `per-ue` where nothing is said.
pub(super) fn scope(entry: &OptText, path: &str, problems: &mut Problems) -> Option<Scope> {
    match entry.as_ref().map(|t| (t.value.0.as_str(), t.referenced)) {
        None | Some(("per-ue", _)) => Some(Scope::PerUe),
        Some(("group", _)) => Some(Scope::Group),
        Some(("shared", _)) => Some(Scope::Shared),
        Some((other, at)) => {
            let reason = format!("`{other}` is no scope: `per-ue`, `group` or `shared`");
            problems.field(format!("{path}.scope"), at, reason);
            None
        }
    }
}

/// The default policy where nothing is said: `group` for groups.
pub(super) fn policy(app: &AppEntry, grouped: bool, path: &str, problems: &mut Problems) -> Option<Policy> {
    let path = format!("{path}.policy");
    let Some(entry) = &app.policy else {
        return Some(if grouped { Policy::Group(Gathering::default()) } else { Policy::default() });
    };
    let chosen = one(entry, &path, problems)?;
    if matches!(chosen, Policy::Group(_)) && !grouped {
        problems.field(path, entry.referenced, "`group` needs `scope: group` and `groups`");
        return None;
    }
    Some(chosen)
}

/// A policy, whatever the scope.
pub(super) fn one(entry: &Spanned<PolicyEntry>, path: &str, problems: &mut Problems) -> Option<Policy> {
    let path = path.to_owned();
    match &entry.value {
        PolicyEntry::Map(map) => {
            let PolicyMap {
                threshold: margin,
                regret: cost,
                weighted: weights,
                orchestrator_chooses: choices,
                group: team,
            } = map;
            match (margin, cost, weights, choices, team) {
                (Some(knobs), None, None, None, None) => {
                    threshold(knobs, &path, problems).map(Policy::Threshold)
                }
                (None, Some(knobs), None, None, None) => {
                    regret(knobs, &format!("{path}.regret"), problems).map(Policy::Regret)
                }
                (None, None, Some(knobs), None, None) => {
                    weighted(knobs, &path, problems).map(Policy::Weighted)
                }
                (None, None, None, Some(knobs), None) => {
                    orchestrator_chooses(knobs, &path, problems).map(Policy::OrchestratorChooses)
                }
                (None, None, None, None, Some(knobs)) => group(knobs, &path, problems).map(Policy::Group),
                _ => {
                    let reason = "takes one policy: `threshold: {…}`, `regret: {…}`, `weighted: {…}`, `group: {…}` or \
                                  `orchestrator-chooses: {…}`"
                        .to_owned();
                    problems.field(path, entry.referenced, reason);
                    None
                }
            }
        }
        WordOr::Word(word) => match word.as_str() {
            "nearest" => Some(Policy::Nearest),
            "threshold" => Some(Policy::Threshold(Threshold::default())),
            "regret" => Some(Policy::Regret(Regret::default())),
            "weighted" => Some(Policy::Weighted(Weighted::default())),
            "orchestrator-chooses" => Some(Policy::OrchestratorChooses(OrchestratorChooses::default())),
            "group" => Some(Policy::Group(Gathering::default())),
            other => {
                let reason = format!(
                    "`{other}` is no policy: `regret`, `threshold`, `nearest`, `weighted`, `group`, `orchestrator-chooses`, or one with its knobs, like \
                     `threshold: {{margin: 100m, time_to_trigger: 10s, minimum_stay: 30s}}`"
                );
                problems.field(path, entry.referenced, reason);
                None
            }
        },
    }
}

fn threshold(entry: &ThresholdEntry, path: &str, problems: &mut Problems) -> Option<Threshold> {
    let default = Threshold::default();
    let margin = entry.margin.as_ref().map_or(default.margin_meters, |m| m.value.0);
    if !margin.is_finite() || margin < 0.0 {
        let at = entry.margin.as_ref().map_or(serde_saphyr::Location::UNKNOWN, |m| m.referenced);
        problems.field(format!("{path}.threshold.margin"), at, format!("{margin} m is no margin: 0 or more"));
        return None;
    }
    Some(Threshold {
        margin_meters: margin,
        time_to_trigger: span(&entry.time_to_trigger, default.time_to_trigger),
        minimum_stay: span(&entry.minimum_stay, default.minimum_stay),
    })
}

fn regret(entry: &RegretEntry, path: &str, problems: &mut Problems) -> Option<Regret> {
    let default = Regret::default();
    let cost = entry.relocation_cost.as_ref().map_or(default.relocation_cost, |cost| cost.value);
    if !cost.is_finite() || cost <= 0.0 {
        let at =
            entry.relocation_cost.as_ref().map_or(serde_saphyr::Location::UNKNOWN, |cost| cost.referenced);
        let reason = format!("{cost} is no cost: metre-seconds, more than 0");
        problems.field(format!("{path}.relocation_cost"), at, reason);
        return None;
    }
    Some(Regret {
        relocation_cost: cost,
        look_ahead: span(&entry.look_ahead, default.look_ahead),
        smoothing: span(&entry.smoothing, default.smoothing),
        no_return: span(&entry.no_return, default.no_return),
        tick: span(&entry.tick, default.tick),
    })
}

fn group(entry: &GroupEntry, path: &str, problems: &mut Problems) -> Option<Gathering> {
    let path = format!("{path}.group");
    let aim = match entry.aim.as_ref().map(|aim| (aim.value.0.as_str(), aim.referenced)) {
        None => Some(Aim::default()),
        Some(("worst", _)) => Some(Aim::Worst),
        Some(("mean", _)) => Some(Aim::Mean),
        Some((other, at)) => {
            let reason = format!(
                "`{other}` is no aim: `worst` (the member that is farthest away) or `mean` (all alike)"
            );
            problems.field(format!("{path}.aim"), at, reason);
            None
        }
    };
    let GroupEntry { aim: _, relocation_cost, look_ahead, smoothing, no_return, tick } = entry.clone();
    let cost = RegretEntry { relocation_cost, look_ahead, smoothing, no_return, tick };
    let cost = regret(&cost, &path, problems);
    Some(Gathering { aim: aim?, cost: cost? })
}

fn orchestrator_chooses(
    entry: &OrchestratorChoosesEntry,
    path: &str,
    problems: &mut Problems,
) -> Option<OrchestratorChooses> {
    let default = OrchestratorChooses::default();
    let candidates = entry.candidates.as_ref().map_or(default.candidates, |candidates| candidates.value);
    if !CANDIDATES.contains(&candidates) {
        let at = entry
            .candidates
            .as_ref()
            .map_or(serde_saphyr::Location::UNKNOWN, |candidates| candidates.referenced);
        let (least, most) = CANDIDATES.into_inner();
        let reason =
            format!("{candidates} sites cannot be offered: {least} to {most}, as many as a place has ranked");
        problems.field(format!("{path}.orchestrator-chooses.candidates"), at, reason);
        return None;
    }
    Some(OrchestratorChooses {
        candidates,
        time_to_trigger: span(&entry.time_to_trigger, default.time_to_trigger),
        minimum_stay: span(&entry.minimum_stay, default.minimum_stay),
    })
}

pub(super) fn span(entry: &Option<Spanned<Span>>, default: Duration) -> Duration {
    entry.as_ref().map_or(default, |span| span.value.0)
}
