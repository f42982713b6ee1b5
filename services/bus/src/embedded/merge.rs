//! Writing a run of sealed segments anew, without what has left.

use std::fs;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::failure::{damaged, io};
use super::frame::{self, Frame, GROUP, RecordFrame};
use super::header::{Header, LENGTH};
use super::index::Indexed;
use super::latest::{self, Spot};
use super::part::Part;
use super::rebuild::indexable;
use super::scan::{Scan, Step};
use super::segment::{self, SegmentFile};
use super::slots::{PerSlot, Slot};
use super::state::Shared;
use crate::BusError;

/// What is copied is written in pieces of this size.
const PIECE: usize = 1 << 20;

/// What stays.
#[derive(Debug)]
pub(super) struct Limits {
    /// Records from here on stay whole, whatever their key.
    pub(super) records_from: PerSlot<u64>,
    /// Ids from here on stay.
    pub(super) ids_from: PerSlot<u64>,
}

/// Puts one segment in the place of these neighbours, or none where nothing of them stays.
pub(super) fn run(shared: &Shared, limits: &Limits, ids: &[u64]) -> Result<(), BusError> {
    let (files, active) = {
        let segments = &shared.view().index.segments;
        let chosen = segments.iter().filter(|segment| ids.contains(&segment.file.header.id));
        let files: Vec<_> = chosen.map(|segment| (segment.file.clone(), segment.end)).collect();
        (files, segments.last().map(|segment| segment.file.clone()))
    };
    let (Some((first, _)), Some((last, _))) = (files.first(), files.last()) else { return Ok(()) };
    let header = Header { through: last.header.through, rewritten: true, ..first.header };
    let mut merging = Merging::begin(shared, header)?;
    for (file, end) in &files {
        merging.copy(shared, limits, file, *end)?;
    }
    merging.flush()?;
    // What replaces a value that is dropped here may lie in the segment that is being written, unsynced.
    if let Some(active) = active {
        active.file.sync_data().map_err(io("syncing", &active.path))?;
    }
    let empty = merging.at == LENGTH as u64;
    let Merging { out, at, parts, moved, .. } = merging;
    let merged = if empty {
        fs::remove_file(&out.path).map_err(io("removing", &out.path))?;
        None
    } else {
        Some(Indexed::whole(Arc::new(out.publish(&shared.dir)?), at, parts))
    };
    {
        let mut view = shared.view();
        view.index.replace(header.id..=header.through, merged);
        for (slot, key, spot) in moved {
            view.latest.moved(slot, &key, spot);
        }
    }
    // The merged segment has the first one's name.
    for (file, _) in files.iter().skip(usize::from(!empty)) {
        fs::remove_file(&file.path).map_err(io("removing", &file.path))?;
    }
    segment::sync_dir(&shared.dir)
}

/// A segment that is being made.
struct Merging {
    out: SegmentFile,
    /// Length of what was written or waits in `buffer`.
    at: u64,
    buffer: Vec<u8>,
    parts: PerSlot<Part>,
    /// The last values that lie here now.
    moved: Vec<(Slot, Box<str>, Spot)>,
    /// Time of the group that was copied last.
    micros: Option<u64>,
}

impl Merging {
    fn begin(shared: &Shared, header: Header) -> Result<Self, BusError> {
        Ok(Self {
            out: SegmentFile::begin(&shared.dir, header)?,
            at: LENGTH as u64,
            buffer: Vec::new(),
            parts: PerSlot::default(),
            moved: Vec::new(),
            micros: None,
        })
    }

    fn copy(
        &mut self,
        shared: &Shared,
        limits: &Limits,
        file: &Arc<SegmentFile>,
        end: u64,
    ) -> Result<(), BusError> {
        let mut scan = Scan::new(file.clone(), LENGTH as u64);
        let mut micros = 0;
        while scan.next_offset() < end {
            if let Step::Broken(reason) = scan.step(end)? {
                return Err(damaged(&file.path, scan.offset(), reason));
            }
            match scan.frame() {
                Some(Frame::Group { micros: written, .. }) => micros = written,
                Some(Frame::Record(record)) => {
                    if let Some(staying) = staying(shared, limits, record) {
                        self.append(&staying, micros)?;
                    }
                }
                None => return Err(damaged(&file.path, scan.offset(), "records are missing")),
            }
        }
        Ok(())
    }

    fn append(&mut self, record: &RecordFrame<'_>, micros: u64) -> Result<(), BusError> {
        if self.micros != Some(micros) {
            let start = self.buffer.len();
            self.buffer.resize(start + GROUP, 0);
            frame::write_group(&mut self.buffer[start..], self.out.header.seed, micros, 0);
            self.at += GROUP as u64;
            self.micros = Some(micros);
        }
        let offset = self.at;
        let length = frame::append(&mut self.buffer, self.out.header.seed, record) as u64;
        self.at += length;
        self.parts[record.slot.index()].add(indexable(record, length), offset, micros);
        if latest::notes(record.slot) && record.data.is_some() {
            let spot = Spot { sequence: record.sequence, segment: self.out.header.id, offset, length };
            self.moved.push((record.slot, record.key.into(), spot));
        }
        if self.buffer.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), BusError> {
        let at = self.at - self.buffer.len() as u64;
        self.out.file.write_all_at(&self.buffer, at).map_err(io("writing", &self.out.path))?;
        self.buffer.clear();
        Ok(())
    }
}

/// What of a record stays: all, its id, or nothing.
fn staying<'a>(shared: &Shared, limits: &Limits, record: RecordFrame<'a>) -> Option<RecordFrame<'a>> {
    let (slot, sequence) = (record.slot, record.sequence);
    let last_of_key = || {
        latest::notes(slot)
            && shared.view().latest.get(slot, record.key).is_some_and(|spot| spot.sequence == sequence)
    };
    if record.data.is_some() && (sequence >= limits.records_from[slot.index()] || last_of_key()) {
        return Some(record);
    }
    let id_stays = record.id.is_some() && sequence >= limits.ids_from[slot.index()];
    id_stays.then_some(RecordFrame { key: "", data: None, ..record })
}
