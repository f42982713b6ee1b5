//! Rows by SUPI, compactly.

use hashbrown::HashMap;
use model::{Supi, UeLocation};

use super::places::{PlaceId, Places};
use super::row::{Packed, Row};

/// Below this many locations unused ones are not worth a search.
const FEW_PLACES: usize = 1 << 16;

/// Rows with what they stand under.
pub(super) type Rows<K> = Vec<(K, Packed)>;

/// Rows by SUPI: IMSIs, which is nearly all of them, under their number.
#[derive(Debug)]
pub(super) struct Table {
    imsis: HashMap<u64, Packed>,
    others: HashMap<Box<str>, Packed>,
    places: Places,
    tidy_at: usize,
}

/// Memory that the table of UEs takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// How many UEs it holds.
    pub ues: usize,
    /// Bytes of the heap.
    pub bytes: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self { imsis: HashMap::new(), others: HashMap::new(), places: Places::default(), tidy_at: FEW_PLACES }
    }
}

impl Table {
    pub(super) fn get(&self, supi: &Supi) -> Option<Row> {
        let packed = match key(supi) {
            Some(imsi) => self.imsis.get(&imsi),
            None => self.others.get(supi.to_string().as_str()),
        };
        packed.copied().map(Row::from)
    }

    pub(super) fn put(&mut self, supi: &Supi, row: Row) {
        match key(supi) {
            Some(imsi) => self.imsis.insert(imsi, row.into()),
            None => self.others.insert(supi.to_string().into(), row.into()),
        };
    }

    /// Calls `f` with every row, which it may change, and its SUPI.
    pub(super) fn for_each(&mut self, mut f: impl FnMut(&dyn Fn() -> Supi, &mut Row)) {
        let mut visit = |supi: &dyn Fn() -> Supi, packed: &mut Packed| {
            let before = Row::from(*packed);
            let mut row = before;
            f(supi, &mut row);
            if row != before {
                *packed = row.into();
            }
        };
        for (imsi, packed) in &mut self.imsis {
            visit(&|| supi_of(*imsi), packed);
        }
        for (text, packed) in &mut self.others {
            visit(&|| text.parse().expect("was a SUPI when it was put in"), packed);
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Row) -> bool) {
        self.imsis.retain(|_, packed| keep(&Row::from(*packed)));
        self.others.retain(|_, packed| keep(&Row::from(*packed)));
    }

    pub(super) fn len(&self) -> usize {
        self.imsis.len() + self.others.len()
    }

    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// The number of a location.
    pub(super) fn place(&mut self, place: UeLocation) -> PlaceId {
        if self.places.len() >= self.tidy_at {
            self.tidy();
        }
        self.places.number(place)
    }

    pub(super) fn footprint(&self) -> Footprint {
        let text: usize = self.others.keys().map(|text| text.len()).sum();
        let bytes = self.imsis.allocation_size() + self.others.allocation_size() + text + self.places.bytes();
        Footprint { ues: self.len(), bytes }
    }

    /// A copy of all rows: IMSIs under their number, and others.
    pub(super) fn rows(&self) -> (Rows<u64>, Rows<Box<str>>) {
        let imsis = self.imsis.iter().map(|(imsi, packed)| (*imsi, *packed)).collect();
        (imsis, self.others.iter().map(|(text, packed)| (text.clone(), *packed)).collect())
    }

    /// A table of rows that were copied, each changed by `f`; what is no SUPI is left out.
    pub(super) fn restore(imsis: Rows<u64>, others: Rows<Box<str>>, f: impl Fn(Row) -> Row) -> Self {
        let change = |packed: Packed| Packed::from(f(packed.into()));
        let imsis = imsis.into_iter().filter(|(imsi, _)| supi_at(*imsi).is_some());
        let others = others.into_iter().filter(|(text, _)| text.parse::<Supi>().is_ok());
        Self {
            imsis: imsis.map(|(imsi, packed)| (imsi, change(packed))).collect(),
            others: others.map(|(text, packed)| (text, change(packed))).collect(),
            ..Self::default()
        }
    }

    /// Numbers the locations anew that rows still refer to.
    fn tidy(&mut self) {
        let old = std::mem::take(&mut self.places);
        let mut new = Places::default();
        self.for_each(|_, row| {
            if row.place == PlaceId::IN_DOUBT {
                return;
            }
            row.place = old.get(row.place).map_or(PlaceId::NOWHERE, |place| new.number(place));
        });
        self.tidy_at = FEW_PLACES.max(2 * new.len());
        self.places = new;
    }
}

fn key(supi: &Supi) -> Option<u64> {
    supi.imsi().map(|(value, digits)| value << 4 | u64::from(digits))
}

fn supi_of(key: u64) -> Supi {
    supi_at(key).expect("was an IMSI when it was put in")
}

fn supi_at(key: u64) -> Option<Supi> {
    Supi::from_imsi(key >> 4, (key & 0xf) as u8)
}
