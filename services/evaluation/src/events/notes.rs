//! What was read and what was not.

use std::fmt;
use std::path::PathBuf;

use catalogue::read::BrokenRow;

/// How many broken rows are reported.
const REPORTED: usize = 10;

/// What was read from a file of events and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// The file.
    pub file: PathBuf,
    /// Rows that were looked at.
    pub rows: u64,
    /// UEs that came of them.
    pub ues: usize,
    /// Rows that could not be used.
    pub broken: u64,
    /// The first of those.
    pub first_broken: Vec<BrokenRow>,
}

impl Notes {
    pub(super) fn broken(&mut self, line: u64, reason: String) {
        self.broken += 1;
        if self.first_broken.len() < REPORTED {
            self.first_broken.push(BrokenRow { line, reason });
        }
    }
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} rows, {} UEs", self.file.display(), self.rows, self.ues)?;
        if self.broken > 0 {
            write!(f, ", {} broken rows skipped:", self.broken)?;
        }
        for row in &self.first_broken {
            write!(f, "\n  {}:{}: {}", self.file.display(), row.line, row.reason)?;
        }
        if self.broken > self.first_broken.len() as u64 {
            write!(f, "\n  …")?;
        }
        Ok(())
    }
}
