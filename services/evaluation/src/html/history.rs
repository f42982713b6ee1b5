//! What was tried, in the order in which it was, and the best so far.

use super::COLOURS;
use super::scale::Scale;
use super::svg::{Anchor, Svg};
use crate::tune::{Phase, Run, Tuning};

const SIZE: (f64, f64) = (1000.0, 400.0);
/// Left, top, right and bottom of the plot.
const PLOT: (f64, f64, f64, f64) = (75.0, 15.0, 790.0, 345.0);
/// Lines of the legend are so far apart.
const LINE: f64 = 24.0;
/// Of the runs, this part is drawn where it is; the dearer ones at the upper edge.
const SHOWN: f64 = 0.7;

/// Colour of the defaults.
pub(super) const DEFAULTS: &str = COLOURS[6];
/// Colour of the best.
pub(super) const BEST: &str = COLOURS[1];
/// Colour of what has too much ping-pong.
const TOO_MUCH: &str = COLOURS[7];

/// The colour of one run.
pub(super) fn colour(run: &Run) -> &'static str {
    if run.score.beyond > 0.0 {
        return TOO_MUCH;
    }
    match run.phase {
        Phase::Defaults => DEFAULTS,
        Phase::Random => COLOURS[5],
        Phase::Step => COLOURS[0],
    }
}

/// The axis of costs: from the cheapest run to what most of them are below.
pub(super) fn costs(tuning: &Tuning, pixels: (f64, f64)) -> Scale {
    let mut costs: Vec<f64> = tuning.runs.iter().map(|run| run.score.cost).collect();
    costs.sort_by(f64::total_cmp);
    let most = costs.get((costs.len() as f64 * SHOWN) as usize).or(costs.last()).copied().unwrap_or(1.0);
    let defaults = tuning.training.defaults.score.cost;
    let least = costs.first().copied().unwrap_or(1.0);
    Scale::around(least, most.max(defaults).max(least + 1e-3), pixels)
}

pub(super) fn chart(tuning: &Tuning) -> String {
    let (left, top, right, bottom) = PLOT;
    let x = Scale::new(0.0, tuning.runs.len() as f64, (left, right));
    let y = costs(tuning, (bottom, top));
    let mut svg = Svg::new(SIZE.0, SIZE.1, "cost of what was tried");
    svg.axes(PLOT, (x, "policies tried"), (y, tuning.objective.axis()));
    let defaults = y.at(tuning.training.defaults.score.cost);
    svg.path(&[(left, defaults), (right, defaults)], DEFAULTS, "6 4");
    let mut best: Option<&Run> = None;
    let mut line = Vec::new();
    for (number, run) in (1..).map(f64::from).zip(&tuning.runs) {
        svg.speck((x.at(number), y.at(run.score.cost)), colour(run));
        if let Some(before) = best {
            line.push((x.at(number), y.at(before.score.cost)));
        }
        best = best.into_iter().chain([run]).min_by(|a, b| a.score.order(&b.score));
        line.extend(best.map(|best| (x.at(number), y.at(best.score.cost))));
    }
    svg.path(&line, BEST, "");
    let legend = [
        ("best so far", BEST, Some("")),
        ("defaults", DEFAULTS, Some("6 4")),
        ("at random", COLOURS[5], None),
        ("step by step", COLOURS[0], None),
        ("too much ping-pong", TOO_MUCH, None),
    ];
    for (row, (text, colour, dash)) in (0..).map(f64::from).zip(legend) {
        let line = top + 10.0 + LINE * row;
        match dash {
            Some(dash) => svg.path(&[(right + 20.0, line), (right + 48.0, line)], colour, dash),
            None => svg.speck((right + 34.0, line), colour),
        }
        svg.text("", (right + 56.0, line + 4.0), Anchor::Start, text);
    }
    svg.finish()
}
