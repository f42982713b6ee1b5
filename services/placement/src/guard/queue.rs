//! A queue of instances that wait: first come, first served. Whoever leaves early leaves a dead entry behind.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::index::InstanceIx;

/// A place in the queue; an instance remembers its own, entries with another one are dead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket(u32);

impl Ticket {
    /// The one after it.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// How many were given since, where `next` is the one to be given next.
    pub(crate) const fn age(self, next: Self) -> u32 {
        next.0.wrapping_sub(self.0)
    }
}

/// Those that wait, oldest first.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Queue {
    next_ticket: u32,
    waiting: u32,
    entries: VecDeque<(u32, InstanceIx)>,
}

impl Queue {
    /// How many wait.
    pub(crate) const fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Joins at the end.
    pub(crate) fn join(&mut self, instance: InstanceIx) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket = ticket.wrapping_add(1);
        self.waiting += 1;
        self.entries.push_back((ticket, instance));
        Ticket(ticket)
    }

    /// Notes that an instance gave its ticket back; its entry is dropped when it is met.
    pub(crate) const fn leave(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Whether dead entries are worth a sweep.
    pub(crate) fn cluttered(&self) -> bool {
        self.entries.len() > 2 * self.waiting as usize + 64
    }

    /// Drops the entries that are not `live`.
    pub(crate) fn sweep(&mut self, live: impl Fn(Ticket, InstanceIx) -> bool) {
        self.entries.retain(|&(ticket, instance)| live(Ticket(ticket), instance));
    }

    /// The entries, dead or alive, oldest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Ticket, InstanceIx)> {
        self.entries.iter().map(|&(ticket, instance)| (Ticket(ticket), instance))
    }

    /// The oldest entry, dead or alive.
    pub(crate) fn pop(&mut self) -> Option<(Ticket, InstanceIx)> {
        self.entries.pop_front().map(|(ticket, instance)| (Ticket(ticket), instance))
    }

    /// How many entries there are, dead or alive.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Puts an entry that was popped back to the front, ticket and all.
    pub(crate) fn put_back(&mut self, (Ticket(ticket), instance): (Ticket, InstanceIx)) {
        self.entries.push_front((ticket, instance));
    }
}
