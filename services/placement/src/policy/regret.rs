//! `regret`: the nearest site, once staying has cost as much as going: ski rental, the online counterpart of the
//! offline optimum (Karlin, Manasse, Rudolph, Sleator: Competitive Snoopy Caching, 1988).
//!
//! For each site that is nearer than the serving one an account is kept, in metre-seconds: how much nearer it was, for
//! how long; it is drawn down while the site is farther away. Cells flicker, so the account alone moves late or too
//! often: its trend, the excess averaged over the last seconds, is taken to go on for a while (`look_ahead`). When
//! account and trend together reach the cost of a relocation, and the site is the nearest one at that moment, the
//! instance goes there; but not back to where it came from within `no_return`. Moments of decision are `tick` apart,
//! from the last change of place on: what the next report says may come first.

use model::{Regret, Rule};

use super::{Opinion, Standing, View, told, whole};

pub(super) fn ask(knobs: &Regret, view: &View<'_>) -> Opinion {
    let calm = |rule| Opinion { rule, better_since: None, recheck: None };
    let excess = excess(knobs, view.serving_meters, Some(view.best_meters));
    if view.at_best || excess <= 0.0 {
        return calm(Rule::AlreadyBest);
    }
    let account = view.accounts.and_then(|accounts| accounts.of(view.best));
    let standing = account.map_or_else(Standing::default, |account| account.at(knobs, excess, view.now));
    let reached = standing.reaches(knobs);
    let stayed = told(view.now.since(view.since));
    let returns = view.accounts.and_then(|accounts| accounts.barred(knobs, stayed)) == Some(view.best);
    let rule = match (reached, returns) {
        (false, _) => Rule::CostNotReached,
        (true, true) => Rule::NoReturn,
        (true, false) => Rule::CostReached,
    };
    let due = || {
        let due = if reached { view.now } else { account?.crossing(knobs, excess)? };
        Some(if returns { due.max(view.since.plus(whole(knobs.no_return))) } else { due })
    };
    Opinion {
        rule,
        better_since: Some(view.better_since.unwrap_or(view.now)),
        recheck: (rule != Rule::CostReached).then(due).flatten(),
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
