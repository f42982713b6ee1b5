//! Telling the torn end that a crash leaves from damage.

use std::io::ErrorKind;
use std::os::unix::fs::FileExt;

use super::failure::{damaged, io};
use super::frame::{self, Frame, GROUP, Look};
use super::segment::SegmentFile;
use crate::BusError;

const WINDOW: usize = 1 << 20;

/// Checks that what is broken at `offset` can be the end that a crash left. Every group says how much of the file
/// was durable when it was written: one behind `offset` that says "beyond `offset`" proves that a whole record was
/// here once, and that it was acknowledged.
///
/// Returns how many bytes of it are behind `offset`; the zeros at the end are space for records to come, not a part
/// of it.
///
/// # Errors
/// [`BusError::Damaged`] where it was.
pub(super) fn check(file: &SegmentFile, offset: u64, length: u64) -> Result<u64, BusError> {
    let mut window = vec![0; WINDOW];
    let mut at = offset;
    let mut torn = 0;
    while at < length {
        let filled = read(file, &mut window, at, length)?;
        let bytes = &window[..filled];
        if let Some(last) = bytes.iter().rposition(|byte| *byte != 0) {
            torn = at - offset + last as u64 + 1;
        }
        for start in 0..filled.saturating_sub(GROUP - 1) {
            // The cheap look first: most of this is zeros, or the inside of records.
            if usize::from(bytes[start]) == GROUP
                && let Look::Whole(Frame::Group { synced, .. }, _) =
                    frame::look(&bytes[start..start + GROUP], file.header.seed)
                && synced > offset
            {
                let reason = format!("a record is broken here, and {synced} bytes were safe on disk once");
                return Err(damaged(&file.path, offset, reason));
            }
        }
        if filled < window.len() {
            break;
        }
        // Windows overlap, so that no group frame falls between two.
        at += (filled - (GROUP - 1)) as u64;
    }
    Ok(torn)
}

fn read(file: &SegmentFile, window: &mut [u8], at: u64, length: u64) -> Result<usize, BusError> {
    let most = window.len().min(usize::try_from(length - at).unwrap_or(usize::MAX));
    let mut filled = 0;
    while filled < most {
        match file.file.read_at(&mut window[filled..most], at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(io("reading", &file.path)(error)),
        }
    }
    Ok(filled)
}
