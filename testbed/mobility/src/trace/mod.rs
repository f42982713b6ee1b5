//! Recorded or planned movement: SUMO FCD output, GPX tracks, tables of fixes and AdvantEDGE scenarios.
//!
//! The format is told by the content: XML is GPX by its root element, otherwise SUMO; a JSON array is AdvantEDGE; a
//! text with several fields in its first line is a CSV. Each may be gzipped. A byte order mark and CRLF line ends are
//! harmless. A file that cannot be read says where and why; a broken row in a file of
//! [`TOLERANT_FROM_ROWS`] rows or more is counted and skipped, see [`Notes`].

mod advantedge;
mod csv;
mod error;
mod fields;
mod gpx;
mod input;
mod moment;
mod rows;
mod sumo;
mod track;
mod tracks;
mod xml;

use std::path::Path;
use std::time::Duration;

pub use error::{BrokenRow, Format, ReadError};
pub use rows::{Notes, TOLERANT_FROM_ROWS};
pub use track::{End, Fix, Track};

/// How long a scenario of endless paths lasts where nothing else is said.
pub const ENDLESS: Duration = Duration::from_secs(600);

/// At most so many fixes are kept; each takes 32 bytes.
const MAX_FIXES: u64 = 10_000_000;
/// At most so many UEs.
const MAX_TRACKS: u64 = 100_000;
/// Longest id, in bytes.
const MAX_ID_BYTES: usize = 256;

/// The movement of some UEs.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// One for each UE, ordered by id: numbers by their value, then texts.
    pub tracks: Vec<Track>,
    /// How long the trace lasts.
    pub duration: Duration,
}

/// How much of a trace is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// At most so many UEs, the first by id of those that appear in time.
    pub ues: Option<usize>,
    /// At most so long from the trace's beginning.
    pub duration: Option<Duration>,
}

/// Reads a trace.
///
/// # Errors
/// [`ReadError`] names the file, the line where there is one, and the reason.
pub fn read(path: &Path, limits: Limits) -> Result<(Trace, Notes), ReadError> {
    let input = input::open(path)?;
    let (mut trace, mut notes) = match input.first() {
        Some(b'<') if xml::root(&input.head()).as_deref() == Some("gpx") => gpx::read(input, limits)?,
        Some(b'<') => sumo::read(input, limits)?,
        Some(b'[') => advantedge::read(input, limits)?,
        Some(b) if b.is_ascii_graphic() && b != b'{' && csv::recognises(&input.head()) => {
            csv::read(input, limits)?
        }
        other => return Err(ReadError::Format { file: path.into(), found: Format::guess(other) }),
    };
    trace.tracks.sort_by_cached_key(|t| (t.id.parse::<u64>().unwrap_or(u64::MAX), t.id.clone()));
    if let Some(most) = limits.ues {
        notes.left_out = trace.tracks.len().saturating_sub(most);
        trace.tracks.truncate(most);
    }
    if trace.tracks.is_empty() {
        let skipped = notes.skipped.iter().map(|(kind, count)| format!("{count} {kind}"));
        return Err(ReadError::Empty { file: path.into(), skipped: skipped.collect::<Vec<_>>().join(", ") });
    }
    notes.ues = trace.tracks.len();
    Ok((trace, notes))
}
