//! The page of tuned knobs.

use std::fmt::Write as _;

use super::svg::escaped;
use super::{STYLE, history, knob};
use crate::figures::COLUMNS;
use crate::tune::{FileSides, MOST_PING_PONG_PERCENT, Side, Tuning};

/// The page: one file, nothing loaded from anywhere.
pub fn tuning_html(tuning: &Tuning) -> String {
    let family = tuning.family.as_str();
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let _ = writeln!(page, "<title>Knobs of {family}, tuned</title><style>{STYLE}</style></head><body>");
    let _ = write!(
        page,
        "<h1>Knobs of {family}, tuned</h1>\n<p><b>{}</b></p>\n{}\n",
        escaped(&tuning.sentence()),
        input(tuning)
    );
    knobs(&mut page, tuning);
    figures(&mut page, tuning);
    files(&mut page, tuning);
    let _ = write!(
        page,
        "<h2>What was tried</h2>\n<p class=\"quiet\">On the training traffic, in the order in which it was tried; what \
         costs more than the chart is high is at its upper edge.</p>\n{}\n<h2>Each knob against the cost</h2>\n\
         <p class=\"quiet\">The same runs. The black dot is the defaults, the orange one the tuned knobs.</p>\n\
         <div class=\"pair\">\n",
        history::chart(tuning)
    );
    for chart in (0..tuning.family.knobs().len()).filter_map(|place| knob::chart(tuning, place)) {
        let _ = writeln!(page, "{chart}");
    }
    page.push_str("</div>\n</body></html>\n");
    page
}

fn input(tuning: &Tuning) -> String {
    let settings = &tuning.settings;
    let stopped = if tuning.stopped { ", stopped before the end" } else { "" };
    format!(
        "<p class=\"quiet\">{} policies tried on the training traffic (at most {}, seed {}{stopped}) for the lowest {}, with \
         at most {MOST_PING_PONG_PERCENT} % of ping-pong. Cost: metres from the serving cell to the serving site at each \
         sample, {:?} apart, and {} m for a relocation. The latency budget allows {} m. The optimum knows the future.</p>",
        tuning.runs.len(),
        tuning.most_runs,
        tuning.seed,
        tuning.objective.axis(),
        settings.sample,
        settings.relocation_cost_meters,
        settings.budget_meters,
    )
}

fn knobs(page: &mut String, tuning: &Tuning) {
    page.push_str("<table><thead><tr><th>knob</th><th>default</th><th>tuned</th></tr></thead><tbody>\n");
    for (name, default, tuned) in tuning.knobs() {
        let _ = writeln!(page, "<tr><td>{name}</td><td>{default}</td><td>{tuned}</td></tr>");
    }
    page.push_str("</tbody></table>\n");
}

fn figures(page: &mut String, tuning: &Tuning) {
    page.push_str("<h2>Defaults and tuned knobs</h2>\n<table><thead><tr><th>traffic</th>");
    for column in COLUMNS {
        let _ = write!(page, "<th>{}</th>", escaped(column.head));
    }
    page.push_str("</tr></thead><tbody>\n");
    for (row, side) in tuning.rows() {
        let _ = write!(page, "<tr><td>{row}</td>");
        let Side { figures, .. } = side;
        for column in COLUMNS {
            let _ = write!(page, "<td>{}</td>", escaped(&(column.cell)(figures)));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table>\n");
}

fn files(page: &mut String, tuning: &Tuning) {
    page.push_str(
        "<h2>Cost / optimum by file</h2>\n<table><thead><tr><th>file</th><th>UEs</th><th>UE-hours</th>\
         <th>defaults</th><th>tuned</th></tr></thead><tbody>\n",
    );
    let ratio = |ratio: Option<f64>| ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.3}"));
    for (sides, what) in [(&tuning.training, "training"), (&tuning.test, "test")] {
        for FileSides { name, ues, ue_hours, defaults, tuned } in &sides.files {
            let _ = writeln!(
                page,
                "<tr><td>{what}: {}</td><td>{ues}</td><td>{ue_hours:.1}</td><td>{}</td><td>{}</td></tr>",
                escaped(name),
                ratio(*defaults),
                ratio(*tuned)
            );
        }
    }
    page.push_str("</tbody></table>\n");
}
