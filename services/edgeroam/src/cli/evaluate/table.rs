//! The table on standard output.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use evaluation::{COLUMNS, Figures, Report};

/// The report as text.
pub(super) fn render(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let heads = COLUMNS.iter().map(|column| Cell::new(column.head));
    table.set_header([Cell::new("policy")].into_iter().chain(heads));
    for figures in &report.policies {
        let cells = COLUMNS.iter().map(|column| (column.cell)(figures));
        let cells = cells.map(|text| Cell::new(text).set_alignment(CellAlignment::Right));
        table.add_row([Cell::new(name(figures))].into_iter().chain(cells));
    }
    format!("{}\n{table}\n{}", input(report), decisions(report))
}

fn name(figures: &Figures) -> String {
    if figures.is_default { format!("{} (default)", figures.name) } else { figures.name.clone() }
}

fn input(report: &Report) -> String {
    format!(
        "{} events of {} UEs in {:.1} UE-hours, {} samples, {} cells, {} sites{}; a sample each {:?}, a relocation \
         costs {} m, the budget is {} m",
        report.events,
        report.ues,
        report.ue_hours,
        report.samples,
        report.cells,
        report.sites,
        report.limits(),
        report.settings.sample,
        report.settings.relocation_cost_meters,
        report.settings.budget_meters,
    )
}

/// A line for each policy: what led to how many decisions.
fn decisions(report: &Report) -> String {
    let of = |figures: &Figures| {
        let counts = figures.decisions.iter().flat_map(|(trigger, verdicts)| {
            verdicts.iter().map(|(verdict, n)| format!("{n} {} ({})", verdict.as_str(), trigger.as_str()))
        });
        format!("decisions of {}: {}", figures.name, counts.collect::<Vec<_>>().join(", "))
    };
    report.policies.iter().map(of).collect::<Vec<_>>().join("\n")
}
