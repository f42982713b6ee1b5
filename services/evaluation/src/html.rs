//! The report as a page: one file, light, charts as inline SVG, nothing loaded from anywhere.

mod bars;
mod distribution;
mod history;
mod knob;
mod scale;
mod scatter;
mod svg;
mod tuning;

use std::fmt::Write as _;

use crate::Report;
use crate::figures::{COLUMNS, Figures};
use svg::escaped;
pub use tuning::tuning_html;

/// Colours that most people can tell apart (Okabe and Ito 2008), darkest first; used in turn.
const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f"];

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #fff; max-width: 1080px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.5em; margin: 0 0 .2em } h2 { font-size: 1.15em; margin: 2em 0 .4em }
p { margin: .3em 0; max-width: 62em } .quiet { color: #555 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .35em .6em; border-bottom: 1px solid #ddd; text-align: right }
th { border-bottom: 2px solid #999; vertical-align: bottom } th:first-child, td:first-child { text-align: left; white-space: nowrap }
tr.default td { font-weight: 600; background: #f2f7fb }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .5em }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .5em 1.5em }
svg { width: 100%; height: auto; display: block }
svg text { font: 13px system-ui, sans-serif; fill: #1c1c1c } svg text.tick { fill: #555 }
svg .grid { stroke: #e4e4e4 } svg .axis { stroke: #777 }
";

/// One policy as charts show it.
#[derive(Clone, Copy)]
struct Series<'a> {
    figures: &'a Figures,
    colour: &'static str,
}

/// The page.
pub fn html(report: &Report) -> String {
    let series: Vec<Series<'_>> = report
        .policies
        .iter()
        .zip(COLOURS.iter().cycle())
        .map(|(figures, colour)| Series { figures, colour })
        .collect();
    let mut page = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let _ = writeln!(page, "<title>Policies compared</title><style>{STYLE}</style></head><body>");
    let _ = write!(page, "<h1>Policies compared</h1>\n{}\n", input(report));
    table(&mut page, &series);
    let _ = write!(
        page,
        "<h2>Cost and relocations</h2>\n<p class=\"quiet\">Towards the lower left is better: close to the cheapest choice \
         in hindsight, with few relocations.</p>\n{}\n",
        scatter::chart(&series)
    );
    let _ = write!(
        page,
        "<h2>Ping-pong</h2>\n<p class=\"quiet\">Relocations back to the site that was left within the last 60 s.</p>\n{}\n",
        bars::chart(&series)
    );
    let _ = write!(
        page,
        "<h2>Distance to the serving site</h2>\n<p class=\"quiet\">Share of the served samples at which the serving cell was no \
         farther from the serving site.</p>\n{}\n",
        distribution::chart(&series, report.settings.budget_meters)
    );
    page.push_str("</body></html>\n");
    page
}

fn input(report: &Report) -> String {
    let settings = &report.settings;
    let left_out = match (report.unknown_cell_events, report.ues_left_out) {
        (0, _) => String::new(),
        (events, 0) => format!(" {events} events were on cells that are not known."),
        (events, ues) => format!(
            " {events} events were on cells that are not known; {ues} UEs that were on no other are left out."
        ),
    };
    format!(
        "<p>{} events of {} UEs in {:.1} UE-hours over {} cells and {} sites{}.{left_out}</p>\n\
         <p class=\"quiet\">Cost: metres from the serving cell to the serving site at each sample, {:?} apart, and {} m for \
         a relocation. The latency budget allows {} m. The optimum knows the future.</p>",
        report.events,
        report.ues,
        report.ue_hours,
        report.cells,
        report.sites,
        report.limits(),
        settings.sample,
        settings.relocation_cost_meters,
        settings.budget_meters,
    )
}

fn table(page: &mut String, series: &[Series<'_>]) {
    page.push_str("<table><thead><tr><th>policy</th>");
    for column in COLUMNS {
        let _ = write!(page, "<th>{}</th>", escaped(column.head));
    }
    page.push_str("</tr></thead><tbody>\n");
    for Series { figures, colour } in series {
        let (class, word) = if figures.is_default { (" class=\"default\"", " (default)") } else { ("", "") };
        let name = escaped(&figures.name);
        let _ = write!(
            page,
            "<tr{class}><td><span class=\"key\" style=\"background:{colour}\"></span>{name}{word}</td>"
        );
        for column in COLUMNS {
            let _ = write!(page, "<td>{}</td>", escaped(&(column.cell)(figures)));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table>\n");
}

/// A policy's name in a chart, cut to what fits.
fn label(figures: &Figures) -> String {
    const MOST: usize = 22;
    if figures.name.chars().count() <= MOST {
        return figures.name.clone();
    }
    figures.name.chars().take(MOST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::{Policy, UeLocation};

    use super::*;
    use crate::fixture::{cell, network};
    use crate::{Contender, EventsBuilder, Instant, Settings, evaluate};

    fn page(rows: &[(i64, u64)]) -> String {
        let mut builder = EventsBuilder::default();
        for (seconds, number) in rows {
            let location = Some(UeLocation { cell: Some(cell(*number)), tai: None, position: None });
            builder.seen("ue", Instant::from_micros(seconds * 1_000_000), location).expect("few");
        }
        let events = builder.finish().expect("some");
        let network = network(&[(0.0, 0.0), (0.05, 0.0)], &[(0.001, 0.0), (0.05, 0.0)]);
        let name = "a <b> & \"c\", which has a name that is too long for a chart";
        let policies = [
            Contender { name: name.into(), policy: Policy::Nearest },
            Contender { name: "usual".into(), policy: Policy::default() },
        ];
        let settings = Settings { linger: Duration::from_secs(30), ..Settings::default() };
        let (report, _) =
            evaluate(&network, &events, &policies, &settings, &mut |_| ()).expect("known cells");
        html(&report)
    }

    #[test]
    fn a_page_names_every_policy_and_loads_nothing() {
        let page = page(&[(0, 0), (100, 1), (130, 0), (300, 1), (600, 1)]);
        for part in ["a &lt;b&gt; &amp; &quot;c&quot;", "usual (default)", "optimum", "</html>"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        for part in ["<b>", "http", "<script", "src=", "NaN", "inf"] {
            assert!(!page.contains(part), "{part}: {page}");
        }
        assert_eq!(page.matches("<svg").count(), 3);
        assert_eq!(page.matches("<circle").count(), 3);
    }

    #[test]
    fn who_was_there_for_no_time_leaves_a_page_with_less_in_it() {
        let page = page(&[(0, 0)]);
        assert!(page.contains("there is nothing to draw") && !page.contains("NaN"), "{page}");
    }
}
