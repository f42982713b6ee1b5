//! `mode`, `scope` and `policy`.

use std::time::Duration;

use model::{Mode, Policy, Regret, Scope, Threshold};
use serde_saphyr::Spanned;

use crate::error::Problems;
use crate::section::{AppEntry, OptText, PolicyEntry, RegretEntry, Span, ThresholdEntry, WordOr};

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

/// `per-ue` where nothing is said; `group` is known and not supported.
pub(super) fn scope(entry: &OptText, path: &str, problems: &mut Problems) -> Option<Scope> {
    match entry.as_ref().map(|t| (t.value.0.as_str(), t.referenced)) {
        None | Some(("per-ue", _)) => Some(Scope::PerUe),
        Some(("shared", _)) => Some(Scope::Shared),
        Some((known @ "group", at)) => {
            let reason = format!(
                "scope `{known}` is not supported: this version moves instances that serve one UE each \
                 (`scope: per-ue`), or all UEs of a site (`scope: shared`)"
            );
            problems.field(format!("{path}.scope"), at, reason);
            None
        }
        Some((other, at)) => {
            let reason = format!("`{other}` is no scope: `per-ue` and `shared` are supported");
            problems.field(format!("{path}.scope"), at, reason);
            None
        }
    }
}

/// The default policy where nothing is said.
pub(super) fn policy(app: &AppEntry, path: &str, problems: &mut Problems) -> Option<Policy> {
    let path = format!("{path}.policy");
    let Some(entry) = &app.policy else { return Some(Policy::default()) };
    match &entry.value {
        PolicyEntry::Map(map) => match (&map.threshold, &map.regret) {
            (Some(knobs), None) => threshold(knobs, &path, problems).map(Policy::Threshold),
            (None, Some(knobs)) => regret(knobs, &path, problems).map(Policy::Regret),
            (Some(_), Some(_)) | (None, None) => {
                let reason = "takes one policy: `threshold: {…}` or `regret: {…}`".to_owned();
                problems.field(path, entry.referenced, reason);
                None
            }
        },
        WordOr::Word(word) => match word.as_str() {
            "nearest" => Some(Policy::Nearest),
            "threshold" => Some(Policy::Threshold(Threshold::default())),
            "regret" => Some(Policy::Regret(Regret::default())),
            other => {
                let reason = format!(
                    "`{other}` is no policy: `regret`, `threshold`, `nearest`, or one with its knobs, like \
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
        problems.field(format!("{path}.regret.relocation_cost"), at, reason);
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

fn span(entry: &Option<Spanned<Span>>, default: Duration) -> Duration {
    entry.as_ref().map_or(default, |span| span.value.0)
}
