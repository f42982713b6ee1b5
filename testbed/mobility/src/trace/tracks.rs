//! Fixes as a file has them, in any order, made into the tracks of a trace.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::moment::Moment;
use super::rows::Rows;
use super::{End, Fix, Limits, MAX_FIXES, MAX_TRACKS, ReadError, Trace, Track};

/// A trace without a limit may last so long: one wrong date would make it last for decades.
const MAX_DAYS: u64 = 31;
const DAY: Duration = Duration::from_secs(86_400);

/// A UE was here then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) at: Moment,
    pub(super) lon: f64,
    pub(super) lat: f64,
}

/// The UEs of one file so far.
#[derive(Debug)]
pub(super) struct Tracks {
    file: PathBuf,
    ues: Vec<(String, Vec<Seen>)>,
    fixes: u64,
}

impl Tracks {
    pub(super) fn of(file: &Path) -> Self {
        Self { file: file.into(), ues: Vec::new(), fixes: 0 }
    }

    /// Another UE; its number, from 0.
    pub(super) fn ue(&mut self, id: String) -> Result<usize, ReadError> {
        if self.ues.len() as u64 >= MAX_TRACKS {
            return Err(self.too_large(MAX_TRACKS, "UEs"));
        }
        self.ues.push((id, Vec::new()));
        Ok(self.ues.len() - 1)
    }

    /// UE number `ue` gets another id.
    pub(super) fn name(&mut self, ue: usize, id: String) {
        if let Some((known, _)) = self.ues.get_mut(ue) {
            *known = id;
        }
    }

    /// UE number `ue` was seen.
    pub(super) fn seen(&mut self, ue: usize, seen: Seen) -> Result<(), ReadError> {
        self.fixes += 1;
        if self.fixes > MAX_FIXES {
            return Err(self.too_large(MAX_FIXES, "fixes"));
        }
        if let Some((_, fixes)) = self.ues.get_mut(ue) {
            fixes.push(seen);
        }
        Ok(())
    }

    fn too_large(&self, limit: u64, what: &'static str) -> ReadError {
        ReadError::TooLarge { file: self.file.clone(), limit, what }
    }

    /// Sorts each UE's fixes and counts time from the first of all. A second fix of one instant is dropped. A UE
    /// leaves when the file has a fix of another after its own last.
    pub(super) fn into_trace(mut self, limits: Limits, rows: &mut Rows) -> Result<Trace, ReadError> {
        let mut instants: Vec<Moment> = self.ues.iter().flat_map(|(_, f)| f.iter().map(|s| s.at)).collect();
        instants.sort_unstable();
        instants.dedup();
        let (Some(begin), Some(end)) = (instants.first().copied(), instants.last().copied()) else {
            return Ok(Trace { tracks: Vec::new(), duration: Duration::ZERO });
        };
        let since = |at: Moment| Duration::from_nanos(at.abs_diff(begin));
        let duration = limits.duration.map_or(since(end), |most| most.min(since(end)));
        if duration > DAY * MAX_DAYS as u32 {
            return Err(self.too_large(MAX_DAYS, "days from the first fix to the last"));
        }
        let mut tracks = Vec::new();
        for (id, mut seen) in std::mem::take(&mut self.ues) {
            seen.sort_by_key(|s| s.at);
            let before = seen.len();
            seen.dedup_by_key(|s| s.at);
            (seen.len()..before).for_each(|_| rows.skip("fixes of an instant that is there already"));
            let last = seen.last().map_or(end, |s| s.at);
            let next = instants.partition_point(|at| *at <= last);
            let end = instants.get(next).map_or(End::Stays, |at| End::Leaves(since(*at)));
            // The first fix after the end shows the way there.
            let played = seen.partition_point(|s| since(s.at) < duration);
            seen.truncate(played + 1);
            let fixes: Vec<Fix> =
                seen.iter().map(|s| Fix { at: since(s.at), lon: s.lon, lat: s.lat }).collect();
            if fixes.first().is_some_and(|first| first.at <= duration) {
                tracks.push(Track { id, fixes, end });
            }
        }
        Ok(Trace { tracks, duration })
    }
}
