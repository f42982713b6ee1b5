//! How records lie in a segment.
//!
//! | bytes | |
//! |---|---|
//! | 0–3 | length of the frame with this header; 0: nothing was written here |
//! | 4–7 | CRC32C of all the rest, begun with the bus's seed, so that data cannot pose as a frame |
//! | 8–15 | sequence; of a group frame: microseconds since the Unix epoch |
//! | 16 | slot of the stream, 255: a group frame |
//! | 17 | flags |
//! | 18–19, 20–21 | lengths of key and id |
//! | 22–23 | 0 |
//! | 24– | key, id, data |
//!
//! Numbers are little endian. A group (what one commit wrote) begins with a group frame; its data are a u64: how
//! much of the file was durable when the group was written. So a broken frame before that place is damage, and one
//! behind every such place can be the torn end that a crash leaves.

use super::slots::Slot;

/// Length of a frame's header.
pub(super) const HEADER: usize = 24;
/// Length of a group frame.
pub(super) const GROUP: usize = HEADER + 8;
/// No frame is longer; bounds what a damaged length can make a reader allocate.
pub(super) const LONGEST: usize = (16 << 20) + HEADER;

const GROUP_SLOT: u8 = 255;
const HAS_ID: u8 = 1;
const EMPTIED: u8 = 2;

/// A frame that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// A record.
    Record(RecordFrame<'a>),
    /// The beginning of a group.
    Group {
        /// When it was written, in microseconds since the Unix epoch.
        micros: u64,
        /// The file was durable up to here by then.
        synced: u64,
    },
}

/// A record that was read, or is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordFrame<'a> {
    pub(super) slot: Slot,
    pub(super) sequence: u64,
    pub(super) key: &'a str,
    pub(super) id: Option<&'a str>,
    /// `None` where only the id is kept, because the record itself has left.
    pub(super) data: Option<&'a [u8]>,
}

/// What lies at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look<'a> {
    /// A whole frame of this length.
    Whole(Frame<'a>, usize),
    /// A frame that needs this many bytes.
    Needs(usize),
    /// Nothing was written here.
    Nothing,
    /// Something that is no frame.
    Broken(&'static str),
}

/// Appends a record; returns its length.
pub(super) fn append(buffer: &mut Vec<u8>, seed: u32, record: &RecordFrame<'_>) -> usize {
    let id = record.id.unwrap_or("");
    let data = record.data.unwrap_or(&[]);
    let start = buffer.len();
    let length = HEADER + record.key.len() + id.len() + data.len();
    buffer.reserve(length);
    let flags =
        if record.id.is_some() { HAS_ID } else { 0 } | if record.data.is_none() { EMPTIED } else { 0 };
    let mut header = [0; HEADER];
    header[0..4].copy_from_slice(&narrow(length).to_le_bytes());
    header[8..16].copy_from_slice(&record.sequence.to_le_bytes());
    header[16] = record.slot.number();
    header[17] = flags;
    header[18..20].copy_from_slice(&short(record.key.len()).to_le_bytes());
    header[20..22].copy_from_slice(&short(id.len()).to_le_bytes());
    buffer.extend_from_slice(&header);
    buffer.extend_from_slice(record.key.as_bytes());
    buffer.extend_from_slice(id.as_bytes());
    buffer.extend_from_slice(data);
    seal(&mut buffer[start..], seed);
    length
}

/// Writes a group frame over the first [`GROUP`] bytes.
pub(super) fn write_group(place: &mut [u8], seed: u32, micros: u64, synced: u64) {
    let place = &mut place[..GROUP];
    place.fill(0);
    place[0..4].copy_from_slice(&narrow(GROUP).to_le_bytes());
    place[8..16].copy_from_slice(&micros.to_le_bytes());
    place[16] = GROUP_SLOT;
    place[24..32].copy_from_slice(&synced.to_le_bytes());
    seal(place, seed);
}

/// Looks at what lies at the beginning of `bytes`.
pub(super) fn look(bytes: &[u8], seed: u32) -> Look<'_> {
    if bytes.len() < 4 {
        return Look::Needs(4);
    }
    let length = u32_at(bytes, 0) as usize;
    if length == 0 {
        return Look::Nothing;
    }
    if !(HEADER..=LONGEST).contains(&length) {
        return Look::Broken("impossible length");
    }
    let Some(frame) = bytes.get(..length) else { return Look::Needs(length) };
    if checksum(frame, seed) != u32_at(frame, 4) {
        return Look::Broken("wrong checksum");
    }
    match parse(frame) {
        Some(parsed) => Look::Whole(parsed, length),
        None => Look::Broken("impossible contents"),
    }
}

