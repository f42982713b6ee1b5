//! One knob against the cost, over all that was tried.

use super::history::{BEST, DEFAULTS, colour, costs};
use super::scale::Scale;
use super::svg::Svg;
use crate::tune::{Tuning, values};

const SIZE: (f64, f64) = (520.0, 300.0);
/// Left, top, right and bottom of the plot.
const PLOT: (f64, f64, f64, f64) = (75.0, 15.0, 505.0, 245.0);

/// The chart of the knob at this place among those of the policy.
pub(super) fn chart(tuning: &Tuning, place: usize) -> Option<String> {
    let knob = tuning.family.knobs().get(place)?;
    let (left, top, right, bottom) = PLOT;
    let turned = |policy| values(policy).get(place).copied().filter(|value| *value > 0.0);
    let tried: Vec<(f64, f64, &str)> = tuning
        .runs
        .iter()
        .filter_map(|run| Some((turned(&run.policy)?, run.score.cost, colour(run))))
        .collect();
    let ends = tried
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), (value, ..)| (low.min(*value), high.max(*value)));
    if ends.0 > ends.1 {
        return None;
    }
    let x = Scale::logarithmic(ends.0 / 1.1, ends.1 * 1.1, (left, right));
    let y = costs(tuning, (bottom, top));
    let mut svg = Svg::new(SIZE.0, SIZE.1, &format!("{} against the cost", knob.name));
    svg.axes(PLOT, (x, &format!("{} ({})", knob.name, knob.unit())), (y, tuning.objective.axis()));
    for (value, cost, colour) in tried {
        svg.speck((x.at(value), y.at(cost)), colour);
    }
    for (policy, cost, colour) in [
        (&tuning.family.defaults(), tuning.training.defaults.score.cost, DEFAULTS),
        (&tuning.best, tuning.training.tuned.score.cost, BEST),
    ] {
        svg.dot((x.at(turned(policy)?), y.at(cost)), colour);
    }
    Some(svg.finish())
}
