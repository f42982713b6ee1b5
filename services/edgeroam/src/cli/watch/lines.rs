//! Records of the bus as lines for people.

use model::{
    CmState, Decision, Explanation, Guard, Outcome, OutcomeKind, Rule, SiteId, Stream, UeChange, UeEvent,
    Verdict,
};
use serde::de::DeserializeOwned;

use super::{measurements, operations};

/// One record as a line for people.
pub(super) fn line(stream: Stream, data: &[u8]) -> Option<String> {
    match stream {
        Stream::UeEvents => parsed(data, event),
        Stream::Qos => parsed(data, measurements::line),
        Stream::Decisions => parsed(data, decision),
        Stream::Outcomes => parsed(data, outcome),
        Stream::DeadLetter => Some(format!("dead letter   {}", String::from_utf8_lossy(data))),
        Stream::Commands => parsed(data, operations::command),
        Stream::Sites => parsed(data, operations::site),
        Stream::Orders | Stream::Instances | Stream::Sagas => None,
    }
}

fn parsed<T: DeserializeOwned>(data: &[u8], show: fn(&T) -> String) -> Option<String> {
    Some(match serde_json::from_slice(data) {
        Ok(value) => show(&value),
        Err(error) => format!("unreadable record: {error}"),
    })
}

fn event(event: &UeEvent) -> String {
    let what = match &event.change {
        UeChange::Location(location) => {
            let cell = location.cell.map_or_else(|| "no cell".to_owned(), |cell| cell.to_string());
            let tai = location.tai.map_or_else(String::new, |tai| format!("  tai {tai}"));
            format!("cell {cell}{tai}")
        }
        UeChange::Connectivity { cm: CmState::Idle } => "idle".to_owned(),
        UeChange::Connectivity { cm: CmState::Connected } => "connected".to_owned(),
        UeChange::Gone => "gone".to_owned(),
    };
    format!("{}  ue        {}  {what}", event.observed_at, event.supi)
}

pub(in crate::cli) fn decision(decision: &Decision) -> String {
    let meters = |site: &SiteId| {
        let candidate = decision.explanation.candidates.iter().find(|c| c.site == *site);
        candidate.map_or_else(String::new, |c| format!(" ({:.0} m)", c.meters))
    };
    let from = decision.source.as_ref().map_or_else(
        || "-".to_owned(),
        |site| match decision.explanation.serving.as_ref().and_then(|serving| serving.meters) {
            Some(distance) => format!("{site} ({distance:.0} m)"),
            None => site.to_string(),
        },
    );
    let to =
        decision.target.as_ref().map_or_else(|| "-".to_owned(), |site| format!("{site}{}", meters(site)));
    let rule = rule(&decision.explanation);
    let observe = if decision.mode == model::Mode::Observe && decision.verdict == Verdict::Move {
        "  [observe: not ordered]"
    } else {
        ""
    };
    format!(
        "{}  decision  {}/{}  {}  {} {}  {from} -> {to}  {rule}{observe}",
        decision.at,
        decision.app,
        decision.instance,
        whose(decision),
        decision.trigger.as_str(),
        decision.verdict.as_str(),
    )
}

/// Whose instance it is.
fn whose(decision: &Decision) -> String {
    match (&decision.supi, &decision.group) {
        (Some(supi), _) => supi.to_string(),
        (None, Some(group)) => format!("group {}", group.name),
        (None, None) => "UE not known".to_owned(),
    }
}

/// Why, in words.
fn rule(explanation: &Explanation) -> String {
    match explanation.rule {
        Rule::NoInstanceYet => "no instance yet".into(),
        Rule::LingerOver => "gone for longer than linger".into(),
        Rule::AlreadyBest => "already at the best site".into(),
        Rule::Nearer => "another site is nearer".into(),
        Rule::WithinMargin => "not nearer by the margin".into(),
        Rule::TimeToTrigger => "nearer, but not for long enough yet".into(),
        Rule::MinimumStay => "another site is better, but here for too short a time yet".into(),
        Rule::ThresholdMet => "nearer for long enough".into(),
        Rule::CostNotReached => "nearer, but staying has not cost as much as a relocation yet".into(),
        Rule::NoReturn => "it came from there too short a time ago".into(),
        Rule::CostReached => "staying has cost as much as a relocation".into(),
        Rule::Evacuation => "its site is being left".into(),
        Rule::QosViolated => "its quality of service has been too poor for long enough".into(),
        Rule::NoBetterQos => {
            "its quality of service is too poor, and no site is known or expected to be better".into()
        }
        Rule::Relief => "its site is overloaded, and it leaves at the least cost".into(),
        Rule::LeftArea => "its UE is outside the service area of its site".into(),
        Rule::WithinGain => "another site scores higher, but not by enough".into(),
        Rule::BetterScore => "another site scores higher".into(),
        Rule::OperatorMove => "an operator asked for it".into(),
        Rule::Pinned => "an operator pinned it".into(),
        Rule::Guarded(Guard::ConcurrentRelocations) => format!(
            "waits: {} are under way and max_concurrent_relocations is {}",
            explanation.under_way, explanation.under_way_limit
        ),
        Rule::Guarded(guard) => format!("waits: {}", contract::guard_in_words(guard)),
        Rule::NoCandidate => "its place maps to no site".into(),
        Rule::AmongChoices => "its site is among the nearest ones".into(),
        Rule::BeyondChoices => "its site has not been among the nearest ones for long enough".into(),
    }
}

