//! Files of sites and cells, good and broken, as operators have them.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use catalogue::read::{self, CellDefaults, Notes, ReadError};
use catalogue::{Catalogue, Section};
use flate2::Compression;
use flate2::write::GzEncoder;
use model::{Cell, Pin, PlmnId, Site};
use tempfile::TempDir;

fn plmn() -> CellDefaults {
    CellDefaults { plmn: Some(PlmnId::new("208", "93").unwrap()), tac: Some("000001".parse().unwrap()) }
}

fn write(name: &str, content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, content).unwrap();
    (dir, path)
}

fn cells(content: impl AsRef<[u8]>) -> Result<(Vec<Cell>, Notes), ReadError> {
    let (_dir, path) = write("cells.csv", content);
    read::cells(&path, CellDefaults::default())
}

fn sites(content: impl AsRef<[u8]>) -> Result<(Vec<Site>, Notes), ReadError> {
    let (_dir, path) = write("sites.geojson", content);
    read::sites(&path, Some("edge"))
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

const CSV: &str = "mcc,mnc,nci,tac,lon,lat
208,93,0x000000010,000001,2.35,48.85
208,93,000000020,000002,2.36,48.86
208,93,30,,2.37,48.87
";

const GEOJSON: &str = r#"{
  "type": "FeatureCollection",
  "features": [
    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2.35, 48.85]},
     "properties": {"id": "louvre", "name": "Le Louvre", "provider": "p", "cluster": "c1", "ingress": "10.0.0.1"}},
    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2.36, 48.86, 35.0]},
     "properties": {"id": "bastille"}},
    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2.37, 48.87]}, "properties": {"id": 7}}
  ]
}"#;

#[test]
fn a_table_of_cells_is_read() {
    let (cells, notes) = cells(CSV).unwrap();
    let ids: Vec<_> = cells.iter().map(|c| c.id.to_string()).collect();
    assert_eq!(ids, ["208-93-000000010", "208-93-000000020", "208-93-000000030"]);
    assert_eq!(cells[1].tai.unwrap().to_string(), "208-93-000002");
    assert_eq!(cells[2].tai, None);
    let Pin::Position(position) = &cells[0].pin else { panic!("a position") };
    assert_eq!((position.lon(), position.lat()), (2.35, 48.85));
    assert_eq!((notes.rows, notes.used, notes.broken), (3, 3, 0));
}

#[test]
fn columns_come_in_any_order_with_quotes_and_comments() {
    let text = "# made by hand\nlat,lon,nci\n\"48.85\", 2.35 ,\"10\"\n\n# the end\n";
    let (_dir, path) = write("cells.csv", text);
    let (cells, _) = read::cells(&path, plmn()).unwrap();
    assert_eq!(cells[0].id.to_string(), "208-93-000000010");
    assert_eq!(cells[0].tai.unwrap().to_string(), "208-93-000001");
    let Pin::Position(position) = &cells[0].pin else { panic!("a position") };
    assert_eq!((position.lon(), position.lat()), (2.35, 48.85));
}

#[test]
fn sites_are_read_from_geojson() {
    let (sites, notes) = sites(GEOJSON).unwrap();
    let shown: Vec<_> = sites
        .iter()
        .map(|s| format!("{} {} {}/{} {:?}", s.id, s.name, s.cluster.provider, s.cluster.cluster, s.ingress))
        .collect();
    assert_eq!(
        shown,
        [
            "louvre Le Louvre p/c1 Some(\"10.0.0.1\")",
            "bastille bastille edge/bastille None",
            "7 7 edge/7 None"
        ]
    );
    assert_eq!(notes.used, 3);
}

#[test]
fn bom_crlf_and_gzip_are_harmless() {
    for (csv, geojson) in [
        (format!("\u{feff}{CSV}"), format!("\u{feff}{GEOJSON}")),
        (CSV.replace('\n', "\r\n"), GEOJSON.replace('\n', "\r\n")),
    ] {
        assert_eq!(cells(&csv).unwrap().0.len(), 3);
        assert_eq!(sites(&geojson).unwrap().0.len(), 3);
        assert_eq!(cells(gzip(csv.as_bytes())).unwrap().0.len(), 3);
        assert_eq!(sites(gzip(geojson.as_bytes())).unwrap().0.len(), 3);
    }
}

