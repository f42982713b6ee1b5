//! Walks UEs along their tracks through the radio model.

use std::time::Duration;

use thiserror::Error;

use crate::earth::{check, distance, place};
use crate::radio::{self, Handover, Radio, strongest};
use crate::trace::{Trace, Track};
use crate::{Cell, Change, Scenario, Site, Ue};

/// A trace this far from every cell belongs to another place, metres.
const FAR_METERS: f64 = 50_000.0;
/// Cells this far from the area of the trace are left out, metres.
const KEEP_METERS: f64 = 20_000.0;

/// Why cells, sites and a trace make no scenario.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ScenarioError {
    /// There are none.
    #[error("there are no {0}: nothing can be played")]
    None(&'static str),
    /// A cell or site has no usable position.
    #[error("{what}: {reason}")]
    Position {
        /// Which.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// MCC and MNC are not of their form.
    #[error("`{0}`-`{1}` is no network: write three digits for the MCC, two or three for the MNC")]
    Plmn(String, String),
    /// The inputs belong to different places.
    #[error(
        "the {what} are {kilometers} km or more from the nearest cell: do the files belong together, and does \
         longitude come before latitude in both?"
    )]
    FarAway {
        /// Trace or sites.
        what: &'static str,
        /// The smallest distance, kilometres.
        kilometers: u64,
    },
}

/// Plays a trace over cells: which cell serves whom, and when it changes.
///
/// UEs get SUPIs `imsi-` + `plmn` + a running number from 1, in the order of the trace's ids, so that the same trace
/// gives the same UEs. Cells more than 20 km outside the area of the trace are left out of the scenario. The shadows
/// depend on `seed` and on the place.
///
/// # Errors
/// [`ScenarioError`] where something is missing, out of range, or of another place than the rest.
pub fn from_trace(
    cells: Vec<Cell>,
    sites: Vec<Site>,
    trace: &Trace,
    seed: u64,
    plmn: (&str, &str),
) -> Result<Scenario, ScenarioError> {
    validate(&cells, &sites, trace, plmn)?;
    Ok(play(within_reach(cells, trace), sites, trace, seed, plmn))
}

/// As [`from_trace`], for what is known to be valid.
pub(crate) fn play(
    cells: Vec<Cell>,
    sites: Vec<Site>,
    trace: &Trace,
    seed: u64,
    plmn: (&str, &str),
) -> Scenario {
    let ues = supis(plmn, trace.tracks.len());
    let radio = Radio::new(&cells, seed);
    let mut changes = Vec::new();
    for (ue, track) in (0u32..).zip(&trace.tracks) {
        walk(&radio, ue, track, trace.duration, &mut changes);
    }
    changes.sort_by_key(|c: &Change| (c.at, c.ue));
    Scenario { cells, sites, ues, duration: trace.duration, changes }
}

fn walk(radio: &Radio, ue: u32, track: &Track, duration: Duration, changes: &mut Vec<Change>) {
    let mut levels = Vec::new();
    let mut connection: Option<Handover> = None;
    let mut at = track.appears();
    while at <= duration {
        let Some((lon, lat)) = track.position(at) else {
            changes.extend(connection.is_some().then_some(Change { at, ue, to: None }));
            return;
        };
        radio.measure(lon, lat, connection.as_ref().map(Handover::serving), &mut levels);
        let to = match &mut connection {
            Some(connection) => connection.measured(at, &levels),
            None => strongest(&levels).map(|first| {
                connection = Some(Handover::new(first.cell));
                first.cell
            }),
        };
        changes.extend(to.map(|cell| Change { at, ue, to: Some(cell) }));
        at += radio::STEP;
    }
}

/// `imsi-`, the network and a running number that fills fifteen digits (TS 23.003 clause 2.2).
fn supis((mcc, mnc): (&str, &str), count: usize) -> Vec<Ue> {
    let width = 15usize.saturating_sub(mcc.len() + mnc.len());
    (1..=count).map(|n| Ue { supi: format!("imsi-{mcc}{mnc}{n:0width$}") }).collect()
}

fn validate(
    cells: &[Cell],
    sites: &[Site],
    trace: &Trace,
    (mcc, mnc): (&str, &str),
) -> Result<(), ScenarioError> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if mcc.len() != 3 || !(2..=3).contains(&mnc.len()) || !digits(mcc) || !digits(mnc) {
        return Err(ScenarioError::Plmn(mcc.to_owned(), mnc.to_owned()));
    }
    let missing =
        [(cells.is_empty(), "cells"), (sites.is_empty(), "sites"), (trace.tracks.is_empty(), "UEs")];
    if let Some((_, what)) = missing.into_iter().find(|(empty, _)| *empty) {
        return Err(ScenarioError::None(what));
    }
    let position =
        |what: String, lon, lat| check(lon, lat).map_err(|reason| ScenarioError::Position { what, reason });
    cells.iter().try_for_each(|c| position(format!("cell {}-{}-{}", c.mcc, c.mnc, c.nci), c.lon, c.lat))?;
    sites.iter().try_for_each(|s| position(format!("site {}", s.id), s.lon, s.lat))?;
    near("sites", cells, sites.iter().map(|s| (s.lon, s.lat)))?;
    near("UEs of the trace", cells, trace.tracks.iter().map(Track::start))
}

fn near(
    what: &'static str,
    cells: &[Cell],
    points: impl Iterator<Item = (f64, f64)>,
) -> Result<(), ScenarioError> {
    let places: Vec<_> = cells.iter().map(|c| place(c.lon, c.lat)).collect();
    let mut best = f64::INFINITY;
    for point in points {
        let here = place(point.0, point.1);
        best = places.iter().map(|cell| distance(here, *cell)).fold(best, f64::min);
        if best <= FAR_METERS {
            return Ok(());
        }
    }
    Err(ScenarioError::FarAway { what, kilometers: (best / 1000.0) as u64 })
}

/// The cells within a ball around the trace that is `KEEP_METERS` larger than it needs to be.
fn within_reach(cells: Vec<Cell>, trace: &Trace) -> Vec<Cell> {
    let points = || trace.tracks.iter().flat_map(|t| &t.fixes).map(|f| place(f.lon, f.lat));
    let count = points().count().max(1) as f64;
    let sum = points().fold([0.0; 3], |s, p| [s[0] + p[0], s[1] + p[1], s[2] + p[2]]);
    let centre = sum.map(|c| c / count);
    let radius = points().map(|p| distance(centre, p)).fold(0.0, f64::max) + KEEP_METERS;
    let near = |c: &Cell| distance(centre, place(c.lon, c.lat)) <= radius;
    if cells.iter().any(near) { cells.into_iter().filter(near).collect() } else { cells }
}

#[cfg(test)]
mod tests;
