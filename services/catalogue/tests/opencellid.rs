//! Exports of OpenCelliD, good and broken, and a real one.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use catalogue::read::{self, CellDefaults, Notes, ReadError};
use flate2::Compression;
use flate2::write::GzEncoder;
use model::{Cell, CellId, Pin, PlmnId};

fn read_with(content: impl AsRef<[u8]>, defaults: CellDefaults) -> Result<(Vec<Cell>, Notes), ReadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cells.csv");
    fs::write(&path, content).unwrap();
    read::cells(&path, defaults)
}

fn cells(content: impl AsRef<[u8]>) -> Result<(Vec<Cell>, Notes), ReadError> {
    read_with(content, CellDefaults::default())
}

const EXPORT: &str = "\
radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal
GSM,262,2,852,2521,0,10.9,50.1,15762,200,1,1294561074,1662692508,0
LTE,262,2,852,26385664,0,10.5,50.2,1000,2,1,1294561074,1662692508,0
LTE,310,26,65535,1,0,-74.0,40.7,1000,2,0,1294561074,1662692508,0
NR,505,3,50533,68719476735,0,138.6,-34.9,1000,18,1,1659736883,1662748240,0
LTE,262,2,853,26385664,0,10.6,50.3,1000,2,1,1294561074,1662692509,0
NR,505,3,0,7,0,138.7,-34.8,1000,18,1,1659736883,1662748240,0
";

#[test]
fn lte_and_nr_cells_of_an_export_are_read() {
    let (cells, notes) = cells(EXPORT).unwrap();
    let shown: Vec<_> = cells
        .iter()
        .map(|c| format!("{} {}", c.id, c.tai.map_or("-".to_owned(), |tai| tai.to_string())))
        .collect();
    assert_eq!(
        shown,
        [
            "262-02-1929d00 262-02-0355",
            "310-026-0000001 310-026-ffff",
            "505-03-fffffffff 505-03-00c565",
            "505-03-000000007 -"
        ]
    );
    let Pin::Position(position) = &cells[0].pin else { panic!("a position") };
    assert_eq!(
        (position.lon(), position.lat()),
        (10.6, 50.3),
        "of a cell that is there twice the newer entry"
    );
    assert_eq!((notes.rows, notes.used, notes.broken), (6, 4, 0));
    let skipped = ["GSM", "older entry of a cell"].map(|kind| notes.skipped.get(kind));
    assert_eq!(skipped, [Some(&1), Some(&1)]);
}

#[test]
fn header_order_and_packing_do_not_matter() {
    let plain = cells(EXPORT).unwrap().0;
    let (_, bare) = EXPORT.split_once('\n').unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bare.as_bytes()).unwrap();
    let turned: String = EXPORT
        .lines()
        .map(|line| line.split(',').rev().map(|f| format!("\"{f}\"")).collect::<Vec<_>>().join(",") + "\n")
        .collect();
    for same in [
        bare.into(),
        turned.into(),
        format!("\u{feff}{}", EXPORT.replace('\n', "\r\n")).into_bytes(),
        encoder.finish().unwrap(),
    ] {
        assert_eq!(cells(&same).unwrap().0, plain, "{}", String::from_utf8_lossy(&same));
    }
}

#[test]
fn the_network_and_the_area_that_were_named_are_used() {
    let plmn = PlmnId::new("262", "002").unwrap();
    let defaults = CellDefaults { plmn: Some(plmn), tac: Some("000001".parse().unwrap()) };
    let (cells, _) = read_with(EXPORT, defaults).unwrap();
    let ids: Vec<_> = cells.iter().map(|c| c.id.to_string()).collect();
    assert_eq!(ids, ["262-002-1929d00", "310-026-0000001", "505-03-fffffffff", "505-03-000000007"]);
    assert_eq!(cells[3].tai.unwrap().to_string(), "505-03-000001", "an area of 0 is none");
    let test = EXPORT.replace("LTE,262,2,", "LTE,1,1,");
    let error = read_with(&test, CellDefaults::default()).unwrap_err().to_string();
    assert!(error.contains(":3:") && error.contains("01 or 001") && error.contains("`plmn`"), "{error}");
    let plmn = PlmnId::new("001", "001").ok();
    let (cells, _) = read_with(&test, CellDefaults { plmn, tac: None }).unwrap();
    assert_eq!(cells[0].id.to_string(), "001-001-1929d00");
}

