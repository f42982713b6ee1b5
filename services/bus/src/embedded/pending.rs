//! What publishers have handed in and the writer has not taken yet.

use std::path::Path;
use std::sync::Arc;

use super::failure::Failure;
use super::frame::{self, GROUP, RecordFrame};
use super::group::Group;
use super::part::Indexable;
use super::positions::Positions;
use super::slots::{POSITIONS, PerSlot, Slot};
use crate::dedup::Dedup;
use crate::{BusError, Record, Sequence};

/// A group that has reached this many bytes takes no more records; publishers wait for the next one.
const ENOUGH: usize = 8 << 20;
/// Nobody is to wake the writer: it is at work.
const NEVER: usize = usize::MAX;

/// A record in a group's bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) slot: Slot,
    pub(super) offset: u32,
    pub(super) record: Indexable,
}

/// What the writer takes at once.
#[derive(Debug)]
pub(super) struct Taken {
    /// Frames behind room for a group frame; empty where there is nothing to write.
    pub(super) bytes: Vec<u8>,
    pub(super) entries: Vec<Entry>,
    pub(super) group: Arc<Group>,
    /// How many publishers wait.
    pub(super) callers: usize,
}

impl Drop for Taken {
    fn drop(&mut self) {
        if self.group.is_finished() {
            return;
        }
        // The writer did not get to an end: nobody is to wait for ever.
        let lost = std::io::Error::other("the writer gave up");
        self.group.finish(Err(Arc::new(Failure::new("writing", Path::new("the log"), &lost))));
    }
}

/// Whether records are taken.
#[derive(Debug)]
pub(super) enum State {
    Running,
    Stopping,
    Failed(Arc<Failure>),
}

/// What publishers have handed in and the writer has not taken yet, with all that gives records their places.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) state: State,
    pub(super) positions: Positions,
    pub(super) next: PerSlot<u64>,
    pub(super) dedup: PerSlot<Dedup>,
    pub(super) callers: usize,
    pub(super) group: Arc<Group>,
    seed: u32,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// The writer sleeps until this many publishers wait.
    wake_at: usize,
}

impl Pending {
    pub(super) fn new(seed: u32, next: PerSlot<u64>, dedup: PerSlot<Dedup>, positions: Positions) -> Self {
        Self {
            state: State::Running,
            positions,
            next,
            dedup,
            callers: 0,
            group: Arc::default(),
            seed,
            bytes: Vec::new(),
            entries: Vec::new(),
            wake_at: NEVER,
        }
    }

    /// Refuses what comes after the end.
    pub(super) fn check(&self) -> Result<(), BusError> {
        match &self.state {
            State::Running => Ok(()),
            State::Stopping => Err(BusError::Closed),
            State::Failed(failure) => Err(failure.error()),
        }
    }

    /// Whether publishers should wait for the next group.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= ENOUGH
    }

    /// Takes records in and gives each its sequence: its own, or that of the first record with its id.
    pub(super) fn add(&mut self, slot: Slot, records: &[Record]) -> Vec<Sequence> {
        self.callers += 1;
        records.iter().map(|record| Sequence(self.add_one(slot, record))).collect()
    }

    fn add_one(&mut self, slot: Slot, record: &Record) -> u64 {
        let sequence = self.next[slot.index()];
        if let Some(id) = &record.id
            && let Some(first) = self.dedup[slot.index()].first(id, sequence)
        {
            return first;
        }
        self.next[slot.index()] += 1;
        let (key, id, data) = (&*record.key, record.id.as_deref(), Some(&*record.data));
        self.append(&RecordFrame { slot, sequence, key, id, data });
        sequence
    }

    fn append(&mut self, record: &RecordFrame<'_>) {
        if self.bytes.is_empty() {
            self.bytes.resize(GROUP, 0);
        }
        let offset = u32::try_from(self.bytes.len()).expect("one call and a full group stay below 4 GiB");
        let length = frame::append(&mut self.bytes, self.seed, record) as u64;
        let id = record.id.map(|id| id.len() as u64);
        let indexable = Indexable { sequence: record.sequence, length, id, emptied: false };
        self.entries.push(Entry { slot: record.slot, offset, record: indexable });
    }

    /// Whether the writer sleeps and is to be woken now; it is then taken as awake.
    pub(super) fn wakes(&mut self) -> bool {
        let wakes = self.callers >= self.wake_at;
        if wakes {
            self.wake_at = NEVER;
        }
        wakes
    }

    /// Whether the writer sleeps for whatever reason; it is then taken as awake.
    pub(super) fn wakes_anyway(&mut self) -> bool {
        std::mem::replace(&mut self.wake_at, NEVER) != NEVER
    }

    /// The writer is about to sleep until this many publishers wait.
    pub(super) fn sleep_until(&mut self, callers: usize) {
        self.wake_at = callers;
    }

    /// The writer takes everything, with consumers' positions if `with_positions`.
    pub(super) fn take(&mut self, with_positions: bool) -> Taken {
        self.wake_at = NEVER;
        if with_positions {
            for (key, position) in self.positions.take() {
                let sequence = self.next[POSITIONS.index()];
                self.next[POSITIONS.index()] += 1;
                let data = position.to_le_bytes();
                let (key, data) = (&*key, Some(&data[..]));
                self.append(&RecordFrame { slot: POSITIONS, sequence, key, id: None, data });
            }
        }
        let (bytes, entries) = (self.bytes.len(), self.entries.len());
        Taken {
            bytes: std::mem::replace(&mut self.bytes, Vec::with_capacity(bytes)),
            entries: std::mem::replace(&mut self.entries, Vec::with_capacity(entries)),
            group: std::mem::take(&mut self.group),
            callers: std::mem::take(&mut self.callers),
        }
    }
}
