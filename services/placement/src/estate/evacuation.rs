//! How far leaving a site has come.

use model::{Evacuation, EvacuationState, SiteCondition, Timestamp};
use serde::{Deserialize, Serialize};

/// An evacuation: it begins when a site is to be left and ends when that is no longer so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Leaving {
    pub(crate) since: Timestamp,
    /// Instances that were there when it began or came later: what was under way is not called back.
    pub(crate) had: u32,
    /// How many had come to the site, ever, when that was counted; an engine counts from its own beginning.
    #[serde(skip)]
    pub(crate) came: u32,
}

impl Leaving {
    /// How it stands with so many instances left there.
    pub(crate) fn stands(
        &self,
        condition: SiteCondition,
        (remaining, stranded): (u32, u32),
        now: Timestamp,
    ) -> Evacuation {
        let deadline = deadline(condition);
        let state = match deadline {
            _ if remaining == 0 => EvacuationState::Done,
            Some(deadline) if now >= deadline => EvacuationState::Overdue,
            Some(_) | None => EvacuationState::UnderWay,
        };
        let instances = self.had.max(remaining);
        Evacuation { since: self.since, deadline, instances, remaining, stranded, state }
    }
}

/// By when a site should be empty.
pub(crate) const fn deadline(condition: SiteCondition) -> Option<Timestamp> {
    match condition {
        SiteCondition::Draining { deadline } => deadline,
        SiteCondition::InService
        | SiteCondition::Cordoned
        | SiteCondition::Degraded
        | SiteCondition::Failed => None,
    }
}
