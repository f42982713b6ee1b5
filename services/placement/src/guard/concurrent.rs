//! `max_concurrent_relocations`: how many relocations and first placements of one app may be under way, and who
//! is next when one ends. Letting an instance go takes no slot.

use serde::{Deserialize, Serialize};

use crate::guard::Queue;

/// The slots of one app.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Slots {
    taken: u32,
    /// Those that wait for one.
    pub(crate) queue: Queue,
}

impl Slots {
    /// How many are under way.
    pub(crate) const fn taken(&self) -> u32 {
        self.taken
    }

    pub(crate) const fn full(&self, limit: u32) -> bool {
        self.taken >= limit
    }

    pub(crate) const fn take(&mut self) {
        self.taken += 1;
    }

    pub(crate) const fn release(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }
}
