//! Counts rows, keeps the first broken ones, and decides whether a file is still worth using.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{BrokenRow, MAX_ROWS, ReadError};

/// A file with fewer rows than this may have no broken one.
pub const TOLERANT_FROM_ROWS: u64 = 100;
/// How many broken rows are reported.
const REPORTED: usize = 10;

/// What was read from a file and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// The file.
    pub file: PathBuf,
    /// Rows (features, assets, lines) that were looked at.
    pub rows: u64,
    /// Sites or cells that came of it.
    pub used: usize,
    /// Rows of kinds that are not wanted here, by kind.
    pub skipped: BTreeMap<String, u64>,
    /// Rows that could not be used.
    pub broken: u64,
    /// The first of those.
    pub first_broken: Vec<BrokenRow>,
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} of {} rows used", self.file.display(), self.used, self.rows)?;
        if !self.skipped.is_empty() {
            write!(f, ", skipped {}", kinds(&self.skipped))?;
        }
        if self.broken > 0 {
            write!(f, ", {} broken rows skipped:", self.broken)?;
        }
        self.first_broken.iter().try_for_each(|row| write!(f, "\n  {row}"))
    }
}

fn kinds(skipped: &BTreeMap<String, u64>) -> String {
    skipped.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

/// The rows of one file so far.
#[derive(Debug)]
pub(super) struct Rows {
    notes: Notes,
}

impl Rows {
    pub(super) fn of(file: &Path) -> Self {
        Self { notes: Notes { file: file.into(), ..Notes::default() } }
    }

    /// Another row.
    pub(super) fn seen(&mut self) -> Result<(), ReadError> {
        self.notes.rows += 1;
        if self.notes.rows > MAX_ROWS {
            return Err(ReadError::TooLarge { file: self.notes.file.clone(), limit: MAX_ROWS, what: "rows" });
        }
        Ok(())
    }

    /// The row is of a kind that is not wanted here.
    pub(super) fn skip(&mut self, kind: &str) {
        *self.notes.skipped.entry(super::cut(kind)).or_default() += 1;
    }

    /// The row cannot be used.
    pub(super) fn broken(&mut self, line: u64, reason: String) {
        self.notes.broken += 1;
        if self.notes.first_broken.len() < REPORTED {
            self.notes.first_broken.push(BrokenRow { line, reason });
        }
    }

    /// The verdict on the file.
    pub(super) fn finish(self, used: usize, what: &'static str) -> Result<Notes, ReadError> {
        let Notes { rows, broken, .. } = self.notes;
        let file = self.notes.file.clone();
        if broken > 0 && (rows < TOLERANT_FROM_ROWS || broken * 2 > rows) {
            return Err(ReadError::Broken { file, broken, rows, first: self.notes.first_broken });
        }
        if used == 0 {
            return Err(ReadError::Empty { file, what, skipped: kinds(&self.notes.skipped) });
        }
        Ok(Notes { used, ..self.notes })
    }
}
