//! Those that wait for a budget: oldest first at each of them. Whoever finds another budget used up when its turn comes
//! goes on waiting there, among those that came before and after it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::guard::Ticket;
use crate::guard::lane::Lane;
use crate::index::InstanceIx;

/// The line, a lane for each budget that somebody waits for. What is done costs as much as there are lanes that were
/// freed at once and, where somebody changes lanes, at most as much as wait in the new one; it never walks through the
/// instances.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    next_ticket: Ticket,
    waiting: u32,
    lanes: BTreeMap<Lane, Waiters>,
    /// When which lane has something to give by itself.
    alarms: BTreeSet<(Timestamp, Lane)>,
    /// Lanes that may have something to give now.
    freed: BTreeSet<Lane>,
}

/// One lane. Whoever leaves early leaves a dead entry behind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Waiters {
    waiting: u32,
    alarm: Option<Timestamp>,
    entries: VecDeque<(Ticket, InstanceIx)>,
}

impl Line {
    /// How many wait.
    pub(crate) const fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Waits in a lane, with the ticket that it has already or at the end.
    pub(crate) fn join(&mut self, lane: Lane, instance: InstanceIx, ticket: Option<Ticket>) -> Ticket {
        let next = self.next_ticket;
        let ticket = ticket.unwrap_or_else(|| {
            self.next_ticket = next.next();
            next
        });
        self.waiting += 1;
        let waiters = self.lanes.entry(lane).or_default();
        waiters.waiting += 1;
        let next = self.next_ticket;
        let place = waiters.entries.partition_point(|(other, _)| other.age(next) > ticket.age(next));
        // Its own dead entry, where it waited here before, comes to life again.
        if waiters.entries.get(place).is_none_or(|(other, _)| *other != ticket) {
            waiters.entries.insert(place, (ticket, instance));
        }
        ticket
    }

    /// Notes that one of a lane waits there no longer; its entry is dropped when it is met.
    pub(crate) fn leave(&mut self, lane: Lane) {
        self.waiting = self.waiting.saturating_sub(1);
        let Some(waiters) = self.lanes.get_mut(&lane) else { return };
        waiters.waiting = waiters.waiting.saturating_sub(1);
        if waiters.waiting == 0 {
            if let Some(alarm) = waiters.alarm {
                self.alarms.remove(&(alarm, lane));
            }
            self.lanes.remove(&lane);
            self.freed.remove(&lane);
        }
    }

    /// Drops dead entries of a lane where they are many.
    pub(crate) fn tidy(&mut self, lane: Lane, live: impl Fn(Ticket, InstanceIx) -> bool) {
        if let Some(waiters) = self.lanes.get_mut(&lane)
            && waiters.entries.len() > 2 * waiters.waiting as usize + 64
        {
            waiters.entries.retain(|(ticket, instance)| live(*ticket, *instance));
        }
    }

    /// The oldest of a lane.
    fn head(
        &mut self,
        lane: Lane,
        live: &impl Fn(Lane, Ticket, InstanceIx) -> bool,
    ) -> Option<(Ticket, InstanceIx)> {
        let waiters = self.lanes.get_mut(&lane)?;
        while let Some(&(ticket, instance)) = waiters.entries.front() {
            if live(lane, ticket, instance) {
                return Some((ticket, instance));
            }
            waiters.entries.pop_front();
        }
        None
    }

    /// A lane may have something to give.
    pub(crate) fn free(&mut self, lane: Lane) {
        if self.lanes.contains_key(&lane) {
            self.freed.insert(lane);
        }
    }

    /// It has nothing for anybody at present; by itself it has something again at `alarm`.
    pub(crate) fn rest(&mut self, lane: Lane, alarm: Option<Timestamp>) {
        self.freed.remove(&lane);
        let Some(waiters) = self.lanes.get_mut(&lane) else { return };
        if waiters.alarm == alarm {
            return;
        }
        if let Some(before) = std::mem::replace(&mut waiters.alarm, alarm) {
            self.alarms.remove(&(before, lane));
        }
        self.alarms.extend(alarm.map(|at| (at, lane)));
    }

