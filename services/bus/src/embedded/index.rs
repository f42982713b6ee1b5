//! Which segment has which records.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::header;
use super::part::{Indexable, Part};
use super::segment::SegmentFile;
use super::slots::{PerSlot, Slot};

/// A segment with what is in it.
#[derive(Debug)]
pub(super) struct Indexed {
    pub(super) file: Arc<SegmentFile>,
    /// Committed frames end here.
    pub(super) end: u64,
    parts: PerSlot<Part>,
}

impl Indexed {
    pub(super) fn new(file: Arc<SegmentFile>) -> Self {
        Self { file, end: header::LENGTH as u64, parts: PerSlot::default() }
    }

    /// A segment that was written whole.
    pub(super) fn whole(file: Arc<SegmentFile>, end: u64, parts: PerSlot<Part>) -> Self {
        Self { file, end, parts }
    }

    /// What it has of a stream.
    pub(super) fn part(&self, slot: Slot) -> &Part {
        &self.parts[slot.index()]
    }

    /// Takes a record in that lies at `offset`.
    pub(super) fn add(&mut self, slot: Slot, record: Indexable, offset: u64, micros: u64) {
        self.parts[slot.index()].add(record, offset, micros);
    }
}

/// Where to read from.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) segment: Arc<SegmentFile>,
    pub(super) offset: u64,
    /// Committed frames end here.
    pub(super) end: u64,
    /// The last sequence of the stream in this segment.
    pub(super) last: u64,
}

/// The segments in their order; the last one is being written.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) segments: Vec<Indexed>,
}

impl Index {
    /// Where the first whole record of a stream at or after `wanted` is found by reading on.
    pub(super) fn find(&self, slot: Slot, wanted: u64) -> Option<Place> {
        let with = |segment: &&Indexed| {
            let part = segment.part(slot);
            part.count > 0 && part.last >= wanted
        };
        // The newest segments are the likeliest, but the first that fits is wanted.
        let segment = self.segments.iter().find(with)?;
        let part = segment.part(slot);
        Some(Place {
            segment: segment.file.clone(),
            offset: part.place(wanted),
            end: segment.end,
            last: part.last,
        })
    }

    /// The oldest sequence from which a stream is there without a gap; `next` where nothing is.
    pub(super) fn unbroken_from(&self, slot: Slot, next: u64) -> u64 {
        let mut from = next;
        for part in self.segments.iter().rev().map(|segment| segment.part(slot)) {
            if part.count == 0 {
                continue;
            }
            if part.last + 1 != from || part.count != part.last + 1 - part.first {
                break;
            }
            from = part.first;
        }
        from
    }

    /// The segment with this number.
    pub(super) fn get(&self, id: u64) -> Option<(usize, &Indexed)> {
        let place = self.segments.binary_search_by_key(&id, |segment| segment.file.header.id).ok()?;
        Some((place, &self.segments[place]))
    }

    /// Puts a segment, or none, in the place of those with these numbers.
    pub(super) fn replace(&mut self, ids: RangeInclusive<u64>, with: Option<Indexed>) {
        let id = |segment: &Indexed| segment.file.header.id;
        let from = self.segments.partition_point(|segment| id(segment) < *ids.start());
        let to = self.segments.partition_point(|segment| id(segment) <= *ids.end());
        self.segments.splice(from..to, with);
    }
}
