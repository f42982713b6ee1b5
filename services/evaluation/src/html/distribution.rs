//! How far from their sites the samples were: a rising line for each policy.

use super::Series;
use super::scale::Scale;
use super::svg::{Anchor, Svg};

const SIZE: (f64, f64) = (1000.0, 470.0);
/// Left, top, right and bottom of the plot.
const PLOT: (f64, f64, f64, f64) = (75.0, 20.0, 790.0, 415.0);
/// The axis reaches to where all but one of so many samples are, of the policy that needs most but one.
const ALL_BUT: f64 = 200.0;
/// Pixels between two points of a line.
const FINE: f64 = 2.0;
/// Lines of the legend are so far apart.
const LINE: f64 = 24.0;

pub(super) fn chart(series: &[Series<'_>], budget_meters: f64) -> String {
    let (left, top, right, bottom) = PLOT;
    let x = Scale::new(0.0, reach(series).max(1.0), (left, right));
    let y = Scale::new(0.0, 100.0, (bottom, top));
    let mut svg = Svg::new(SIZE.0, SIZE.1, "cumulative distribution of distances by policy");
    svg.axes(PLOT, (x, "distance in metres"), (y, "percent of the samples"));
    if budget_meters <= x.value(right) {
        let budget = x.at(budget_meters);
        svg.path(&[(budget, top), (budget, bottom)], "#999", "5 4");
        svg.text("tick", (budget, top - 6.0), Anchor::Middle, "latency budget");
    }
    for (row, Series { figures, colour }) in series.iter().enumerate() {
        let dash = if figures.policy.is_none() { "6 4" } else { "" };
        svg.path(&rising(&figures.distances, x, y), colour, dash);
        let line = top + 10.0 + LINE * row as f64;
        svg.path(&[(right + 20.0, line), (right + 48.0, line)], colour, dash);
        svg.text("", (right + 56.0, line + 4.0), Anchor::Start, &super::label(figures));
    }
    svg.finish()
}

/// How far the axis reaches: the farthest policy is often `never`, and would press the others together.
fn reach(series: &[Series<'_>]) -> f64 {
    let mut reaches: Vec<f64> = series.iter().map(|s| quantile(&s.figures.distances)).collect();
    reaches.sort_by(f64::total_cmp);
    let place = reaches.len().saturating_sub(2);
    reaches.get(place).copied().unwrap_or(1.0)
}

fn quantile(distances: &[(f64, u64)]) -> f64 {
    let total: u64 = distances.iter().map(|(_, count)| count).sum();
    let mut above = total as f64 / ALL_BUT;
    for (meters, count) in distances.iter().rev() {
        above -= *count as f64;
        if above < 0.0 {
            return *meters;
        }
    }
    0.0
}

fn rising(distances: &[(f64, u64)], x: Scale, y: Scale) -> Vec<(f64, f64)> {
    let total: u64 = distances.iter().map(|(_, count)| count).sum();
    let (mut next, mut below) = (distances.iter().peekable(), 0);
    let mut points = Vec::new();
    let mut pixel = PLOT.0;
    while pixel <= PLOT.2 {
        while let Some((_, count)) = next.next_if(|(meters, _)| *meters <= x.value(pixel)) {
            below += count;
        }
        points.push((pixel, y.at(100.0 * below as f64 / total.max(1) as f64)));
        pixel += FINE;
    }
    points
}