    /// Frees the lanes whose time has come.
    pub(crate) fn ring(&mut self, now: Timestamp) {
        while let Some((at, lane)) = self.alarms.first().copied().filter(|(at, _)| *at <= now) {
            self.alarms.remove(&(at, lane));
            if let Some(waiters) = self.lanes.get_mut(&lane) {
                waiters.alarm = None;
                self.freed.insert(lane);
            }
        }
    }

    /// When that is next.
    pub(crate) fn next_alarm(&self) -> Option<Timestamp> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// Whether a lane may have something to give.
    pub(crate) fn is_stirred(&self) -> bool {
        !self.freed.is_empty()
    }

    /// The lanes that may.
    pub(crate) fn freed(&self) -> impl Iterator<Item = Lane> {
        self.freed.iter().copied()
    }

    /// The oldest of all that wait in the freed lanes.
    pub(crate) fn next(
        &mut self,
        live: impl Fn(Lane, Ticket, InstanceIx) -> bool,
    ) -> Option<(Lane, Ticket, InstanceIx)> {
        let lanes: Vec<Lane> = self.freed().collect();
        let next = self.next_ticket;
        let heads = lanes.into_iter().filter_map(|lane| {
            let (ticket, instance) = self.head(lane, &live)?;
            Some((lane, ticket, instance))
        });
        heads.max_by_key(|(_, ticket, _)| ticket.age(next))
    }

    /// All entries, dead or alive, oldest first.
    pub(crate) fn by_age(&self) -> Vec<(Lane, Ticket, InstanceIx)> {
        let mut all: Vec<_> = self.entries().collect();
        all.sort_by_key(|(_, ticket, _)| std::cmp::Reverse(ticket.age(self.next_ticket)));
        all
    }

    /// All entries, dead or alive, by lane.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Lane, Ticket, InstanceIx)> {
        let lanes = self.lanes.iter();
        lanes.flat_map(|(lane, waiters)| waiters.entries.iter().map(|(ticket, ix)| (*lane, *ticket, *ix)))
    }

    /// How many wait in each lane, and when it has something to give by itself.
    pub(crate) fn lanes(&self) -> impl Iterator<Item = (Lane, u32, Option<Timestamp>)> {
        self.lanes.iter().map(|(lane, waiters)| (*lane, waiters.waiting, waiters.alarm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::lane::{Limited, Of};

    #[test]
    fn who_changes_lanes_keeps_its_age_and_who_comes_back_is_there_once() {
        let (one, two) = (Lane::new(Of::App(0), Limited::Concurrent), Lane::new(Of::Total, Limited::Rate));
        let mut line = Line::default();
        let [a, b, c] = [0, 1, 2].map(InstanceIx::new);
        let first = line.join(one, a, None);
        let second = line.join(two, b, None);
        line.join(two, c, None);
        line.leave(one);
        assert_eq!(line.join(two, a, Some(first)), first);
        let order: Vec<_> = line.entries().map(|(_, _, ix)| ix).collect();
        assert_eq!((order, line.waiting()), (vec![a, b, c], 3));
        line.leave(two);
        assert_eq!(line.join(two, b, Some(second)), second);
        assert_eq!(line.entries().count(), 3);
    }

    #[test]
    fn the_oldest_of_the_freed_lanes_is_next_and_alarms_free_lanes() {
        let (one, two) = (Lane::new(Of::App(0), Limited::Concurrent), Lane::new(Of::Total, Limited::Rate));
        let mut line = Line::default();
        let [a, b] = [0, 1].map(InstanceIx::new);
        line.join(two, a, None);
        line.join(one, b, None);
        line.rest(two, Some(Timestamp::from_micros(5)));
        line.free(one);
        assert_eq!(line.next(|_, _, _| true).map(|(lane, _, ix)| (lane, ix)), Some((one, b)));
        line.ring(Timestamp::from_micros(4));
        assert_eq!((line.freed().count(), line.next_alarm()), (1, Some(Timestamp::from_micros(5))));
        line.ring(Timestamp::from_micros(5));
        assert_eq!(line.next(|_, _, _| true).map(|(lane, _, ix)| (lane, ix)), Some((two, a)));
        assert_eq!(line.next(|_, _, ix| ix != a).map(|(lane, _, ix)| (lane, ix)), Some((one, b)));
        line.leave(one);
        line.leave(two);
        assert_eq!((line.waiting(), line.lanes().count(), line.is_stirred()), (0, 0, false));
    }
}
