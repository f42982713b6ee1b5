//! One story as text: what is reported and what the engine makes of it. A change of this text is a change of
//! behaviour.

use std::fmt::Write as _;

use model::{App, Decision, UeChange};
use placement::Command;

use crate::scene::*;

fn name(site: &Option<model::SiteId>) -> String {
    site.as_ref().map_or("-".into(), ToString::to_string)
}

fn decided(decision: &Decision) -> String {
    let told = &decision.explanation;
    let rule = serde_json::to_value(told.rule).unwrap();
    let rule = rule.as_str().map_or_else(|| rule.to_string(), str::to_owned);
    let best: Vec<_> = told.candidates.iter().map(|c| format!("{} {:.3}", c.site, c.meters)).collect();
    let serving = told.serving.as_ref().map_or("nothing".into(), |s| {
        format!("{} {} for {} ms", s.site, s.meters.map_or("?".into(), |m| format!("{m:.3}")), s.stayed_ms)
    });
    format!(
        "  {} {} {} -> {}: {rule}; best {}; serving {serving}; better for {} ms; {} of {} under way",
        decision.trigger.as_str(),
        decision.verdict.as_str(),
        name(&decision.source),
        name(&decision.target),
        if best.is_empty() { "none".to_owned() } else { best.join(", ") },
        told.better_for_ms,
        told.under_way,
        told.under_way_limit,
    )
}

fn tell(trace: &mut String, head: &str, commands: &[Command]) {
    writeln!(trace, "{head}").unwrap();
    for command in commands {
        let line = match command {
            Command::Decide(decision) => decided(decision),
            Command::Order(order) => format!("  order {} {}", order.generation, order.relocation),
            Command::Site(status) => format!("  site {} {:?}", status.site, status.condition),
        };
        writeln!(trace, "{line}").unwrap();
    }
}

#[test]
fn a_day_of_two_travellers() {
    let mut stage = Stage::new(vec![App { max_concurrent_relocations: 1, ..app("ar", threshold()) }]);
    let mut trace = String::new();
    let mut live = Vec::new();
    let reports: &[(f64, u64, Option<u32>)] = &[
        (0.0, 1, Some(0)),
        (1.0, 2, Some(20)),
        (6.0, 1, Some(4)),
        (40.0, 1, Some(8)),
        (45.0, 1, Some(3)),
        (60.0, 1, Some(9)),
        (66.0, 2, Some(11)),
        (90.0, 1, Some(22)),
        (140.0, 2, None),
        (160.0, 2, Some(10)),
        (170.0, 1, None),
    ];
    let mut reports = reports.iter().peekable();
    let mut undone_once = false;
    loop {
        let report = reports.peek().map_or(f64::MAX, |report| report.0);
        let due = stage.due().unwrap_or(f64::MAX);
        let ends = live.first().map_or(f64::MAX, |(at, _): &(f64, model::Order)| *at);
        let now = report.min(due).min(ends);
        if now == f64::MAX {
            break;
        }
        let (head, out) = if ends == now {
            let (_, order) = live.remove(0);
            // One order in the story comes to nothing.
            let fails = order.generation.0 == 2 && !std::mem::replace(&mut undone_once, true);
            let (word, kind) = if fails { ("undone", undone()) } else { ("completed", completed(&order)) };
            (format!("{now:.3} order {} {word}", order.relocation), stage.end(now, &order, kind))
        } else if report == now {
            let (_, ue, cell) = *reports.next().unwrap();
            let change = cell.map_or(UeChange::Gone, in_cell);
            let head = cell.map_or("gone".into(), |cell| format!("in cell {cell}"));
            (format!("{now:.3} UE {ue} {head}"), stage.ue(now, ue, change))
        } else {
            (format!("{now:.3} timer"), stage.timeout(now))
        };
        tell(&mut trace, &head, &out);
        live.extend(orders(&out).into_iter().map(|order| (now + 4.0, order)));
    }
    let golden = include_str!("golden/two_travellers.txt");
    assert!(trace == golden, "the trace differs; if that is right, this is the new one:\n{trace}");
}
