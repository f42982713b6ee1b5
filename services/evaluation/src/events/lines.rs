//! The lines of a text file: unpacks gzip by its content, drops the byte order mark, bounds what is read.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use catalogue::read::ReadError;
use flate2::bufread::MultiGzDecoder;

/// First bytes of a gzip member (RFC 1952 clause 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// UTF-8's byte order mark.
const BOM: &[u8] = &[0xef, 0xbb, 0xbf];
/// The two byte order marks of UTF-16.
const UTF16: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];
/// The longest line, in bytes.
const MAX_LINE: u64 = 4096;
/// Unpacked, no file may have more bytes.
const MAX_BYTES: u64 = 8 << 30;

/// An open file.
pub(super) struct Lines {
    file: PathBuf,
    gzip: bool,
    reader: Box<dyn BufRead>,
    number: u64,
    bytes: u64,
    line: Vec<u8>,
}

/// Opens `path`.
pub(super) fn open(path: &Path) -> Result<Lines, ReadError> {
    let refused = |source| ReadError::Open { file: path.into(), source };
    let mut packed = BufReader::with_capacity(64 << 10, File::open(path).map_err(refused)?);
    let gzip = packed.fill_buf().map_err(refused)?.starts_with(&GZIP);
    let reader: Box<dyn BufRead> = if gzip {
        Box::new(BufReader::with_capacity(64 << 10, MultiGzDecoder::new(packed)))
    } else {
        Box::new(packed)
    };
    Ok(Lines { file: path.into(), gzip, reader, number: 0, bytes: 0, line: Vec::new() })
}

impl Lines {
    /// The next line with its number, from 1, without its end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &str)>, ReadError> {
        self.line.clear();
        let limit = MAX_LINE + 2;
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.line);
        let read = read.map_err(|source| ReadError::reading(&self.file, self.gzip, source))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read as u64;
        if self.bytes > MAX_BYTES {
            return Err(ReadError::TooLarge { file: self.file.clone(), limit: MAX_BYTES, what: "bytes" });
        }
        if self.number == 1 && UTF16.iter().any(|mark| self.line.starts_with(mark)) {
            return Err(self.refuse("UTF-16 text: save the file as UTF-8"));
        }
        if self.number == 1 && self.line.starts_with(BOM) {
            self.line.drain(..BOM.len());
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if read as u64 == limit {
            return Err(self.refuse(format!("a line of more than {MAX_LINE} bytes")));
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        if self.line.contains(&b'\r') {
            return Err(self.refuse("lines end with CR only: save the file with LF or CRLF"));
        }
        match std::str::from_utf8(&self.line) {
            Ok(text) => Ok(Some((self.number, text))),
            Err(_) => Err(self.refuse("no UTF-8 text")),
        }
    }

    /// The current line cannot be used, nor what follows.
    pub(super) fn refuse(&self, reason: impl Into<String>) -> ReadError {
        ReadError::Syntax { file: self.file.clone(), line: self.number.max(1), reason: reason.into() }
    }
}
