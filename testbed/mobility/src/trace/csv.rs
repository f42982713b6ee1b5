//! A table of fixes: a header that names the columns, then one fix a line.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::fields::fields;
use super::input::Input;
use super::moment::date_time_or_seconds;
use super::rows::{Notes, Rows};
use super::tracks::{Seen, Tracks};
use super::xml::cut;
use super::{Limits, MAX_ID_BYTES, ReadError, Trace};
use crate::earth::check;

/// A header as it may be written.
const HEADER: &str = "ue,time,lat,lon";

/// How the four columns may be called, in any case, with `_`, `-`, a space or nothing between words; of several the
/// first of these. `id` comes last, because beside one of the others it numbers the rows;
/// `track` is missing, because in many files it is a course in degrees.
const UE: &[&str] = &[
    "ue",
    "ue_id",
    "supi",
    "imsi",
    "vehicle",
    "vehicle_id",
    "vehicle_ref",
    "bus_id",
    "taxi_id",
    "device",
    "device_id",
    "user",
    "user_id",
    "track_id",
    "id",
];
const TIME: &[&str] = &[
    "time",
    "timestamp",
    "date_time",
    "recorded_at",
    "recorded_at_time",
    "time_utc",
    "utc",
    "time_s",
    "seconds",
    "t",
];
const LAT: &[&str] = &["lat", "latitude", "lat_deg"];
const LON: &[&str] = &["lon", "longitude", "lng", "long", "lon_deg"];

pub(super) fn read(input: Input, limits: Limits) -> Result<(Trace, Notes), ReadError> {
    let file = input.file.clone();
    let text = input.text()?;
    let refuse = |line, reason| ReadError::Syntax { file: file.clone(), line, reason };
    if text.contains('\r') && !text.contains('\n') {
        return Err(refuse(1, "lines end with CR only: save the file with LF or CRLF".into()));
    }
    let mut lines = (1u64..).zip(text.lines()).filter(|(_, line)| says_something(line));
    let (line, header) = lines.next().unwrap_or((1, ""));
    let columns = Columns::read(header).map_err(|reason| refuse(line, reason))?;
    let (mut rows, mut tracks) = (Rows::of(&file), Tracks::of(&file));
    let mut ues: HashMap<String, usize> = HashMap::new();
    for (line, row) in lines {
        rows.seen();
        let (id, seen) = match columns.fix(row) {
            Ok(fix) => fix,
            Err(reason) => {
                rows.broken(line, reason);
                continue;
            }
        };
        let ue = match ues.entry(id) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let ue = tracks.ue(new.key().clone())?;
                *new.insert(ue)
            }
        };
        tracks.seen(ue, seen)?;
    }
    let trace = tracks.into_trace(limits, &mut rows)?;
    Ok((trace, rows.finish()?))
}

/// Whether a text that begins so is a table: several fields in its first line.
pub(super) fn recognises(head: &str) -> bool {
    let first = head.lines().find(|line| says_something(line));
    first.is_some_and(|line| line.contains([',', ';', '\t']))
}

fn says_something(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#')
}

/// Where each column is.
struct Columns {
    ue: usize,
    time: usize,
    lat: usize,
    lon: usize,
    count: usize,
}

impl Columns {
    fn read(header: &str) -> Result<Self, String> {
        let names = fields(header)?;
        if names.len() == 1 && header.contains([';', '\t']) {
            return Err(format!("`{}`: separate the fields by commas", cut(header)));
        }
        if names.iter().any(|name| name.parse::<f64>().is_ok()) {
            let shown = cut(header);
            return Err(format!("`{shown}` is no header; the first line names the columns, as in {HEADER}"));
        }
        let plain = |name: &Cow<'_, str>| name.to_ascii_lowercase().replace(['_', '-', ' '], "");
        let names: Vec<String> = names.iter().map(plain).collect();
        let places = |known: &str| {
            let known = known.replace('_', "");
            names.iter().enumerate().filter(move |(_, name)| **name == known).map(|(place, _)| place)
        };
        let place = |what: &str, known: &[&str]| {
            let name = known.iter().find(|name| places(name).next().is_some()).ok_or_else(|| {
                format!("no column for {what}: call it {}; a header is {HEADER}", known.join(", "))
            })?;
            let mut places = places(name);
            match (places.next(), places.next()) {
                (Some(place), None) => Ok(place),
                _ => Err(format!("column `{name}` is there twice")),
            }
        };
        Ok(Self {
            ue: place("the UE", UE)?,
            time: place("the time", TIME)?,
            lat: place("the latitude", LAT)?,
            lon: place("the longitude", LON)?,
            count: names.len(),
        })
    }

    fn fix(&self, row: &str) -> Result<(String, Seen), String> {
        let fields = fields(row)?;
        if fields.len() != self.count {
            return Err(format!("{} fields, where the header has {}", fields.len(), self.count));
        }
        let field = |place: usize, name: &str| match fields.get(place).map(|f| f.trim()) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(format!("the {name} is empty")),
        };
        let number = |place, name| {
            let text = field(place, name)?;
            text.parse::<f64>().map_err(|_| format!("{name} `{}` is not a number", cut(text)))
        };
        let at = date_time_or_seconds(field(self.time, "time")?)?;
        let (lon, lat) = (number(self.lon, "longitude")?, number(self.lat, "latitude")?);
        check(lon, lat)?;
        let id = field(self.ue, "UE's id")?;
        if id.len() > MAX_ID_BYTES {
            return Err(format!("the id has {} bytes; 1 to {MAX_ID_BYTES} are allowed", id.len()));
        }
        Ok((id.to_owned(), Seen { at, lon, lat }))
    }
}
