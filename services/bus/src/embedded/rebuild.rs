//! Building what memory knows from the frames of a log.

use std::sync::Arc;

use super::failure::damaged;
use super::frame::{Frame, RecordFrame};
use super::header::LENGTH;
use super::index::{Index, Indexed};
use super::latest::{self, Latest, Spot};
use super::part::Indexable;
use super::positions::Positions;
use super::scan::{Scan, Step};
use super::segment::SegmentFile;
use super::slots::{POSITIONS, PerSlot, Slot};
use super::torn;
use crate::BusError;
use crate::dedup::Dedup;

/// What memory knows of a log.
#[derive(Debug, Default)]
pub(super) struct Rebuilt {
    pub(super) index: Index,
    pub(super) latest: Latest,
    pub(super) positions: Positions,
    pub(super) dedup: PerSlot<Dedup>,
    /// The newest sequence of each slot.
    pub(super) newest: PerSlot<u64>,
    /// Bytes of a torn end behind the last whole frame.
    pub(super) torn: u64,
}

impl Rebuilt {
    /// Takes in the next segment. Only the `last` one may have a torn end; where it begins is the segment's `end`.
    pub(super) fn segment(&mut self, file: Arc<SegmentFile>, last: bool) -> Result<(), BusError> {
        self.check_joint(&file)?;
        let length = file.length()?;
        let mut indexed = Indexed::new(file.clone());
        let mut scan = Scan::new(file.clone(), LENGTH as u64);
        let mut micros = 0;
        loop {
            match scan.step(length)? {
                Step::Frame => {}
                Step::End if scan.offset() == length => break,
                Step::End | Step::Broken(_) if last => {
                    self.torn = torn::check(&file, scan.offset(), length)?;
                    break;
                }
                Step::End => return Err(damaged(&file.path, scan.offset(), "zeros where records were")),
                Step::Broken(reason) => return Err(damaged(&file.path, scan.offset(), reason)),
            }
            let (offset, length) = (scan.offset(), scan.bytes().len() as u64);
            match scan.frame() {
                Some(Frame::Group { micros: written, .. }) => micros = written,
                Some(Frame::Record(record)) => {
                    let spot = Spot { sequence: record.sequence, segment: file.header.id, offset, length };
                    self.record(&record, spot, &file)?;
                    indexed.add(record.slot, indexable(&record, length), offset, micros);
                }
                None => return Err(damaged(&file.path, offset, "impossible contents")),
            }
        }
        indexed.end = scan.offset();
        self.index.segments.push(indexed);
        Ok(())
    }

    fn record(&mut self, record: &RecordFrame<'_>, spot: Spot, file: &SegmentFile) -> Result<(), BusError> {
        let slot = record.slot;
        let newest = &mut self.newest[slot.index()];
        if record.sequence <= *newest {
            return Err(damaged(&file.path, spot.offset, "a sequence that does not grow"));
        }
        *newest = record.sequence;
        if let Some(id) = record.id {
            // Ids are unique in the log; one that is known was written before it had been forgotten.
            self.dedup[slot.index()].first(id, record.sequence);
        }
        let Some(data) = record.data else { return Ok(()) };
        if latest::notes(slot) {
            self.latest.note(slot, record.key, spot);
        }
        if slot == POSITIONS {
            let bytes = data.try_into().map_err(|_| damaged(&file.path, spot.offset, "no position"))?;
            self.positions.recovered(record.key, u64::from_le_bytes(bytes));
        }
        Ok(())
    }

    /// A sealed segment that has lost its end, at whatever byte, shows in the next one's header.
    fn check_joint(&mut self, file: &SegmentFile) -> Result<(), BusError> {
        if let Some(before) = self.index.segments.last() {
            let header = &before.file.header;
            let whole = !header.rewritten && header.through + 1 == file.header.id;
            for slot in Slot::all().filter(|_| whole) {
                let (from, to) = (header.next[slot.index()], file.header.next[slot.index()]);
                let found = before.part(slot).count;
                if to.checked_sub(from) != Some(found) {
                    let reason =
                        format!("it has {found} of the records {from} to {to} of stream {}", slot.number());
                    return Err(damaged(&before.file.path, before.end, reason));
                }
            }
        }
        for (newest, next) in self.newest.iter_mut().zip(file.header.next) {
            *newest = (*newest).max(next.saturating_sub(1));
        }
        Ok(())
    }
}

/// A record as the index needs it.
pub(super) fn indexable(record: &RecordFrame<'_>, length: u64) -> Indexable {
    Indexable {
        sequence: record.sequence,
        length,
        id: record.id.map(|id| id.len() as u64),
        emptied: record.data.is_none(),
    }
}
