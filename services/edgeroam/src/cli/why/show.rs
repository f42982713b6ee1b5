//! A decision with its numbers, for people.

use std::time::Duration;

use model::{
    Basis, Candidate, Decision, Generation, GroupSeen, Loaded, OrchestratorChooses, Outcome, Policy,
    QosTarget, Regret, RelocationId, Serving, SiteQuality, Threshold, Verdict,
};
use placement::Standing;

use super::history::Entry;
use super::limits;
use super::otherwise::otherwise;
use super::weighed;
use crate::cli::watch::lines;
use crate::cli::watch::operations::percent;

/// Lines that tell one decision whole.
pub(super) fn entry(entry: &Entry) -> String {
    let Entry { decision, outcomes } = entry;
    let mut text = numbers(decision);
    if let Some(order) = &decision.order {
        tell(&mut text, "order", &named(order));
    }
    for outcome in outcomes {
        tell(&mut text, "came of it", &came_of_it(outcome));
    }
    catalogue(&mut text, decision);
    text
}

/// The same of how an instance stands, of which nothing was published.
pub(super) fn standing(standing: &Standing) -> String {
    let Standing { decision, live, paused_until } = standing;
    let mut text = numbers(decision);
    if let Some(order) = live {
        tell(
            &mut text,
            "order",
            &format!("{} is under way: nothing else is ordered before it has ended", named(order)),
        );
    }
    if let Some(until) = paused_until {
        tell(&mut text, "pause", &format!("until {until}: the last order to that site came to nothing"));
    }
    catalogue(&mut text, decision);
    text
}

fn tell(text: &mut String, what: &str, how: &str) {
    text.push_str(&format!("\n    {what:<10}  {how}"));
}

fn named((generation, relocation): &(Generation, RelocationId)) -> String {
    format!("{relocation} ({}), generation {generation}", relocation.release())
}

fn catalogue(text: &mut String, decision: &Decision) {
    tell(text, "catalogue", &format!("version {}", decision.explanation.catalogue_version));
}

/// The verdict and the numbers behind it.
fn numbers(decision: &Decision) -> String {
    let explanation = &decision.explanation;
    let mut text = lines::decision(decision);
    let mut tell = |what: &str, how: &str| tell(&mut text, what, how);
    for (number, line) in decision.group.iter().flat_map(group).enumerate() {
        tell(if number == 0 { "group" } else { "" }, &line);
    }
    tell("place", &place(&explanation.basis, explanation.uncertainty_meters));
    if let Some(serving) = &explanation.serving {
        tell("serves", &serves(serving));
    }
    for (number, candidate) in explanation.candidates.iter().enumerate() {
        tell(if number == 0 { "sites" } else { "" }, &site(candidate, decision));
    }
    tell("policy", &policy(&explanation.policy));
    if let Some(target) = &explanation.qos {
        tell("quality", &wanted(target));
    }
    if explanation.better_for_ms > 0 {
        tell("better for", &seconds(explanation.better_for_ms));
    }
    tell("under way", &format!("{} of {}", explanation.under_way, explanation.under_way_limit));
    limits::lines(&explanation.limits).iter().for_each(|(what, how)| tell(what, how));
    tell("otherwise", &otherwise(decision));
    text
}

fn place(basis: &Basis, uncertainty: Option<f64>) -> String {
    match basis {
        Basis::Cell(cell) => format!("cell {cell}"),
        Basis::Tai(tai) => format!("tracking area {tai}, for the cell is not in the catalogue"),
        Basis::ServingSite => "not known: the serving site's".to_owned(),
        Basis::Members { located, of } => format!("where {located} of {of} members are"),
        Basis::Unknown => "not known".to_owned(),
        Basis::Position => format!("a position, give or take {:.0} m", uncertainty.unwrap_or_default()),
    }
}

fn serves(serving: &Serving) -> String {
    let meters = serving.meters.map_or_else(|| "distance not known".to_owned(), |m| format!("{m:.0} m"));
    let from = serving.came_from.as_ref().map_or_else(String::new, |site| format!(", came from {site}"));
    let left = serving
        .rejected_by
        .map_or_else(String::new, |guard| format!("; {}", contract::guard_in_words(guard)));
    let quality = serving.qos.as_ref().map_or_else(String::new, |qos| format!("; {}", measured(qos)));
    let load = serving.load.as_ref().map_or_else(String::new, |load| format!(", {}", loaded(load)));
    format!("{}, {meters}, there for {}{from}{load}{left}{quality}", serving.site, seconds(serving.stayed_ms))
}

/// The load of a site, and how many more it takes.
fn loaded(of: &Loaded) -> String {
    let limit = of.instances_limit.map_or_else(String::new, |limit| format!(" of {limit}"));
    let state = if of.overloaded { " OVERLOADED" } else { "" };
    format!(
        "load {}{state} (marks {}, {}), {}{limit} instances",
        percent(of.load),
        percent(of.high),
        percent(of.low),
        of.instances
    )
}

