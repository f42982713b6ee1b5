//! From what queries find of a site to its condition.

use model::SiteCondition;

use crate::config::What;

/// What one query says of one site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Finding {
    /// The condition holds; the value says so.
    Holds(f64),
    /// It does not.
    Clear,
    /// The query was answered and has no sample of the site.
    Absent,
    /// The query was not answered, or its sample of the site is no number.
    Unknown,
}

/// The condition that a query is about.
pub(super) const fn about(what: What) -> Option<SiteCondition> {
    match what {
        What::Cordoned => Some(SiteCondition::Cordoned),
        What::Draining => Some(SiteCondition::Draining { deadline: None }),
        What::Degraded => Some(SiteCondition::Degraded),
        What::Failed => Some(SiteCondition::Failed),
        What::Load | What::Rtt | What::Jitter | What::Loss => None,
    }
}

/// The condition of a site of which `said` was said last: the gravest that holds. What was said last is kept where no
/// query about that very condition can see the site; one that sees it clear outweighs others that have no sample of it.
pub(super) fn condition(
    said: SiteCondition,
    findings: impl Iterator<Item = (SiteCondition, Finding)> + Clone,
) -> SiteCondition {
    let holds = |(condition, finding): (SiteCondition, Finding)| {
        matches!(finding, Finding::Holds(_)).then_some(condition)
    };
    let gravest = findings.clone().filter_map(holds).max().unwrap_or_default();
    let of_said =
        |wanted| findings.clone().any(|(condition, finding)| condition == said && finding == wanted);
    let unseen = of_said(Finding::Unknown) || (of_said(Finding::Absent) && !of_said(Finding::Clear));
    if unseen { gravest.max(said) } else { gravest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Finding::{Absent, Clear, Holds, Unknown};
    use SiteCondition::{Cordoned, Degraded, Failed, InService};

    fn judged(said: SiteCondition, findings: &[(SiteCondition, Finding)]) -> SiteCondition {
        condition(said, findings.iter().copied())
    }

    #[test]
    fn the_gravest_that_holds_counts() {
        let findings = [(Cordoned, Holds(1.0)), (Failed, Clear), (Degraded, Holds(2.0))];
        assert_eq!(judged(InService, &findings), Degraded);
        assert_eq!(judged(Failed, &findings), Degraded);
        assert_eq!(judged(InService, &[(Cordoned, Clear)]), InService);
        assert_eq!(judged(Cordoned, &[]), InService, "no query says so any more");
    }

    #[test]
    fn what_cannot_be_seen_is_kept_and_keeps_nothing_from_getting_worse() {
        for unseen in [Unknown, Absent] {
            assert_eq!(judged(Failed, &[(Failed, unseen), (Cordoned, Clear)]), Failed);
            assert_eq!(judged(Failed, &[(Failed, unseen), (Cordoned, Holds(1.0))]), Failed);
            assert_eq!(judged(Cordoned, &[(Cordoned, unseen), (Degraded, Holds(1.0))]), Degraded);
            assert_eq!(judged(InService, &[(Failed, unseen)]), InService);
        }
    }

    #[test]
    fn a_query_that_never_sees_the_site_keeps_no_other_from_being_clear() {
        assert_eq!(judged(Failed, &[(Failed, Clear), (Cordoned, Absent)]), InService);
        assert_eq!(judged(Failed, &[(Failed, Clear), (Cordoned, Unknown), (Degraded, Holds(1.0))]), Degraded);
        assert_eq!(judged(Cordoned, &[(Failed, Absent), (Cordoned, Clear)]), InService);
        // Two queries about one condition, of different sites.
        assert_eq!(judged(Failed, &[(Failed, Clear), (Failed, Absent)]), InService);
        assert_eq!(judged(Failed, &[(Failed, Clear), (Failed, Unknown)]), Failed);
    }
}
