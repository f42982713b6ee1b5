//! The few shapes that the charts are made of.

use std::fmt::Write as _;

use super::scale::Scale;

/// A drawing of a certain size, in pixels from the upper left.
pub(super) struct Svg {
    text: String,
    height: f64,
}

/// Which end of a text is at its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub(super) fn new(width: f64, height: f64, title: &str) -> Self {
        let title = escaped(title);
        let text = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n");
        Self { text, height }
    }

    /// Grid, axes and their names around a plot, given by its left, top, right and bottom.
    pub(super) fn axes(
        &mut self,
        (left, top, right, bottom): (f64, f64, f64, f64),
        (x, x_name): (Scale, &str),
        (y, y_name): (Scale, &str),
    ) {
        for (value, text) in x.ticks() {
            self.line("grid", (x.at(value), top), (x.at(value), bottom));
            self.text("tick", (x.at(value), bottom + 20.0), Anchor::Middle, &text);
        }
        for (value, text) in y.ticks() {
            self.line("grid", (left, y.at(value)), (right, y.at(value)));
            self.text("tick", (left - 8.0, y.at(value) + 4.0), Anchor::End, &text);
        }
        self.line("axis", (left, bottom), (right, bottom));
        self.line("axis", (left, top), (left, bottom));
        self.text("", ((left + right) / 2.0, self.height - 8.0), Anchor::Middle, x_name);
        self.upright((18.0, (top + bottom) / 2.0), y_name);
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = writeln!(
            self.text,
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    /// A faint line from a point to its name.
    pub(super) fn lead(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = writeln!(
            self.text,
            "<line stroke=\"{colour}\" stroke-opacity=\"0.5\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        );
    }

    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _ = writeln!(
            self.text,
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
            at.0,
            at.1,
            escaped(text)
        );
    }

    /// A text that reads upwards, its middle at `at`.
    pub(super) fn upright(&mut self, at: (f64, f64), text: &str) {
        let _ = writeln!(
            self.text,
            "<text transform=\"translate({:.1} {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            at.0,
            at.1,
            escaped(text)
        );
    }

    pub(super) fn dot(&mut self, at: (f64, f64), colour: &str) {
        let _ = writeln!(
            self.text,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"6\" fill=\"{colour}\" stroke=\"#fff\"/>",
            at.0, at.1
        );
    }

    /// One of many dots.
    pub(super) fn speck(&mut self, at: (f64, f64), colour: &str) {
        let _ = writeln!(
            self.text,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\" fill=\"{colour}\" fill-opacity=\"0.7\"/>",
            at.0, at.1
        );
    }

    pub(super) fn bar(&mut self, at: (f64, f64), size: (f64, f64), colour: &str) {
        let _ = writeln!(
            self.text,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
            at.0, at.1, size.0, size.1
        );
    }

    /// A line through these points; `dash` as SVG has it, empty for none.
    pub(super) fn path(&mut self, points: &[(f64, f64)], colour: &str, dash: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            self.text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
            points.join(" ")
        );
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

/// Text as HTML has it.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
