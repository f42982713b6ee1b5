//! Trace files, good and broken, and the real pair of Monaco.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use mobility::trace::{self, End};
use mobility::{Cell, Limits, Notes, ReadError, Site, Trace, from_trace};
use tempfile::TempDir;

fn write(name: &str, content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, content).unwrap();
    (dir, path)
}

fn read(content: impl AsRef<[u8]>) -> Result<(Trace, Notes), ReadError> {
    let (_dir, path) = write("trace", content);
    trace::read(&path, Limits::default())
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn secs(s: u64) -> Duration {
    Duration::from_secs(s)
}

const FCD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<fcd-export xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
    <timestep time="100.00">
        <vehicle id="10" x="7.41" y="43.73" angle="1.0" speed="13.9"/>
        <person id="walker &amp; dog" x="7.42" y="43.74"/>
    </timestep>
    <timestep time="102.00">
        <vehicle id="10" x="7.43" y="43.73"/>
        <vehicle id="9" x="7.40" y="43.72"/>
    </timestep>
    <timestep time="104.00">
        <vehicle id="9" x="7.40" y="43.73"/>
    </timestep>
</fcd-export>
"#;

const ASSETS: &str = r#"[
  {"name": "mep1", "type": "EDGE", "geoData": {"location": {"type": "Point", "coordinates": [7.42, 43.73]}}},
  {"name": "wifi", "type": "POA-WIFI", "geoData": {"location": {"type": "Point", "coordinates": [7.42, 43.73]}}},
  {"name": "stands", "type": "UE", "geoData": {"location": {"type": "Point", "coordinates": [7.42, 43.73]}, "path": null}},
  {"name": "turns", "type": "UE", "geoData": {"location": {"type": "Point", "coordinates": [7.42, 43.73]},
    "path": {"type": "LineString", "coordinates": [[7.42, 43.73], [7.42, 43.74]]}, "eopMode": "REVERSE", "velocity": 10}},
  {"name": "rounds", "type": "UE", "geoData": {"location": {"type": "Point", "coordinates": [7.42, 43.73]},
    "path": {"type": "LineString", "coordinates": [[7.42, 43.73], [7.42, 43.74]]}, "eopMode": "LOOP", "velocity": 10}}
]"#;

#[test]
fn a_sumo_trace_is_read() {
    let (trace, notes) = read(FCD).unwrap();
    let ids: Vec<_> = trace.tracks.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(ids, ["9", "10", "walker & dog"], "numbers by value, then texts");
    assert_eq!(trace.duration, secs(4), "times count from the first time step");
    assert_eq!((notes.rows, notes.ues, notes.broken), (5, 3, 0));
    let ten = &trace.tracks[1];
    assert_eq!(ten.end, End::Leaves(secs(4)));
    assert_eq!(ten.position(secs(1)).map(|p| (p.0 * 1e3).round()), Some(7420.0));
    assert_eq!(ten.position(secs(4)), None);
    assert_eq!(trace.tracks[0].end, End::Stays, "it is there to the end");
    assert_eq!(trace.tracks[2].end, End::Leaves(secs(2)));
}

#[test]
fn an_advantedge_scenario_is_read() {
    let (trace, notes) = read(ASSETS).unwrap();
    assert_eq!(
        (notes.ues, notes.skipped.get("POA-WIFI"), notes.skipped.get("EDGE")),
        (3, Some(&1), Some(&1))
    );
    assert_eq!(trace.duration, trace::ENDLESS);
    let by = |id: &str| trace.tracks.iter().find(|t| t.id == id).unwrap();
    assert_eq!(by("stands").position(secs(500)), Some((7.42, 43.73)));
    // A hundredth of a degree is 1,112 m: 111 s at 10 m/s.
    let lat = |id: &str, s| by(id).position(secs(s)).unwrap().1;
    assert!((lat("turns", 111) - 43.74).abs() < 1e-4 && (lat("turns", 222) - 43.73).abs() < 1e-4);
    assert!((lat("rounds", 111) - 43.74).abs() < 1e-4 && (lat("rounds", 222) - 43.73).abs() < 1e-4);
    assert!((lat("turns", 166) - 43.735).abs() < 1e-3, "on the way back");
}