/// Each broken file, and what its message must say besides the file's name.
#[test]
fn a_broken_table_gets_file_line_and_reason() {
    let whole = gzip(CSV.repeat(100).as_bytes());
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(CSV.bytes().flat_map(|b| [b, 0])).collect();
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("truncated gzip", whole[..whole.len() / 2].to_vec(), &["truncated"]),
        ("gzip of ten bytes", whole[..10].to_vec(), &["truncated"]),
        ("damaged gzip", damaged, &["gzip"]),
        ("latitude over 90", CSV.replace("48.86", "98.86").into(), &[":3:", "latitude 98.86", "-90..90"]),
        ("swapped columns", CSV.replace("2.36,48.86", "48.86,144.9").into(), &[":3:", "swapped"]),
        ("longitude over 180", CSV.replace("2.36", "182.36").into(), &[":3:", "longitude 182.36"]),
        ("NaN", CSV.replace("48.86", "NaN").into(), &[":3:", "not a finite number"]),
        ("no number", CSV.replace("48.86", "48,86").into(), &[":3:", "7 fields", "has 6"]),
        ("a word for a number", CSV.replace("48.86", "north").into(), &[":3:", "lat `north`"]),
        ("duplicate id", CSV.replace("000000020", "10").into(), &[":3:", "duplicate id", "line 2"]),
        ("bad nci", CSV.replace("000000020", "00000002g").into(), &[":3:", "nci"]),
        ("bad tac", CSV.replace("000002", "2").into(), &[":3:", "tac"]),
        ("bad mnc", CSV.replace("208,93,000000020", "208,9,000000020").into(), &[":3:", "mnc"]),
        ("empty mcc", CSV.replace("208,93,000000020", ",93,000000020").into(), &[":3:", "`mcc` is empty"]),
        ("no header", CSV.split_once('\n').unwrap().1.into(), &[":1:", "header", "mcc,mnc,nci,tac,lon,lat"]),
        ("unknown column", CSV.replace("tac,lon", "area,lon").into(), &[":1:", "`area`"]),
        ("missing column", CSV.replace(",lat", "").into(), &[":1:", "`lat` is missing"]),
        ("semicolons", CSV.replace(',', ";").into(), &[":1:", "commas"]),
        ("CR only", CSV.replace('\n', "\r").into(), &[":1:", "CR only"]),
        ("UTF-16", utf16, &[":1:", "UTF-16"]),
        ("Latin-1", CSV.replace("000002", "\u{e9}").chars().map(|c| c as u8).collect(), &[":3:", "UTF-8"]),
        ("empty", Vec::new(), &["empty"]),
        ("header only", "mcc,mnc,nci,tac,lon,lat\n".into(), &["no cells"]),
        ("GeoJSON", GEOJSON.into(), &["GeoJSON", "CSV"]),
        ("XML", "<?xml version=\"1.0\"?>".into(), &["SUMO"]),
    ];
    for (what, content, parts) in cases {
        let error = cells(content).expect_err(what).to_string();
        for part in [&["cells.csv"], parts].concat() {
            assert!(error.contains(part), "{what}: `{part}` is not in: {error}");
        }
    }
}

