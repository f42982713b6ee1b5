//! Sites with limits: what is decided, and counting again from the files that are written.
#![allow(clippy::unwrap_used)]

mod town;

use std::collections::BTreeMap;
use std::time::Duration;

use evaluation::{Contender, Figures, Network, Report, Settings};
use geo::{Distance as _, Geodesic, Point};
use model::Policy;
use proptest::prelude::*;
use town::{DEGREE, events, limited, standard};

const CELLS: [f64; 3] = [0.0, 0.03, 0.04];

/// Report, `events.csv`, `decisions.csv`, `outside.csv`.
fn run(network: &Network, table: &str, policies: &[Contender], settings: &Settings) -> (Report, [String; 3]) {
    let events = events(table);
    let (report, dump) = evaluation::evaluate(network, &events, policies, settings, &mut |_| ()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    dump.write(folder.path()).unwrap();
    let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    (report, ["events.csv", "decisions.csv", "outside.csv"].map(read))
}

fn nearest() -> Vec<Contender> {
    vec![Contender { name: "nearest".into(), policy: Policy::Nearest }]
}

#[test]
fn the_nearest_site_with_room_is_right_and_who_lingers_takes_room() {
    let network = limited(&CELLS, &[("a", 0.0, Some(1)), ("b", 0.04, None)]);
    let table = "u 0 0\n w 1 0\n u 20 -\n w 100 1\n w 200 0\n w 340 1\n w 400 0\n w 420 -";
    let (report, [_, decisions, outside]) = run(&network, table, &nearest(), &Settings::default());
    // u lingers at a until 320 s; w comes there once it has gone.
    assert_eq!(
        decisions,
        "ue,time,from,to,trigger\nu,0,,a,first-placement\nw,1,,b,first-placement\nw,400,b,a,mobility\n"
    );
    assert_eq!(outside, "ue,time,from,to,trigger\nu,320,a,,ue-gone\n");
    assert_eq!((report.sites, report.limited_sites), (2, 1));
    let figures = &report.policies[0];
    assert_eq!((figures.wrong_targets, figures.capacity_violations), (Some(0), Some(0)));
    assert_eq!(figures.unserved_percent, Some(0.0));
    let optimum = report.policies.last().unwrap();
    assert_eq!((optimum.wrong_targets, optimum.capacity_violations), (None, None));
    // The optimum knows no limit: w is at a from the beginning, and at b for the time on cell 1 or not at all.
    assert!(optimum.cost_meters < figures.cost_meters);
}

#[test]
fn who_finds_no_room_anywhere_is_unserved_and_costs_a_relocation_a_sample() {
    let network = limited(&CELLS, &[("a", 0.0, Some(1))]);
    let settings = Settings { linger: Duration::from_secs(10), ..Settings::default() };
    let table = "u 0 0\n w 1 1\n u 20 -\n w 41 -";
    let (report, [_, decisions, _]) = run(&network, table, &nearest(), &settings);
    assert!(decisions.contains("w,30,,a,first-placement\n"), "{decisions}");
    // 10 samples of u; 20 of w at 1, 3 … 39 s, of which 15 are before it is placed.
    let figures = &report.policies[0];
    assert_eq!(report.samples, 30);
    assert_eq!((figures.unserved_percent, figures.outside_budget_percent), (Some(50.0), Some(20.0 / 0.3)));
    let far = 0.03 * DEGREE;
    assert!((figures.cost_meters - (20.0 * far + 15.0 * 3_000.0)).abs() < 1e-3, "{figures:?}");
    assert!((figures.mean_distance_meters.unwrap() - 5.0 * far / 15.0).abs() < 1e-3);
    assert_eq!(figures.distances.iter().map(|(_, count)| count).sum::<u64>(), 15);
    assert_eq!((figures.relocations, figures.wrong_targets), (0, Some(0)));
}

#[test]
fn without_limits_there_is_no_third_file() {
    let network = limited(&CELLS, &[("a", 0.0, None)]);
    let events = events("u 0 0\n u 9 -");
    let policies = standard();
    let settings = Settings::default();
    let (_, dump) = evaluation::evaluate(&network, &events, &policies, &settings, &mut |_| ()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    dump.write(folder.path()).unwrap();
    assert!(folder.path().join("decisions.csv").exists() && !folder.path().join("outside.csv").exists());
}

const STREET: [f64; 5] = [0.0, 0.011, 0.025, 0.038, 0.05];
const SITES: [(&str, f64); 3] = [("a", 0.001), ("b", 0.02), ("c", 0.049)];

fn meters(lon: f64, site: &str) -> f64 {
    let to = SITES.iter().find(|(id, _)| *id == site).unwrap().1;
    Geodesic.distance(Point::new(lon, 0.0), Point::new(to, 0.0))
}

/// What can be said from the files alone.
#[derive(Debug, Default)]
struct Again {
    violations: u64,
    /// Moves to a site although a nearer one had room before and after everything else of that time.
    wrong: u64,
    unserved: u64,
}

fn again(files: &[String; 3], limits: &[(&str, Option<u32>)], settings: &Settings) -> Again {
    let [rows, decisions, outside] = files;
    let fields = |text: &str| -> Vec<Vec<String>> {
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let seconds = |row: &[String]| row[1].parse::<f64>().unwrap();
    let (rows, own) = (fields(rows), fields(decisions));
    let mut all: Vec<Vec<String>> = [own.clone(), fields(outside)].concat();
    all.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    let mut again = Again::default();
    let mut holds: BTreeMap<&str, i64> = BTreeMap::new();
    for turn in all.chunk_by(|a, b| seconds(a) == seconds(b)) {
        let before = holds.clone();
        for row in turn {
            for (site, by) in [(&row[2], -1), (&row[3], 1)] {
                *holds.entry(site.as_str()).or_default() += by;
            }
        }
        let count = |holds: &BTreeMap<&str, i64>, site: &str| holds.get(site).copied().unwrap_or_default();
        let limit = |most: Option<u32>| most.map_or(i64::MAX, i64::from);
        for (site, most) in limits {
            let came = turn.iter().filter(|row| row[3] == *site).count() as i64;
            let over = count(&holds, site).saturating_sub(limit(*most)).max(0);
            again.violations += came.min(over) as u64;
        }
        for row in turn.iter().filter(|row| !row[3].is_empty()) {
            let now = seconds(row);
            let own = rows.iter().filter(|other| other[0] == row[0] && seconds(other) <= now);
            let mut places: Vec<_> =
                own.filter_map(|row| Some((seconds(row), row[3].parse().ok()?))).collect();
            // Of several places at one time any may be the one that it was decided on.
            let since = places.last().map_or(now, |(at, _): &(f64, f64)| *at);
            places.retain(|(at, _)| *at == since);
            let room = |site: &str, most: Option<u32>| {
                count(&before, site) < limit(most) && count(&holds, site) < limit(most)
            };
            let nearer = |lon: f64, site: &str| meters(lon, site) < meters(lon, &row[3]);
            let wrong = |lon: f64| limits.iter().any(|(site, most)| nearer(lon, site) && room(site, *most));
            again.wrong += u64::from(!places.is_empty() && places.iter().all(|(_, lon)| wrong(*lon)));
        }
    }
    let mut ues: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    ues.dedup();
    for ue in ues {
        let of = |all: &'_ [Vec<String>]| all.iter().filter(|row| row[0] == ue).cloned().collect::<Vec<_>>();
        let (rows, own) = (of(&rows), of(&own));
        let (start, end) = (seconds(&rows[0]), seconds(rows.last().unwrap()));
        for sample in 0.. {
            let now = start + f64::from(sample) * settings.sample.as_secs_f64();
            if now >= end && sample > 0 {
                break;
            }
            let there = !rows.iter().rfind(|row| seconds(row) <= now).unwrap()[2].is_empty();
            let site = own.iter().rfind(|row| seconds(row) <= now).map(|row| row[3].clone());
            again.unserved += u64::from(there && site.is_none_or(|site| site.is_empty()));
        }
    }
    again
}

/// Rows of some UEs: who, how many quarter seconds after the row before, where; 5 is gone.
fn traffic() -> impl Strategy<Value = String> {
    prop::collection::vec((0..6u8, 0..160u32, 0..6u8), 2..80).prop_map(|rows| {
        let mut now = 0.0;
        let mut table = String::from("ue0 0 0\n");
        for (ue, quarters, place) in rows {
            now += f64::from(quarters) * 0.25;
            let place = if place == 5 { "-".to_owned() } else { place.to_string() };
            table.push_str(&format!("ue{ue} {now} {place}\n"));
        }
        table
    })
}

proptest! {
    #[test]
    fn limits_are_kept_targets_are_right_and_the_optimum_is_never_dearer(
        table in traffic(),
        most in prop::collection::vec(prop::option::of(0..3u32), 3),
        policy in 0..3usize,
    ) {
        let sites: Vec<_> = SITES.iter().zip(&most).map(|((id, lon), most)| (*id, *lon, *most)).collect();
        let limits: Vec<_> = sites.iter().map(|(id, _, most)| (*id, *most)).collect();
        let network = limited(&STREET, &sites);
        let settings = Settings { linger: Duration::from_secs(30), ..Settings::default() };
        let policies = standard();
        let (report, files) = run(&network, &table, &policies[policy..=policy], &settings);
        let figures: &Figures = &report.policies[0];
        let again = again(&files, &limits, &settings);
        prop_assert_eq!(figures.capacity_violations, Some(again.violations));
        prop_assert_eq!((again.violations, again.wrong, figures.wrong_targets), (0, 0, Some(0)));
        let unserved = 100.0 * again.unserved as f64 / report.samples as f64;
        prop_assert!((figures.unserved_percent.unwrap() - unserved).abs() < 1e-9);
        prop_assert!(figures.cost_meters >= report.policies[1].cost_meters - 1e-6);
    }
}
