//! Reads a whole file: unpacks gzip by its content, drops the byte order mark, bounds the size.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::ReadError;

/// First bytes of a gzip member (RFC 1952 clause 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// UTF-8's byte order mark.
const BOM: char = '\u{feff}';
/// Unpacked, no file may have more bytes.
const MAX_BYTES: u64 = 256 << 20;

/// A file's content without its byte order mark.
pub(super) struct Whole {
    pub(super) text: String,
}

/// What a text is by its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Empty,
    JsonObject,
    JsonArray,
    Xml,
    Text,
}

impl Content {
    pub(super) fn instead_of(self, path: &Path, wanted: &'static str) -> ReadError {
        let found = match self {
            Self::Empty => "the file is empty",
            Self::JsonObject => "a JSON object, which looks like GeoJSON",
            Self::JsonArray => "a JSON array, which looks like an AdvantEDGE scenario",
            Self::Xml => "XML, which looks like a trace of SUMO or GPX",
            Self::Text => "neither JSON nor a table that is known here",
        };
        ReadError::Format { file: path.into(), found, wanted }
    }
}

impl Whole {
    pub(super) fn kind(&self) -> Content {
        match self.text.trim_start().as_bytes().first() {
            None => Content::Empty,
            Some(b'{') => Content::JsonObject,
            Some(b'[') => Content::JsonArray,
            Some(b'<') => Content::Xml,
            Some(_) => Content::Text,
        }
    }
}

/// Reads `path`.
pub(super) fn read(path: &Path) -> Result<Whole, ReadError> {
    let refused = |source| ReadError::Open { file: path.into(), source };
    let mut file = BufReader::new(File::open(path).map_err(refused)?);
    let gzip = file.fill_buf().map_err(refused)?.starts_with(&GZIP);
    let reader: Box<dyn Read> = if gzip { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut bytes = Vec::new();
    if let Err(source) = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes) {
        return Err(ReadError::reading(path, gzip, source));
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLarge { file: path.into(), limit: MAX_BYTES, what: "bytes" });
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let reason = "UTF-16 text: save the file as UTF-8".to_owned();
        return Err(ReadError::Syntax { file: path.into(), line: 1, reason });
    }
    let mut text = String::from_utf8(bytes).map_err(|e| {
        let line = line_at(&e.as_bytes()[..e.utf8_error().valid_up_to()]);
        ReadError::Syntax { file: path.into(), line, reason: "no UTF-8 text".into() }
    })?;
    if text.starts_with(BOM) {
        text.drain(..BOM.len_utf8());
    }
    Ok(Whole { text })
}

/// The line that follows these bytes, from 1.
pub(super) fn line_at(before: &[u8]) -> u64 {
    1 + before.iter().filter(|b| **b == b'\n').count() as u64
}
