//! Tables of sites, good and broken, and the base stations of Melbourne.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::io::Write as _;
use std::path::Path;

use catalogue::read::{self, Notes, ReadError};
use catalogue::{Catalogue, Section};
use flate2::Compression;
use flate2::write::GzEncoder;
use model::Site;

fn sites(content: impl AsRef<[u8]>) -> Result<(Vec<Site>, Notes), ReadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sites.csv");
    fs::write(&path, content).unwrap();
    read::sites(&path, Some("edge"))
}

const CSV: &str = "\
id,lon,lat,name,provider,cluster,ingress
louvre,2.35,48.85,\"Le Louvre, aile nord\",p,c1,10.0.0.1
bastille,2.36,48.86,,,,
7,2.37,48.87,Sept,,,
";

fn shown(sites: &[Site]) -> Vec<String> {
    let show = |s: &Site| {
        let at = s.position.unwrap();
        let (cluster, ingress) = (&s.cluster, s.ingress.as_deref().unwrap_or("-"));
        let (id, name, lon, lat) = (&s.id, &s.name, at.lon(), at.lat());
        format!("{id} {lon} {lat} {name} {}/{} {ingress}", cluster.provider, cluster.cluster)
    };
    sites.iter().map(show).collect()
}

#[test]
fn a_table_of_sites_is_read() {
    let (sites, notes) = sites(CSV).unwrap();
    assert_eq!(
        shown(&sites),
        [
            "louvre 2.35 48.85 Le Louvre, aile nord p/c1 10.0.0.1",
            "bastille 2.36 48.86 bastille edge/bastille -",
            "7 2.37 48.87 Sept edge/7 -"
        ]
    );
    assert_eq!((notes.rows, notes.used, notes.broken, notes.skipped.len()), (3, 3, 0, 0));
}

#[test]
fn columns_come_in_any_order_and_others_are_counted() {
    let text = "# by hand\nLATITUDE,Site_ID,\"LONGITUDE\",Floors\n48.85,\"louvre\", 2.35 ,3\n\n# the end\n";
    let (sites, notes) = sites(text).unwrap();
    assert_eq!(shown(&sites), ["louvre 2.35 48.85 louvre edge/louvre -"]);
    assert_eq!(notes.skipped.get("column `floors`"), Some(&1));
}

#[test]
fn bom_crlf_and_gzip_are_harmless() {
    let plain = sites(CSV).unwrap().0;
    let text = format!("\u{feff}{}", CSV.replace('\n', "\r\n"));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    assert_eq!(sites(&text).unwrap().0, plain);
    assert_eq!(sites(encoder.finish().unwrap()).unwrap().0, plain);
}

/// Each broken file, and what its message must say besides the file's name.
#[test]
fn a_broken_table_gets_file_line_and_reason() {
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("no id", CSV.replace("id,lon", "key,lon"), &[":1:", "`id` is missing", "id,lon,lat"]),
        ("no lat", CSV.replace(",lat,", ",y,"), &[":1:", "`lat` is missing"]),
        ("two longitudes", CSV.replace("ingress\n", "longitude\n"), &[":1:", "two columns", "longitude"]),
        ("no header", CSV.split_once('\n').unwrap().1.into(), &[":1:", "header"]),
        ("semicolons", CSV.replace(',', ";"), &[":1:", "commas"]),
        ("CR only", CSV.replace('\n', "\r"), &[":1:", "CR only"]),
        ("header only", CSV.lines().next().unwrap().into(), &["no sites"]),
        ("comments only", "# nothing\n".into(), &["no header"]),
        ("latitude over 90", CSV.replace("48.86", "98.86"), &[":3:", "`bastille`", "latitude 98.86"]),
        ("swapped", CSV.replace("2.36,48.86", "48.86,142.36"), &[":3:", "swapped"]),
        ("no number", CSV.replace("48.86", "north"), &[":3:", "lat `north`"]),
        ("no value", CSV.replace("48.86", ""), &[":3:", "`lat` is empty"]),
        ("a decimal comma", CSV.replace("48.86", "48,86"), &[":3:", "8 fields", "has 7"]),
        ("no id in a row", CSV.replace("bastille", ""), &[":3:", "`id` is empty"]),
        ("bad id", CSV.replace("bastille", "la bastille"), &[":3:", "la bastille"]),
        ("bad cluster", CSV.replace("c1", "c 1"), &[":2:", "`c 1`", "EMCO"]),
        ("duplicate id", CSV.replace("bastille", "louvre"), &[":3:", "duplicate id `louvre`", "line 2"]),
        ("an open quote", CSV.replace("nord\"", "nord"), &[":2:", "not closed"]),
        ("a text", "some words\n".into(), &[":1:", "`id` is missing"]),
    ];
    for (what, content, parts) in cases {
        assert_ne!(content, CSV, "{what}: the replacement bites");
        let error = sites(content).expect_err(what).to_string();
        for part in [&["sites.csv"], parts].concat() {
            assert!(error.contains(part), "{what}: `{part}` is not in: {error}");
        }
    }
}

