//! Following an evacuation.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use model::{EvacuationState, SiteCondition, SiteId, SiteRecord, SiteStatus};
use tokio::time::Instant;

use crate::cli::{print, say, watch};
use crate::operate::Desk;

/// How often the site is looked at.
const ROUND: Duration = Duration::from_millis(500);
/// After so long without a word it is said what may be wrong.
const SILENCE: Duration = Duration::from_secs(15);
/// So many looks in a row may fail: the process that is asked may be starting anew.
const MOST_FAILURES: u32 = 120;

/// A line for each change until the site is empty (success) or overdue (failure).
///
/// # Errors
/// Where the site can no longer be seen, or somebody has ended the drain.
pub(super) async fn until_left(desk: &Desk, site: &SiteId) -> anyhow::Result<ExitCode> {
    let (began, mut failures, mut warned) = (Instant::now(), 0, false);
    let mut told: Option<SiteStatus> = None;
    loop {
        let status = match desk.sites().await {
            Ok(views) => {
                failures = 0;
                views.into_iter().find(|view| view.site == *site).and_then(|view| view.status)
            }
            Err(error) if failures < MOST_FAILURES => {
                if failures == 0 {
                    say(&format!("{error:#}; trying again"));
                }
                failures += 1;
                None
            }
            Err(error) => return Err(error),
        };
        if let Some(status) = status.filter(|status| told.as_ref() != Some(status)) {
            let is_left = is_left(&status);
            // What was said before the drain is no progress of it.
            if is_left.is_none() && told.is_some() {
                bail!("{site} is {} again: the drain was ended", watch::operations::spaced(status.condition));
            }
            if let Some(end) = is_left {
                if !print(&watch::operations::site(&SiteRecord::Status(status.clone()))) {
                    return Ok(ExitCode::SUCCESS);
                }
                match end {
                    EvacuationState::Done => return Ok(ExitCode::SUCCESS),
                    EvacuationState::Overdue => return Ok(ExitCode::FAILURE),
                    EvacuationState::UnderWay => told = Some(status),
                }
            }
        }
        if told.is_none() && !warned && began.elapsed() > SILENCE {
            say(&format!("nothing is told of {site} yet: does a decider run?"));
            warned = true;
        }
        tokio::time::sleep(ROUND).await;
    }
}

/// How far leaving the site has come; none where it is not being left.
fn is_left(status: &SiteStatus) -> Option<EvacuationState> {
    match status.condition {
        SiteCondition::InService | SiteCondition::Cordoned => None,
        SiteCondition::Draining { .. } | SiteCondition::Degraded | SiteCondition::Failed => {
            let empty = if status.instances == 0 { EvacuationState::Done } else { EvacuationState::UnderWay };
            Some(status.evacuation.map_or(empty, |evacuation| evacuation.state))
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Evacuation, Timestamp};

    use super::*;

    #[test]
    fn only_a_site_that_is_being_left_is_followed() {
        let at = Timestamp::default();
        let status = |condition, instances, state: Option<EvacuationState>| SiteStatus {
            site: "north".parse().expect("valid"),
            at,
            condition,
            since: at,
            source: None,
            reason: None,
            instances,
            instances_limit: None,
            evacuation: state.map(|state| Evacuation {
                since: at,
                deadline: None,
                instances: 3,
                remaining: instances,
                stranded: 0,
                state,
            }),
            relief: None,
        };
        let draining = SiteCondition::Draining { deadline: None };
        // The evacuation of an earlier drain may still be told of a site that takes instances again.
        assert_eq!(is_left(&status(SiteCondition::InService, 0, Some(EvacuationState::Done))), None);
        assert_eq!(is_left(&status(SiteCondition::Cordoned, 2, None)), None);
        for state in [EvacuationState::UnderWay, EvacuationState::Overdue, EvacuationState::Done] {
            assert_eq!(is_left(&status(draining, 2, Some(state))), Some(state));
        }
        assert_eq!(is_left(&status(draining, 0, None)), Some(EvacuationState::Done));
        assert_eq!(is_left(&status(SiteCondition::Failed, 2, None)), Some(EvacuationState::UnderWay));
    }
}