/// Takes a frame apart whose checksum is known to be right.
pub(super) fn parse(frame: &[u8]) -> Option<Frame<'_>> {
    let sequence = u64_at(frame, 8);
    if frame[16] == GROUP_SLOT {
        return (frame.len() == GROUP).then(|| Frame::Group { micros: sequence, synced: u64_at(frame, 24) });
    }
    let flags = frame[17];
    let (key_end, id_len) = (HEADER + u16_at(frame, 18) as usize, u16_at(frame, 20) as usize);
    let data_start = key_end + id_len;
    let text = |from, to| std::str::from_utf8(frame.get(from..to)?).ok();
    let id = text(key_end, data_start)?;
    Some(Frame::Record(RecordFrame {
        slot: Slot::from_number(frame[16])?,
        sequence,
        key: text(HEADER, key_end)?,
        id: (flags & HAS_ID != 0).then_some(id),
        data: (flags & EMPTIED == 0).then_some(frame.get(data_start..)?),
    }))
}

/// Where the data of a record's frame begin.
pub(super) fn data_start(frame: &[u8]) -> usize {
    HEADER + u16_at(frame, 18) as usize + u16_at(frame, 20) as usize
}

fn seal(frame: &mut [u8], seed: u32) {
    let sum = checksum(frame, seed);
    frame[4..8].copy_from_slice(&sum.to_le_bytes());
}

fn checksum(frame: &[u8], seed: u32) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(seed, &frame[..4]), &frame[8..])
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).expect("records are bounded before they are framed")
}

fn short(length: usize) -> u16 {
    u16::try_from(length).expect("keys and ids are bounded before they are framed")
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use model::Stream;

    use super::*;

    fn record() -> RecordFrame<'static> {
        let slot = Slot::of(Stream::Orders);
        RecordFrame { slot, sequence: 7, key: "app/1", id: Some("id"), data: Some(b"{\"a\":1}") }
    }

    #[test]
    fn records_and_groups_round_trip() {
        let plain = RecordFrame { id: None, data: Some(b""), ..record() };
        let emptied = RecordFrame { data: None, ..record() };
        for written in [record(), plain, emptied] {
            let mut bytes = Vec::new();
            let length = append(&mut bytes, 5, &written);
            assert_eq!(look(&bytes, 5), Look::Whole(Frame::Record(written), length));
            assert_eq!(&bytes[data_start(&bytes)..], written.data.unwrap_or_default());
        }
        let mut bytes = [1; GROUP];
        write_group(&mut bytes, 5, 11, 12);
        assert_eq!(look(&bytes, 5), Look::Whole(Frame::Group { micros: 11, synced: 12 }, GROUP));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let mut bytes = Vec::new();
        let length = append(&mut bytes, 5, &record());
        assert!(matches!(look(&bytes, 6), Look::Broken(_)), "another bus's frame");
        for bit in 0..length * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!matches!(look(&flipped, 5), Look::Whole(..)), "bit {bit}");
        }
        for cut in 0..length {
            assert!(matches!(look(&bytes[..cut], 5), Look::Needs(n) if n > cut), "cut at {cut}");
        }
    }
}
