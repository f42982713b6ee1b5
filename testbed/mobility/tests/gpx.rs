//! GPX files, good and broken.
#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use mobility::trace::{self, End};
use mobility::{Limits, Notes, ReadError, Trace};

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

const GPX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1" xmlns:x="http://example.com/x">
  <metadata><name>Sunday</name><time>2020-01-01T00:00:00Z</time></metadata>
  <wpt lat="53.40" lon="-2.98"><time>2026-01-26T15:00:00Z</time></wpt>
  <trk><name>Anna &amp; <![CDATA[Bob]]> &#233;</name>
    <trkseg>
      <trkpt lat="53.40" lon="-2.98"><ele>4.0</ele><time>2026-01-26T15:57:10Z</time>
        <extensions><x:data><x:time>2000-01-01T00:00:00Z</x:time><x:hr>90</x:hr></x:data></extensions></trkpt>
      <trkpt lat="53.41" lon="-2.98"><time>2026-01-26T16:57:20+01:00</time><x:time>1999</x:time></trkpt>
    </trkseg>
    <trkseg>
      <trkpt lat="53.42" lon="-2.98"><time>2026-01-26T15:57:40.500Z</time></trkpt>
    </trkseg>
  </trk>
  <trk>
    <trkseg><trkpt lon="-2.97" lat="53.40"><time>2026-01-26T15:57:00Z</time></trkpt></trkseg>
  </trk>
</gpx>
"#;

#[test]
fn tracks_are_ues_and_segments_are_parts_of_their_way() {
    let (trace, notes) = read(GPX).unwrap();
    let ids: Vec<_> = trace.tracks.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(ids, ["Anna & Bob é", "track 2"]);
    assert_eq!((notes.rows, notes.ues, notes.broken), (4, 2, 0));
    assert_eq!(notes.skipped.get("<wpt>"), Some(&1));
    assert_eq!(trace.duration, Duration::from_millis(40_500), "from the first fix of the file");
    let both = &trace.tracks[0];
    let times: Vec<_> = both.fixes.iter().map(|f| f.at.as_secs_f64()).collect();
    assert_eq!(times, [10.0, 20.0, 40.5]);
    assert_eq!(both.end, End::Stays);
    assert_eq!(both.start(), (-2.98, 53.40));
    let other = &trace.tracks[1];
    assert_eq!(other.end, End::Leaves(secs(10)), "when the other is seen it is not");
    assert!(other.position(secs(9)).is_some() && other.position(secs(10)).is_none());
}

#[test]
fn both_versions_prefixes_and_packing_are_read_alike() {
    let plain = read(GPX).unwrap().0;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(GPX.as_bytes()).unwrap();
    let prefixed =
        GPX.replace("</", "</g:").replace('<', "<g:").replace("<g:/g:", "</g:").replace("g:x:", "x:");
    let prefixed = prefixed.replace("<g:?", "<?").replace("<g:!", "<!").replace("xmlns=", "xmlns:g=");
    for same in [
        GPX.replace("GPX/1/1", "GPX/1/0").replace("version=\"1.1\"", "version=\"1.0\"").into_bytes(),
        GPX.replace(" xmlns=\"http://www.topografix.com/GPX/1/1\"", "").into_bytes(),
        format!("\u{feff}{}", GPX.replace('\n', "\r\n")).into_bytes(),
        format!("<!-- {} -->\n{}", "-".repeat(5_000).replace("--", "- "), &GPX[39..]).into_bytes(),
        prefixed.into_bytes(),
        encoder.finish().unwrap(),
    ] {
        assert_eq!(read(&same).unwrap().0, plain, "{}", String::from_utf8_lossy(&same));
    }
}

#[test]
fn points_are_put_in_order_and_an_instant_counts_once() {
    let mixed = GPX.replace("15:57:40.500", "15:57:05").replace("16:57:20+01:00", "15:57:10Z\n");
    let mixed = mixed.replace("10Z\nZ", "10Z");
    let (trace, notes) = read(mixed).unwrap();
    let fixes: Vec<_> = trace.tracks[0].fixes.iter().map(|f| (f.at, f.lat)).collect();
    assert_eq!(fixes, [(secs(5), 53.42), (secs(10), 53.40)], "the first of two stays");
    assert!(notes.to_string().contains("1 fixes of an instant that is there already skipped"), "{notes}");
}

#[test]
fn names_that_come_twice_are_told_apart() {
    let twice = GPX.replace("<trk>\n", "<trk><name> Anna &amp; Bob &#xe9; </name>\n");
    let ids: Vec<_> = read(twice).unwrap().0.tracks.into_iter().map(|t| t.id).collect();
    assert_eq!(ids, ["Anna & Bob é", "Anna & Bob é (2)"]);
}