#[test]
fn bom_crlf_and_gzip_are_harmless() {
    for text in [FCD, ASSETS] {
        let plain = read(text).unwrap().0;
        assert_eq!(read(format!("\u{feff}{text}")).unwrap().0, plain);
        assert_eq!(read(text.replace('\n', "\r\n")).unwrap().0, plain);
        assert_eq!(read(gzip(format!("\u{feff}{text}").as_bytes())).unwrap().0, plain);
    }
}

#[test]
fn limits_cut_the_trace() {
    let (_dir, path) = write("trace", FCD);
    let (trace, notes) = trace::read(&path, Limits { ues: Some(1), duration: Some(secs(3)) }).unwrap();
    assert_eq!((trace.tracks.len(), notes.left_out, trace.duration), (1, 2, secs(2)));
    let (_dir, path) = write("trace", ASSETS);
    let (trace, _) = trace::read(&path, Limits { ues: None, duration: Some(secs(30)) }).unwrap();
    assert_eq!(trace.duration, secs(30));
}

#[test]
fn clock_times_are_read() {
    let text =
        FCD.replace("100.00", "00:01:40.00").replace("102.00", "00:01:42").replace("104.00", "00:01:44");
    assert_eq!(read(text).unwrap().0, read(FCD).unwrap().0);
}

/// Each broken file, and what its message must say besides the file's name.
#[test]
fn a_broken_trace_gets_file_line_and_reason() {
    let packed = gzip(FCD.repeat(50).as_bytes());
    let options = "<!-- generated\n<fcd-output value=\"x.xml\"/>\n-->\n<fcd-export>";
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("truncated gzip", packed[..packed.len() / 2].to_vec(), &["truncated"]),
        ("truncated XML", FCD[..FCD.len() - 30].into(), &["truncated"]),
        ("cut inside a tag", FCD[..300].into(), &[":"]),
        ("latitude over 90", FCD.replace("43.74", "93.74").into(), &[":5:", "latitude 93.74"]),
        (
            "swapped columns",
            FCD.replace("x=\"7.42\" y=\"43.74\"", "x=\"43.7\" y=\"142.3\"").into(),
            &[":5:", "swapped"],
        ),
        ("NaN", FCD.replace("43.74", "NaN").into(), &[":5:", "not a finite number"]),
        ("no number", FCD.replace("43.74", "north").into(), &[":5:", "y `north`"]),
        ("no x", FCD.replace("x=\"7.42\" ", "").into(), &[":5:", "no `x`"]),
        (
            "duplicate id",
            FCD.replace("id=\"9\" x=\"7.40\" y=\"43.72\"", "id=\"10\" x=\"7\" y=\"43\"").into(),
            &[":9:", "duplicate id `10`"],
        ),
        ("time goes back", FCD.replace("102.00", "99.00").into(), &[":7:", "99"]),
        ("no time", FCD.replace(" time=\"102.00\"", "").into(), &[":7:", "no `time`"]),
        ("wrong end tag", FCD.replacen("</timestep>", "</step>", 1).into(), &[":6:"]),
        ("another root", FCD.replace("fcd-export", "routes").into(), &[":2:", "<routes>"]),
        ("metres", FCD.replace("x=\"7.4", "x=\"5017.4").into(), &[":4:", "--fcd-output.geo"]),
        (
            "metres by the options",
            FCD.replace("<fcd-export>", options)
                .replace("<fcd-export xmlns", "<!-- <fcd-output value=\"x\"/> --><fcd-export xmlns")
                .into(),
            &[":2:", "--fcd-output.geo"],
        ),
        ("GeoJSON", "{}".into(), &["GeoJSON", "SUMO"]),
        ("a text", "id and x and y\n".into(), &["another kind", "CSV"]),
        ("empty", Vec::new(), &["empty"]),
        ("nobody", "<fcd-export><timestep time=\"0\"/></fcd-export>".into(), &["no vehicle"]),
        (
            "broken JSON",
            ASSETS.replace("\"velocity\": 10}},", "\"velocity\": NaN}},").into(),
            &[":6:", "no NaN"],
        ),
        (
            "UE latitude",
            ASSETS
                .replace(
                    "[7.42, 43.74]]}, \"eopMode\": \"REVERSE\"",
                    "[7.42, 98.7]]}, \"eopMode\": \"REVERSE\"",
                )
                .into(),
            &[":5:", "`turns`", "latitude 98.7"],
        ),
        ("UE twice", ASSETS.replace("\"rounds\"", "\"turns\"").into(), &[":7:", "duplicate id"]),
        ("UE mode", ASSETS.replace("\"LOOP\"", "\"STOP\"").into(), &[":7:", "`STOP`"]),
        (
            "UE backwards",
            ASSETS.replace("\"LOOP\", \"velocity\": 10", "\"LOOP\", \"velocity\": -1").into(),
            &[":7:", "velocity -1"],
        ),
        ("truncated JSON", ASSETS[..ASSETS.len() - 10].into(), &["EOF"]),
    ];
    for (what, content, parts) in cases {
        assert!(content != FCD.as_bytes() && content != ASSETS.as_bytes(), "{what}: the replacement bites");
        let error = read(content).expect_err(what).to_string();
        for part in [&["trace"], parts].concat() {
            assert!(error.contains(part), "{what}: `{part}` is not in: {error}");
        }
    }
}

