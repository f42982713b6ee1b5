//! When which instance must be looked at again: a heap with lazy deletion.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::index::InstanceIx;
use crate::ue::Instant;

/// Deadlines by time. An entry counts only while its instance is armed for exactly this instant.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, InstanceIx)>>,
}

impl Timers {
    pub(crate) fn push(&mut self, at: Instant, instance: InstanceIx) {
        self.heap.push(Reverse((at, instance)));
    }

    /// The earliest entry, dead or alive.
    pub(crate) fn peek(&self) -> Option<(Instant, InstanceIx)> {
        self.heap.peek().map(|Reverse(entry)| *entry)
    }

    pub(crate) fn pop(&mut self) {
        self.heap.pop();
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Drops the entries that are not `live`.
    pub(crate) fn sweep(&mut self, live: impl Fn(Instant, InstanceIx) -> bool) {
        self.heap.retain(|Reverse((at, instance))| live(*at, *instance));
    }

    /// The entries in the order of time.
    pub(crate) fn sorted(&self) -> Vec<(Instant, InstanceIx)> {
        let mut entries: Vec<_> = self.heap.iter().map(|Reverse(entry)| *entry).collect();
        entries.sort_unstable();
        entries
    }
}

impl FromIterator<(Instant, InstanceIx)> for Timers {
    fn from_iter<I: IntoIterator<Item = (Instant, InstanceIx)>>(entries: I) -> Self {
        Self { heap: entries.into_iter().map(Reverse).collect() }
    }
}
