//! GPX 1.0 and 1.1: recorded tracks.
//!
//! Each `<trk>` is a UE, called by its `<name>`; its `<trkseg>` are parts of one way, and between two of them it is
//! taken to have gone straight. A `<trkpt lat lon>` needs a `<time>`: a planned route has none and cannot be played.
//! Way points and routes make no UE and are counted.

use std::collections::HashSet;
use std::path::PathBuf;

use quick_xml::events::BytesStart;

use super::input::Input;
use super::moment::date_time;
use super::rows::{Notes, Rows};
use super::tracks::{Seen, Tracks};
use super::xml::{self, Go, attribute, cut, number};
use super::{Limits, MAX_ID_BYTES, ReadError, Trace};
use crate::earth::check;

/// The namespaces of both versions.
const NAMESPACES: [&str; 2] = ["http://www.topografix.com/GPX/1/0", "http://www.topografix.com/GPX/1/1"];
/// No time is longer than this, in bytes.
const MAX_TIME_BYTES: usize = 64;

pub(super) fn read(input: Input, limits: Limits) -> Result<(Trace, Notes), ReadError> {
    let mut gpx = Gpx {
        file: input.file.clone(),
        rows: Rows::of(&input.file),
        tracks: Tracks::of(&input.file),
        prefix: None,
        open: Vec::new(),
        track: None,
        point: None,
        taken: HashSet::new(),
    };
    xml::walk(input, &mut gpx)?;
    let trace = gpx.tracks.into_trace(limits, &mut gpx.rows)?;
    Ok((trace, gpx.rows.finish()?))
}

/// The elements that matter, each only inside the one before it (`Name` inside `Track`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Gpx,
    Track,
    Name,
    Segment,
    Point,
    Time,
    Other,
}

struct Gpx {
    file: PathBuf,
    rows: Rows,
    tracks: Tracks,
    /// Prefix of the root element: others are of extensions.
    prefix: Option<String>,
    /// The elements around what comes next, outermost first; [`xml`] bounds them.
    open: Vec<Tag>,
    track: Option<OpenTrack>,
    point: Option<OpenPoint>,
    /// The ids that are given.
    taken: HashSet<String>,
}

struct OpenTrack {
    ue: usize,
    name: String,
}

struct OpenPoint {
    line: u64,
    at: Result<(f64, f64), String>,
    time: String,
}

impl Gpx {
    fn tag(&self, element: &BytesStart<'_>) -> Tag {
        if prefix(element) != self.prefix {
            return Tag::Other;
        }
        match (self.open.last(), element.local_name().as_ref()) {
            (None, "gpx") => Tag::Gpx,
            (Some(Tag::Gpx), "trk") => Tag::Track,
            (Some(Tag::Track), "name") => Tag::Name,
            (Some(Tag::Track), "trkseg") => Tag::Segment,
            (Some(Tag::Segment), "trkpt") => Tag::Point,
            (Some(Tag::Point), "time") => Tag::Time,
            _ => Tag::Other,
        }
    }

    fn root(&mut self, element: &BytesStart<'_>, line: u64) -> Result<(), ReadError> {
        self.prefix = prefix(element);
        let name = self.prefix.as_ref().map_or("xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
        // Some programs write none.
        let Ok(namespace) = attribute(element, &name) else { return Ok(()) };
        if NAMESPACES.contains(&namespace.trim().trim_end_matches('/')) {
            return Ok(());
        }
        let reason = format!("namespace `{}` is that of neither GPX 1.0 nor 1.1", cut(&namespace));
        Err(ReadError::Syntax { file: self.file.clone(), line, reason })
    }

    /// A point is complete.
    fn fix(&mut self, point: OpenPoint) -> Result<(), ReadError> {
        let seen = point.at.and_then(|(lon, lat)| {
            if point.time.trim().is_empty() {
                return Err(
                    "<trkpt> has no <time>: only recorded tracks can be played, with a time at each \
                            point (a planned route has none)"
                        .to_owned(),
                );
            }
            Ok(Seen { at: date_time(&point.time)?, lon, lat })
        });
        match (seen, &self.track) {
            (Ok(seen), Some(track)) => self.tracks.seen(track.ue, seen)?,
            (Ok(_), None) => {}
            (Err(reason), _) => self.rows.broken(point.line, reason),
        }
        Ok(())
    }

    /// A track is complete: called by its name, by its number, or, where the name is taken, by both.
    fn named(&mut self, track: OpenTrack) {
        let number = track.ue + 1;
        let mut id = match track.name.trim() {
            "" => format!("track {number}"),
            name => name.to_owned(),
        };
        while !self.taken.insert(id.clone()) {
            id = format!("{id} ({number})");
        }
        self.tracks.name(track.ue, id);
    }
}

impl xml::Visitor for Gpx {
    fn start(&mut self, element: &BytesStart<'_>, line: u64) -> Result<Go, ReadError> {
        if self.open.is_empty() {
            self.root(element, line)?;
        }
        let tag = self.tag(element);
        match tag {
            Tag::Track => {
                self.track = Some(OpenTrack { ue: self.tracks.ue(String::new())?, name: String::new() });
            }
            Tag::Point => {
                self.rows.seen();
                self.point = Some(OpenPoint { line, at: position(element), time: String::new() });
            }
            Tag::Other => {
                let name = element.local_name();
                if ["wpt", "rtept"].contains(&name.as_ref()) {
                    self.rows.skip(&format!("<{}>", cut(name.as_ref())));
                }
            }
            Tag::Gpx | Tag::Name | Tag::Segment | Tag::Time => {}
        }
        self.open.push(tag);
        Ok(Go::On)
    }

    fn end(&mut self) -> Result<(), ReadError> {
        match self.open.pop() {
            Some(Tag::Point) => self.point.take().map_or(Ok(()), |point| self.fix(point)),
            Some(Tag::Track) => {
                if let Some(track) = self.track.take() {
                    self.named(track);
                }
                Ok(())
            }
            Some(Tag::Gpx | Tag::Name | Tag::Segment | Tag::Time | Tag::Other) | None => Ok(()),
        }
    }

    fn text(&mut self, piece: &str) {
        match (self.open.last(), &mut self.track, &mut self.point) {
            (Some(Tag::Name), Some(track), _) => append(&mut track.name, piece, MAX_ID_BYTES),
            (Some(Tag::Time), _, Some(point)) => append(&mut point.time, piece, MAX_TIME_BYTES),
            _ => {}
        }
    }
}

fn position(element: &BytesStart<'_>) -> Result<(f64, f64), String> {
    let (lon, lat) = (number(element, "lon")?, number(element, "lat")?);
    check(lon, lat).map(|()| (lon, lat))
}

fn prefix(element: &BytesStart<'_>) -> Option<String> {
    element.name().prefix().map(|prefix| prefix.as_ref().to_owned())
}

/// Appends as much as there is room for.
fn append(text: &mut String, piece: &str, most: usize) {
    let room = most.saturating_sub(text.len());
    text.push_str(&piece[..piece.floor_char_boundary(room)]);
}
