//! Errors of files, told with the file's name.

use std::io;
use std::path::Path;

use crate::BusError;

/// The first write or sync that failed. Kept, because every later call is answered with it.
#[derive(Debug)]
pub(super) struct Failure {
    what: &'static str,
    path: String,
    kind: io::ErrorKind,
    os: Option<i32>,
    text: String,
}

impl Failure {
    pub(super) fn new(what: &'static str, path: &Path, error: &io::Error) -> Self {
        let path = path.display().to_string();
        Self { what, path, kind: error.kind(), os: error.raw_os_error(), text: error.to_string() }
    }

    /// As the error of one more call.
    pub(super) fn error(&self) -> BusError {
        let source = match self.os {
            Some(number) => io::Error::from_raw_os_error(number),
            None => io::Error::new(self.kind, self.text.clone()),
        };
        BusError::Io { what: self.what, path: self.path.clone(), source }
    }
}

/// Names the file of an I/O error.
pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BusError {
    let path = path.display().to_string();
    move |source| BusError::Io { what, path, source }
}

/// A place in a file that no crash can have left so.
pub(super) fn damaged(path: &Path, offset: u64, reason: impl Into<String>) -> BusError {
    BusError::Damaged { path: path.display().to_string(), offset, reason: reason.into() }
}