#[test]
fn a_configuration_takes_sites_and_cells_from_plain_tables() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("sites.csv"), CSV).unwrap();
    fs::write(dir.path().join("cells.csv"), "mcc,mnc,nci,lon,lat\n208,93,10,2.35,48.85\n").unwrap();
    let load = |yaml: &str| -> Result<Catalogue, String> {
        let section: Section = serde_saphyr::from_str(yaml).unwrap();
        catalogue::load(&section, dir.path())
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    };
    let made = load("sites: {file: sites.csv, provider: edge}\ncells: {file: cells.csv}\n").unwrap();
    assert_eq!((made.sites.len(), made.cells.len(), made.files.len()), (3, 1, 2));
    let error = load("sites: {file: sites.csv}\ncells: {file: cells.csv}\n").unwrap_err();
    assert!(error.contains("sites.csv:3:") && error.contains("`provider`"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_in_a_file_nothing_panics(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        at in 0usize..200,
        over in 0usize..8,
    ) {
        let mut text = CSV.as_bytes().to_vec();
        let at = at.min(text.len());
        text.splice(at..(at + over).min(CSV.len()), bytes);
        let _ = sites(&text);
    }
}

#[test]
fn the_base_stations_of_melbourne_are_sites() {
    let name = "eua-optus-melbourne-cbd-sites.csv";
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(name);
    if !path.exists() {
        eprintln!("skipped: {name} is not here");
        return;
    }
    let (sites, notes) = read::sites(&path, Some("edge")).unwrap();
    assert_eq!((sites.len(), notes.rows, notes.broken), (125, 125, 0));
    assert_eq!(notes.skipped.get("column `elevation`"), Some(&1));
    let first = &sites[0];
    assert_eq!((first.id.as_str(), first.cluster.cluster.as_str()), ("10003026", "10003026"));
    assert!(first.name.starts_with("Spring and Flinders"), "{}", first.name);
    for position in sites.iter().filter_map(|s| s.position) {
        assert!((144.9..145.0).contains(&position.lon()) && (-37.9..-37.8).contains(&position.lat()));
    }
}

#[test]
fn labels_and_room_stand_in_columns_and_in_properties() {
    let (csv, _) = sites("id,lon,lat,labels,max_instances\na,2,48,gpu ssd;x,20\nb,2,49,,\n").unwrap();
    let feature = |id: &str, more: &str| {
        let geometry = r#""geometry":{"type":"Point","coordinates":[2,48]}"#;
        format!(r#"{{"type":"Feature",{geometry},"properties":{{"id":"{id}"{more}}}}}"#)
    };
    let more = r#","labels":["gpu","ssd","x"],"max_instances":20"#;
    let text =
        format!(r#"{{"type":"FeatureCollection","features":[{},{}]}}"#, feature("a", more), feature("b", ""));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sites.geojson");
    fs::write(&path, text).unwrap();
    let (geojson, _) = read::sites(&path, Some("edge")).unwrap();
    for sites in [csv, geojson] {
        assert_eq!(sites[0].labels, ["gpu", "ssd", "x"].map(str::to_owned).into());
        assert_eq!((sites[0].max_instances, sites[1].max_instances), (Some(20), None));
        assert!(sites[1].labels.is_empty());
    }
    for (row, reason) in
        [("a,2,48,g/pu,", "label `g/pu` is no name"), ("a,2,48,,many", "max_instances `many` is no whole")]
    {
        let told = sites(format!("id,lon,lat,labels,max_instances\n{row}\n")).map(|(_, notes)| notes);
        assert!(format!("{told:?}").contains(reason), "{told:?}");
    }
}

#[test]
fn what_a_site_costs_stands_in_a_column_or_a_property() {
    let (csv, _) = sites("id,lon,lat,cost\na,2,48,1.25\nb,2,49,\n").unwrap();
    assert_eq!((csv[0].cost, csv[1].cost), (Some(1.25), None));
    let geometry = r#""geometry":{"type":"Point","coordinates":[2,48]}"#;
    let feature = format!(r#"{{"type":"Feature",{geometry},"properties":{{"id":"a","cost":1.25}}}}"#);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sites.geojson");
    fs::write(&path, format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#)).unwrap();
    assert_eq!(read::sites(&path, Some("edge")).unwrap().0[0].cost, Some(1.25));
    for (cost, reason) in
        [("-1", "site `a`: -1 is no cost"), ("NaN", "is no cost"), ("dear", "cost `dear` is not a number")]
    {
        let told = sites(format!("id,lon,lat,cost\na,2,48,{cost}\n")).map(|(_, notes)| notes);
        assert!(format!("{told:?}").contains(reason), "{told:?}");
    }
}

#[test]
fn tiers_and_water_marks_stand_in_columns_and_in_properties() {
    let (csv, _) =
        sites("id,lon,lat,tier,high,low\na,2,48,cloud,90%,0.5\nb,2,49,,,60%\nc,2,50,,,\n").unwrap();
    let geometry = r#""geometry":{"type":"Point","coordinates":[2,48]}"#;
    let properties = r#""properties":{"id":"a","tier":"cloud","high":"90%","low":0.5}"#;
    let text = format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature",{geometry},{properties}}}]}}"#
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sites.geojson");
    fs::write(&path, text).unwrap();
    let (geojson, _) = read::sites(&path, Some("edge")).unwrap();
    for sites in [&csv, &geojson] {
        let marks = sites[0].water_marks.map(|marks| (marks.high, marks.low));
        assert_eq!((sites[0].tier, marks), (model::Tier::Cloud, Some((0.9, 0.5))));
    }
    assert_eq!(csv[1].water_marks.map(|marks| (marks.high, marks.low)), Some((0.85, 0.6)));
    assert_eq!((csv[2].tier, csv[2].water_marks), (model::Tier::Edge, None));
    for (row, reason) in [
        ("a,2,48,moon,,", "site `a`: `moon` is no tier"),
        ("a,2,48,,85,", "`85` is no share"),
        ("a,2,48,,50%,60%", "`low` is more than 0 and less than `high`"),
    ] {
        let told = sites(format!("id,lon,lat,tier,high,low\n{row}\n")).map(|(_, notes)| notes);
        assert!(format!("{told:?}").contains(reason), "{told:?}");
    }
}
