//! The command line as a person meets it: what is printed where, and with which exit status.
#![allow(clippy::unwrap_used)]

#[path = "cli/evaluate.rs"]
mod evaluate;
#[path = "cli/operate.rs"]
mod operate;
#[path = "cli/tune.rs"]
mod tune;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const SITES: &str = r#"{"type":"FeatureCollection","features":[
  {"type":"Feature","properties":{"id":"west","name":"West"},"geometry":{"type":"Point","coordinates":[-8.61,41.15]}},
  {"type":"Feature","properties":{"id":"fiji","name":"Fiji"},"geometry":{"type":"Point","coordinates":[179.9,-17.8]}}
]}"#;
const CELLS: &str = "mcc,mnc,nci,tac,lon,lat\n268,01,000000010,000001,-8.6,41.16\n";

fn edgeroam(args: &[&str], input: &str) -> Output {
    with_variables(&[], args, input)
}

fn with_variables(variables: &[(&str, &str)], args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_edgeroam"))
        .args(args)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn written(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn nearest_ranks_sites_of_positions_and_cells_on_either_side_of_the_antimeridian() {
    let folder = tempfile::tempdir().unwrap();
    let sites = written(folder.path(), "sites.geojson", SITES);
    let cells = written(folder.path(), "cells.csv", CELLS);
    let asked = ["-8.61,41.15", "-179.9,-17.8", "268-01-000000010"];
    let args = ["nearest", "--json", "--k", "1", "--sites", &sites, "--cells", &cells];
    let output = edgeroam(&[&args[..], &asked].concat(), "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answers: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let queries: Vec<_> = answers.iter().map(|a| a["query"].as_str().unwrap()).collect();
    assert_eq!(queries, asked);
    let nearest: Vec<_> = answers.iter().map(|a| a["sites"][0]["id"].as_str().unwrap()).collect();
    assert_eq!(nearest, ["west", "fiji", "west"]);
    assert_eq!(answers[0]["sites"][0]["meters"], 0.0);
    // 0.2° of longitude at 17.8° south, across the antimeridian.
    let across = answers[1]["sites"][0]["meters"].as_f64().unwrap();
    assert!((21_150.0..21_250.0).contains(&across), "{across}");
}

#[test]
fn nearest_says_of_a_site_that_it_does_not_serve_the_position() {
    let folder = tempfile::tempdir().unwrap();
    let island = r#"{"type":"Feature","properties":{"site":"fiji"},"geometry":{"type":"Polygon",
      "coordinates":[[[177,-19],[180,-19],[180,-16],[177,-16],[177,-19]]]}},"#;
    let sites = SITES.replace("\"features\":[", &format!("\"features\":[{island}"));
    let sites = written(folder.path(), "sites.geojson", &sites);
    let asked = ["nearest", "--sites", &sites, "--k", "1", "179,-17", "-179,-17"];
    let output = edgeroam(&asked, "");
    let lines: Vec<_> =
        text(&output.stdout).lines().map(|line| line.ends_with("(outside its service area)")).collect();
    assert_eq!(lines, [false, true], "{}", text(&output.stdout));
    let output = edgeroam(&[&asked[..], &["--json"]].concat(), "");
    let outside: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(outside[0]["sites"][0].get("outside_area"), None);
    assert_eq!(outside[1]["sites"][0]["outside_area"], true);
}

#[test]
fn nearest_reads_queries_from_standard_input_and_tells_bad_ones_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let sites = written(folder.path(), "sites.geojson", SITES);
    let output = edgeroam(&["nearest", "--sites", &sites], "1,2\nnonsense\n3,95\n\n4,5\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 2);
    let said = text(&output.stderr);
    assert!(said.contains("line 2: `nonsense`"), "{said}");
    assert!(said.contains("line 3: `3,95`: latitude 95 is outside"), "{said}");
}

#[test]
fn options_may_follow_queries_and_a_cell_without_a_file_says_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let sites = written(folder.path(), "sites.geojson", SITES);
    let output = edgeroam(&["nearest", "--sites", &sites, "1,2", "--k", "2"], "");
    assert_eq!(text(&output.stdout).matches(" m").count(), 2);
    let output = edgeroam(&["nearest", "--sites", &sites, "268-01-000000010"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--cells FILE"));
}

#[test]
fn a_fresh_configuration_checks_out_and_a_broken_one_ends_with_64_and_every_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edgeroam.yaml");
    let file = path.to_str().unwrap();
    assert!(edgeroam(&["config", "init", file], "").status.success());
    let output = edgeroam(&["config", "check", file], "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("observe"));

    let broken = std::fs::read_to_string(&path).unwrap();
    let broken = broken.replace("site: north", "site: nowhere").replace("scope: per-ue", "scope: per-site");
    std::fs::write(&path, broken).unwrap();
    let output = edgeroam(&["all", "--config", file], "");
    assert_eq!(output.status.code(), Some(64));
    let said = text(&output.stderr);
    assert!(
        said.contains("nowhere") && said.contains("per-site") && said.contains("edgeroam.yaml"),
        "{said}"
    );
}

#[test]
fn files_that_cannot_be_read_are_named_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let broken = written(folder.path(), "sites.geojson", &SITES.replace("41.15", "141.15"));
    let output = edgeroam(&["nearest", "--sites", &broken, "1,2"], "");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("sites.geojson") && said.contains("latitude 141.15"), "{said}");
    let output = edgeroam(&["config", "check", "no/such.yaml"], "");
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("no/such.yaml"));
}

