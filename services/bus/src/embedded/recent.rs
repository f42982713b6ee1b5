//! The newest part of the log, in memory.

use std::collections::VecDeque;

use bytes::Bytes;

use super::slots::{PerSlot, Slot};

/// Where a record lies in a group's bytes.
#[derive(Debug, Clone, Copy)]
struct Spot {
    group: u64,
    offset: u32,
    length: u32,
}

#[derive(Debug)]
struct Held {
    number: u64,
    bytes: Bytes,
}

/// The newest groups whole, and where each stream's records are in them. A whole group leaves at a time, so that
/// a slow stream's record never keeps a fast stream's bytes in memory.
#[derive(Debug)]
pub(super) struct Recent {
    limit: usize,
    used: usize,
    groups: VecDeque<Held>,
    next: u64,
    /// Records in order; sequences have no gaps, so the first one tells the place of each.
    spots: PerSlot<VecDeque<Spot>>,
    newest: PerSlot<u64>,
}

/// What a spot costs beside the bytes.
const SPOT: usize = size_of::<Spot>();

impl Recent {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: 0,
            groups: VecDeque::new(),
            next: 0,
            spots: PerSlot::default(),
            newest: PerSlot::default(),
        }
    }

    /// Begins a group; its records follow with [`Self::add`].
    pub(super) fn begin(&mut self, bytes: Bytes) {
        self.used += bytes.len();
        self.groups.push_back(Held { number: self.next, bytes });
        self.next += 1;
    }

    /// A record of the group that was begun last.
    pub(super) fn add(&mut self, slot: Slot, sequence: u64, offset: u32, length: u32) {
        self.used += SPOT;
        self.spots[slot.index()].push_back(Spot { group: self.next - 1, offset, length });
        self.newest[slot.index()] = sequence;
    }

    /// Lets the oldest groups go until the limit is kept; the newest one stays.
    pub(super) fn trim(&mut self) {
        while self.used > self.limit && self.groups.len() > 1 {
            let Some(held) = self.groups.pop_front() else { break };
            self.used -= held.bytes.len();
            for spots in &mut self.spots {
                let leaving = spots.iter().take_while(|spot| spot.group == held.number).count();
                spots.drain(..leaving);
                self.used -= leaving * SPOT;
            }
        }
    }

    /// The frames from `wanted` on, at most `most` and until `enough` bytes are reached; `None` where `wanted` is not
    /// (or no longer) here.
    pub(super) fn frames(&self, slot: Slot, wanted: u64, most: usize, enough: usize) -> Option<Vec<Bytes>> {
        let spots = &self.spots[slot.index()];
        let first = (self.newest[slot.index()] + 1).checked_sub(spots.len() as u64)?;
        let skip = usize::try_from(wanted.checked_sub(first)?).ok().filter(|skip| *skip < spots.len())?;
        let front = self.groups.front()?.number;
        let mut frames = Vec::with_capacity(most.min(spots.len() - skip));
        let mut bytes = 0;
        for spot in spots.range(skip..).take(most) {
            let held = self.groups.get(usize::try_from(spot.group - front).ok()?)?;
            let from = spot.offset as usize;
            bytes += spot.length as usize;
            frames.push(held.bytes.slice(from..from + spot.length as usize));
            if bytes >= enough {
                break;
            }
        }
        Some(frames)
    }
}

#[cfg(test)]
mod tests {
    use model::Stream;

    use super::*;

    #[test]
    fn memory_stays_bounded_and_the_newest_records_are_served() {
        let (fast, slow) = (Slot::of(Stream::UeEvents), Slot::of(Stream::Orders));
        let mut recent = Recent::new(10_000);
        for number in 1..=1_000_u64 {
            recent.begin(Bytes::from(vec![number.to_le_bytes()[0]; 100]));
            recent.add(fast, number, 0, 60);
            if number % 100 == 0 {
                recent.add(slow, number / 100, 60, 40);
            }
            recent.trim();
            assert!(recent.used <= 10_000);
            let frames = recent.frames(fast, number, 10, usize::MAX).expect("the newest is here");
            assert_eq!(frames, [Bytes::from(vec![number.to_le_bytes()[0]; 60])]);
        }
        assert_eq!(recent.frames(fast, 1, 10, usize::MAX), None, "left");
        assert_eq!(recent.frames(fast, 1_001, 10, usize::MAX), None, "not there yet");
        assert_eq!(recent.frames(fast, 990, 5, usize::MAX).expect("here").len(), 5);
        assert_eq!(recent.frames(fast, 990, 5, 100).expect("here").len(), 2);
        assert_eq!(recent.frames(slow, 10, 5, usize::MAX).expect("here").len(), 1);
        assert_eq!(recent.frames(slow, 9, 5, usize::MAX), None, "left with its group");
    }
}