#[test]
fn broken_geojson_gets_file_line_and_reason() {
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("latitude over 90", GEOJSON.replace("48.86,", "98.86,"), &[":6:", "latitude 98.86"]),
        ("swapped", GEOJSON.replace("2.36, 48.86,", "48.86, 142.36,"), &[":6:", "swapped"]),
        ("NaN", GEOJSON.replace("48.86,", "NaN,"), &[":6:", "JSON has no NaN"]),
        ("duplicate id", GEOJSON.replace("bastille", "louvre"), &[":6:", "duplicate id `louvre`", "line 4"]),
        ("no id", GEOJSON.replace("\"id\": 7", "\"name\": \"x\""), &[":8:", "properties.id"]),
        ("bad id", GEOJSON.replace("bastille", "la bastille"), &[":6:", "la bastille"]),
        ("one coordinate", GEOJSON.replace("[2.37, 48.87]", "[2.37]"), &[":8:"]),
        ("text for a coordinate", GEOJSON.replace("[2.37, 48.87]", "[\"a\", 1]"), &[":8:"]),
        (
            "null geometry",
            GEOJSON.replace("{\"type\": \"Point\", \"coordinates\": [2.37, 48.87]}", "null"),
            &[":8:", "no geometry"],
        ),
        ("cut off", GEOJSON[..GEOJSON.len() / 2].to_owned(), &["truncated"]),
        ("missing comma", GEOJSON.replace("\"bastille\"}},", "\"bastille\"}}"), &[":8:"]),
        (
            "a bare Feature",
            r#"{"type": "Feature", "geometry": null, "properties": {}}"#.into(),
            &["FeatureCollection"],
        ),
        ("no features", r#"{"type": "FeatureCollection"}"#.into(), &["no `features`"]),
        ("none at all", r#"{"type": "FeatureCollection", "features": []}"#.into(), &["no sites"]),
        (
            "another reference system",
            GEOJSON.replace(
                "\"features\"",
                "\"crs\": {\"properties\": {\"name\": \"EPSG:2154\"}}, \"features\"",
            ),
            &["WGS 84", "2154"],
        ),
        ("a table of cells", CSV.into(), &[":1:", "`id` is missing", "cells"]),
        ("XML", "<gpx/>".into(), &["GPX", "GeoJSON", "CSV of sites"]),
    ];
    for (what, content, parts) in cases {
        assert_ne!(content, GEOJSON, "{what}: the replacement bites");
        let error = sites(content).expect_err(what).to_string();
        for part in [&["sites.geojson"], parts].concat() {
            assert!(error.contains(part), "{what}: `{part}` is not in: {error}");
        }
    }
}

#[test]
fn sites_without_a_cluster_ask_for_one() {
    let (_dir, path) = write("sites.geojson", GEOJSON);
    let error = read::sites(&path, None).unwrap_err().to_string();
    assert!(error.contains("bastille") && error.contains("`provider`"), "{error}");
}

#[test]
fn features_that_are_no_points_are_counted() {
    let area = r#"{"type": "Feature", "properties": {"id": "a"},
        "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},"#;
    let (sites, notes) =
        sites(GEOJSON.replace("\"features\": [", &format!("\"features\": [{area}"))).unwrap();
    assert_eq!((sites.len(), notes.skipped.get("Polygon")), (3, Some(&1)));
    assert!(notes.to_string().contains("skipped 1 Polygon"), "{notes}");
}

/// A table of `rows` cells in which every `every`th row is broken.
fn huge(rows: u32, every: u32) -> String {
    let mut text = String::from("mcc,mnc,nci,tac,lon,lat\n");
    for row in 0..rows {
        let lat = if row % every == every - 1 { "94.5" } else { "48.5" };
        text.push_str(&format!("208,93,{row:09x},000001,2.35,{lat}\n"));
    }
    text
}

#[test]
fn a_broken_row_in_a_huge_file_is_counted_reported_and_skipped() {
    let (cells, notes) = cells(huge(10_000, 500)).unwrap();
    assert_eq!((cells.len(), notes.broken, notes.rows), (9_980, 20, 10_000));
    assert_eq!(notes.first_broken.len(), 10);
    // The header is line 1, so row 499 is on line 501.
    assert_eq!(notes.first_broken[0].line, 501);
    let shown = notes.to_string();
    assert!(shown.contains("20 broken rows") && shown.contains("line 501: latitude 94.5"), "{shown}");
}

#[test]
fn a_file_that_is_mostly_broken_is_refused() {
    assert!(cells(huge(1_000, 2)).is_ok(), "half of it may be broken");
    let error = cells(huge(1_000, 1)).unwrap_err();
    assert!(matches!(&error, ReadError::Broken { broken: 1_000, first, .. } if first.len() == 10), "{error}");
}

#[test]
fn a_broken_feature_in_a_huge_collection_costs_only_itself() {
    let feature = |i: u32, lat: f64| {
        format!(
            "{{\"type\": \"Feature\", \"geometry\": {{\"type\": \"Point\", \"coordinates\": [2.0, {lat}]}}, \
             \"properties\": {{\"id\": \"s{i}\"}}}}"
        )
    };
    let list: Vec<_> = (0..500).map(|i| feature(i, if i == 250 { 91.0 } else { 48.0 })).collect();
    let text = format!("{{\"type\": \"FeatureCollection\", \"features\": [\n{}\n]}}", list.join(",\n"));
    let (sites, notes) = sites(text).unwrap();
    assert_eq!((sites.len(), notes.broken, notes.first_broken[0].line), (499, 1, 252));
}

#[test]
fn a_hostile_file_ends_in_an_error() {
    let deep = format!("{{\"type\": \"FeatureCollection\", \"features\": [{}", "[".repeat(1 << 20));
    assert!(sites(&deep).unwrap_err().to_string().contains("truncated"));
    let closed = format!("{deep}{}]}}", "]".repeat(1 << 20));
    assert!(matches!(sites(closed).unwrap_err(), ReadError::Broken { .. }));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::copy(&mut std::io::repeat(0).take(300 << 20), &mut encoder).unwrap();
    let mut zeros = encoder.finish().unwrap();
    assert!(
        matches!(cells(&zeros).unwrap_err(), ReadError::TooLarge { .. }),
        "a small file that unpacks to a large one"
    );
    zeros.truncate(100);
    assert!(matches!(cells(&zeros).unwrap_err(), ReadError::Gzip { .. }));
}

#[test]
fn a_file_that_is_not_there_or_a_directory_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().join("none.csv"), dir.path().to_path_buf()] {
        let error = read::cells(&path, CellDefaults::default()).unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}

