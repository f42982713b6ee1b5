//! Counts rows, keeps the first broken ones, and decides whether a file is still worth using.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{BrokenRow, ReadError};

/// In a file with fewer rows than this, one broken row refuses the file: somebody wrote it and wants to know. In a
/// larger one broken rows are counted and skipped, unless they are more than half.
pub const TOLERANT_FROM_ROWS: u64 = 100;
/// How many broken rows are reported.
const REPORTED: usize = 10;

/// What was read and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// The file.
    pub file: PathBuf,
    /// Rows (fixes or assets) that were looked at.
    pub rows: u64,
    /// UEs that came of it.
    pub ues: usize,
    /// UEs beyond the limit.
    pub left_out: usize,
    /// Rows of kinds that make no UE, by kind.
    pub skipped: BTreeMap<String, u64>,
    /// Rows that could not be used.
    pub broken: u64,
    /// The first of those.
    pub first_broken: Vec<BrokenRow>,
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} rows, {} UEs", self.file.display(), self.rows, self.ues)?;
        if self.left_out > 0 {
            write!(f, ", {} UEs beyond the limit left out", self.left_out)?;
        }
        for (kind, count) in &self.skipped {
            write!(f, ", {count} {kind} skipped")?;
        }
        if self.broken > 0 {
            write!(f, ", {} broken rows skipped:", self.broken)?;
        }
        self.first_broken.iter().try_for_each(|row| write!(f, "\n  {row}"))
    }
}

/// The rows of one file so far.
#[derive(Debug, Default)]
pub(super) struct Rows {
    notes: Notes,
}

impl Rows {
    pub(super) fn of(file: &Path) -> Self {
        Self { notes: Notes { file: file.into(), ..Notes::default() } }
    }

    /// Another row.
    pub(super) fn seen(&mut self) {
        self.notes.rows += 1;
    }

    pub(super) fn count(&self) -> u64 {
        self.notes.rows
    }

    /// The row is of a kind that makes no UE.
    pub(super) fn skip(&mut self, kind: &str) {
        *self.notes.skipped.entry(kind.chars().take(64).collect()).or_default() += 1;
    }

    /// The row cannot be used.
    pub(super) fn broken(&mut self, line: u64, reason: String) {
        self.notes.broken += 1;
        if self.notes.first_broken.len() < REPORTED {
            self.notes.first_broken.push(BrokenRow { line, reason });
        }
    }

    /// The verdict on the file.
    pub(super) fn finish(self) -> Result<Notes, ReadError> {
        let Notes { rows, broken, .. } = self.notes;
        if broken == 0 || (rows >= TOLERANT_FROM_ROWS && broken * 2 <= rows) {
            return Ok(self.notes);
        }
        Err(ReadError::Broken { file: self.notes.file, broken, rows, first: self.notes.first_broken })
    }
}
