//! The report as one JSON object.

use serde_json::{Map, Value, json};

use crate::figures::Figures;
use crate::steps::Counts;
use crate::{Report, Settings};

/// The report as JSON, for scripts. Distances are metres, numbers are rounded to six decimals.
pub fn json(report: &Report) -> Value {
    json!({
        "input": {
            "events": report.events,
            "unknown_cell_events": report.unknown_cell_events,
            "unknown_cells": report.unknown_cells,
            "ues": report.ues,
            "ues_left_out": report.ues_left_out,
            "ue_hours": rounded(Some(report.ue_hours)),
            "samples": report.samples,
            "cells": report.cells,
            "sites": report.sites,
            "limited_sites": report.limited_sites,
        },
        "settings": settings(&report.settings),
        "policies": report.policies.iter().map(policy).collect::<Vec<_>>(),
    })
}

pub(crate) fn settings(settings: &Settings) -> Value {
    json!({
        "sample_seconds": settings.sample.as_secs_f64(),
        "relocation_cost_meters": settings.relocation_cost_meters,
        "budget_meters": settings.budget_meters,
        "linger_seconds": settings.linger.as_secs_f64(),
    })
}

pub(crate) fn policy(figures: &Figures) -> Value {
    json!({
        "name": figures.name,
        "default": figures.is_default,
        "policy": figures.policy,
        "cost_over_optimum": rounded(figures.cost_over_optimum),
        "cost_meters": rounded(Some(figures.cost_meters)),
        "mean_distance_meters": rounded(figures.mean_distance_meters),
        "relocations": figures.relocations,
        "relocations_per_ue_hour": rounded(figures.relocations_per_ue_hour),
        "fewer_relocations_than_nearest_percent": rounded(figures.fewer_than_nearest_percent),
        "ping_pong_percent": rounded(Some(figures.ping_pong_percent)),
        "outside_budget_percent": rounded(figures.outside_budget_percent),
        "unserved_percent": rounded(figures.unserved_percent),
        "wrong_targets": figures.wrong_targets,
        "capacity_violations": figures.capacity_violations,
        "decisions": counts(&figures.decisions),
    })
}

fn counts(counts: &Counts) -> Value {
    let of = |verdicts: &std::collections::BTreeMap<model::Verdict, u64>| {
        let verdicts = verdicts.iter().map(|(verdict, n)| (verdict.as_str().to_owned(), json!(n)));
        Value::Object(verdicts.collect())
    };
    let triggers = counts.iter().map(|(trigger, verdicts)| (trigger.as_str().to_owned(), of(verdicts)));
    Value::Object(triggers.collect::<Map<_, _>>())
}

pub(crate) fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(|value| (value * 1e6).round() / 1e6)
}
