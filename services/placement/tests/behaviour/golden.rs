//! One story as text: what is reported and what the engine makes of it. A change of this text is a change of
//! behaviour.

use std::fmt::Write as _;

use model::{App, Decision, Evacuation, Site, SiteStatus, UeChange};
use placement::{Command, Engine, Topology};

use crate::desk::*;
use crate::scene::*;

fn name(site: &Option<model::SiteId>) -> String {
    site.as_ref().map_or("-".into(), ToString::to_string)
}

fn decided(decision: &Decision) -> String {
    let told = &decision.explanation;
    let rule = serde_json::to_value(told.rule).unwrap();
    let rule = rule.as_str().map_or_else(|| rule.to_string(), str::to_owned);
    let best: Vec<_> = told
        .candidates
        .iter()
        .map(|c| {
            let by = c.rejected_by.filter(|guard| guard.is_of_site());
            format!("{} {:.3}{}", c.site, c.meters, by.map_or(String::new(), |by| format!(" ({by:?})")))
        })
        .collect();
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

fn held(status: &SiteStatus) -> String {
    let evacuation = status.evacuation.map_or(String::new(), |evacuation| {
        let Evacuation { state, instances, remaining, stranded, .. } = evacuation;
        format!("; {state:?}, {remaining} of {instances} left, {stranded} stranded")
    });
    let limit = status.instances_limit.map_or(String::new(), |limit| format!(" of {limit}"));
    let word = status.condition.as_str();
    format!("  site {} {word}, {}{limit} instances{evacuation}", status.site, status.instances)
}

fn tell(trace: &mut String, head: &str, commands: &[Command]) {
    writeln!(trace, "{head}").unwrap();
    for command in commands {
        let line = match command {
            Command::Decide(decision) => decided(decision),
            Command::Order(order) => format!("  order {} {}", order.generation, order.relocation),
            Command::Site(status) => held(status),
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

/// Five instances leave a site, two at a time: the nearest other site has room for three, one that finds no room waits
/// until an operator opens a third site, and the one whose UE has gone is let go.
#[test]
fn a_site_is_drained_in_step() {
    let sites = vec![site(0), Site { max_instances: Some(3), ..site(1) }, site(2)];
    let topology = Topology::new(sites, (0..=30).map(cell).collect(), Vec::new()).unwrap();
    let apps = vec![App { max_concurrent_relocations: 2, ..app("ar", threshold()) }];
    let mut stage = Stage::with(Engine::new(topology, apps.clone(), key()).unwrap()).with_apps(&apps);
    (1..=5).for_each(|ue| drop(stage.put(0.0, ue, ue as u32 % 3)));
    stage.asked(1.0, cordon(2));
    stage.ue(2.0, 5, UeChange::Gone);
    let (mut trace, mut live) = (String::new(), Vec::new());
    let mut asks = vec![
        (10.0, "drain s0 by 40", drain_by(0, 40.0)),
        (50.0, "resume s2", resume(2)),
        (70.0, "resume s0", resume(0)),
    ];
    loop {
        let due = stage.due().unwrap_or(f64::MAX);
        let asked = asks.first().map_or(f64::MAX, |(at, ..)| *at);
        let ends = live.first().map_or(f64::MAX, |(at, _): &(f64, model::Order)| *at);
        let now = due.min(asked).min(ends);
        // What the policy makes of it afterwards is another story.
        if now > 72.0 {
            break;
        }
        let (head, out) = if ends == now {
            let (_, order) = live.remove(0);
            (format!("{now:.3} order {} completed", order.relocation), stage.done(now, &order))
        } else if due == now {
            (format!("{now:.3} timer"), stage.timeout(now))
        } else {
            let (_, words, ask) = asks.remove(0);
            (format!("{now:.3} {words}"), stage.ask(now, ask))
        };
        tell(&mut trace, &head, &out);
        live.extend(orders(&out).into_iter().map(|order| (now + 4.5, order)));
    }
    let golden = include_str!("golden/drain.txt");
    assert!(trace == golden, "the trace differs; if that is right, this is the new one:\n{trace}");
}
