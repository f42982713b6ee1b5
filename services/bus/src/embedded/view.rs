//! What is committed: what readers see.

use bytes::Bytes;

use super::index::{Index, Place};
use super::latest::{self, Latest, Spot};
use super::pending::Entry;
use super::recent::Recent;
use super::slots::{Kept, PerSlot, Slot};

/// What is committed.
#[derive(Debug)]
pub(super) struct View {
    pub(super) index: Index,
    pub(super) latest: Latest,
    /// The newest committed sequence of each slot.
    pub(super) newest: PerSlot<u64>,
    /// The oldest sequence that readers of a log get; older ones have left, whether or not they are still on disk.
    pub(super) oldest: PerSlot<u64>,
    recent: Recent,
}

/// What a reader is to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// These frames come next.
    Memory(Vec<Bytes>),
    /// What comes next is to be read from here.
    Disk(Place),
    /// Nothing is there yet.
    Wait,
    /// What comes next has left.
    FellBehind { oldest: u64 },
}

impl View {
    pub(super) fn new(
        index: Index,
        latest: Latest,
        newest: PerSlot<u64>,
        oldest: PerSlot<u64>,
        memory: usize,
    ) -> Self {
        Self { index, latest, newest, oldest, recent: Recent::new(memory) }
    }

    /// Takes in what was written at `at` of the last segment.
    pub(super) fn commit(&mut self, bytes: Bytes, entries: &[Entry], at: u64, micros: u64) {
        let Some(segment) = self.index.segments.last_mut() else { return };
        segment.end = at + bytes.len() as u64;
        let id = segment.file.header.id;
        self.recent.begin(bytes.clone());
        for entry in entries {
            let (slot, sequence, length) = (entry.slot, entry.record.sequence, entry.record.length);
            let offset = at + u64::from(entry.offset);
            segment.add(slot, entry.record, offset, micros);
            self.newest[slot.index()] = sequence;
            self.recent.add(slot, sequence, entry.offset, u32::try_from(length).unwrap_or(u32::MAX));
            if latest::notes(slot) {
                let from = entry.offset as usize;
                if let Some(super::frame::Frame::Record(record)) =
                    super::frame::parse(&bytes[from..][..length as usize])
                {
                    self.latest.note(slot, record.key, Spot { sequence, segment: id, offset, length });
                }
            }
        }
        self.recent.trim();
    }

    /// What a reader does that has read up to and including `behind`.
    pub(super) fn next(&self, slot: Slot, behind: u64, most: usize, enough: usize) -> Next {
        let wanted = behind + 1;
        if wanted > self.newest[slot.index()] {
            return Next::Wait;
        }
        let oldest = self.oldest[slot.index()];
        if wanted < oldest && matches!(slot.kept(), Kept::Log(_)) {
            return Next::FellBehind { oldest };
        }
        if let Some(frames) = self.recent.frames(slot, wanted, most, enough) {
            return Next::Memory(frames);
        }
        self.index.find(slot, wanted).map_or(Next::Wait, Next::Disk)
    }
}
