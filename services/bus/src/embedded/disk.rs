//! Reading records that are no longer in memory.

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;

use super::failure::{damaged, io};
use super::frame::{self, Frame, RecordFrame};
use super::index::Place;
use super::scan::{Scan, Step};
use super::segment::SegmentFile;
use super::slots::Slot;
use crate::{BusError, Delivery, Sequence};

/// What was read, and where it goes on in the same segment.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) deliveries: Vec<Delivery>,
    pub(super) offset: u64,
}

/// Reads a stream's records from `wanted` on, at most `most` and until `enough` bytes are reached.
pub(super) fn read(
    place: &Place,
    slot: Slot,
    wanted: u64,
    most: usize,
    enough: usize,
) -> Result<Batch, BusError> {
    let mut scan = Scan::new(place.segment.clone(), place.offset);
    let mut batch = Batch { deliveries: Vec::new(), offset: place.offset };
    let mut bytes = 0;
    while batch.deliveries.len() < most && bytes < enough && scan.next_offset() < place.end {
        match scan.step(place.end)? {
            Step::Frame => {}
            Step::End => break,
            Step::Broken(reason) => return Err(damaged(&place.segment.path, scan.offset(), reason)),
        }
        if let Some(Frame::Record(record)) = scan.frame()
            && record.slot == slot
            && record.sequence >= wanted
            && let Some(data) = record.data
        {
            bytes += scan.bytes().len();
            batch.deliveries.push(delivery(&record, Bytes::copy_from_slice(data)));
        }
        batch.offset = scan.next_offset();
    }
    Ok(batch)
}

/// Reads the one record that lies at `offset`.
pub(super) fn read_one(segment: &Arc<SegmentFile>, offset: u64, length: u64) -> Result<Delivery, BusError> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX).min(frame::LONGEST)];
    segment.file.read_exact_at(&mut bytes, offset).map_err(io("reading", &segment.path))?;
    match frame::look(&bytes, segment.header.seed) {
        frame::Look::Whole(..) => from_frame(&Bytes::from(bytes)),
        frame::Look::Needs(_) | frame::Look::Nothing | frame::Look::Broken(_) => None,
    }
    .ok_or_else(|| damaged(&segment.path, offset, "a record that was here is not whole"))
}

/// A frame whose checksum is known to be right, as a delivery that shares its bytes.
pub(super) fn from_frame(bytes: &Bytes) -> Option<Delivery> {
    match frame::parse(bytes)? {
        Frame::Record(record) => {
            record.data?;
            Some(delivery(&record, bytes.slice(frame::data_start(bytes)..)))
        }
        Frame::Group { .. } => None,
    }
}

pub(super) fn delivery(record: &RecordFrame<'_>, data: Bytes) -> Delivery {
    Delivery {
        sequence: Sequence(record.sequence),
        key: record.key.into(),
        id: record.id.map(Into::into),
        data,
    }
}
