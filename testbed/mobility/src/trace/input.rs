//! Opens a file: unpacks gzip by its content, drops the byte order mark, counts lines, bounds what is read.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::ReadError;

/// First bytes of a gzip member (RFC 1952 clause 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// UTF-8's byte order mark.
const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];
/// So much is looked at to tell the format: white space and comments in front may be long, but not longer.
const HEAD_BYTES: usize = 64 << 10;
/// Unpacked, no file may have more bytes.
const MAX_BYTES: u64 = 8 << 30;
/// Nor, where it is read as a whole, more than this.
const MAX_TEXT_BYTES: u64 = 256 << 20;

/// An open trace.
pub(super) struct Input {
    pub(super) file: PathBuf,
    gzip: bool,
    /// How it begins, from the first byte that says something.
    head: Vec<u8>,
    reader: Box<dyn Read>,
}

/// Opens `path`, whatever it holds.
pub(super) fn open(path: &Path) -> Result<Input, ReadError> {
    let refused = |source| ReadError::Open { file: path.into(), source };
    let opened = File::open(path).map_err(refused)?;
    if opened.metadata().map_err(refused)?.is_dir() {
        return Err(refused(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    let (head, reader) = peek(opened, GZIP.len()).map_err(refused)?;
    let gzip = head == GZIP;
    let reader: Box<dyn Read> =
        if gzip { Box::new(MultiGzDecoder::new(BufReader::new(reader))) } else { Box::new(reader) };
    let failed = |e| read_error(path, gzip, e);
    let (head, mut reader) = peek(reader, BOM.len()).map_err(failed)?;
    if head == BOM {
        reader.read_exact(&mut [0; 3]).map_err(failed)?;
    }
    let (mut head, reader) = peek(reader, HEAD_BYTES).map_err(failed)?;
    let blank = head.iter().take_while(|b| b.is_ascii_whitespace()).count();
    head.drain(..blank);
    Ok(Input { file: path.into(), gzip, head, reader: Box::new(reader.take(MAX_BYTES)) })
}

/// Looks at the first bytes of a reader without taking them.
fn peek(mut reader: impl Read + 'static, count: usize) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut head = Vec::with_capacity(count);
    reader.by_ref().take(count as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Box::new(Cursor::new(head).chain(reader))))
}

/// Names a failure while reading: of the gzip data, if these are some.
fn read_error(file: &Path, gzip: bool, source: io::Error) -> ReadError {
    let file = file.to_path_buf();
    let kind = source.kind();
    if gzip && kind == io::ErrorKind::UnexpectedEof {
        ReadError::Gzip { file, reason: "the gzip data end early: the file is truncated".into() }
    } else if gzip && [io::ErrorKind::InvalidData, io::ErrorKind::InvalidInput].contains(&kind) {
        ReadError::Gzip { file, reason: format!("the gzip data are damaged: {source}") }
    } else {
        ReadError::Open { file, source }
    }
}

impl Input {
    /// The first byte that is no white space.
    pub(super) fn first(&self) -> Option<u8> {
        self.head.first().copied()
    }

    /// The first bytes, from the first that is no white space.
    pub(super) fn head(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.head)
    }

    /// What a failure while reading means.
    pub(super) fn failed(&self) -> impl Fn(io::Error) -> ReadError + use<> {
        let (file, gzip) = (self.file.clone(), self.gzip);
        move |source| read_error(&file, gzip, source)
    }

    /// The whole content as text.
    pub(super) fn text(self) -> Result<String, ReadError> {
        let failed = self.failed();
        let mut bytes = Vec::new();
        self.reader.take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_TEXT_BYTES {
            return Err(ReadError::TooLarge { file: self.file, limit: MAX_TEXT_BYTES, what: "bytes" });
        }
        String::from_utf8(bytes).map_err(|e| {
            let before = &e.as_bytes()[..e.utf8_error().valid_up_to()];
            let line = line_at(before, before.len());
            ReadError::Syntax { file: self.file, line, reason: "no UTF-8 text".into() }
        })
    }

    /// The content line by line, as XML wants it.
    pub(super) fn counted(self) -> Counted {
        Counted { inner: BufReader::with_capacity(64 << 10, self.reader), line: 1, element: 0 }
    }
}

/// The line that byte `offset` is on, from 1.
pub(super) fn line_at(text: &[u8], offset: usize) -> u64 {
    1 + text[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() as u64
}

/// The largest element, comment or text between two elements, in bytes.
const MAX_ELEMENT_BYTES: usize = 1 << 20;

/// Counts lines, and refuses to run away without meeting the end of an element.
pub(super) struct Counted {
    inner: BufReader<Box<dyn Read>>,
    /// The line of the next byte, from 1.
    pub(super) line: u64,
    element: usize,
}

impl Counted {
    /// A new element begins.
    pub(super) fn element(&mut self) {
        self.element = 0;
    }
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buf.len());
        buf[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.element > MAX_ELEMENT_BYTES {
            let text = format!("an element of more than {MAX_ELEMENT_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let newlines = self.inner.buffer().iter().take(amount).filter(|b| **b == b'\n').count();
        self.line += newlines as u64;
        self.element += amount;
        self.inner.consume(amount);
    }
}
