//! Scenarios of AdvantEDGE (and of the ETSI MEC Sandbox, which is built on it): a JSON array of assets.
//!
//! An asset of type `UE` stands at `geoData.location`, or follows `geoData.path` (a GeoJSON LineString) at
//! `velocity` metres a second: `eopMode` `LOOP` starts again at the first point, which paths of the format end at;
//! `REVERSE` turns round. Assets of other types make no UE and are counted.

use std::collections::HashSet;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::input::{Input, line_at};
use super::rows::{Notes, Rows};
use super::{ENDLESS, End, Fix, Limits, ReadError, Trace, Track};
use crate::earth::{check, distance, place};

/// At most so many points in one path.
const MAX_POINTS: usize = 100_000;
/// At most so many UEs.
const MAX_UES: usize = 100_000;

#[derive(Deserialize)]
struct Asset {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(rename = "geoData")]
    geo: Option<GeoData>,
}

#[derive(Deserialize)]
struct GeoData {
    location: Option<Point>,
    path: Option<LineString>,
    #[serde(rename = "eopMode")]
    end: Option<String>,
    velocity: Option<f64>,
}

#[derive(Deserialize)]
struct Point {
    coordinates: Vec<f64>,
}

#[derive(Deserialize)]
struct LineString {
    coordinates: Vec<Vec<f64>>,
}

pub(super) fn read(input: Input, limits: Limits) -> Result<(Trace, Notes), ReadError> {
    let file = input.file.clone();
    let text = input.text()?;
    let assets: Vec<&RawValue> = serde_json::from_str(&text).map_err(|e| {
        let nan = text.lines().nth(e.line().saturating_sub(1)).is_some_and(|l| l.contains("NaN"));
        let hint = if nan { " (JSON has no NaN)" } else { "" };
        ReadError::Syntax { file: file.clone(), line: e.line() as u64, reason: format!("{e}{hint}") }
    })?;
    let mut rows = Rows::of(&file);
    let mut tracks: Vec<Track> = Vec::new();
    let mut ids = HashSet::new();
    let (mut line, mut offset) = (1, 0);
    for raw in assets {
        let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        line += line_at(&text.as_bytes()[offset..], start - offset) - 1;
        offset = start;
        rows.seen();
        match asset(raw.get()) {
            Ok(Known::Ue(track)) if !ids.insert(track.id.clone()) => {
                rows.broken(line, format!("duplicate id: UE `{}` is there already", track.id));
            }
            Ok(Known::Ue(track)) => tracks.push(track),
            Ok(Known::Other(kind)) => rows.skip(&kind),
            Err((within, reason)) => rows.broken(line + within, reason),
        }
        if tracks.len() > MAX_UES {
            return Err(ReadError::TooLarge { file, limit: MAX_UES as u64, what: "UEs" });
        }
    }
    Ok((Trace { tracks, duration: limits.duration.unwrap_or(ENDLESS) }, rows.finish()?))
}

enum Known {
    Ue(Track),
    Other(String),
}

/// An error comes with its line, counted from the asset's own.
fn asset(text: &str) -> Result<Known, (u64, String)> {
    let asset: Asset = serde_json::from_str(text).map_err(|e| (e.line() as u64 - 1, e.to_string()))?;
    let kind = asset.kind.ok_or((0, "the asset has no `type`".to_owned()))?;
    if kind != "UE" {
        return Ok(Known::Other(kind));
    }
    let id = asset.name.filter(|name| !name.is_empty()).ok_or((0, "the UE has no `name`".to_owned()))?;
    let geo = asset.geo.ok_or_else(|| (0, format!("UE `{id}` has no `geoData`")))?;
    way(&geo).map_err(|reason| (0, format!("UE `{id}`: {reason}"))).map(|(fixes, end)| {
        let id = id.chars().take(256).collect();
        Known::Ue(Track { id, fixes, end })
    })
}

fn way(geo: &GeoData) -> Result<(Vec<Fix>, End), String> {
    let velocity = geo.velocity.unwrap_or(0.0);
    if !velocity.is_finite() || velocity < 0.0 {
        return Err(format!("velocity {velocity} is no speed in metres a second"));
    }
    let path = geo.path.as_ref().map(|p| p.coordinates.as_slice()).unwrap_or_default();
    if path.is_empty() || velocity == 0.0 {
        let location = geo.location.as_ref().map(|l| l.coordinates.as_slice());
        let (lon, lat) = point(location.or(path.first().map(Vec::as_slice)).ok_or("no `location`")?)?;
        return Ok((vec![Fix { at: Duration::ZERO, lon, lat }], End::Stays));
    }
    if path.len() > MAX_POINTS {
        return Err(format!("a path of {} points; {MAX_POINTS} are allowed", path.len()));
    }
    let end = match geo.end.as_deref() {
        Some("LOOP") | None => End::Loops,
        Some("REVERSE") => End::Reverses,
        Some(other) => return Err(format!("eopMode `{other}`: LOOP and REVERSE are known")),
    };
    let mut fixes: Vec<Fix> = Vec::with_capacity(path.len() + 1);
    let mut seconds = 0.0;
    // A loop that does not end where it began is closed.
    let closing = path.first().filter(|first| end == End::Loops && path.last() != Some(*first));
    for coordinates in path.iter().chain(closing) {
        let (lon, lat) = point(coordinates)?;
        if let Some(last) = fixes.last() {
            seconds += distance(place(last.lon, last.lat), place(lon, lat)) / velocity;
        }
        let at = Duration::try_from_secs_f64(seconds).map_err(|_| "the way takes for ever".to_owned())?;
        fixes.push(Fix { at, lon, lat });
    }
    Ok((fixes, end))
}

fn point(coordinates: &[f64]) -> Result<(f64, f64), String> {
    let [lon, lat, ..] = *coordinates else { return Err("a point needs longitude and latitude".into()) };
    check(lon, lat).map(|()| (lon, lat))
}
