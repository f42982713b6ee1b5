//! Who was served by which cell, and when.

mod csv;
mod instant;
mod lines;
mod notes;
mod split;

use std::collections::HashMap;
use std::path::Path;

use catalogue::read::ReadError;
use model::{CellId, Tai, UeLocation};
use thiserror::Error;

pub use instant::{Instant, InstantError};
pub use notes::Notes;

/// At most so many events; each takes 16 bytes.
const MAX_ROWS: usize = 20_000_000;
/// At most so many UEs.
const MAX_UES: usize = 1_000_000;

/// Cell changes of some UEs, ordered by time; at the same time in the order in which they came.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    pub(crate) ues: Vec<Box<str>>,
    /// The locations that `rows` speak of.
    pub(crate) locations: Vec<UeLocation>,
    pub(crate) rows: Vec<Row>,
}

/// A UE is somewhere, or gone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row {
    pub(crate) at: Instant,
    pub(crate) ue: u32,
    location: u32,
}

/// What stands in [`Row::location`] where the UE is gone.
const GONE: u32 = u32::MAX;

impl Row {
    /// Where the UE is, an index into [`Events::locations`]; `None`: gone.
    pub(crate) fn location(&self) -> Option<u32> {
        (self.location != GONE).then_some(self.location)
    }
}

impl Events {
    /// Reads a CSV with the header `ue,time,mcc,mnc,nci`, gzipped or not.
    ///
    /// `ue` is any text without a comma, `time` decimal seconds from anywhere, `nci` nine hex digits; a row with
    /// `mcc`, `mnc` and `nci` empty says that the UE is gone. Rows that cannot be used are counted and skipped.
    ///
    /// # Errors
    /// [`ReadError`] names the file, the line where there is one, and the reason.
    pub fn read(path: &Path) -> Result<(Self, Notes), ReadError> {
        csv::read(path)
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many UEs there are.
    pub fn ues(&self) -> usize {
        self.ues.len()
    }
}

/// More events or UEs than fit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EventsError {
    /// Too many of them.
    #[error("more than {0} {1}")]
    TooMany(usize, &'static str),
    /// There are none.
    #[error("there are no events")]
    None,
}

/// Takes events in any order.
#[derive(Debug, Default)]
pub struct EventsBuilder {
    ues: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    locations: Vec<UeLocation>,
    known: HashMap<(Option<CellId>, Option<Tai>), u32>,
    rows: Vec<Row>,
}

impl EventsBuilder {
    /// A UE is at a location from now on, or gone.
    ///
    /// # Errors
    /// [`EventsError`] where it is one event or UE too many.
    pub fn seen(&mut self, ue: &str, at: Instant, location: Option<UeLocation>) -> Result<(), EventsError> {
        if self.rows.len() == MAX_ROWS {
            return Err(EventsError::TooMany(MAX_ROWS, "events"));
        }
        let ue = match self.numbers.get(ue) {
            Some(number) => *number,
            None => {
                if self.ues.len() == MAX_UES {
                    return Err(EventsError::TooMany(MAX_UES, "UEs"));
                }
                let number = self.ues.len() as u32;
                self.ues.push(ue.into());
                self.numbers.insert(ue.into(), number);
                number
            }
        };
        let location = location.map_or(GONE, |location| {
            let locations = &mut self.locations;
            *self.known.entry((location.cell, location.tai)).or_insert_with(|| {
                // Traffic is compared by cells.
                locations.push(UeLocation { position: None, ..location });
                (locations.len() - 1) as u32
            })
        });
        self.rows.push(Row { at, ue, location });
        Ok(())
    }

    /// All of them, in order.
    ///
    /// # Errors
    /// [`EventsError::None`].
    pub fn finish(mut self) -> Result<Events, EventsError> {
        if self.rows.is_empty() {
            return Err(EventsError::None);
        }
        self.rows.sort_by_key(|row| row.at);
        Ok(Events { ues: self.ues, locations: self.locations, rows: self.rows })
    }
}
