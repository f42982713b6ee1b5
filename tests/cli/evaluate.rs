//! `edgeroam evaluate` as a person meets it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{edgeroam, text, written};

const SITES: &str = "id,lon,lat\nwest,7.40,43.73\nmiddle,7.42,43.73\neast,7.44,43.73\n";
const CELLS: &str = "mcc,mnc,nci,lon,lat\n\
    001,01,000000001,7.401,43.73\n001,01,000000002,7.412,43.735\n\
    001,01,000000003,7.425,43.728\n001,01,00000000a,7.439,43.731\n";

/// A folder with sites, cells and events.
pub(super) struct Case {
    pub(super) folder: tempfile::TempDir,
    pub(super) files: [String; 3],
}

pub(super) fn case(events: &str) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let files = [("sites.csv", SITES), ("cells.csv", CELLS), ("events.csv", events)]
        .map(|(name, content)| written(folder.path(), name, content));
    Case { folder, files }
}

/// Three people who go from west to east and back, each in another rhythm.
pub(super) fn walks() -> String {
    let mut rows = String::from("ue,time,mcc,mnc,nci\n");
    for (ue, pace) in [("imsi-001010000000001", 17.0), ("bus 7", 43.5), ("Zoë", 88.25)] {
        for (step, nci) in ["000000001", "000000002", "000000003", "00000000A", "000000003", "000000002"]
            .iter()
            .cycle()
            .take(20)
            .enumerate()
        {
            rows.push_str(&format!("{ue},{},001,01,{nci}\n", 1_000.0 + pace * step as f64));
        }
        rows.push_str(&format!("{ue},{},,,\n", 1_000.0 + pace * 20.0));
    }
    rows
}

