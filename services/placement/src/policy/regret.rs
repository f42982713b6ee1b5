//! `regret`: the nearest site, once staying has cost as much as going: ski rental, the online counterpart of the
//! offline optimum (Karlin, Manasse, Rudolph, Sleator: Competitive Snoopy Caching, 1988).
//!
//! For each site that is nearer than the serving one an account is kept, in metre-seconds: how much nearer it was, for
//! how long; it is drawn down while the site is farther away. Cells flicker, so the account alone moves late or too
//! often: its trend, the excess averaged over the last seconds, is taken to go on for a while (`look_ahead`). When
//! account and trend together reach the cost of a relocation, and the site is the nearest one at that moment, the
//! instance goes there; but not back to where it came from within `no_return`.

use model::{Policy, Regret, Rule, Timestamp};

use super::account::Standing;
use super::{Opinion, View, told, whole};

pub(super) fn ask(knobs: &Regret, view: &View<'_>) -> Opinion {
    let calm = |rule| Opinion { rule, better_since: None, recheck: None };
    let excess = excess(knobs, view.serving_meters, Some(view.best_meters));
    if view.at_best || excess <= 0.0 {
        return calm(Rule::AlreadyBest);
    }
    let account = view.accounts.and_then(|accounts| accounts.of(view.best));
    let standing = |at: Timestamp| account.map_or_else(Standing::default, |a| a.at(knobs, excess, at));
    let reached = standing(view.now).reaches(knobs);
    let stayed = told(view.now.since(view.since));
    let returns = super::came_from(&Policy::Regret(*knobs), view.accounts, stayed) == Some(view.best);
    let rule = match (reached, returns) {
        (false, _) => Rule::CostNotReached,
        (true, true) => Rule::NoReturn,
        (true, false) => Rule::CostReached,
    };
    let due = || {
        let due = if reached { Some(view.now) } else { crossing(knobs, view.now, excess, &standing) };
        due.map(|due| if returns { due.max(view.since.plus(whole(knobs.no_return))) } else { due })
    };
    Opinion {
        rule,
        better_since: Some(view.better_since.unwrap_or(view.now)),
        recheck: (rule != Rule::CostReached && account.is_some()).then(due).flatten(),
    }
}

/// By how many metres serving is farther away than another site. Where one of the two cannot be said, the place is
/// pinned, or a site has no position: then the one that can be said is better, by so much that ten seconds of it cost
/// as much as a relocation.
pub(crate) fn excess(knobs: &Regret, serving: Option<f64>, other: Option<f64>) -> f64 {
    let clearly = knobs.relocation_cost / 10.0;
    match (serving, other) {
        (Some(serving), Some(other)) => serving - other,
        (None, Some(_)) => clearly,
        (Some(_), None) => -clearly,
        (None, None) => 0.0,
    }
}

/// When the cost is reached if nothing happens: there is one such moment, because the excess is positive and does not
/// change. `None` where that is beyond all time.
fn crossing(
    knobs: &Regret,
    now: Timestamp,
    excess: f64,
    standing: &impl Fn(Timestamp) -> Standing,
) -> Option<Timestamp> {
    let present = standing(now);
    let missing = knobs.relocation_cost - present.account - knobs.look_ahead.as_secs_f64() * present.trend.min(0.0);
    let seconds = missing / excess;
    // More than a year: never.
    let span = (seconds < 3e7).then(|| (seconds.max(0.0) * 1e6) as u64)?;
    let (mut early, mut late) = (now.as_micros(), now.as_micros().checked_add(span + 1)?);
    while late - early > 1 {
        let middle = early + (late - early) / 2;
        if standing(Timestamp::from_micros(middle)).reaches(knobs) {
            late = middle;
        } else {
            early = middle;
        }
    }
    Some(Timestamp::from_micros(late))
}
