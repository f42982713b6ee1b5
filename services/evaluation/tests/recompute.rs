//! The figures again, from the two files and the sites alone, sample by sample; and what must hold of any traffic.
#![allow(clippy::unwrap_used)]

mod town;

use std::collections::BTreeMap;
use std::time::Duration;

use evaluation::{Figures, Settings};
use geo::{Distance as _, Geodesic, Point};
use proptest::prelude::*;
use town::{evaluated, events, standard, street};

const CELLS: [f64; 5] = [0.0, 0.011, 0.025, 0.038, 0.05];
const SITES: [(&str, f64); 3] = [("a", 0.001), ("b", 0.02), ("c", 0.049)];

/// What one UE's rows say: when, on which cell, at which longitude.
type Rows = Vec<(f64, Option<(String, f64)>)>;

#[derive(Debug, Default)]
struct Again {
    samples: u64,
    meters: f64,
    outside: u64,
    relocations: u64,
    ping_pongs: u64,
    wrong: u64,
    seconds: f64,
}

fn meters(lon: f64, site: &str) -> f64 {
    let to = SITES.iter().find(|(id, _)| *id == site).unwrap().1;
    Geodesic.distance(Point::new(lon, 0.0), Point::new(to, 0.0))
}

fn recomputed(rows: &str, decisions: &str, settings: &Settings) -> Again {
    let mut of: BTreeMap<&str, (Rows, Vec<Vec<&str>>)> = BTreeMap::new();
    for line in rows.lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let place = (!f[2].is_empty()).then(|| (f[2].to_owned(), f[3].parse().unwrap()));
        of.entry(f[0]).or_default().0.push((f[1].parse().unwrap(), place));
    }
    for line in decisions.lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        of.get_mut(f[0]).unwrap().1.push(f);
    }
    let mut again = Again::default();
    for (rows, decisions) in of.values() {
        again.ue(rows, decisions, settings);
    }
    again
}

impl Again {
    fn ue(&mut self, rows: &Rows, decisions: &[Vec<&str>], settings: &Settings) {
        let (start, end) = (rows[0].0, rows.last().unwrap().0);
        for pair in rows.windows(2) {
            self.seconds += if pair[0].1.is_some() { pair[1].0 - pair[0].0 } else { 0.0 };
        }
        for sample in 0.. {
            let now = start + f64::from(sample) * settings.sample.as_secs_f64();
            if now >= end && sample > 0 {
                break;
            }
            let here = rows.iter().rfind(|row| row.0 <= now).unwrap();
            let Some((_, lon)) = &here.1 else { continue };
            let site = decisions.iter().rfind(|d| d[1].parse::<f64>().unwrap() <= now).unwrap()[3];
            let meters = meters(*lon, site);
            self.samples += 1;
            self.meters += meters;
            self.outside += u64::from(meters > settings.budget_meters);
        }
        let mut last: Option<(&str, f64)> = None;
        for decision in decisions {
            let (now, from, to) = (decision[1].parse::<f64>().unwrap(), decision[2], decision[3]);
            if !to.is_empty() {
                let before = rows.iter().rfind(|row| row.0 < now);
                let mut cells = rows.iter().filter(|row| row.0 == now).chain(before);
                self.wrong +=
                    u64::from(!cells.any(|row| row.1.as_ref().is_some_and(|(_, lon)| nearest(*lon) == to)));
            }
            if from.is_empty() || to.is_empty() {
                last = None;
                continue;
            }
            self.relocations += 1;
            self.ping_pongs += u64::from(last.is_some_and(|(left, at)| left == to && now - at <= 60.0));
            last = Some((from, now));
        }
    }
}

fn nearest(lon: f64) -> &'static str {
    SITES.iter().min_by(|a, b| meters(lon, a.0).total_cmp(&meters(lon, b.0))).unwrap().0
}

/// Rows of a few UEs: who, how many quarter seconds after the row before, where. 5 is a cell that nobody knows, 6 is
/// gone.
fn traffic() -> impl Strategy<Value = String> {
    prop::collection::vec((0..4u8, 0..200u32, 0..7u8), 1..60).prop_map(|rows| {
        let mut now = -40.0;
        let mut table = String::new();
        for (ue, quarters, place) in rows {
            now += f64::from(quarters) * 0.25;
            let place = if place == 6 { "-".to_owned() } else { place.to_string() };
            table.push_str(&format!("ue{ue} {now} {place}\n"));
        }
        table
    })
}

fn settings() -> Settings {
    Settings {
        sample: Duration::from_millis(1_500),
        budget_meters: 1_000.0,
        linger: Duration::from_secs(30),
        ..Settings::default()
    }
}

fn close(found: Option<f64>, part: f64, whole: f64) -> bool {
    match found {
        Some(found) => (found - part / whole).abs() <= 1e-9 * (part / whole).abs().max(1.0),
        None => whole == 0.0,
    }
}

proptest! {
    #[test]
    fn the_files_give_the_same_figures_and_nothing_beats_the_optimum(table in traffic()) {
        let (network, events, settings) = (street(&CELLS, &SITES), events(&table), settings());
        let policies = standard();
        if evaluation::evaluate(&network, &events, &policies, &settings, &mut |_| ()).is_err() {
            prop_assert!(!table.lines().any(|line| line.ends_with(|c: char| ('0'..'5').contains(&c))));
            return Ok(());
        }
        let (report, rows, decisions) = evaluated(&network, &events, &policies, &settings);
        prop_assert_eq!(&evaluated(&network, &events, &policies, &settings), &(report.clone(), rows.clone(), decisions.clone()));

        let again = recomputed(&rows, &decisions, &settings);
        let default: &Figures = report.policies.iter().find(|figures| figures.is_default).unwrap();
        let (samples, moves) = (again.samples as f64, again.relocations as f64);
        let hours = again.seconds / 3_600.0;
        prop_assert_eq!((again.samples, again.relocations), (report.samples, default.relocations));
        prop_assert!(close(Some(default.cost_meters), again.meters + 3_000.0 * moves, 1.0));
        prop_assert!(close(default.mean_distance_meters, again.meters, samples));
        prop_assert!(close(default.relocations_per_ue_hour, moves, hours));
        prop_assert!(close(default.outside_budget_percent, 100.0 * again.outside as f64, samples));
        prop_assert!(close(Some(default.ping_pong_percent), 100.0 * again.ping_pongs as f64, moves.max(1.0)));
        prop_assert_eq!(default.wrong_targets, Some(again.wrong));

        let optimum = report.policies.last().unwrap();
        for figures in &report.policies {
            prop_assert!(figures.cost_meters >= optimum.cost_meters - 1e-6, "{}", figures.name);
            prop_assert_eq!(figures.distances.iter().map(|(_, count)| count).sum::<u64>(), report.samples);
        }
    }
}
