//! SUMO FCD output (floating car data), with geographic coordinates: `sumo --fcd-output F --fcd-output.geo true`.
//!
//! `<timestep time="SECONDS">` with `<vehicle id x y …/>` and `<person id x y …/>` inside; x is the longitude, y
//! the latitude. Read as a stream: memory goes with what is kept, not with the file.

use std::collections::HashMap;
use std::time::Duration;

use quick_xml::events::BytesStart;

use super::input::Input;
use super::rows::{Notes, Rows};
use super::xml::{self, Go, attribute, cut, number};
use super::{End, Fix, Limits, MAX_FIXES, MAX_ID_BYTES, MAX_TRACKS, ReadError, Trace, Track};
use crate::earth::check;

/// After so many rows that are all outside the globe, the rest is not read.
const GIVE_UP_ROWS: u64 = 1_000;

pub(super) fn read(input: Input, limits: Limits) -> Result<(Trace, Notes), ReadError> {
    let mut sumo = Sumo::new(&input, limits);
    let line = xml::walk(input, &mut sumo)?;
    sumo.finish(line)
}

struct Sumo {
    rows: Rows,
    file: std::path::PathBuf,
    limit: Option<Duration>,
    root_seen: bool,
    /// Time of the first time step, seconds: where the trace begins.
    begin: Option<f64>,
    /// Times of all time steps, from the beginning.
    steps: Vec<Duration>,
    /// Whether the current time step has a usable time.
    in_step: bool,
    tracks: Vec<Track>,
    by_id: HashMap<String, usize>,
    fixes: u64,
    outside: u64,
    first_outside: u64,
}

impl Sumo {
    fn new(input: &Input, limits: Limits) -> Self {
        Self {
            rows: Rows::of(&input.file),
            file: input.file.clone(),
            limit: limits.duration,
            root_seen: false,
            begin: None,
            steps: Vec::new(),
            in_step: false,
            tracks: Vec::new(),
            by_id: HashMap::new(),
            fixes: 0,
            outside: 0,
            first_outside: 0,
        }
    }

    fn syntax(&self, line: u64, reason: String) -> ReadError {
        ReadError::Syntax { file: self.file.clone(), line, reason }
    }

    fn step(&mut self, start: &BytesStart<'_>, line: u64) -> Result<Go, ReadError> {
        self.in_step = false;
        let time = match attribute(start, "time").and_then(|text| seconds(&text)) {
            Ok(time) => time,
            Err(reason) => {
                self.rows.broken(line, reason);
                return Ok(Go::On);
            }
        };
        let begin = *self.begin.get_or_insert(time);
        let last = self.steps.last().copied();
        let at = Duration::try_from_secs_f64(time - begin).ok();
        let Some(at) = at.filter(|at| last.is_none_or(|last| *at > last)) else {
            self.rows.broken(line, format!("time {time} is not later than the time step before it"));
            return Ok(Go::On);
        };
        if self.limit.is_some_and(|limit| at > limit) {
            return Ok(Go::Enough);
        }
        if self.steps.len() as u64 >= MAX_FIXES {
            return Err(self.too_large(MAX_FIXES, "time steps"));
        }
        self.steps.push(at);
        self.in_step = true;
        Ok(Go::On)
    }

    /// The outer error ends the reading, the inner one is about this row.
    fn fix(&mut self, start: &BytesStart<'_>, line: u64) -> Result<Result<(), String>, ReadError> {
        let Some(at) = self.steps.last().copied() else { return Ok(Ok(())) };
        let (id, lon, lat) = match row(start) {
            Ok(row) => row,
            Err(reason) => return Ok(Err(reason)),
        };
        if let Err(reason) = check(lon, lat) {
            if lon.is_finite() && lat.is_finite() {
                self.outside += 1;
                self.first_outside = if self.outside == 1 { line } else { self.first_outside };
            }
            return Ok(Err(reason));
        }
        let fix = Fix { at, lon, lat };
        match self.by_id.get(&id).and_then(|index| self.tracks.get_mut(*index)) {
            Some(track) if track.fixes.last().is_some_and(|last| last.at == at) => {
                return Ok(Err(format!("duplicate id `{id}` in one time step")));
            }
            Some(track) => track.fixes.push(fix),
            None => {
                if self.tracks.len() as u64 >= MAX_TRACKS {
                    return Err(self.too_large(MAX_TRACKS, "vehicles and persons"));
                }
                self.by_id.insert(id.clone(), self.tracks.len());
                self.tracks.push(Track { id, fixes: vec![fix], end: End::Stays });
            }
        }
        self.fixes += 1;
        if self.fixes > MAX_FIXES {
            return Err(self.too_large(MAX_FIXES, "fixes"));
        }
        Ok(Ok(()))
    }