/// Each broken file, and what its message must say besides the file's name.
#[test]
fn a_broken_export_gets_file_line_and_reason() {
    let row = "LTE,310,26,65535,1,0,-74.0,40.7";
    let with = |other: &str| EXPORT.replace(row, other);
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("no column", EXPORT.replace("lat,", "y,"), &[":1:", "`lat` is missing", "OpenCelliD"]),
        ("a field too few", with("LTE,310,26,65535,1,0,-74.0"), &[":4:", "13 fields", "14"]),
        ("an unknown radio", with("6G,310,26,65535,1,0,-74.0,40.7"), &[":4:", "radio `6G`"]),
        ("no radio", with(",310,26,65535,1,0,-74.0,40.7"), &[":4:", "radio ``"]),
        ("mcc", with("LTE,3100,26,65535,1,0,-74.0,40.7"), &[":4:", "mcc `3100`"]),
        ("net", with("LTE,310,2600,65535,1,0,-74.0,40.7"), &[":4:", "net `2600`"]),
        ("area", with("LTE,310,26,65536,1,0,-74.0,40.7"), &[":4:", "area `65536`", "16 bits"]),
        ("cell", with("LTE,310,26,65535,268435456,0,-74.0,40.7"), &[":4:", "`268435456`", "28 bits"]),
        ("cell of NR", EXPORT.replace("68719476735", "68719476736"), &[":5:", "`68719476736`", "36 bits"]),
        ("negative", with("LTE,310,26,65535,-1,0,-74.0,40.7"), &[":4:", "cell `-1`"]),
        ("latitude", with("LTE,310,26,65535,1,0,-74.0,94.7"), &[":4:", "latitude 94.7"]),
        ("no number", with("LTE,310,26,65535,1,0,west,40.7"), &[":4:", "lon `west`"]),
        ("header only", EXPORT.lines().next().unwrap().into(), &["no cells"]),
        (
            "others only",
            EXPORT.replace("LTE,", "UMTS,").replace("NR,", "CDMA,"),
            &["no cells in it, only 2 CDMA, 1 GSM, 3 UMTS"],
        ),
    ];
    for (what, content, parts) in cases {
        assert_ne!(content, EXPORT, "{what}: the replacement bites");
        let error = cells(content).expect_err(what).to_string();
        for part in [&["cells.csv"], parts].concat() {
            assert!(error.contains(part), "{what}: `{part}` is not in: {error}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_in_a_file_nothing_panics(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        at in 0usize..600,
        over in 0usize..8,
    ) {
        let mut text = EXPORT.as_bytes().to_vec();
        let at = at.min(text.len());
        text.splice(at..(at + over).min(EXPORT.len()), bytes);
        let _ = cells(&text);
    }
}

#[test]
fn a_real_export_is_read() {
    let name = "opencellid-diff-2022-09-10.csv.gz";
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(name);
    if !path.exists() {
        eprintln!("skipped: {name} is not here");
        return;
    }
    let (cells, notes) = read::cells(&path, CellDefaults::default()).unwrap();
    // 12,996 rows of LTE, 6 of them for a cell that is there already, and 2 of NR.
    assert_eq!((notes.rows, notes.used, notes.broken), (45_745, 12_992, 0));
    let skipped =
        ["GSM", "UMTS", "CDMA", "older entry of a cell"].map(|kind| notes.skipped.get(kind).copied());
    assert_eq!(skipped, [Some(31_549), Some(1_182), Some(16), Some(6)]);
    let nr: Vec<_> = cells.iter().filter(|c| matches!(c.id, CellId::Nr { .. })).collect();
    let shown: Vec<_> = nr.iter().map(|c| format!("{} {}", c.id, c.tai.unwrap().tac)).collect();
    assert_eq!(shown, ["505-03-035b6403e 00c565", "505-03-02281003e 007681"]);
    let networks: HashSet<String> = cells.iter().map(|c| c.id.plmn().to_string()).collect();
    for network in ["310-260", "310-000", "334-020", "404-15", "440-10", "262-02", "208-01"] {
        assert!(networks.contains(network), "{network}");
    }
}
