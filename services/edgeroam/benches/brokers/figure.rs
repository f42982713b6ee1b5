//! One JSON line a figure.

use serde_json::json;

/// Prints a figure beside the bare peer's; `ratio` is value / baseline.
#[expect(clippy::print_stdout, reason = "the figures are the output")]
pub(crate) fn print(name: &str, value: f64, unit: &str, baseline: Option<f64>) {
    let ratio = baseline.filter(|b| *b > 0.0).map(|b| round(value / b));
    println!(
        "{}",
        json!({"name": name, "value": round(value), "unit": unit, "baseline": baseline.map(round), "ratio": ratio})
    );
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Says why figures are missing.
#[expect(clippy::print_stdout, reason = "as `print`")]
pub(crate) fn skipped(reason: &str) {
    println!("{reason}");
}
