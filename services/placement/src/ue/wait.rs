//! Why an instance that should be elsewhere is not ordered there yet.

use std::time::Duration;

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::guard::{Lane, Ticket};
use crate::index::SiteIx;

/// The pause after the first order that came to nothing.
const FIRST_PAUSE_SECONDS: u32 = 2;
/// The longest pause.
const LONGEST_PAUSE_SECONDS: u32 = 300;

/// What an instance waits for before it may be ordered to its best site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wait {
    /// Nothing.
    Free,
    /// The last order to this site came to nothing; it is tried again later, other sites at once.
    BackOff {
        /// The site; `None` where letting go came to nothing.
        target: Option<SiteIx>,
        /// In whole seconds since the Unix epoch: fine enough for a pause.
        until_seconds: u32,
    },
    /// A budget that is used up.
    Queued(Ticket, Lane),
    /// The end of an operator's freeze, or the site that an operator named.
    Held(Ticket),
    /// A site that takes it.
    Stranded(Ticket),
}

impl Wait {
    /// Until when an order to `target` has to wait, if it has to.
    pub(crate) fn pause(&self, target: Option<SiteIx>, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::BackOff { target: failed, until_seconds } if *failed == target => {
                let until = Timestamp::from_micros(u64::from(*until_seconds) * 1_000_000);
                (until > now).then_some(until)
            }
            Self::BackOff { .. } | Self::Free | Self::Queued(..) | Self::Held(_) | Self::Stranded(_) => None,
        }
    }

    /// The place among those that wait for a site, or for the end of a freeze.
    pub(crate) const fn held(&self) -> Option<Ticket> {
        match self {
            Self::Held(ticket) | Self::Stranded(ticket) => Some(*ticket),
            Self::Free | Self::BackOff { .. } | Self::Queued(..) => None,
        }
    }
}

/// The pause after `failures` orders in a row that came to nothing: 2 s, doubling, at most 5 minutes.
pub(crate) fn back_off(target: Option<SiteIx>, failures: u8, now: Timestamp) -> Wait {
    let doublings = u32::from(failures.saturating_sub(1)).min(16);
    let pause = (FIRST_PAUSE_SECONDS << doublings).min(LONGEST_PAUSE_SECONDS);
    let until = now.plus(Duration::from_secs(u64::from(pause)));
    let seconds = until.as_micros().div_ceil(1_000_000);
    Wait::BackOff { target, until_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes_and_hold_for_one_target_only() {
        let (site, other) = (SiteIx::new(3), SiteIx::new(4));
        let now = Timestamp::from_micros(10_500_000);
        for (failures, until) in [(1, 13), (2, 15), (3, 19), (20, 311), (255, 311)] {
            let wait = back_off(Some(site), failures, now);
            assert_eq!(wait.pause(Some(site), now), Some(Timestamp::from_micros(until * 1_000_000)));
            assert_eq!(wait.pause(Some(other), now), None);
            assert_eq!(wait.pause(Some(site), Timestamp::from_micros(until * 1_000_000)), None);
        }
    }
}
