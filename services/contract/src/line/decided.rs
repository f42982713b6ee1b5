//! Decisions as lines.

use super::{at, hyphened, spaced, who};
use crate::v1::{Explanation, Guard, Mode, RelocationDecided, Rule, Verdict};

pub(super) fn line(decision: &RelocationDecided) -> String {
    let explanation = &decision.explanation;
    let meters = |site: &str| explanation.candidates.iter().find(|c| c.site == site).map(|c| c.meters);
    let place = |site: Option<&String>, meters: Option<f64>| match (site, meters) {
        (Some(site), Some(meters)) => format!("{site} ({meters:.0} m)"),
        (Some(site), None) => site.clone(),
        (None, _) => "-".to_owned(),
    };
    let from = place(decision.source.as_ref(), explanation.serving.as_ref().and_then(|s| s.meters));
    let to = place(decision.target.as_ref(), decision.target.as_deref().and_then(meters));
    let observe = if decision.mode == Mode::Observe && decision.verdict == Verdict::Move {
        "  [observe: not ordered]"
    } else {
        ""
    };
    format!(
        "{}  decision  {}/{}  {}  {} {}  {from} -> {to}  {}{observe}",
        at(decision.decided_at),
        decision.app,
        decision.instance,
        who(&decision.ue, decision.supi.as_deref()),
        hyphened(&decision.trigger),
        decision.verdict.as_str(),
        why(explanation),
    )
}

/// The rule in words.
fn why(explanation: &Explanation) -> String {
    match &explanation.rule {
        Rule::NoInstanceYet => "no instance yet".into(),
        Rule::AmongChoices => "its site is among the nearest ones".into(),
        Rule::BeyondChoices => "its site has not been among the nearest ones for long enough".into(),
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
        Rule::Guarded => match &explanation.guard {
            Some(Guard::ConcurrentRelocations) => format!(
                "waits: {} are under way and max_concurrent_relocations is {}",
                explanation.under_way, explanation.under_way_limit
            ),
            Some(guard) => format!("waits: {}", guarded(guard)),
            None => "waits".into(),
        },
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
        Rule::NoCandidate => "its place maps to no site".into(),
        rule @ Rule::Other(_) => spaced(rule.as_str()),
    }
}

/// What an internal guard says, in the words of public lines.
pub fn guard_in_words(by: model::Guard) -> String {
    guarded(&crate::derive::guard(by))
}

/// What a guard says, in words.
fn guarded(guard: &Guard) -> String {
    let words = match guard {
        Guard::Cordoned => "the site is cordoned",
        Guard::Draining => "the site is being drained",
        Guard::Degraded => "the site is expected to fail",
        Guard::Failed => "the site does not serve",
        Guard::Full => "the site is full",
        Guard::MissingLabel => "the site lacks a label that the app requires",
        Guard::QosViolated => "the quality of service is measured to be too poor there",
        Guard::Overloaded => "the site is overloaded, or would be",
        Guard::OutsideArea => "the UE is outside the service area of the site",
        Guard::Tenant => "the site is there for other tenants",
        Guard::Residency => "the site is not where the app's data may be",
        Guard::NoFeasibleSite => "no site takes it",
        Guard::Frozen => "an operator has frozen the app",
        Guard::ConcurrentRelocations => "max_concurrent_relocations is used up",
        Guard::Cooldown => "it has not been there for as long as the app's cooldown",
        Guard::PingPong => "it came from there a shorter time ago than the app's no_return",
        Guard::FreezeWindow => "a freeze window holds",
        Guard::AppRate => "the app's orders a minute are used up",
        Guard::SiteConcurrent => "a site has as many relocations under way as it may",
        Guard::SiteRate => "a site's orders a minute are used up",
        Guard::TotalConcurrent => "all apps together have as many relocations under way as they may",
        Guard::TotalRate => "the orders a minute of all apps together are used up",
        Guard::MobilityNotAllowed => "instances of the app may not be moved",
        Guard::AwaitingConfirmation => "somebody has to agree, and has not",
        Guard::Uncertain => "its UE's position is too uncertain to say which of the sites is nearer",
        Guard::HostStarting => "the app's host at that site does not serve yet",
        Guard::Other(word) => return spaced(word),
    };
    words.to_owned()
}
