//! Sites as a table.

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use model::{Evacuation, EvacuationState, Relief, SiteLoad, SiteStatus};

use crate::cli::watch::operations::{because, percent, spaced};
use crate::operate::SiteView;

/// A row for each site.
pub(super) fn render(sites: &[SiteView]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header([
        "site",
        "name",
        "condition",
        "since",
        "by",
        "instances",
        "load",
        "leaving",
        "asked",
        "reported",
    ]);
    for site in sites {
        table.add_row(row(site));
    }
    table.to_string()
}

fn row(site: &SiteView) -> [String; 10] {
    let status = site.status.as_ref();
    let dash = || "-".to_owned();
    let reported = site.reports.iter().map(|report| {
        let because = report.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        format!("{}: {}{because}", report.source.as_str(), spaced(report.condition))
    });
    let asked = site.asked.as_ref().map(|command| {
        format!("{} by {}{}", command.ask.as_str(), command.by, because(command.reason.as_ref()))
    });
    [
        site.site.to_string(),
        site.name.clone(),
        // Nothing is told of a site that nothing was ever said of.
        status.map_or_else(|| "in service".into(), |status| spaced(status.condition)),
        status.map_or_else(dash, |status| status.since.to_string()),
        status.and_then(|status| status.source).map_or_else(dash, |source| source.as_str().to_owned()),
        status.map_or_else(dash, instances),
        if site.loads.is_empty() { dash() } else { loads(&site.loads) },
        status.map_or_else(dash, leaving),
        asked.unwrap_or_else(dash),
        reported.collect::<Vec<_>>().join("\n"),
    ]
}

fn instances(status: &SiteStatus) -> String {
    let limit = status.instances_limit.map_or_else(String::new, |limit| format!(" of {limit}"));
    format!("{}{limit}", status.instances)
}

/// What each source measured last, and until when that is valid.
fn loads(loads: &[SiteLoad]) -> String {
    let lines = loads.iter().map(|load| format!("{} until {}", percent(load.load), load.valid_until));
    lines.collect::<Vec<_>>().join("\n")
}

fn leaving(status: &SiteStatus) -> String {
    let evacuation = status.evacuation.as_ref().map(evacuated);
    let told = evacuation.into_iter().chain(status.relief.as_ref().map(relieved)).collect::<Vec<_>>();
    if told.is_empty() { "-".to_owned() } else { told.join("; ") }
}

fn relieved(relief: &Relief) -> String {
    format!("OVERLOADED, {} left, {} leaving", relief.left, relief.leaving)
}

fn evacuated(evacuation: &Evacuation) -> String {
    let left = evacuation.instances.saturating_sub(evacuation.remaining);
    let state = match evacuation.state {
        EvacuationState::UnderWay => "",
        EvacuationState::Overdue => ", OVERDUE",
        EvacuationState::Done => ", done",
    };
    let stranded =
        if evacuation.stranded > 0 { format!(", {} stranded", evacuation.stranded) } else { String::new() };
    format!("{left} of {}{stranded}{state}", evacuation.instances)
}

#[cfg(test)]
mod tests {
    use model::{SiteCondition, SiteSource, Timestamp};

    use super::*;

    #[test]
    fn a_row_says_what_holds_and_a_site_that_nothing_was_said_of_is_in_service() {
        let view = |status| SiteView {
            site: "north".parse().expect("valid"),
            name: "North Pier".into(),
            status,
            reports: Vec::new(),
            loads: Vec::new(),
            asked: None,
        };
        assert_eq!(row(&view(None))[2..8], ["in service", "-", "-", "-", "-", "-"]);
        let at = Timestamp::from_micros(0);
        let evacuation = Evacuation {
            since: at,
            deadline: None,
            instances: 12,
            remaining: 4,
            stranded: 1,
            state: EvacuationState::Overdue,
        };
        let status = SiteStatus {
            site: "north".parse().expect("valid"),
            at,
            condition: SiteCondition::Draining { deadline: None },
            since: at,
            source: Some(SiteSource::Operator),
            reason: None,
            instances: 4,
            instances_limit: Some(40),
            evacuation: Some(evacuation),
            relief: Some(Relief { since: at, load: 0.9, high: 0.85, low: 0.7, leaving: 3, left: 5 }),
        };
        let load = SiteLoad {
            site: "north".parse().expect("valid"),
            source: SiteSource::Metrics,
            at,
            load: 0.912,
            valid_until: Timestamp::from_micros(9_000_000),
            resources: std::collections::BTreeMap::new(),
        };
        let shown = row(&SiteView { loads: vec![load], ..view(Some(status)) });
        assert_eq!(
            shown[4..8],
            [
                "operator",
                "4 of 40",
                "91 % until 1970-01-01T00:00:09.000Z",
                "8 of 12, 1 stranded, OVERDUE; OVERLOADED, 5 left, 3 leaving"
            ]
        );
        assert!(render(&[view(None)]).contains("North Pier"));
    }
}
