//! Why a trace could not be read.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use super::TOLERANT_FROM_ROWS;

/// Why a trace could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The system refuses.
    #[error("{}: {source}", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// The system's answer.
        source: std::io::Error,
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
    /// A SUMO trace in the coordinates of its network.
    #[error(
        "{}:{line}: x and y are metres of the SUMO network, not longitude and latitude; run sumo again with \
         `--fcd-output.geo true`",
        file.display()
    )]
    NotGeo {
        /// The file.
        file: PathBuf,
        /// Line that shows it, from 1.
        line: u64,
    },
    /// Something else than a trace.
    #[error(
        "{}: {found}; a trace is SUMO FCD output or a GPX file (XML), a CSV of fixes, or an AdvantEDGE scenario (a \
         JSON array)",
        file.display()
    )]
    Format {
        /// The file.
        file: PathBuf,
        /// What it looks like.
        found: Format,
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
    /// No UE that moves or stands anywhere.
    #[error(
        "{}: no vehicle, person, track or UE with a position in the time that is played{}",
        file.display(),
        hint(skipped)
    )]
    Empty {
        /// The file.
        file: PathBuf,
        /// What is in it instead.
        skipped: String,
    },
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

/// What a file looks like by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Nothing in it.
    Empty,
    /// A JSON object, GeoJSON perhaps.
    JsonObject,
    /// UTF-16 text, as some editors save it.
    Utf16,
    /// A text of another kind.
    Text,
    /// Anything else.
    Binary,
}

impl Format {
    /// By the first byte that is no white space.
    pub(super) fn guess(first: Option<u8>) -> Self {
        match first {
            None => Self::Empty,
            Some(b'{') => Self::JsonObject,
            Some(0xff | 0xfe) => Self::Utf16,
            Some(b) if b.is_ascii_graphic() => Self::Text,
            Some(_) => Self::Binary,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the file is empty",
            Self::JsonObject => "a JSON object, which looks like GeoJSON",
            Self::Utf16 => "UTF-16 text: save the file as UTF-8",
            Self::Text => "a text of another kind",
            Self::Binary => "no text",
        })
    }
}

fn hint(skipped: &str) -> String {
    if skipped.is_empty() { String::new() } else { format!(", only {skipped}") }
}

fn broken_text(file: &std::path::Path, broken: u64, rows: u64, first: &[BrokenRow]) -> String {
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
