//! What is known of one UE, and the 16 bytes that it is kept in.

use model::{CmState, ReportedAt};
use serde::{Deserialize, Serialize};

use super::places::PlaceId;
use super::{AmfSlot, Seen};

/// What is known of one UE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    /// The network's time of the location.
    pub(super) reported_at: Option<ReportedAt>,
    /// The location.
    pub(super) place: PlaceId,
    /// CM state; a UE counts as connected until the network says otherwise.
    pub(super) cm: CmState,
    /// Which AMF holds it.
    pub(super) amf: AmfSlot,
    /// Whether it is there.
    pub(super) life: Life,
    /// Complete answers in a row that lacked it; 0 to 7.
    pub(super) misses: u8,
    /// The last poll that saw it; a notification counts as the poll that comes next.
    pub(super) seen: u32,
}

impl Row {
    /// Of a UE that nothing is known of yet.
    pub(super) fn blank(seen: Seen) -> Self {
        Self {
            reported_at: None,
            place: PlaceId::NOWHERE,
            cm: CmState::Connected,
            amf: seen.amf,
            life: Life::Alive,
            misses: 0,
            seen: seen.epoch.0,
        }
    }
}

/// Whether a UE is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It is.
    Alive,
    /// It was, and its AMF no longer has it.
    Gone,
    /// Its AMF still has it, but it left long ago.
    Stale,
}

/// A [`Row`] in 16 bytes: 52 bits of time (microseconds, until the year 2112; 0 is none) and 12 of AMF; 26 bits
/// of place, 3 of misses, 2 of life and 1 of CM state; 32 of poll number.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Packed {
    time_amf: u64,
    place_flags: u32,
    seen: u32,
}

const TIME_BITS: u32 = 52;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;
const PLACE_BITS: u32 = 26;
const PLACE_MASK: u32 = (1 << PLACE_BITS) - 1;

impl From<Row> for Packed {
    fn from(row: Row) -> Self {
        let time = row.reported_at.map_or(0, |at| at.as_micros().min(TIME_MASK));
        let life = match row.life {
            Life::Alive => 0,
            Life::Gone => 1,
            Life::Stale => 2,
        };
        let flags = u32::from(row.misses.min(7)) | life << 3 | u32::from(row.cm == CmState::Idle) << 5;
        Self {
            time_amf: time | u64::from(row.amf.0) << TIME_BITS,
            place_flags: row.place.0 & PLACE_MASK | flags << PLACE_BITS,
            seen: row.seen,
        }
    }
}

impl From<Packed> for Row {
    fn from(packed: Packed) -> Self {
        let time = packed.time_amf & TIME_MASK;
        let flags = packed.place_flags >> PLACE_BITS;
        Self {
            reported_at: (time > 0).then(|| ReportedAt::from_micros(time)),
            place: PlaceId(packed.place_flags & PLACE_MASK),
            cm: if flags >> 5 & 1 == 1 { CmState::Idle } else { CmState::Connected },
            amf: AmfSlot((packed.time_amf >> TIME_BITS) as u16),
            life: match flags >> 3 & 3 {
                0 => Life::Alive,
                1 => Life::Gone,
                _ => Life::Stale,
            },
            misses: (flags & 7) as u8,
            seen: packed.seen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_survives_packing_in_every_field() {
        for life in [Life::Alive, Life::Gone, Life::Stale] {
            for cm in [CmState::Idle, CmState::Connected] {
                for reported_at in [None, Some(ReportedAt::from_micros(1_795_415_508_407_390))] {
                    let row = Row {
                        reported_at,
                        place: PlaceId(PLACE_MASK - 1),
                        cm,
                        amf: AmfSlot(4095),
                        life,
                        misses: 7,
                        seen: u32::MAX - 1,
                    };
                    assert_eq!(Row::from(Packed::from(row)), row);
                }
            }
        }
        assert_eq!(size_of::<Packed>(), 16);
    }
}
