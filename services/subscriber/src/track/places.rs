//! Locations by number: many UEs share few of them.

use std::collections::HashMap;

use model::{CellId, Tai, UeLocation};

/// Number of a location; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PlaceId(pub(super) u32);

impl PlaceId {
    /// No location.
    pub(super) const NOWHERE: Self = Self(0);
    /// Nobody knows which location was told last; the largest number that a row can hold.
    pub(super) const IN_DOUBT: Self = Self((1 << 26) - 1);
}

/// Every location that a row refers to, and some that none does any more.
#[derive(Debug, Default)]
pub(super) struct Places {
    numbers: HashMap<(Option<CellId>, Option<Tai>), u32>,
    /// Location `n` is at `n - 1`.
    places: Vec<UeLocation>,
}

impl Places {
    pub(super) fn get(&self, id: PlaceId) -> Option<UeLocation> {
        let index = (id.0 as usize).checked_sub(1)?;
        self.places.get(index).copied()
    }

    pub(super) fn number(&mut self, place: UeLocation) -> PlaceId {
        let next = self.places.len() as u32 + 1;
        let number = *self.numbers.entry((place.cell, place.tai)).or_insert(next);
        if number == next {
            self.places.push(place);
        }
        PlaceId(number)
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let entry = size_of::<((Option<CellId>, Option<Tai>), u32)>() + 1;
        self.numbers.capacity() * 8 / 7 * entry + self.places.capacity() * size_of::<UeLocation>()
    }
}
