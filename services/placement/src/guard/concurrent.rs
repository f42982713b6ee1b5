//! `max_concurrent_relocations`: how many relocations and first placements of one app may be under way, and who
//! is next when one ends. Letting an instance go takes no slot.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::index::InstanceIx;

/// A place in the queue; an instance remembers its own, entries with another one are dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket(u32);

/// The slots of one app.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Slots {
    taken: u32,
    next_ticket: u32,
    waiting: u32,
    queue: VecDeque<(u32, InstanceIx)>,
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

    /// How many wait.
    pub(crate) const fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Joins the queue at its end.
    pub(crate) fn join(&mut self, instance: InstanceIx) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket = ticket.wrapping_add(1);
        self.waiting += 1;
        self.queue.push_back((ticket, instance));
        Ticket(ticket)
    }

    /// Notes that an instance gave its ticket back; its entry is dropped when it is met.
    pub(crate) const fn leave(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Whether dead entries are worth a sweep.
    pub(crate) fn cluttered(&self) -> bool {
        self.queue.len() > 2 * self.waiting as usize + 64
    }

    /// Drops the entries that are not `live`.
    pub(crate) fn sweep(&mut self, live: impl Fn(Ticket, InstanceIx) -> bool) {
        self.queue.retain(|&(ticket, instance)| live(Ticket(ticket), instance));
    }

    /// The entries, dead or alive, oldest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Ticket, InstanceIx)> {
        self.queue.iter().map(|&(ticket, instance)| (Ticket(ticket), instance))
    }

    /// The oldest entry, dead or alive.
    pub(crate) fn pop(&mut self) -> Option<(Ticket, InstanceIx)> {
        self.queue.pop_front().map(|(ticket, instance)| (Ticket(ticket), instance))
    }
}