#[test]
fn limits_cut_the_trace_without_a_kink() {
    let (trace, notes) = read_some(GPX, Limits { ues: Some(1), duration: Some(secs(15)) }).unwrap();
    assert_eq!((trace.tracks.len(), notes.left_out, trace.duration), (1, 1, secs(15)));
    let way = &trace.tracks[0];
    assert_eq!(way.fixes.len(), 2, "with the first fix after the end");
    assert!((way.position(secs(15)).unwrap().1 - 53.405).abs() < 1e-9);
    let (trace, _) = read_some(GPX, Limits { ues: None, duration: Some(secs(5)) }).unwrap();
    assert_eq!(trace.tracks.len(), 1, "who appears later is not there");
}

/// Each broken file, and what its message must say besides the file's name.
#[test]
fn a_broken_file_gets_line_and_reason() {
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("no time", GPX.replace("<time>2026-01-26T15:57:10Z</time>", ""), &[":7:", "no <time>", "recorded"]),
        ("empty time", GPX.replace("2026-01-26T15:57:10Z", " "), &[":7:", "no <time>"]),
        (
            "empty point",
            GPX.replace("</trkpt></trkseg>", "</trkpt><trkpt lat=\"1\" lon=\"1\"/></trkseg>"),
            &[":16:", "no <time>"],
        ),
        ("bare seconds", GPX.replace("2026-01-26T15:57:10Z", "12"), &[":7:", "`12`", "RFC 3339"]),
        ("a date", GPX.replace("2026-01-26T15:57:10Z", "2026-01-26"), &[":7:", "`2026-01-26`"]),
        ("latitude", GPX.replace("53.41", "93.41"), &[":9:", "latitude 93.41"]),
        ("no number", GPX.replace("53.41", "north"), &[":9:", "lat `north`"]),
        ("no lon", GPX.replace("lon=\"-2.97\" ", ""), &[":16:", "no `lon`"]),
        ("namespace", GPX.replace("GPX/1/1", "GPX/2/0"), &[":2:", "GPX/2/0", "1.1"]),
        ("centuries", GPX.replace("2026-01-26T15:57:00Z", "1926-01-26T15:57:00Z"), &["31 days"]),
        ("truncated", GPX[..GPX.len() - 16].into(), &["truncated"]),
        ("no tracks", GPX.replace("trk", "rte"), &["no vehicle, person, track", "only 4 <rtept>, 1 <wpt>"]),
        ("nothing", "<gpx/>".into(), &["no vehicle, person, track"]),
    ];
    for (what, content, parts) in cases {
        assert_ne!(content, GPX, "{what}: the replacement bites");
        let error = read(content).expect_err(what).to_string();
        for part in [&["trace"], parts].concat() {
            assert!(error.contains(part), "{what}: `{part}` is not in: {error}");
        }
    }
}

#[test]
fn a_point_without_time_in_a_long_track_costs_only_itself() {
    let points = |timeless: usize| {
        let point = |i: usize| {
            let time = format!("<time>2026-01-26T15:{:02}:{:02}Z</time>", i / 60, i % 60);
            let time = if i % timeless == 7 { "" } else { &time };
            format!("<trkpt lat=\"53.4\" lon=\"-2.9\">{time}</trkpt>\n")
        };
        let points: String = (0..500).map(point).collect();
        format!("<gpx>\n<trk><trkseg>\n{points}</trkseg></trk></gpx>")
    };
    let (trace, notes) = read(points(100)).unwrap();
    assert_eq!((trace.tracks[0].fixes.len(), notes.broken, notes.first_broken[0].line), (495, 5, 10));
    let planned = points(100).replace("<time>", "<desc>").replace("</time>", "</desc>");
    let error = read(planned).unwrap_err().to_string();
    assert!(error.contains("500 of 500 rows are broken") && error.contains("planned route"), "{error}");
}

#[test]
fn a_hostile_file_ends_in_an_error_or_is_cut() {
    assert!(read(format!("<gpx>{}", "<a>".repeat(100_000))).unwrap_err().to_string().contains("deeply"));
    let endless = format!("<gpx><trk><name>{}", "x".repeat(3 << 20));
    assert!(read(endless).unwrap_err().to_string().contains("more than 1048576 bytes"));
    let long = GPX.replace("<name>Anna", &format!("<name>{}", "é&amp;".repeat(100_000)));
    assert_eq!(read(long).unwrap().0.tracks[1].id.len(), 256);
    let entity = GPX.replace("&amp;", "&lol;");
    assert_eq!(read(entity).unwrap().0.tracks[0].id, "Anna  Bob é", "what is declared is not followed");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_is_in_a_file_nothing_panics(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
        at in 0usize..1600,
        over in 0usize..8,
    ) {
        let mut text = GPX.as_bytes().to_vec();
        let at = at.min(text.len());
        text.splice(at..(at + over).min(GPX.len()), bytes);
        let _ = read(&text);
    }
}
