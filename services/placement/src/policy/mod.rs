//! Policies: whether an instance that serves should go to the best site. One file each, pure functions.

mod account;
mod group;
mod nearest;
mod orchestrator_chooses;
mod patience;
mod regret;
mod score;
mod threshold;
mod weighted;

use std::time::Duration;

use model::{Policy, Rule, Timestamp, Weighted};

use crate::index::SiteIx;

pub(crate) use account::{Accounts, Served, Standing};
pub(crate) use score::{gain, score};

/// What a policy sees of an instance that serves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// Whether the serving site is the best candidate; among those that would be offered, where the orchestrator chooses.
    pub(crate) at_best: bool,
    /// The best candidate.
    pub(crate) best: SiteIx,
    /// Distance of the best candidate, in metres.
    pub(crate) best_meters: f64,
    /// Distance of the serving site, in metres; `None` where it cannot be said, which counts as farther than
    /// any margin.
    pub(crate) serving_meters: Option<f64>,
    /// `weighted`: by how much the best candidate scores higher than the serving site, if that has a score.
    pub(crate) gain: Option<f64>,
    /// Since when the instance has been at its site.
    pub(crate) since: Timestamp,
    /// Since when the best candidate has been better, if it was so when the instance was last looked at.
    pub(crate) better_since: Option<Timestamp>,
    /// What `regret` remembers of the instance.
    pub(crate) accounts: Option<&'a Accounts>,
    /// Now.
    pub(crate) now: Timestamp,
}

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Opinion {
    /// The rule that decided.
    pub(crate) rule: Rule,
    /// Since when the best candidate has been better; the engine remembers it for the next look.
    pub(crate) better_since: Option<Timestamp>,
    /// When it would say otherwise if nothing changes.
    pub(crate) recheck: Option<Timestamp>,
}

impl Opinion {
    /// Whether the rule asks for a move.
    pub(crate) const fn moves(&self) -> bool {
        matches!(
            self.rule,
            Rule::Nearer | Rule::ThresholdMet | Rule::CostReached | Rule::BetterScore | Rule::BeyondChoices
        )
    }
}

/// Asks a policy.
pub(crate) fn ask(policy: &Policy, view: &View<'_>) -> Opinion {
    match policy {
        Policy::Nearest => nearest::ask(view),
        Policy::Threshold(knobs) => threshold::ask(knobs, view),
        Policy::Regret(knobs) => regret::ask(knobs, view),
        Policy::Group(knobs) => group::ask(knobs, view),
        Policy::OrchestratorChooses(knobs) => orchestrator_chooses::ask(knobs, view),
        Policy::Weighted(knobs) => weighted::ask(knobs, view),
    }
}

/// How many sites a policy offers to the orchestrator; the others name one.
pub(crate) const fn offers(policy: &Policy) -> u8 {
    match policy {
        Policy::OrchestratorChooses(knobs) => knobs.candidates,
        Policy::Nearest
        | Policy::Threshold(_)
        | Policy::Regret(_)
        | Policy::Group(_)
        | Policy::Weighted(_) => 0,
    }
}

/// The knobs of a policy that weighs sites against each other; the others want the nearest one.
pub(crate) const fn weighs(policy: &Policy) -> Option<&Weighted> {
    match policy {
        Policy::Weighted(knobs) => Some(knobs),
        Policy::Nearest
        | Policy::Threshold(_)
        | Policy::Regret(_)
        | Policy::Group(_)
        | Policy::OrchestratorChooses(_) => None,
    }
}

/// A span as explanations tell it: whole milliseconds, rounded down. Policies compare nothing finer, so that
/// the verdict follows from what is told.
pub(crate) const fn told(span: Duration) -> u64 {
    let millis = span.as_millis();
    if millis > u64::MAX as u128 { u64::MAX } else { millis as u64 }
}

/// How an account stands for a site that is so far from the place of an instance that serves at such a distance.
pub(crate) fn standing(
    policy: &Policy,
    accounts: Option<&Accounts>,
    serving_meters: Option<f64>,
    (site, meters): (SiteIx, f64),
    now: Timestamp,
) -> Option<Standing> {
    let knobs = policy.accounts()?;
    let account = accounts.and_then(|accounts| accounts.of(site));
    let excess = regret::excess(knobs, serving_meters, Some(meters));
    Some(account.map_or_else(Standing::default, |account| account.at(knobs, excess, now)))
}

/// Where an instance that has been at its site for so long may not go back to yet.
pub(crate) fn barred(policy: &Policy, accounts: Option<&Accounts>, stayed_ms: u64) -> Option<SiteIx> {
    let knobs = policy.accounts()?;
    accounts?.barred(knobs, stayed_ms)
}

/// The span rounded up to whole milliseconds, the unit that explanations tell.
pub(crate) fn whole(span: Duration) -> Duration {
    let millis = told(span);
    let rest = span > Duration::from_millis(millis);
    Duration::from_millis(millis.saturating_add(u64::from(rest)))
}
