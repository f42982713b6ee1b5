//! What `edgeroam config check` says of limits.

use model::{App, Budget, Limits, MobilityLevel};

/// The limits of an app beside its policy.
pub(super) fn of_app(app: &App) -> Vec<String> {
    let limits = &app.limits;
    let mut lines = Vec::new();
    if !limits.cooldown.is_zero() {
        lines.push(format!("cooldown {:?}", limits.cooldown));
    }
    if !limits.no_return.is_zero() {
        lines.push(format!("no return within {:?}", limits.no_return));
    }
    match limits.mobility.level {
        MobilityLevel::NotAllowed => lines.push("instances are not moved".to_owned()),
        MobilityLevel::WithConfirmation => {
            lines.push(format!("moves with confirmation within {:?}", limits.mobility.confirmation_timeout));
        }
        MobilityLevel::WithoutConfirmation => (),
    }
    let budget = Budget { concurrent: Some(app.max_concurrent_relocations), rate: limits.rate };
    lines.push(format!("relocations: {}", told(&budget)));
    lines.extend(limits.freeze_windows.iter().map(|window| format!("freeze window {window}")));
    lines
}

/// The limits of all apps together.
pub(super) fn shared(limits: &Limits) -> Vec<String> {
    let mut lines = Vec::new();
    let none = Budget::default();
    if limits.total != none {
        lines.push(format!("relocations in all: {}", told(&limits.total)));
    }
    if limits.site != none {
        lines.push(format!("relocations from and to each site: {}", told(&limits.site)));
    }
    let sites = limits.sites.iter();
    lines.extend(sites.map(|(site, budget)| format!("relocations from and to {site}: {}", told(budget))));
    lines.extend(limits.freeze_windows.iter().map(|window| format!("freeze window {window}")));
    lines
}

fn told(budget: &Budget) -> String {
    let concurrent = budget.concurrent.map(|most| format!("{most} under way"));
    let rate = budget.rate.map(|rate| format!("{} a minute with {} at once", rate.per_minute, rate.burst));
    let all: Vec<String> = concurrent.into_iter().chain(rate).collect();
    if all.is_empty() { "not limited".to_owned() } else { format!("at most {}", all.join(", ")) }
}

#[cfg(test)]
mod tests {
    use model::Rate;

    use super::*;

    #[test]
    fn a_budget_is_told_with_what_it_limits() {
        let budget = Budget { concurrent: Some(20), rate: Some(Rate { per_minute: 60, burst: 10 }) };
        assert_eq!(told(&budget), "at most 20 under way, 60 a minute with 10 at once");
        assert_eq!(told(&Budget::default()), "not limited");
        let limits = Limits { total: budget, ..Limits::default() };
        assert_eq!(shared(&limits).len(), 1);
    }
}
