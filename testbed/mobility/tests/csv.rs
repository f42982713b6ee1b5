//! Tables of fixes, good and broken, and the buses of Liverpool.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use mobility::trace::{self, End};
use mobility::{Cell, Limits, Notes, ReadError, Site, Trace, from_trace};

fn read_some(content: impl AsRef<[u8]>, limits: Limits) -> Result<(Trace, Notes), ReadError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trace");
    fs::write(&path, content).unwrap();
    trace::read(&path, limits)
}

fn read(content: impl AsRef<[u8]>) -> Result<(Trace, Notes), ReadError> {
    read_some(content, Limits::default())
}

fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

const CSV: &str = "\
vehicle_id,timestamp,latitude,longitude,route
10,2026-01-26T15:57:00Z,53.40,-2.98,\"14, outbound\"
9,2026-01-26T15:57:10Z,53.41,-2.98,
10,2026-01-26T15:57:20Z,53.42,-2.97,
tram,2026-01-26T15:57:30Z,53.43,-2.96,
";

#[test]
fn a_table_of_fixes_is_read() {
    let (trace, notes) = read(CSV).unwrap();
    let ids: Vec<_> = trace.tracks.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(ids, ["9", "10", "tram"], "numbers by value, then texts");
    assert_eq!((notes.rows, notes.ues, notes.broken), (4, 3, 0));
    assert_eq!(trace.duration, secs(30), "times count from the first fix");
    let ten = &trace.tracks[1];
    let fixes: Vec<_> = ten.fixes.iter().map(|f| (f.at, f.lon, f.lat)).collect();
    assert_eq!(fixes, [(secs(0), -2.98, 53.40), (secs(20), -2.97, 53.42)]);
    assert_eq!(ten.end, End::Leaves(secs(30)), "when another is seen later it is gone");
    assert_eq!(trace.tracks[2].end, End::Stays);
}

#[test]
fn columns_come_in_any_order_under_their_usual_names() {
    let plain = read(CSV).unwrap().0;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(CSV.as_bytes()).unwrap();
    let turned = "# by hand\n\n lng , Lat,\"Date-Time\",UE\n-2.98,53.40,2026-01-26 15:57:00,10\n\
                  -2.98,53.41,2026-01-26 15:57:10,9\n-2.97,\"53.42\",2026-01-26 15:57:20,\" 10 \"\n\
                  -2.96,53.43,2026-01-26 15:57:30, tram\n# the end\n";
    // Beside a column for the UE, `id` numbers the rows.
    let numbered = "id,device,lon,lat,time\n1,10,-2.98,53.40,100\n2,9,-2.98,53.41,110.0\n3,10,-2.97,53.42,120\n\
                    4,tram,-2.96,53.43,130.00\n";
    let alone =
        "id,lon,lat,time\n10,-2.98,53.40,-10\n9,-2.98,53.41,0\n10,-2.97,53.42,10\ntram,-2.96,53.43,20\n";
    for same in [
        turned.into(),
        numbered.into(),
        alone.into(),
        format!("\u{feff}{}", CSV.replace('\n', "\r\n")).into_bytes(),
        encoder.finish().unwrap(),
    ] {
        assert_eq!(read(&same).unwrap().0, plain, "{}", String::from_utf8_lossy(&same));
    }
}

#[test]
fn rows_are_put_in_order_and_an_instant_counts_once() {
    let (head, rows) = CSV.split_once('\n').unwrap();
    let mut rows: Vec<_> = rows.lines().collect();
    rows.reverse();
    let again = "10,2026-01-26T16:57:20+01:00,1,1,";
    let (trace, notes) = read(format!("{head}\n{}\n{again}\n", rows.join("\n"))).unwrap();
    assert_eq!(trace, read(CSV).unwrap().0, "the first of two stays");
    assert!(notes.to_string().contains("1 fixes of an instant"), "{notes}");
}

#[test]
fn a_duration_cuts_the_trace_without_a_kink() {
    let (trace, _) = read_some(CSV, Limits { ues: None, duration: Some(secs(15)) }).unwrap();
    let ids: Vec<_> = trace.tracks.iter().map(|t| t.id.as_str()).collect();
    assert_eq!((ids.as_slice(), trace.duration), (["9", "10"].as_slice(), secs(15)));
    assert!((trace.tracks[1].position(secs(15)).unwrap().1 - 53.415).abs() < 1e-9);
    let decades = CSV.replace("2026-01-26T15:57:00Z", "1970-01-01T00:00:00Z");
    assert!(read(&decades).unwrap_err().to_string().contains("31 days"), "one wrong date");
    assert!(read_some(&decades, Limits { ues: None, duration: Some(secs(15)) }).is_ok());
}

