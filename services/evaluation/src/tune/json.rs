//! What tuning came to, as one JSON object.

use serde_json::{Value, json};

use super::report::{Sides, Tuning};
use crate::figures::Figures;
use crate::json::{policy, rounded, settings};

/// As JSON, for scripts. Distances are metres, numbers are rounded to six decimals.
pub fn tuning_json(tuning: &Tuning) -> Value {
    let runs = tuning.runs.iter().map(|run| {
        json!({
            "policy": run.policy,
            "phase": run.phase.as_str(),
            "objective": rounded(Some(run.score.cost)),
            "ping_pong_beyond_percent": rounded(Some(run.score.beyond)),
        })
    });
    json!({
        "policy": tuning.family.as_str(),
        "objective": tuning.objective.as_str(),
        "seed": tuning.seed,
        "settings": settings(&tuning.settings),
        "stopped": tuning.stopped,
        "advice": tuning.advice().as_str(),
        "defaults": tuning.family.defaults(),
        "tuned": tuning.best,
        "at_the_end": tuning.at_the_end(),
        "training": sides(&tuning.training),
        "test": sides(&tuning.test),
        "runs": runs.collect::<Vec<_>>(),
    })
}

fn sides(sides: &Sides) -> Value {
    let files = sides.files.iter().map(|file| {
        json!({
            "name": file.name,
            "ues": file.ues,
            "ue_hours": rounded(Some(file.ue_hours)),
            "defaults_cost_over_optimum": rounded(file.defaults),
            "tuned_cost_over_optimum": rounded(file.tuned),
        })
    });
    let side = |figures: &Figures, objective: f64| {
        let mut side = policy(figures);
        if let Some(side) = side.as_object_mut() {
            side.retain(|name, _| name != "decisions");
            side.insert("objective".into(), json!(rounded(Some(objective))));
        }
        side
    };
    json!({
        "files": files.collect::<Vec<_>>(),
        "defaults": side(&sides.defaults.figures, sides.defaults.score.cost),
        "tuned": side(&sides.tuned.figures, sides.tuned.score.cost),
    })
}