fn load(dir: &Path, yaml: &str) -> Result<Catalogue, String> {
    let section: Section = serde_saphyr::from_str(yaml).unwrap();
    catalogue::load(&section, dir)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

#[test]
fn files_and_inline_entries_go_together() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("sites.geojson"), GEOJSON).unwrap();
    fs::write(dir.path().join("cells.csv"), CSV).unwrap();
    let yaml = "
sites:
  - {file: sites.geojson, provider: edge}
  - {id: depot, at: {lon: 2.3, lat: 48.8}, cluster: {provider: edge, cluster: depot}}
cells:
  - {file: cells.csv}
  - {mcc: 208, mnc: 93, nci: 0x40, site: depot}
";
    let made = load(dir.path(), yaml).unwrap();
    assert_eq!((made.sites.len(), made.cells.len(), made.files.len()), (4, 4, 2));
    let single =
        load(dir.path(), "sites: {file: sites.geojson, provider: edge}\ncells: {file: cells.csv}\n").unwrap();
    assert_eq!((single.sites.len(), single.cells.len()), (3, 3));
    let twice = load(dir.path(), &yaml.replace("0x40", "0x30")).unwrap_err();
    assert!(twice.contains("duplicate id: cell 208-93-000000030"), "{twice}");
}

#[test]
fn swapped_columns_are_noticed_where_both_are_valid_numbers() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("sites.geojson"), GEOJSON).unwrap();
    fs::write(dir.path().join("cells.csv"), CSV.replace("lon,lat", "lat,lon")).unwrap();
    let yaml = "sites: {file: sites.geojson, provider: edge}\ncells: {file: cells.csv}\n";
    let error = load(dir.path(), yaml).unwrap_err();
    assert!(error.contains("cells.csv") && error.contains("swapped"), "{error}");
}

#[test]
fn the_errors_of_several_files_are_all_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("sites.geojson"), GEOJSON.replace("48.86,", "98.86,")).unwrap();
    fs::write(dir.path().join("cells.csv"), CSV.replace("000000020", "10")).unwrap();
    let yaml = "sites: {file: sites.geojson, provider: edge}\ncells: {file: cells.csv}\n";
    let error = load(dir.path(), yaml).unwrap_err();
    assert!(error.contains("sites.geojson:6:") && error.contains("cells.csv:3:"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_in_a_file_nothing_panics(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400),
        at in 0usize..900,
    ) {
        for good in [CSV, GEOJSON] {
            let mut text = good.as_bytes().to_vec();
            let at = at.min(text.len());
            text.splice(at..(at + 3).min(good.len()), bytes.iter().take(5).copied());
            for content in [text.clone(), gzip(&text), bytes.clone()] {
                let _ = cells(&content);
                let _ = sites(&content);
            }
        }
    }
}

/// A real file, or `None` with a word why the test is skipped.
fn data(name: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(name);
    if !path.exists() {
        eprintln!("skipped: {name} is not here");
    }
    path.exists().then_some(path)
}

#[test]
fn the_monaco_scenario_is_read() {
    let Some(path) = data("advantedge-monaco-geodata.json") else { return };
    let (sites, notes) = read::sites(&path, Some("edge")).unwrap();
    let ids: Vec<_> = sites.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["mep1", "mep2"]);
    assert_eq!((notes.rows, notes.skipped.get("UE")), (55, Some(&12)));
    let (cells, notes) = read::cells(&path, plmn()).unwrap();
    let nr = cells.iter().filter(|c| matches!(c.id, model::CellId::Nr { .. })).count();
    assert_eq!((nr, cells.len()), (20, 30));
    assert_eq!(notes.skipped.get("POA-WIFI"), Some(&11));
    assert!(cells.iter().any(|c| c.id.to_string() == "208-93-a0a0a0a0a"));
    let error = read::cells(&path, CellDefaults::default()).unwrap_err().to_string();
    assert!(error.contains("no network") && error.contains("plmn"), "{error}");
}
