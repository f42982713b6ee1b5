//! Reading the frames of a segment one after the other.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::failure::io as named;
use super::frame::{self, Frame, Look};
use super::segment::SegmentFile;
use crate::BusError;

/// How much is read from a file at once.
const CHUNK: usize = 256 << 10;
/// How much is read to see whether anything has come behind the last frame.
const PEEK: usize = 4 << 10;

/// What comes next in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A whole frame; [`Scan::frame`] has it.
    Frame,
    /// Nothing more was written.
    End,
    /// What is there is no whole frame.
    Broken(&'static str),
}

/// A position in a segment from which frames are read.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) segment: Arc<SegmentFile>,
    buffer: Vec<u8>,
    /// Place of the buffer's first byte in the file.
    base: u64,
    /// The current frame in the buffer.
    at: usize,
    length: usize,
    /// How much is read next: little where the end was seen, more the more there is.
    chunk: usize,
}

impl Scan {
    pub(super) fn new(segment: Arc<SegmentFile>, offset: u64) -> Self {
        Self { segment, buffer: Vec::new(), base: offset, at: 0, length: 0, chunk: CHUNK }
    }

    /// Place in the file of the current frame, or of what is no frame.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Place in the file behind the current frame.
    pub(super) fn next_offset(&self) -> u64 {
        self.offset() + self.length as u64
    }

    /// The current frame's bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.at..self.at + self.length]
    }

    /// The current frame; `None` before the first step and behind the last frame.
    pub(super) fn frame(&self) -> Option<Frame<'_>> {
        if self.length == 0 { None } else { frame::parse(self.bytes()) }
    }

    /// Goes on to the next frame before `limit`. After [`Step::End`] and [`Step::Broken`] the same place is looked at
    /// again, in the file as it is then.
    pub(super) fn step(&mut self, limit: u64) -> Result<Step, BusError> {
        self.at += self.length;
        self.length = 0;
        // What is buffered may be older than the file, so that only a whole frame counts without a fresh look.
        let mut fresh = false;
        loop {
            let wanted = match frame::look(&self.buffer[self.at..], self.segment.header.seed) {
                Look::Whole(_, length) => {
                    self.length = length;
                    return Ok(Step::Frame);
                }
                Look::Nothing if fresh => {
                    self.chunk = PEEK;
                    return Ok(Step::End);
                }
                Look::Broken(reason) if fresh => return Ok(Step::Broken(reason)),
                Look::Needs(_) if fresh && self.buffer.is_empty() => return Ok(Step::End),
                Look::Needs(wanted) => wanted,
                Look::Nothing | Look::Broken(_) => 0,
            };
            if !fresh {
                self.restart(limit)?;
                fresh = true;
            } else if !self.fill(wanted.max(CHUNK), limit)? {
                return Ok(Step::Broken("cut short"));
            }
        }
    }

    /// Reads anew from the current place.
    fn restart(&mut self, limit: u64) -> Result<(), BusError> {
        self.base += self.at as u64;
        self.at = 0;
        self.buffer.clear();
        self.fill(self.chunk, limit)?;
        self.chunk = CHUNK.min(4 * self.chunk);
        Ok(())
    }

    /// Reads until the buffer has `wanted` bytes; false where the file (or `limit`) ends before anything was added.
    fn fill(&mut self, wanted: usize, limit: u64) -> Result<bool, BusError> {
        let before = self.buffer.len();
        let room = limit.saturating_sub(self.base);
        let wanted = wanted.min(usize::try_from(room).unwrap_or(usize::MAX)).max(before);
        self.buffer.resize(wanted, 0);
        let mut filled = before;
        while filled < wanted {
            match self.segment.file.read_at(&mut self.buffer[filled..], self.base + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(named("reading", &self.segment.path)(error)),
            }
        }
        self.buffer.truncate(filled);
        Ok(filled > before)
    }
}