fn site(candidate: &Candidate, decision: &Decision) -> String {
    let mut text = format!("{:<16} {:>8.0} m", candidate.site.as_str(), candidate.meters);
    if let Some(regret) = &candidate.regret {
        text.push_str(&format!("  account {:.0} m·s, trend {:.0} m", regret.account, regret.trend));
    }
    if let Some(score) = &candidate.weighed {
        text.push_str(&format!("  {}", weighed::site(score)));
    }
    if let Some(qos) = &candidate.qos {
        text.push_str(&format!("  {}", measured(qos)));
    }
    if let Some(load) = &candidate.load {
        text.push_str(&format!("  {}", loaded(load)));
    }
    if let Some(guard) = candidate.rejected_by {
        text.push_str(&format!("  rejected: {}", contract::guard_in_words(guard)));
    } else if decision.target.as_ref() == Some(&candidate.site) && decision.verdict == Verdict::Move {
        text.push_str("  <- goes there");
    }
    text
}

/// The limits of an app.
fn wanted(target: &QosTarget) -> String {
    let delays = [("rtt", target.rtt), ("jitter", target.jitter)];
    let delay = |(name, limit): (&str, Option<Duration>)| {
        Some(format!("{name} {} ms", limit?.as_secs_f64() * 1_000.0))
    };
    let mut words: Vec<String> = delays.into_iter().filter_map(delay).collect();
    words.extend(target.loss.map(|loss| format!("loss {:.2} %", loss * 100.0)));
    let (violated, valid) = (span(target.violated_for), span(target.valid_for));
    format!("at most {}; violated for {violated}, measurements valid for {valid}", words.join(", "))
}

/// What was measured of a site.
fn measured(qos: &SiteQuality) -> String {
    let delays = [("rtt", qos.rtt_us), ("jitter", qos.jitter_us)];
    let millis =
        |(name, micros): (&str, Option<u32>)| Some(format!("{name} {:.1} ms", f64::from(micros?) / 1_000.0));
    let mut words: Vec<String> = delays.into_iter().filter_map(millis).collect();
    words.extend(qos.loss.map(|loss| format!("loss {:.2} %", loss * 100.0)));
    words.extend(qos.guaranteed.map(|yes| if yes { "guaranteed" } else { "not guaranteed" }.to_owned()));
    words.extend(qos.violated_ms.map(|millis| format!("too poor for {}", seconds(millis))));
    words.join(", ")
}

fn policy(policy: &Policy) -> String {
    match policy {
        Policy::Nearest => "nearest".to_owned(),
        Policy::Threshold(Threshold { margin_meters, time_to_trigger, minimum_stay }) => format!(
            "threshold: margin {margin_meters} m, time_to_trigger {}, minimum_stay {}",
            span(*time_to_trigger),
            span(*minimum_stay)
        ),
        Policy::Regret(knobs) => format!("regret: {}", costs(knobs)),
        Policy::Group(knobs) => format!("group: aim {}, {}", knobs.aim.as_str(), costs(&knobs.cost)),
        Policy::Weighted(knobs) => weighed::policy(knobs),
        Policy::OrchestratorChooses(OrchestratorChooses { candidates, time_to_trigger, minimum_stay }) => {
            format!(
                "orchestrator-chooses: candidates {candidates}, time_to_trigger {}, minimum_stay {}",
                span(*time_to_trigger),
                span(*minimum_stay)
            )
        }
    }
}

fn costs(Regret { relocation_cost, look_ahead, smoothing, no_return, tick }: &Regret) -> String {
    format!(
        "relocation_cost {relocation_cost} m·s, look_ahead {}, smoothing {}, no_return {}, tick {}",
        span(*look_ahead),
        span(*smoothing),
        span(*no_return),
        span(*tick)
    )
}

/// The group behind a decision, then its members.
fn group(seen: &GroupSeen) -> Vec<String> {
    let GroupSeen { name, aim, members, present, farthest } = seen;
    let far = |meters: Option<f64>| meters.map_or_else(|| "?".to_owned(), |meters| format!("{meters:.0} m"));
    let first = format!("{name}, {present} of {members} present; counts the {} distance", aim.as_str());
    let each = farthest.iter().map(|member| {
        let (serving, target) = (far(member.serving_meters), far(member.target_meters));
        format!(
            "{:<22} {serving:>10} from where it serves, {target:>10} from where it should be",
            member.supi
        )
    });
    [first].into_iter().chain(each).collect()
}

fn came_of_it(outcome: &Outcome) -> String {
    format!("{}  {}", outcome.at, lines::became(&outcome.kind))
}

/// A span as people read it.
pub(super) fn span(span: Duration) -> String {
    format!("{} s", span.as_secs_f64())
}

/// Milliseconds as seconds.
pub(super) fn seconds(millis: u64) -> String {
    span(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_figures_have_units_and_what_is_not_measured_is_left_out() {
        let target =
            QosTarget { rtt: Some(Duration::from_millis(20)), loss: Some(0.01), ..QosTarget::default() };
        assert_eq!(
            wanted(&target),
            "at most rtt 20 ms, loss 1.00 %; violated for 5 s, measurements valid for 30 s"
        );
        let quality = SiteQuality {
            rtt_us: Some(45_300),
            guaranteed: Some(false),
            violated_ms: Some(5_200),
            ..SiteQuality::default()
        };
        assert_eq!(measured(&quality), "rtt 45.3 ms, not guaranteed, too poor for 5.2 s");
    }
}
