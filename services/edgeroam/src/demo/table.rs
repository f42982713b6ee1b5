//! The table at the end of a demo.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, Table};

use super::summary::{Quantiles, Summary};

/// The summary as text.
pub(super) fn render(summary: &Summary) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let mut row = |what: &str, value: String| {
        table.add_row([Cell::new(what), Cell::new(value)]);
    };
    row("location events", summary.events.to_string());
    for (trigger, verdicts) in &summary.decisions {
        let counts: Vec<String> = verdicts.iter().map(|(v, n)| format!("{n} {}", v.as_str())).collect();
        row(&format!("decisions: {}", trigger.as_str()), counts.join(", "));
    }
    let r = summary.relocations;
    row("relocations", format!("{} completed, {} undone, {} failed", r.completed, r.undone, r.failed));
    if summary.leftover > 0 {
        row("sources left over", summary.leftover.to_string());
    }
    row("ping-pong within 60 s", format!("{:.1} % of the relocations", summary.ping_pong_percent));
    row("served elsewhere than nearest", format!("{:.1} % of the UEs' time", summary.detour_percent));
    row("report → order", quantiles(summary.latency_ms, "ms", 1.0));
    row("relocation, order → verified", quantiles(summary.relocation_ms, "s", 0.001));
    let c = &summary.clients;
    row("client requests", format!("{} by {} clients, {} failed", c.requests, c.started, c.failed));
    if c.failed > 0 {
        let f = c.failures;
        row(
            "  failed because",
            format!(
                "late {}, refused {}, reset {}, wrong body {}, name lost {}, overrun {}",
                f.late, f.refused, f.reset, f.wrong_body, f.unresolved, f.overrun
            ),
        );
    }
    row("longest gap between answers", format!("{:.0} ms", c.longest_gap_ms));
    row(
        "client answers",
        format!(
            "p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
            c.latency_ms.quantile_ms(0.5),
            c.latency_ms.quantile_ms(0.99),
            c.latency_ms.max_ms()
        ),
    );
    row("relocations that took their client along", format!("{} of {}", summary.followed, r.completed));
    let mut shown = table.to_string();
    for trouble in summary.troubles.iter().take(20) {
        shown.push_str("\n  ");
        shown.push_str(trouble);
    }
    shown
}

fn quantiles(q: Quantiles, unit: &str, factor: f64) -> String {
    format!(
        "p50 {:.1} {unit}, p99 {:.1} {unit}, max {:.1} {unit}",
        q.p50 * factor,
        q.p99 * factor,
        q.max * factor
    )
}