fn outcome(outcome: &Outcome) -> String {
    format!(
        "{}  saga      {}/{}  {}  {}",
        outcome.at,
        outcome.app,
        outcome.instance,
        outcome.relocation.release(),
        became(&outcome.kind)
    )
}

/// What became of an order, in words.
pub(in crate::cli) fn became(kind: &OutcomeKind) -> String {
    match kind {
        OutcomeKind::Progress { step } => format!("{} done", step.as_str()),
        OutcomeKind::Completed { serving: Some(placement), took_ms } => {
            format!("completed in {took_ms} ms: serves at {} ({})", placement.site, placement.address)
        }
        OutcomeKind::Completed { serving: None, took_ms } => format!("let go in {took_ms} ms"),
        OutcomeKind::Undone { reason } => format!("undone: {reason}"),
        OutcomeKind::Failed { reason } => format!("FAILED, an operator is needed: {reason}"),
        OutcomeKind::Fenced { newest, .. } => format!("fenced by generation {newest}"),
        OutcomeKind::Retired => "source retired".to_owned(),
        OutcomeKind::Leftover { reason } => format!("source left over: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use model::{Generation, InstanceKey, Mode, Policy, RelocationId, Timestamp, Trigger};

    use super::*;

    fn decided(trigger: Trigger, verdict: Verdict, rule: Rule) -> String {
        let app = "echo".parse().expect("an app");
        let supi = "imsi-208930000000001".parse().expect("a SUPI");
        let key = InstanceKey::new(&[7; 16]).expect("a key");
        let instance = key.per_ue(&app, &supi);
        let decision = Decision {
            order: Some((Generation(1), RelocationId::new(&app, &instance, Generation(1)))),
            app,
            instance,
            supi: Some(supi),
            group: None,
            at: Timestamp::from_micros(0),
            observed_at: Timestamp::from_micros(0),
            trigger,
            verdict,
            source: None,
            target: Some("north".parse().expect("a site")),
            mode: Mode::Act,
            explanation: Explanation {
                policy: Policy::Nearest,
                basis: model::Basis::Unknown,
                uncertainty_meters: None,
                candidates: Vec::new(),
                serving: None,
                better_for_ms: 0,
                under_way: 4,
                under_way_limit: 4,
                frozen: false,
                qos: None,
                limits: model::LimitsSeen::default(),
                rule,
                catalogue_version: 1,
            },
        };
        let data = serde_json::to_vec(&decision).expect("JSON");
        line(Stream::Decisions, &data).expect("a line")
    }

    #[test]
    fn a_decision_names_the_ue_beside_its_instance() {
        let line = decided(Trigger::FirstPlacement, Verdict::Move, Rule::NoInstanceYet);
        let instance = line.find("echo/").expect("the instance");
        assert!(
            line[instance..].contains("  imsi-208930000000001  first-placement move  - -> north"),
            "{line}"
        );
    }

    #[test]
    fn a_guard_is_told_in_words_with_the_setting_and_its_value() {
        let line = decided(Trigger::Mobility, Verdict::Blocked, Rule::Guarded(Guard::ConcurrentRelocations));
        assert!(line.ends_with("waits: 4 are under way and max_concurrent_relocations is 4"), "{line}");
    }

    #[test]
    fn no_rule_is_told_as_it_is_written_on_the_bus() {
        for rule in [
            Rule::NoInstanceYet,
            Rule::LingerOver,
            Rule::AlreadyBest,
            Rule::Nearer,
            Rule::WithinMargin,
            Rule::TimeToTrigger,
            Rule::MinimumStay,
            Rule::ThresholdMet,
            Rule::Evacuation,
            Rule::QosViolated,
            Rule::NoBetterQos,
            Rule::Relief,
            Rule::OperatorMove,
            Rule::Pinned,
            Rule::LeftArea,
            Rule::WithinGain,
            Rule::BetterScore,
            Rule::AmongChoices,
            Rule::BeyondChoices,
            Rule::Guarded(Guard::MissingLabel),
            Rule::Guarded(Guard::OutsideArea),
            Rule::Guarded(Guard::Tenant),
            Rule::Guarded(Guard::Residency),
            Rule::NoCandidate,
        ] {
            let line = decided(Trigger::Mobility, Verdict::Stay, rule);
            let why = line.rsplit("north").next().unwrap_or_default();
            assert!(!why.contains(['_', '{', '"']) && why.contains(' '), "{line}");
        }
    }
}