    fn too_large(&self, limit: u64, what: &'static str) -> ReadError {
        ReadError::TooLarge { file: self.file.clone(), limit, what }
    }

    fn not_geo(&self) -> ReadError {
        ReadError::NotGeo { file: self.file.clone(), line: self.first_outside }
    }

    fn finish(mut self, line: u64) -> Result<(Trace, Notes), ReadError> {
        if !self.root_seen {
            return Err(self.syntax(line, "no <fcd-export> element".into()));
        }
        if self.outside * 2 > self.rows.count() {
            return Err(self.not_geo());
        }
        for track in &mut self.tracks {
            let last = track.fixes.last().map_or(Duration::ZERO, |f| f.at);
            // In the next time step it is not there any more.
            let next = self.steps.partition_point(|at| *at <= last);
            track.end = self.steps.get(next).map_or(End::Stays, |at| End::Leaves(*at));
        }
        let duration = self.steps.last().copied().unwrap_or_default();
        let notes = self.rows.finish()?;
        Ok((Trace { tracks: self.tracks, duration }, notes))
    }
}

impl xml::Visitor for Sumo {
    /// SUMO writes its options as a comment in front; those that are not there have their default value.
    fn comment(&mut self, text: &str, line: u64) -> Result<(), ReadError> {
        let after = |name: &str| text.split_once(name).map(|(_, rest)| rest);
        let value = |rest: &str| rest.split('"').nth(1).map(str::to_ascii_lowercase);
        let writes = after("<fcd-output value=").is_some();
        let geo = after("<fcd-output.geo value=").and_then(value);
        let is_geo = geo.is_some_and(|v| ["true", "1", "yes", "on", "t"].contains(&v.as_str()));
        if writes && !is_geo {
            return Err(ReadError::NotGeo { file: self.file.clone(), line });
        }
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'_>, line: u64) -> Result<Go, ReadError> {
        let name = start.local_name();
        if !self.root_seen {
            if name.as_ref() != "fcd-export" {
                let reason =
                    format!("the root element is <{}>, neither <fcd-export> nor <gpx>", cut(name.as_ref()));
                return Err(self.syntax(line, reason));
            }
            self.root_seen = true;
            return Ok(Go::On);
        }
        match name.as_ref() {
            "timestep" => return self.step(start, line),
            "vehicle" | "person" if self.in_step => {
                self.rows.seen();
                if let Err(reason) = self.fix(start, line)? {
                    self.rows.broken(line, reason);
                }
                if self.rows.count() == GIVE_UP_ROWS && self.outside == GIVE_UP_ROWS {
                    return Err(self.not_geo());
                }
            }
            "vehicle" | "person" => {}
            other => self.rows.skip(&format!("<{}>", cut(other))),
        }
        Ok(Go::On)
    }
}

fn row(start: &BytesStart<'_>) -> Result<(String, f64, f64), String> {
    let id = attribute(start, "id")?;
    if id.is_empty() || id.len() > MAX_ID_BYTES {
        return Err(format!("the id has {} bytes; 1 to {MAX_ID_BYTES} are allowed", id.len()));
    }
    Ok((id, number(start, "x")?, number(start, "y")?))
}

/// Seconds, or `[days:]hours:minutes:seconds` as SUMO writes with `--human-readable-time`.
fn seconds(text: &str) -> Result<f64, String> {
    let refuse = || format!("time `{}` is neither seconds nor hh:mm:ss", cut(text));
    let parts: Vec<f64> =
        text.trim().split(':').map(|part| part.parse().map_err(|_| refuse())).collect::<Result<_, _>>()?;
    let total = match parts[..] {
        [seconds] => seconds,
        [hours, minutes, seconds] => (hours * 60.0 + minutes) * 60.0 + seconds,
        [days, hours, minutes, seconds] => ((days * 24.0 + hours) * 60.0 + minutes) * 60.0 + seconds,
        _ => return Err(refuse()),
    };
    if total.is_finite() { Ok(total) } else { Err(refuse()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_clock_times() {
        assert_eq!(seconds("12.50"), Ok(12.5));
        assert_eq!(seconds("01:02:03.5"), Ok(3723.5));
        assert_eq!(seconds("1:00:00:01"), Ok(86_401.0));
        for bad in ["", "abc", "1:2", "NaN", "inf"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
