//! The tables on standard output.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use evaluation::{COLUMNS, FileSides, MOST_PING_PONG_PERCENT, Tuning};

/// The report as text.
pub(super) fn render(tuning: &Tuning) -> String {
    let mut lines = vec![input(tuning), knobs(tuning), figures(tuning), files(tuning)];
    if !tuning.at_the_end().is_empty() {
        lines.push(format!(
            "at the end of what was searched: {}; a better value may be beyond",
            tuning.at_the_end().join(", ")
        ));
    }
    lines.push(tuning.sentence());
    lines.join("\n")
}

fn table<'a>(heads: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(heads.into_iter().map(Cell::new));
    table
}

fn row(name: String, cells: impl IntoIterator<Item = String>) -> Vec<Cell> {
    let cells = cells.into_iter().map(|text| Cell::new(text).set_alignment(CellAlignment::Right));
    [Cell::new(name)].into_iter().chain(cells).collect()
}

fn input(tuning: &Tuning) -> String {
    let stopped = if tuning.stopped { ", stopped before the end" } else { "" };
    format!(
        "{}: {} policies tried (at most {}, seed {}{stopped}) for the lowest {}, with at most {MOST_PING_PONG_PERCENT} % of \
         ping-pong",
        tuning.family.as_str(),
        tuning.runs.len(),
        tuning.most_runs,
        tuning.seed,
        tuning.objective.axis(),
    )
}

fn knobs(tuning: &Tuning) -> String {
    let mut table = table(["knob", "default", "tuned"]);
    for (name, default, tuned) in tuning.knobs() {
        table.add_row(row(name.to_owned(), [default, tuned]));
    }
    table.to_string()
}

fn figures(tuning: &Tuning) -> String {
    let mut table = table(["traffic"].into_iter().chain(COLUMNS.iter().map(|column| column.head)));
    for (name, side) in tuning.rows() {
        table.add_row(row(name.to_owned(), COLUMNS.iter().map(|column| (column.cell)(&side.figures))));
    }
    table.to_string()
}

/// Cost over optimum, file by file.
fn files(tuning: &Tuning) -> String {
    let mut table = table(["file", "UEs", "UE-hours", "defaults", "tuned"]);
    let ratio = |ratio: &Option<f64>| ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.3}"));
    for (sides, what) in [(&tuning.training, "training"), (&tuning.test, "test")] {
        for FileSides { name, ues, ue_hours, defaults, tuned } in &sides.files {
            let cells = [ues.to_string(), format!("{ue_hours:.1}"), ratio(defaults), ratio(tuned)];
            table.add_row(row(format!("{what}: {name}"), cells));
        }
    }
    table.to_string()
}
