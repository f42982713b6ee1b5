//! Cost over relocations, a point for each policy.

use super::Series;
use super::scale::Scale;
use super::svg::{Anchor, Svg};

const SIZE: (f64, f64) = (1000.0, 460.0);
/// Left, top, right and bottom of the plot.
const PLOT: (f64, f64, f64, f64) = (75.0, 15.0, 790.0, 405.0);
/// Lines of labels are so far apart.
const LINE: f64 = 20.0;
/// Farther above 1 than this many times the median policy, a point would press the others together.
const BEYOND: f64 = 4.0;

pub(super) fn chart(series: &[Series<'_>]) -> String {
    let (left, top, right, bottom) = PLOT;
    let points: Vec<(Series<'_>, f64, f64)> = series
        .iter()
        .filter_map(|s| Some((*s, s.figures.relocations_per_ue_hour?, s.figures.cost_over_optimum?)))
        .collect();
    let limit = limit(&points);
    let (shown, beyond): (Vec<_>, Vec<_>) = points.into_iter().partition(|(_, _, ratio)| *ratio <= limit);
    if shown.is_empty() {
        return "<p>No time has passed, or nothing costs anything: there is nothing to draw.</p>".into();
    }
    let most = |of: fn(&(Series<'_>, f64, f64)) -> f64| shown.iter().map(of).fold(0.0, f64::max);
    let x = Scale::new(0.0, most(|p| p.1).max(1.0), (left, right));
    let y = Scale::new(1.0, most(|p| p.2).max(1.02), (bottom, top));
    let mut svg = Svg::new(SIZE.0, SIZE.1, "cost over optimum against relocations in a UE-hour");
    svg.axes(PLOT, (x, "relocations in a UE-hour"), (y, "cost / optimum"));
    labels(&mut svg, &shown, x, y);
    let note: Vec<String> = beyond
        .iter()
        .map(|(s, moves, ratio)| {
            let name = super::svg::escaped(&s.figures.name);
            format!("{name} is beyond the chart: {ratio:.2} at {moves:.1} relocations.")
        })
        .collect();
    format!("{}\n<p class=\"quiet\">{}</p>", svg.finish(), note.join(" "))
}

/// The highest ratio that is drawn.
fn limit(points: &[(Series<'_>, f64, f64)]) -> f64 {
    let mut ratios: Vec<f64> = points.iter().map(|point| point.2).filter(|ratio| *ratio > 1.0).collect();
    ratios.sort_by(f64::total_cmp);
    // The lower of two middles: with few policies the others are the measure.
    let median = ratios.get(ratios.len().saturating_sub(1) / 2).copied().unwrap_or(1.0);
    1.0 + BEYOND * (median - 1.0)
}

/// Points, and their names in a column of their own, so that no name lies on a point or on another name.
fn labels(svg: &mut Svg, points: &[(Series<'_>, f64, f64)], x: Scale, y: Scale) {
    let mut order: Vec<_> = points.iter().collect();
    order.sort_by(|a, b| b.2.total_cmp(&a.2).then(b.1.total_cmp(&a.1)));
    let room = PLOT.3 - LINE * (order.len() as f64 - 1.0);
    let mut free = PLOT.1 + 5.0;
    for (place, (series, moves, ratio)) in order.into_iter().enumerate() {
        let at = (x.at(*moves), y.at(*ratio));
        let line = at.1.max(free).min(room + LINE * place as f64);
        free = line + LINE;
        svg.lead(at, (PLOT.2 + 12.0, line), series.colour);
        svg.text("", (PLOT.2 + 18.0, line + 4.0), Anchor::Start, &super::label(series.figures));
        svg.dot(at, series.colour);
    }
}
