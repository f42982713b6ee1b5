//! A bar for each policy: its share of ping-pong.

use super::Series;
use super::scale::Scale;
use super::svg::{Anchor, Svg};

const WIDTH: f64 = 1000.0;
/// Where bars begin and end.
const BARS: (f64, f64) = (200.0, 920.0);
/// Height of a bar with the space below it.
const ROW: f64 = 28.0;

pub(super) fn chart(series: &[Series<'_>]) -> String {
    let bottom = ROW * series.len() as f64 + 6.0;
    let most = series.iter().map(|s| s.figures.ping_pong_percent).fold(1.0, f64::max);
    let x = Scale::new(0.0, most, BARS);
    let mut svg = Svg::new(WIDTH, bottom + 48.0, "share of ping-pong by policy");
    for (value, text) in x.ticks() {
        svg.line("grid", (x.at(value), 0.0), (x.at(value), bottom));
        svg.text("tick", (x.at(value), bottom + 18.0), Anchor::Middle, &text);
    }
    svg.text("", ((BARS.0 + BARS.1) / 2.0, bottom + 40.0), Anchor::Middle, "percent of the relocations");
    for (row, Series { figures, colour }) in series.iter().enumerate() {
        let y = ROW * row as f64 + 6.0;
        let width = x.at(figures.ping_pong_percent) - BARS.0;
        svg.text("", (BARS.0 - 10.0, y + 14.0), Anchor::End, &super::label(figures));
        svg.bar((BARS.0, y), (width, ROW - 9.0), colour);
        let text = format!("{:.1} %", figures.ping_pong_percent);
        svg.text("", (BARS.0 + width + 6.0, y + 14.0), Anchor::Start, &text);
    }
    svg.line("axis", (BARS.0, 0.0), (BARS.0, bottom));
    svg.finish()
}
