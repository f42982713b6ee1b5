//! What one segment has of one stream.

/// A place is noted whenever this many bytes have passed since the last one.
const MARK_EVERY: u64 = 64 << 10;

/// A record as the index needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Indexable {
    pub(super) sequence: u64,
    /// Length of its frame.
    pub(super) length: u64,
    /// Length of its id, where it has one.
    pub(super) id: Option<u64>,
    /// Whether only its id is left.
    pub(super) emptied: bool,
}

/// What one segment has of one stream.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// First and last sequence of whole records; both 0 where there are none.
    pub(super) first: u64,
    pub(super) last: u64,
    /// Whole records.
    pub(super) count: u64,
    /// Bytes of their frames.
    pub(super) bytes: u64,
    /// When the newest was written, in microseconds since the Unix epoch.
    pub(super) micros: u64,
    /// Records with ids, whole or not, the bytes of those ids and the last such sequence.
    pub(super) ids: u64,
    pub(super) id_bytes: u64,
    pub(super) last_id: u64,
    /// Places where records begin, for looking up.
    marks: Vec<(u64, u64)>,
}

impl Part {
    /// Takes the next record in.
    pub(super) fn add(&mut self, record: Indexable, offset: u64, micros: u64) {
        if let Some(length) = record.id {
            self.ids += 1;
            self.id_bytes += length;
            self.last_id = record.sequence;
        }
        if record.emptied {
            return;
        }
        if self.count == 0 {
            self.first = record.sequence;
        }
        self.last = record.sequence;
        self.count += 1;
        self.bytes += record.length;
        self.micros = self.micros.max(micros);
        if self.marks.last().is_none_or(|(_, last)| offset >= last + MARK_EVERY) {
            self.marks.push((record.sequence, offset));
        }
    }

    /// A place from which the first whole record at or after `wanted` is found by reading on.
    pub(super) fn place(&self, wanted: u64) -> u64 {
        let behind = self.marks.partition_point(|(sequence, _)| *sequence <= wanted);
        self.marks.get(behind.saturating_sub(1)).map_or(0, |(_, offset)| *offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_at_or_before_the_record() {
        let mut part = Part::default();
        for sequence in 10..1_000_u64 {
            part.add(Indexable { sequence, length: 1_000, id: None, emptied: false }, sequence * 1_000, 0);
        }
        assert_eq!((part.first, part.last, part.count), (10, 999, 990));
        for wanted in 1..1_000_u64 {
            let place = part.place(wanted);
            assert!(place <= wanted.max(10) * 1_000);
            assert!(wanted.max(10) * 1_000 - place <= MARK_EVERY + 1_000);
        }
    }
}
