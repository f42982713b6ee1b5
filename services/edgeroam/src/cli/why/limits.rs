//! Limits that a decision was held against, for people.

use std::time::Duration;

use model::{BudgetSeen, Consent, ConsentSeen, Decision, Guard, HostState, LimitsSeen, RelocationId};

use super::show::span;

/// What ends a limit, where its numbers tell that; `None` for every other guard.
pub(super) fn otherwise(decision: &Decision, guard: Guard) -> Option<String> {
    let limits = &decision.explanation.limits;
    match guard {
        Guard::Cooldown => {
            let stayed = decision.explanation.serving.as_ref()?.stayed_ms;
            let rest = Duration::from_millis(limits.cooldown_ms?.saturating_sub(stayed));
            Some(format!("goes {} later if nothing changes", span(rest)))
        }
        Guard::FreezeWindow => {
            let window = limits.freeze_window.as_ref()?;
            let ends = window.end(decision.at).map_or_else(String::new, |end| format!(", at {end}"));
            Some(format!("goes when the freeze window ends ({window}){ends}"))
        }
        Guard::AppRate | Guard::SiteRate | Guard::TotalRate => {
            let seen = limits.budgets.iter().find(|seen| seen.guard == guard && seen.is_used_up())?;
            let per_minute = seen.per_minute?;
            Some(format!(
                "goes when its turn comes: {per_minute} a minute, {} at once{}",
                seen.limit,
                of(seen)
            ))
        }
        Guard::SiteConcurrent | Guard::TotalConcurrent => {
            let seen = limits.budgets.iter().find(|seen| seen.guard == guard && seen.is_used_up())?;
            let (used, limit, of) = (seen.used, seen.limit, of(seen));
            Some(format!(
                "goes when one of the {used} under way{of} ends and its turn comes, or with a limit above {limit}"
            ))
        }
        Guard::AwaitingConfirmation => Some(confirmed(decision, limits.consent.as_ref()?)),
        Guard::PingPong
        | Guard::MobilityNotAllowed
        | Guard::ConcurrentRelocations
        | Guard::Cordoned
        | Guard::Draining
        | Guard::Degraded
        | Guard::Failed
        | Guard::Full
        | Guard::MissingLabel
        | Guard::QosViolated
        | Guard::Overloaded
        | Guard::OutsideArea
        | Guard::Tenant
        | Guard::Residency
        | Guard::NoFeasibleSite
        | Guard::Frozen
        | Guard::Uncertain
        | Guard::HostStarting => None,
    }
}

/// What is needed where somebody has to agree.
fn confirmed(decision: &Decision, seen: &ConsentSeen) -> String {
    let relocation = RelocationId::new(&decision.app, &decision.instance, seen.generation);
    let left = span(Duration::from_millis(seen.left_ms));
    match seen.state {
        Consent::Needed | Consent::Confirmed => {
            "would go if confirmed: it is asked when its turn comes".to_owned()
        }
        Consent::Open => {
            format!("would go if confirmed: `edgeroam relocation confirm {relocation}` within {left}")
        }
        Consent::Expired => format!("would go if confirmed: nobody answered; it is asked again {left} later"),
        Consent::Refused => format!("would go if confirmed: it was refused; it is asked again {left} later"),
    }
}

/// The word that a move needs, as it stands.
fn consent(seen: &ConsentSeen) -> String {
    let (age, left) = (span(Duration::from_millis(seen.age_ms)), span(Duration::from_millis(seen.left_ms)));
    match seen.state {
        Consent::Needed => "needed, not asked for yet".to_owned(),
        Consent::Open => format!("asked for {age} ago, open for another {left}"),
        Consent::Expired => format!("asked for {age} ago, nobody answered in time"),
        Consent::Refused => format!("refused {age} ago, which counts for another {left}"),
        Consent::Confirmed => format!("given {age} ago, counts for another {left}"),
    }
}

fn of(seen: &BudgetSeen) -> String {
    seen.site.as_ref().map_or_else(String::new, |site| format!(" at {site}"))
}

/// Each limit as a line: what it is, and how it stood.
pub(super) fn lines(limits: &LimitsSeen) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(cooldown) = limits.cooldown_ms {
        lines.push(("cooldown", span(Duration::from_millis(cooldown))));
    }
    if let Some(site) = &limits.not_back_to {
        lines.push(("no way to", format!("{site}: it came from there")));
    }
    if let Some(window) = &limits.freeze_window {
        lines.push(("frozen", window.to_string()));
    }
    if !limits.mobility_level.is_free() {
        lines.push(("mobility", limits.mobility_level.as_str().to_owned()));
    }
    if let Some(seen) = &limits.consent {
        lines.push(("consent", consent(seen)));
    }
    for (number, seen) in limits.budgets.iter().enumerate() {
        let what = match (&seen.site, seen.guard) {
            (Some(site), _) => format!("site {site}"),
            (None, Guard::AppRate) => "the app".to_owned(),
            (None, _) => "all apps".to_owned(),
        };
        let (used, limit) = (seen.used, seen.limit);
        let how = match seen.per_minute {
            Some(per_minute) => format!("{used} of {limit} tokens taken, {per_minute} come a minute"),
            None => format!("{used} of {limit} under way"),
        };
        lines.push((if number == 0 { "budgets" } else { "" }, format!("{what}: {how}")));
    }
    if let Some(host) = &limits.host {
        let how = match host.state {
            HostState::Serving => "serves",
            HostState::UnderWay => "an order for it is under way",
            HostState::Paused => "could not be started; it is tried again",
            HostState::Absent => "there is none yet",
        };
        lines.push(("host", format!("{}: {how}", host.instance)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_a_line_with_its_numbers() {
        let seen = |guard, site: Option<&str>, per_minute| BudgetSeen {
            guard,
            site: site.map(|site| site.parse().expect("a site")),
            used: 2,
            limit: 3,
            per_minute,
        };
        let limits = LimitsSeen {
            cooldown_ms: Some(1_500),
            not_back_to: Some("edge-a".parse().expect("a site")),
            freeze_window: None,
            mobility_level: model::MobilityLevel::WithConfirmation,
            consent: Some(ConsentSeen {
                state: Consent::Open,
                generation: model::Generation(3),
                age_ms: 12_500,
                left_ms: 47_500,
            }),
            budgets: vec![
                seen(Guard::SiteConcurrent, Some("edge-b"), None),
                seen(Guard::TotalRate, None, Some(60)),
            ],
            host: Some(model::HostSeen {
                instance: "0011223344556677".parse().expect("an instance"),
                state: HostState::UnderWay,
            }),
        };
        let told: Vec<String> =
            lines(&limits).into_iter().map(|(what, how)| format!("{what}|{how}")).collect();
        assert_eq!(
            told,
            [
                "cooldown|1.5 s",
                "no way to|edge-a: it came from there",
                "mobility|with-confirmation",
                "consent|asked for 12.5 s ago, open for another 47.5 s",
                "budgets|site edge-b: 2 of 3 under way",
                "|all apps: 2 of 3 tokens taken, 60 come a minute",
                "host|0011223344556677: an order for it is under way",
            ]
        );
    }
}