#[test]
fn a_variable_is_read_as_the_file_would_be_and_changes_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edgeroam.yaml");
    let file = path.to_str().unwrap();
    assert!(edgeroam(&["config", "init", file], "").status.success());
    let template = std::fs::read_to_string(&path).unwrap();
    let awkward =
        template.replace("\"000001\"", "000001").replace("core:\n", "core:\n  oauth2: on\n  http: 2\n");
    assert_ne!(awkward, template);
    std::fs::write(&path, &awkward).unwrap();
    let checked = |variables: &[(&str, &str)]| {
        let output = with_variables(variables, &["config", "check", file], "");
        assert!(output.status.success(), "{variables:?}: {}", text(&output.stderr));
        text(&output.stdout).to_owned()
    };
    let alone = checked(&[]);
    for variable in [
        ("EDGEROAM__LOG__LEVEL", "debug"),
        ("EDGEROAM__CORE__HTTP", "2"),
        ("EDGEROAM__CORE__OAUTH2", "off"),
        ("EDGEROAM__CORE__POLL__TIMEOUT", "20s"),
        ("EDGEROAM__CORE__AMFS", "[http://127.0.0.18:8000, http://127.0.0.19:8000]"),
        ("EDGEROAM__PLMN__MNC", "01"),
    ] {
        assert_eq!(checked(&[variable]), alone, "{variable:?}");
    }

    for (name, value, part) in [
        ("EDGEROAM__CORE__HTTP", "3", "expected one of 1.1, 2"),
        ("EDGEROAM__CORE__POLL__FACTOR", "0", "core.poll.factor: must be at least 1"),
        ("EDGEROAM__CELLS", "[{ nci: zz, site: north }]", "cells[0].nci"),
        ("EDGEROAM__CORE__AMFS__0", "http://127.0.0.18:8000", "a list"),
        ("EDGEROAM__CORE__NFR", "http://127.0.0.18:8000", "unknown field `nfr`"),
    ] {
        let output = with_variables(&[(name, value)], &["config", "check", file], "");
        assert_eq!(output.status.code(), Some(64), "{name}");
        let said = text(&output.stderr);
        assert!(said.contains(&format!("environment variable {name}: ")), "{said}");
        assert!(said.contains(part) && !said.contains("line 1"), "{said}");
    }
    let output = with_variables(&[("EDGEROAM__PLMN__MCC", "2x8")], &["config", "check", file], "");
    let said = text(&output.stderr);
    assert!(said.contains("edgeroam.yaml with EDGEROAM__PLMN__MCC laid over it: plmn: `2x8`"), "{said}");
}

#[test]
fn watch_without_a_bus_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let output = edgeroam(&["watch", "--bus", folder.path().join("bus").to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("no bus to watch in"), "{said}");
    assert_eq!(said.matches("No such file").count(), 1, "{said}");
}

#[cfg(feature = "testbed")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_core_probe_needs_only_core_and_deregisters_when_it_is_stopped() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let core = core_sim::CoreSim::start(core_sim::Config::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let yaml = format!("core:\n  nrf: {}\n  callback: {{ listen: 127.0.0.1:0 }}\n", core.nrf_url());
    let file = written(folder.path(), "edgeroam.yaml", &yaml);
    for signal in ["-INT", "-TERM"] {
        core.forget_requests();
        let probe = Command::new(env!("CARGO_BIN_EXE_edgeroam"))
            .args(["core", "probe", "--config", &file])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        for _ in 0..1_000 {
            if core.subscriptions(0) > 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        // One more while a poll is out: an empty core leaves it behind, and the probe deletes it.
        assert!(matches!(core.subscriptions(0), 1 | 2), "the probe never subscribed");
        assert!(Command::new("kill").args([signal, &probe.id().to_string()]).status().unwrap().success());
        let output = tokio::task::spawn_blocking(|| probe.wait_with_output()).await.unwrap().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("stopped before its end"), "{}", text(&output.stdout));
        let of_us = |method: &str| {
            let all = core.requests();
            all.iter()
                .filter(|s| s.method == method && s.path.starts_with("/nnrf-nfm/") && s.status < 300)
                .count()
        };
        assert_eq!((of_us("PUT"), of_us("DELETE"), core.subscriptions(0)), (1, 1, 0), "{signal}");
    }
}
