//! What is wrong with a catalogue.

use std::fmt;

use serde_saphyr::Location;
use thiserror::Error;

use crate::read::ReadError;

/// One thing that is wrong with a catalogue.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// A field of the configuration file.
    #[error("{}{field}: {reason}", Line(*line, *column))]
    Field {
        /// Its path, for example `cells[3].nci`.
        field: String,
        /// Its line in the configuration file, from 1; 0 where it is not known.
        line: u64,
        /// Its column, from 1; 0 where it is not known.
        column: u64,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A file that the configuration names.
    #[error("{field}: {source}")]
    File {
        /// The field that names it.
        field: String,
        /// What is wrong with it.
        source: ReadError,
    },
}

struct Line(u64, u64);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Line(0, _) => Ok(()),
            Line(line, column) => write!(f, "line {line}, column {column}: "),
        }
    }
}

/// Collects errors.
#[derive(Debug, Default)]
pub(crate) struct Problems(pub(crate) Vec<CatalogueError>);

impl Problems {
    /// The field at `path` is wrong.
    pub(crate) fn field(&mut self, path: impl Into<String>, at: Location, reason: impl fmt::Display) {
        let (field, reason) = (path.into(), reason.to_string());
        self.0.push(CatalogueError::Field { field, line: at.line(), column: at.column(), reason });
    }

    /// Takes the value, or notes the error.
    pub(crate) fn ok<T, E: fmt::Display>(
        &mut self,
        path: impl Into<String>,
        at: Location,
        result: Result<T, E>,
    ) -> Option<T> {
        result.map_err(|e| self.field(path, at, e)).ok()
    }
}
