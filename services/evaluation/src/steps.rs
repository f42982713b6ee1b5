//! What a policy, or the optimum, did.

use std::collections::BTreeMap;

use model::{Trigger, Verdict};

use crate::events::Instant;

/// Decisions counted by what led to them and by verdict.
pub(crate) type Counts = BTreeMap<Trigger, BTreeMap<Verdict, u64>>;

/// An instance is placed, moved or let go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    pub(crate) at: Instant,
    /// The site that is left, an index into those of the network.
    pub(crate) from: Option<u32>,
    /// The site that is gone to; `None`: let go.
    pub(crate) to: Option<u32>,
    pub(crate) trigger: Trigger,
    /// Whether the target is not the nearest site of the UE's cell that has room, or not even a site.
    pub(crate) wrong: bool,
}

impl Step {
    /// Whether an instance that serves goes to another site.
    pub(crate) const fn is_relocation(&self) -> bool {
        self.from.is_some() && self.to.is_some()
    }
}

/// All that was done, by UE in the order of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Steps {
    pub(crate) of: Vec<Vec<Step>>,
    /// What was done outside the times of the UEs, in the order of time, with the UE: it costs nothing, but takes room.
    /// Empty where no site has a limit.
    pub(crate) outside: Vec<(u32, Step)>,
    pub(crate) counts: Counts,
}

impl Steps {
    /// Every step, in no particular order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Step> {
        self.of.iter().flatten().chain(self.outside.iter().map(|(_, step)| step))
    }
}
