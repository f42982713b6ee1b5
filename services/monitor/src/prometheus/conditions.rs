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
    /// The query was not answered, or has no usable sample of the site.
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

/// The condition of a site of which `said` was said last: the gravest that holds, or may still hold because it cannot be
/// seen. What is graver than what was said last did not hold then, and is not taken to hold unseen.
pub(super) fn condition(
    said: SiteCondition,
    findings: impl Iterator<Item = (SiteCondition, Finding)>,
) -> SiteCondition {
    let may_hold = |(condition, finding): (SiteCondition, Finding)| match finding {
        Finding::Holds(_) => Some(condition),
        Finding::Unknown if condition <= said => Some(condition),
        Finding::Unknown | Finding::Clear => None,
    };
    findings.filter_map(may_hold).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Finding::{Clear, Holds, Unknown};
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
    fn what_is_not_known_makes_nothing_better_and_keeps_nothing_from_getting_worse() {
        assert_eq!(judged(Failed, &[(Failed, Unknown), (Cordoned, Clear)]), Failed);
        assert_eq!(judged(Cordoned, &[(Failed, Unknown), (Cordoned, Clear)]), InService);
        assert_eq!(judged(InService, &[(Failed, Unknown), (Cordoned, Holds(1.0))]), Cordoned);
        assert_eq!(judged(Failed, &[(Failed, Clear), (Cordoned, Unknown)]), Cordoned);
        assert_eq!(judged(Failed, &[(Failed, Clear), (Cordoned, Unknown), (Degraded, Holds(1.0))]), Degraded);
        assert_eq!(judged(InService, &[(Failed, Unknown)]), InService);
    }
}