/// Each broken file, and what its message must say besides the file's name.
#[test]
fn a_broken_table_gets_line_and_reason() {
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("no UE", CSV.replace("vehicle_id", "colour"), &[":1:", "no column for the UE", "vehicle_id"]),
        ("no time", CSV.replace("timestamp", "colour"), &[":1:", "no column for the time", "timestamp"]),
        ("no latitude", CSV.replace("latitude", "y"), &[":1:", "no column for the latitude"]),
        ("no longitude", CSV.replace("longitude", "x"), &[":1:", "no column for the longitude"]),
        ("twice", CSV.replace("route", "timestamp"), &[":1:", "`timestamp` is there twice"]),
        ("no header", CSV.split_once('\n').unwrap().1.into(), &[":1:", "header", "ue,time,lat,lon"]),
        ("semicolons", CSV.replace(',', ";"), &[":1:", "commas"]),
        ("CR only", CSV.replace('\n', "\r"), &[":1:", "CR only"]),
        ("header only", CSV.lines().next().unwrap().into(), &["no vehicle, person, track"]),
        ("latitude", CSV.replace("53.41", "93.41"), &[":3:", "latitude 93.41"]),
        ("NaN", CSV.replace("53.41", "NaN"), &[":3:", "not a finite number"]),
        ("no number", CSV.replace("53.41", "north"), &[":3:", "latitude `north`"]),
        ("no value", CSV.replace("53.41", ""), &[":3:", "the latitude is empty"]),
        ("no id", CSV.replace("\n9,", "\n,"), &[":3:", "the UE's id is empty"]),
        ("long id", CSV.replace("tram", &"x".repeat(300)), &[":5:", "the id has 300 bytes"]),
        ("a field too few", CSV.replace(",53.41", ""), &[":3:", "4 fields", "has 5"]),
        ("an open quote", CSV.replace("outbound\"", "outbound"), &[":2:", "not closed"]),
        ("a date", CSV.replace("2026-01-26T15:57:10Z", "26/01/2026"), &[":3:", "`26/01/2026`", "RFC 3339"]),
        ("milliseconds", CSV.replace("2026-01-26T15:57:10Z", "1769443030000"), &[":3:", "milliseconds"]),
        ("another clock", CSV.replace("2026-01-26T15:57:10Z", "10"), &["31 days"]),
    ];
    for (what, content, parts) in cases {
        assert_ne!(content, CSV, "{what}: the replacement bites");
        let error = read(content).expect_err(what).to_string();
        for part in [&["trace"], parts].concat() {
            assert!(error.contains(part), "{what}: `{part}` is not in: {error}");
        }
    }
}

#[test]
fn a_broken_row_in_a_large_table_costs_only_itself() {
    let row = |i: u32| format!("a,{i},{},7.4\n", if i % 100 == 7 { "95.0" } else { "43.7" });
    let text: String = (0..500).map(row).collect();
    let (trace, notes) = read(format!("ue,time,lat,lon\n{text}")).unwrap();
    assert_eq!((trace.tracks[0].fixes.len(), notes.broken, notes.first_broken[0].line), (495, 5, 9));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_in_a_file_nothing_panics(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        at in 0usize..300,
        over in 0usize..8,
    ) {
        let mut text = CSV.as_bytes().to_vec();
        let at = at.min(text.len());
        text.splice(at..(at + over).min(CSV.len()), bytes);
        let _ = read(&text);
    }
}

#[test]
fn the_buses_of_liverpool_are_read() {
    let name = "bods-liverpool-bus-route14-2026-01-26.csv";
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(name);
    if !path.exists() {
        eprintln!("skipped: {name} is not here");
        return;
    }
    let (trace, notes) = trace::read(&path, Limits::default()).unwrap();
    assert_eq!((notes.rows, notes.ues, notes.broken), (1_533, 8, 0));
    let fixes: Vec<_> = trace.tracks.iter().map(|t| (t.id.as_str(), t.fixes.len())).collect();
    assert_eq!(
        fixes,
        [
            ("4716", 136),
            ("4720", 278),
            ("4722", 110),
            ("4733", 245),
            ("4803", 183),
            ("4836", 187),
            ("4841", 159),
            ("4842", 235)
        ]
    );
    // 15:55:12 to 18:19:36.
    assert_eq!(trace.duration, secs(8_664));
    for track in &trace.tracks {
        assert!(track.fixes.is_sorted_by(|a, b| a.at < b.at));
        let liverpool = |f: &trace::Fix| (53.3..53.6).contains(&f.lat) && (-3.1..-2.7).contains(&f.lon);
        assert!(track.fixes.iter().all(liverpool), "{}", track.id);
    }
    // A cell every 2 km or so, a site at each end of the line.
    let at = |n: u32| (-3.0 + 0.03 * f64::from(n % 6), 53.38 + 0.02 * f64::from(n / 6));
    let text = |t: &str| t.to_owned();
    let cell = |n: u32| Cell {
        mcc: text("234"),
        mnc: text("15"),
        nci: format!("{n:09x}"),
        tac: text("000001"),
        lon: at(n).0,
        lat: at(n).1,
    };
    let site = |id: &str, lon, lat| Site { id: text(id), name: text(id), lon, lat };
    let sites = vec![site("queen-square", -2.981, 53.408), site("petherick-road", -2.894, 53.461)];
    let scenario = from_trace((0..36).map(cell).collect(), sites, &trace, 1, ("234", "15")).unwrap();
    assert_eq!(scenario.ues.len(), 8);
    let gone = scenario.changes.iter().filter(|c| c.to.is_none()).count();
    assert_eq!(gone, 6, "one is there to the end, and one leaves with it");
    let handovers = scenario.changes.len() - gone - 8;
    assert!(handovers > 100, "{handovers} handovers");
    eprintln!("Liverpool: {handovers} handovers");
}