impl Case {
    fn evaluate(&self, more: &[&str]) -> std::process::Output {
        let [sites, cells, events] = &self.files;
        let args = ["evaluate", "--sites", sites, "--cells", cells, "--events", events];
        edgeroam(&[&args[..], more].concat(), "")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[test]
fn the_last_line_is_json_that_can_be_computed_again_from_the_files_alone() {
    let case = case(&walks());
    let dump = case.path("dump");
    let args = ["--json", "--sample", "3s", "--relocation-cost", "800", "--budget", "0.5km", "--dump"];
    let args = [&args[..], &[dump.to_str().unwrap()]].concat();
    let output = case.evaluate(&args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    assert!(text(&output.stderr).contains("cost / optimum"));
    let report: Value = serde_json::from_str(text(&output.stdout)).unwrap();
    let policies = report["policies"].as_array().unwrap();
    let names: Vec<_> = policies.iter().map(|p| p["name"].as_str().unwrap()).collect();
    for name in ["nearest", "threshold", "never", "optimum"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let default = policies.iter().find(|p| p["default"] == true).unwrap();
    assert_eq!(default["wrong_targets"], 0);

    let again = recomputed(&dump, &case.files[0]);
    assert_eq!(report["input"]["samples"], again.samples);
    assert_eq!(default["relocations"], again.relocations);
    assert!(again.relocations > 0);
    let cost = again.meters + 800.0 * again.relocations as f64;
    assert!((default["cost_meters"].as_f64().unwrap() - cost).abs() < 1e-3, "{default} {cost}");
    let optimum = policies.iter().find(|p| p["name"] == "optimum").unwrap()["cost_meters"].as_f64().unwrap();
    let ratio = default["cost_over_optimum"].as_f64().unwrap();
    assert!((ratio - cost / optimum).abs() < 1e-6);

    let files = || ["events.csv", "decisions.csv"].map(|name| std::fs::read(dump.join(name)).unwrap());
    let (first, before) = (output.stdout, files());
    let output = case.evaluate(&args);
    assert_eq!((output.stdout, files()), (first, before), "two runs differ");
}

#[derive(Debug, Default)]
struct Again {
    samples: u64,
    meters: f64,
    relocations: u64,
}

/// The cost of the default policy, sample by sample; distances as `edgeroam nearest` tells them.
fn recomputed(dump: &Path, sites: &str) -> Again {
    let rows = |name: &str| -> BTreeMap<String, Vec<Vec<String>>> {
        let content = std::fs::read_to_string(dump.join(name)).unwrap();
        let mut of: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for line in content.lines().skip(1) {
            let fields: Vec<String> = line.split(',').map(str::to_owned).collect();
            of.entry(fields[0].clone()).or_default().push(fields);
        }
        of
    };
    let (events, decisions) = (rows("events.csv"), rows("decisions.csv"));
    assert!(events.contains_key("Zoë") && decisions.contains_key("bus 7"));
    let mut again = Again::default();
    let mut distances: BTreeMap<String, Value> = BTreeMap::new();
    let seconds = |row: &[String]| row[1].parse::<f64>().unwrap();
    for (ue, rows) in &events {
        let own = &decisions[ue];
        again.relocations += own.iter().filter(|d| !d[2].is_empty() && !d[3].is_empty()).count() as u64;
        let (mut now, end) = (seconds(&rows[0]), seconds(rows.last().unwrap()));
        while now < end {
            let here = rows.iter().rfind(|row| seconds(row) <= now).unwrap();
            let site = &own.iter().rfind(|row| seconds(row) <= now).unwrap()[3];
            let place = format!("{},{}", here[3], here[4]);
            let ranked = distances.entry(place.clone()).or_insert_with(|| {
                let output = edgeroam(&["nearest", "--json", "--k", "9", "--sites", sites, &place], "");
                serde_json::from_str::<Value>(text(&output.stdout)).unwrap()["sites"].clone()
            });
            let ranked = ranked.as_array().unwrap();
            let meters = ranked.iter().find(|s| s["id"] == site.as_str()).unwrap()["meters"].as_f64();
            again.meters += meters.unwrap();
            again.samples += 1;
            now += 3.0;
        }
    }
    again
}

#[test]
fn policies_of_files_are_compared_under_the_names_of_their_files() {
    let case = case(&walks());
    let mine = written(
        case.folder.path(),
        "patient.yaml",
        "policy:\n  threshold: {margin: 0m, time_to_trigger: 40s, minimum_stay: 1m}\n",
    );
    let output = case.evaluate(&["--policy", &mine]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.contains("│ patient") && table.contains("decisions of patient: "), "{table}");
    assert!(!text(&output.stderr).contains("cost / optimum"));

    let broken = written(case.folder.path(), "broken.yaml", "policy: best\n");
    let output = case.evaluate(&["--policy", &broken]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("broken.yaml: line 1, column 9: ") && said.contains("`best` is no policy"),
        "{said}"
    );
    let taken = written(case.folder.path(), "optimum.yaml", "policy: nearest\n");
    let output = case.evaluate(&["--policy", &taken]);
    assert!(text(&output.stderr).contains("there is a policy `optimum` already: rename the file"));
    let output = case.evaluate(&["--policy", &mine, "--policy", &mine]);
    assert!(text(&output.stderr).contains("`patient` already"));
}

#[test]
fn broken_rows_and_unknown_cells_are_told_and_the_rest_is_used() {
    let events = format!("{}eve,oops,001,01,000000001\neve,1,001,01,000000999\n", walks());
    let case = case(&events);
    let output = case.evaluate(&[]);
    assert!(output.status.success());
    let said = text(&output.stderr);
    let line = events.lines().count() - 1;
    assert!(said.contains(&format!("events.csv:{line}: time `oops` is not a number")), "{said}");
    assert!(said.contains("1 of 64 events are on 1 cells that are not among the cells; 1 UEs"), "{said}");
}

#[test]
fn what_cannot_be_used_is_named_with_the_reason_and_exit_status_1() {
    let case_of = |events: &str| {
        let output = case(events).evaluate(&[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        text(&output.stderr).to_owned()
    };
    assert!(case_of("").contains("events.csv:1: the file is empty"));
    assert!(case_of("ue,at,mcc,mnc,nci\n").contains("events.csv:1: `at` is no column that is known"));
    let strangers = case_of("ue,time,mcc,mnc,nci\nu,1,001,001,000000001\n");
    assert!(strangers.contains("do the files belong together"), "{strangers}");

    let case = case(&walks());
    for (option, value) in [("--sample", "0s"), ("--budget", "-1"), ("--relocation-cost", "much")] {
        let output = case.evaluate(&[&format!("{option}={value}")]);
        assert_eq!(output.status.code(), Some(2), "{option}");
        assert!(
            text(&output.stderr).contains("write it like") || text(&output.stderr).contains("microsecond")
        );
    }
    let [sites, cells, _] = &case.files;
    let output = edgeroam(&["evaluate", "--sites", sites, "--cells", cells], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--events"));
}

#[test]
fn a_limit_of_instances_is_kept_and_who_finds_no_room_is_told() {
    let case = case(&walks());
    let sites = SITES.replace("lat\n", "lat,max_instances\n").replace("43.73\n", "43.73,1\n");
    let sites =
        written(case.folder.path(), "small.csv", &sites.replace("east,7.44,43.73,1", "east,7.44,43.73,0"));
    let [_, cells, events] = &case.files;
    let dump = case.path("dump");
    let args = ["evaluate", "--json", "--sites", &sites, "--cells", cells, "--events", events, "--dump"];
    let output = edgeroam(&[&args[..], &[dump.to_str().unwrap()]].concat(), "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("3 sites (3 with a limit of instances)"),
        "{}",
        text(&output.stderr)
    );
    let report: Value = serde_json::from_str(text(&output.stdout)).unwrap();
    assert_eq!(report["input"]["limited_sites"], 3);
    let policies = report["policies"].as_array().unwrap();
    for policy in policies.iter().filter(|policy| policy["name"] != "optimum") {
        assert_eq!((&policy["capacity_violations"], &policy["wrong_targets"]), (&0.into(), &0.into()));
        // Two places for three people who are there at the same time.
        assert!(policy["unserved_percent"].as_f64().unwrap() > 5.0, "{policy}");
    }
    let outside = std::fs::read_to_string(dump.join("outside.csv")).unwrap();
    assert!(outside.contains(",ue-gone\n"), "{outside}");
}

#[test]
fn a_page_is_written_where_one_is_asked_for() {
    let case = case(&walks());
    let page = case.path("report.html");
    let output = case.evaluate(&["--html", page.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("threshold"));
    let nowhere = case.path("no/such/report.html");
    let output = case.evaluate(&["--html", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("report.html: No such file"), "{}", text(&output.stderr));
}

/// The JSON object of a run with this source.
fn report(case: &Case, source: &[&str]) -> Value {
    let [sites, cells, _] = &case.files;
    let args = ["evaluate", "--json", "--sites", sites, "--cells", cells];
    let output = edgeroam(&[&args[..], source].concat(), "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_str(text(&output.stdout)).unwrap()
}

#[tokio::test]
async fn what_a_bus_recorded_gives_the_figures_that_the_same_events_give_from_a_file() {
    use bus::Bus as _;
    let case = case(&walks().replace("bus 7", "nai-bus@7").replace("Zoë", "imsi-001010000000002"));
    let mut lines: Vec<Vec<String>> = std::fs::read_to_string(&case.files[2])
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect();
    let micros = |line: &[String]| (line[1].parse::<f64>().unwrap() * 1e6) as u64;
    lines.sort_by_key(|line| micros(line));
    let record = |line: Vec<String>| {
        let change = match line[4].as_str() {
            "" => serde_json::json!({"kind": "gone"}),
            nci => serde_json::json!({"kind": "location", "cell": format!("001-01-{nci}")}),
        };
        let event = serde_json::json!({
            "supi": line[0], "observed_at": micros(&line), "source": "poll", "change": change,
        });
        bus::Record { key: line[0].as_str().into(), id: None, data: event.to_string().into() }
    };
    let folder = case.path("bus");
    let bus = bus::embedded::EmbeddedBus::open(&folder, bus::embedded::Config::default()).unwrap();
    let broken = bus::Record { key: "x".into(), id: None, data: "{}".into() };
    let records = lines.into_iter().map(record).chain([broken]).collect();
    bus.publish(model::Stream::UeEvents, records).await.unwrap();
    // While the bus is open, and as it is left.
    let events = report(&case, &["--events", &case.files[2]]);
    let folder = folder.to_str().unwrap();
    assert_eq!(report(&case, &["--recorded", folder]), events);
    bus.close().await;
    drop(bus);
    assert_eq!(report(&case, &["--recorded", folder]), events);

    let [sites, cells, _] = &case.files;
    let output = edgeroam(&["evaluate", "--sites", sites, "--cells", cells, "--recorded", "no/such"], "");
    assert!(text(&output.stderr).contains("no bus in no/such"), "{}", text(&output.stderr));
}

#[cfg(feature = "testbed")]
#[test]
fn a_trace_goes_through_the_radio_model_and_its_seed_makes_it_repeatable() {
    let mut fixes = String::from("ue,time,lat,lon\n");
    for second in 0..200 {
        fixes.push_str(&format!("tram,{second},43.731,{}\n", 7.40 + f64::from(second) * 0.0002));
    }
    let case = case(&walks());
    let trace = written(case.folder.path(), "trace.csv", &fixes);
    let seeded = |seed: &str| report(&case, &["--trace", &trace, "--seed", seed]);
    let first = seeded("1");
    assert_eq!(first["input"]["ues"], 1);
    assert_eq!(first["input"]["samples"], 100);
    assert!(first["input"]["events"].as_u64().unwrap() > 3, "{first}");
    assert_eq!(seeded("1"), first);
    assert_eq!(report(&case, &["--trace", &trace]), first);
    let dump = case.path("dump");
    report(&case, &["--trace", &trace, "--dump", dump.to_str().unwrap()]);
    let rows = std::fs::read_to_string(dump.join("events.csv")).unwrap();
    assert!(rows.lines().nth(1).unwrap().starts_with("tram,0,001-01-000000001,"), "{rows}");
}