#[test]
fn a_broken_fix_in_a_huge_trace_costs_only_itself() {
    let mut text = String::from("<fcd-export>\n");
    for step in 0..500 {
        let lat = if step % 100 == 7 { "95.0" } else { "43.73" };
        text.push_str(&format!(
            "<timestep time=\"{step}\"><vehicle id=\"a\" x=\"7.4\" y=\"{lat}\"/></timestep>\n"
        ));
    }
    text.push_str("</fcd-export>\n");
    let (trace, notes) = read(&text).unwrap();
    assert_eq!((trace.tracks[0].fixes.len(), notes.broken, notes.first_broken[0].line), (495, 5, 9));
    assert!(notes.to_string().contains("5 broken rows"), "{notes}");
}

#[test]
fn a_hostile_trace_ends_in_an_error() {
    let deep = format!("<fcd-export>{}", "<a>".repeat(100_000));
    assert!(read(deep).unwrap_err().to_string().contains("nested too deeply"));
    let endless = format!("<fcd-export><vehicle id=\"{}", "x".repeat(3 << 20));
    assert!(read(endless).unwrap_err().to_string().contains("more than 1048576 bytes"));
    let name = format!(
        "<fcd-export><timestep time=\"0\"><vehicle id=\"{}\" x=\"1\" y=\"1\"/></timestep></fcd-export>",
        "x".repeat(300)
    );
    assert!(read(name).unwrap_err().to_string().contains("the id has 300 bytes"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_in_a_file_nothing_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600), cut in 0usize..900) {
        let _ = read(&bytes);
        let mut text = FCD.as_bytes().to_vec();
        text.truncate(cut);
        text.extend(&bytes[..bytes.len().min(40)]);
        let _ = read(&text);
        let mut text = ASSETS.as_bytes().to_vec();
        let at = cut.min(text.len());
        text.splice(at..at, bytes.iter().take(4).copied());
        let _ = read(&text);
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

/// Cells and edge hosts of an AdvantEDGE scenario, as `catalogue` would give them.
fn network(path: &Path) -> (Vec<Cell>, Vec<Site>) {
    let assets: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let (mut cells, mut sites) = (Vec::new(), Vec::new());
    for asset in assets.as_array().unwrap() {
        let at = &asset["geoData"]["location"]["coordinates"];
        let (lon, lat) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
        let name = asset["name"].as_str().unwrap().to_owned();
        let id = [&asset["poa5GConfig"]["cellId"], &asset["poa4GConfig"]["cellId"]]
            .into_iter()
            .find_map(|v| v.as_str());
        if asset["type"] == "EDGE" {
            sites.push(Site { id: name.clone(), name, lon, lat });
        } else if let Some(nci) = id {
            let text = |t: &str| t.to_owned();
            cells.push(Cell {
                mcc: text("208"),
                mnc: text("93"),
                nci: text(nci),
                tac: text("000001"),
                lon,
                lat,
            });
        }
    }
    (cells, sites)
}

/// The nearest of some points, in a flat map of Monaco.
fn nearest<'a>(lon: f64, lat: f64, points: impl Iterator<Item = (f64, f64)> + 'a) -> usize {
    let squared = |p: &(f64, f64)| ((p.0 - lon) * 0.7225).powi(2) + (p.1 - lat).powi(2);
    points.enumerate().min_by(|a, b| squared(&a.1).total_cmp(&squared(&b.1))).unwrap().0
}

#[test]
fn the_monaco_pair_runs() {
    let (Some(fcd), Some(assets)) = (data("sumo-monaco-fcd.xml"), data("advantedge-monaco-geodata.json"))
    else {
        return;
    };
    let (trace, notes) = trace::read(&fcd, Limits::default()).unwrap();
    assert_eq!((notes.ues, notes.rows, notes.broken), (50, 9_039, 0));
    let (cells, sites) = network(&assets);
    assert_eq!((cells.len(), sites.len()), (30, 2));

    // The figures that come with the data, from bare positions.
    let changes = |points: &dyn Fn() -> Vec<(f64, f64)>| -> usize {
        let points = points();
        let of = |t: &mobility::trace::Track| {
            let near: Vec<_> =
                t.fixes.iter().map(|f| nearest(f.lon, f.lat, points.iter().copied())).collect();
            near.windows(2).filter(|w| w[0] != w[1]).count()
        };
        trace.tracks.iter().map(of).sum()
    };
    let hosts = changes(&|| sites.iter().map(|s| (s.lon, s.lat)).collect());
    let nearest_cells = changes(&|| cells.iter().map(|c| (c.lon, c.lat)).collect());
    assert!((100..=115).contains(&hosts), "{hosts} changes of the nearest edge host");
    assert!((800..=900).contains(&nearest_cells), "{nearest_cells} changes of the nearest cell");

    let scenario = from_trace(cells.clone(), sites, &trace, 1, ("208", "93")).unwrap();
    assert_eq!((scenario.ues.len(), scenario.cells.len()), (50, 30));
    assert_eq!(scenario.ues[49].supi, "imsi-208930000000050");
    let gone = scenario.changes.iter().filter(|c| c.to.is_none()).count();
    assert_eq!(gone, 50, "every vehicle arrives");
    let handovers = scenario.changes.len() - gone - 50;
    eprintln!("Monaco: {handovers} handovers, {hosts} changes of host, {nearest_cells} of nearest cell");
    // Shadowing puts islands of one cell into the next, the A3 margin removes the shortest: the same order of
    // magnitude as without either.
    assert!((nearest_cells / 2..nearest_cells * 3).contains(&handovers), "{handovers} handovers");
    assert!(scenario.changes.is_sorted_by_key(|c| (c.at, c.ue)));
    let again = from_trace(cells.clone(), scenario.sites.clone(), &trace, 1, ("208", "93")).unwrap();
    assert_eq!(scenario, again);
    let other = from_trace(cells, scenario.sites.clone(), &trace, 2, ("208", "93")).unwrap();
    assert_ne!(scenario.changes, other.changes);
}

#[test]
fn the_ues_of_the_monaco_scenario_move() {
    let Some(assets) = data("advantedge-monaco-geodata.json") else { return };
    let (trace, notes) = trace::read(&assets, Limits { ues: None, duration: Some(secs(120)) }).unwrap();
    assert_eq!(
        (notes.ues, notes.skipped.get("POA-5G"), notes.skipped.get("POA-WIFI")),
        (12, Some(&20), Some(&11))
    );
    let (cells, sites) = network(&assets);
    let scenario = from_trace(cells, sites, &trace, 1, ("208", "93")).unwrap();
    assert!(scenario.changes.len() > 24, "{} changes", scenario.changes.len());
}
