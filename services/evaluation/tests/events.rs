//! Files of events: what is read, what is skipped, what is refused and how that is told.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::path::PathBuf;

use evaluation::{Events, Notes};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

const GOOD: &str =
    "ue,time,mcc,mnc,nci\nimsi-1,0,001,01,00000000a\nimsi-1,4.5,001,01,00000000B\nimsi-1,9,,,\n";

struct File {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn file(content: impl AsRef<[u8]>) -> File {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.csv");
    std::fs::write(&path, content).unwrap();
    File { _folder: folder, path }
}

fn read(content: impl AsRef<[u8]>) -> (Events, Notes) {
    Events::read(&file(content).path).unwrap()
}

fn refused(content: impl AsRef<[u8]>) -> String {
    Events::read(&file(content).path).unwrap_err().to_string()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_byte_order_mark_crlf_quotes_gzip_and_the_order_of_columns_make_no_difference() {
    let plain = read(GOOD).0;
    assert_eq!((plain.len(), plain.ues()), (3, 1));
    let quoted = GOOD.replace("imsi-1", "\"imsi-1\"").replace(",001,", ", \"001\" ,");
    let turned =
        "nci,time,UE,mcc,mnc\n00000000a,0,imsi-1,001,01\n00000000b,4.500,imsi-1,001,01\n,9.0,imsi-1,,\n";
    for same in [
        format!("\u{feff}{GOOD}").into_bytes(),
        GOOD.replace('\n', "\r\n").into_bytes(),
        format!("# made by hand\n\n{GOOD}\n\n").into_bytes(),
        GOOD.trim_end().to_owned().into_bytes(),
        quoted.into_bytes(),
        turned.into(),
        gzip(GOOD.as_bytes()),
        [gzip(&GOOD.as_bytes()[..30]), gzip(&GOOD.as_bytes()[30..])].concat(),
    ] {
        assert_eq!(read(&same).0, plain, "{}", String::from_utf8_lossy(&same));
    }
}

#[test]
fn rows_may_come_in_any_order_between_ues() {
    let by_ue =
        read("ue,time,mcc,mnc,nci\na,0,001,01,000000001\na,8,001,01,000000002\nb,-3,001,01,000000001\n");
    assert_eq!((by_ue.0.len(), by_ue.0.ues(), by_ue.1.broken), (3, 2, 0));
}

#[test]
fn broken_rows_are_counted_told_with_file_line_and_reason_and_skipped() {
    let rows = [
        (",1,001,01,00000000a", "`ue` is empty"),
        ("u,noon,001,01,00000000a", "time `noon` is not a number"),
        ("u,1,1,01,00000000a", "`1` is not a valid mcc"),
        ("u,1,001,1,00000000a", "`1` is not a valid mnc"),
        ("u,1,001,01,a", "nci `a` has not 9 hex digits"),
        ("u,1,001,01,00000000g", "`00000000g` is not a valid nci"),
        ("u,1,001,,00000000a", "`mnc` is empty"),
        ("u,1,001,01", "4 fields, where the header has 5"),
        ("u,1,001,01,00000000a,", "6 fields"),
    ];
    for (row, reason) in rows {
        let file = file(format!("{GOOD}{row}\n"));
        let (events, notes) = Events::read(&file.path).unwrap();
        assert_eq!((events.len(), notes.rows, notes.broken), (3, 4, 1), "{row}");
        let said = notes.to_string();
        let place = format!("{}:5: ", file.path.display());
        assert!(said.contains("1 broken rows skipped") && said.contains(&place), "{said}");
        assert!(said.contains(reason), "{said}");
    }
    let many = format!("{GOOD}{}", "u,1,,01,x\n".repeat(20));
    let (_, notes) = read(many);
    assert_eq!((notes.broken, notes.first_broken.len()), (20, 10));
    assert!(notes.to_string().ends_with('…'));
}

#[test]
fn two_and_three_digits_of_an_mnc_are_two_networks() {
    let (events, _) = read("ue,time,mcc,mnc,nci\nu,0,001,01,000000001\nu,1,001,001,000000001\n");
    let (same, _) = read("ue,time,mcc,mnc,nci\nu,0,001,01,000000001\nu,1,001,01,000000001\n");
    assert_ne!(events, same);
}

#[test]
fn a_header_that_is_none_is_refused_with_its_line() {
    for (content, line, reason) in [
        ("imsi-1,0,001,01,00000000a\n", 1, "`imsi-1` is no column"),
        ("#\nue,time,mcc,mnc\n", 2, "column `nci` is missing; the header is ue,time,mcc,mnc,nci"),
        ("ue,time,mcc,mnc,nci,ue\n", 1, "column `ue` is there twice"),
        ("ue;time;mcc;mnc;nci\n", 1, "separate the fields by commas"),
        ("", 1, "the file is empty"),
        ("\u{feff}\n\n", 2, "the file is empty"),
        ("ue,time,mcc,mnc,nci\ra,1,,,\r", 1, "CR only"),
        ("{\"type\": 1}", 1, "no column"),
    ] {
        let said = refused(content);
        assert!(said.contains(&format!("events.csv:{line}: ")) && said.contains(reason), "{said}");
    }
}

#[test]
fn files_that_are_damaged_are_refused_with_file_and_line() {
    let packed = gzip(GOOD.repeat(50).as_bytes());
    assert!(refused(&packed[..packed.len() / 2]).contains("the file is truncated"));
    let mut damaged = packed;
    damaged[14] ^= 0xff;
    let said = refused(&damaged);
    assert!(said.contains("events.csv: the gzip data"), "{said}");
    assert!(refused([GOOD.as_bytes(), b"\xff,1,,,\n"].concat()).contains("events.csv:5: no UTF-8 text"));
    assert!(refused(b"\xff\xfeu\0e\0").contains("events.csv:1: UTF-16"));
    let long = format!("{GOOD}{}", "x".repeat(5_000));
    assert!(refused(long).contains("events.csv:5: a line of more than 4096 bytes"));
    assert!(refused("ue,time,mcc,mnc,nci\n").contains("no events in it"));
    assert!(refused("ue,time,mcc,mnc,nci\nu,x,,,\n").contains(":2: time `x`"));
    let missing = Events::read(std::path::Path::new("no/such.csv")).unwrap_err().to_string();
    assert!(missing.contains("no/such.csv"), "{missing}");
    let folder = tempfile::tempdir().unwrap();
    assert!(Events::read(folder.path()).is_err());
}

proptest! {
    #[test]
    fn whatever_stands_in_a_file_is_read_or_refused(
        rows in prop::collection::vec("[ -~]{0,40}|u,-?[0-9.e]{0,20},[0-9]{0,3},[0-9]{0,3},[0-9a-f]{0,9}", 0..20),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let table = format!("ue,time,mcc,mnc,nci\n{}\n", rows.join("\n"));
        if let Ok((events, notes)) = Events::read(&file(&table).path) {
            prop_assert_eq!(events.len() as u64 + notes.broken, notes.rows);
        }
        let _ = Events::read(&file([table.as_bytes(), &bytes].concat()).path);
        let _ = Events::read(&file([&[0x1f, 0x8b], &bytes[..]].concat()).path);
    }
}
