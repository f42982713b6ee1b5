//! Why a file could not be read.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::TOLERANT_FROM_ROWS;

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The system refuses.
    #[error("{}: {source}", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The gzip data are damaged or cut off.
    #[error("{}: {reason}", file.display())]
    Gzip {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// More than is read from one file.
    #[error("{}: more than {limit} {what}; cut the file into smaller ones", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// How much is read.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
    /// Not of its format from some point on.
    #[error("{}:{line}: {reason}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// Of another format.
    #[error("{}: {found}; wanted is {wanted}", file.display())]
    Format {
        /// The file.
        file: PathBuf,
        /// What it looks like.
        found: &'static str,
        /// What would do.
        wanted: &'static str,
    },
    /// Too many broken rows: more than half, or any in a small file.
    #[error("{}", broken_text(file, *broken, *rows, first))]
    Broken {
        /// The file.
        file: PathBuf,
        /// How many rows are broken.
        broken: u64,
        /// Of how many.
        rows: u64,
        /// The first of them.
        first: Vec<BrokenRow>,
    },
    /// Nothing of use in it.
    #[error("{}: no {what} in it{}", file.display(), hint(skipped))]
    Empty {
        /// The file.
        file: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// What is in it instead.
        skipped: String,
    },
}

impl ReadError {
    /// Reading failed after the file was opened; `gzip`: what was read is unpacked.
    pub fn reading(file: &Path, gzip: bool, source: io::Error) -> Self {
        let file = file.to_path_buf();
        let kind = source.kind();
        if gzip && kind == io::ErrorKind::UnexpectedEof {
            Self::Gzip { file, reason: "the gzip data end early: the file is truncated".into() }
        } else if gzip && [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput].contains(&kind) {
            Self::Gzip { file, reason: format!("the gzip data are damaged: {source}") }
        } else {
            Self::Open { file, source }
        }
    }
}

/// A row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRow {
    /// Line, from 1.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for BrokenRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

fn hint(skipped: &str) -> String {
    if skipped.is_empty() { String::new() } else { format!(", only {skipped}") }
}

fn broken_text(file: &Path, broken: u64, rows: u64, first: &[BrokenRow]) -> String {
    let mut text = format!("{}: {broken} of {rows} rows are broken", file.display());
    if rows < TOLERANT_FROM_ROWS {
        text.push_str(&format!(" (only files of {TOLERANT_FROM_ROWS} rows or more may have some)"));
    }
    for row in first {
        text.push_str(&format!("\n  {}:{}: {}", file.display(), row.line, row.reason));
    }
    if broken > first.len() as u64 {
        text.push_str("\n  …");
    }
    text
}
