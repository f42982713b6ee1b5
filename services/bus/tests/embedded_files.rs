//! What the embedded bus makes of files that a crash, a disk or another process has touched.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bus::ByteSize;
use bus::embedded::{Config, Durability, EmbeddedBus, Recorded};
use bus::{Bus, BusError, Class, Record, Start};
use model::Stream;

/// Bytes before the first frame of a segment.
const HEADER: usize = 256;

fn record(key: &str, data: &str) -> Record {
    Record { key: key.into(), id: Some(data.into()), data: data.to_owned().into() }
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut logs: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    logs.sort();
    logs
}

/// What a crash at this moment leaves: the files as they are.
fn crashed(dir: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in segments(dir) {
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

fn written(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1
}

async fn all(bus: &Arc<EmbeddedBus>, stream: Stream) -> Vec<String> {
    let newest = bus.newest(stream).await.unwrap();
    let mut reader = bus.consume(stream, "check", Start::Oldest).await.unwrap();
    let mut all = Vec::new();
    while (all.len() as u64) < newest.0 {
        all.extend(
            reader.next(100).await.unwrap().iter().map(|d| String::from_utf8(d.data.to_vec()).unwrap()),
        );
    }
    all
}

/// A log of five groups of three records; the segment's bytes before the last group and after it.
async fn five_groups(dir: &Path) -> (Vec<u8>, Vec<u8>) {
    let bus = EmbeddedBus::open(dir, Config::default()).unwrap();
    let mut before = Vec::new();
    for group in 0..5 {
        before = fs::read(&segments(dir)[0]).unwrap();
        let records = (0..3).map(|n| record("key", &format!("{group}.{n}"))).collect();
        bus.publish(Stream::Orders, records).await.unwrap();
    }
    let after = fs::read(&segments(dir)[0]).unwrap();
    (before, after)
}

#[tokio::test]
async fn a_torn_end_is_cut_at_every_byte_of_the_last_group_and_the_rest_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (before, after) = five_groups(&dir.path().join("bus")).await;
    let (start, end) = (written(&before), written(&after));
    let expected: Vec<_> = (0..5).flat_map(|group| (0..3).map(move |n| format!("{group}.{n}"))).collect();
    for cut in start..end {
        let zeros = [&after[..cut], &vec![0; 4_096][..]].concat();
        let mut garbage = after.clone();
        garbage[cut..end].fill(0xA5);
        // Sectors reach the disk in any order: the group's end without the middle of it.
        let mut hole = after.clone();
        hole[cut] ^= 0xFF;
        for (how, bytes) in
            [("short", after[..cut].to_vec()), ("zeros", zeros), ("garbage", garbage), ("hole", hole)]
        {
            let torn = dir.path().join("torn");
            fs::create_dir_all(&torn).unwrap();
            fs::write(torn.join("00000000000000000001.log"), bytes).unwrap();
            let bus =
                EmbeddedBus::open(&torn, Config::default()).unwrap_or_else(|e| panic!("{how} at {cut}: {e}"));
            let kept = all(&bus, Stream::Orders).await;
            assert!(kept.len() >= 12, "{how} at {cut}: an acknowledged record is missing");
            assert_eq!(kept, expected[..kept.len()], "{how} at {cut}");
            // What was cut was never acknowledged: it can be published again, and is not taken for a duplicate.
            let again = bus.publish(Stream::Orders, vec![record("key", "again")]).await.unwrap();
            assert_eq!(again[0].0, kept.len() as u64 + 1);
            drop(bus);
            let bus = EmbeddedBus::open(&torn, Config::default()).unwrap();
            assert_eq!(all(&bus, Stream::Orders).await.last().unwrap(), "again");
            drop(bus);
            fs::remove_dir_all(&torn).unwrap();
        }
    }
}

#[tokio::test]
async fn damage_before_the_last_group_is_told_with_file_and_place() {
    let dir = tempfile::tempdir().unwrap();
    let (before, after) = five_groups(&dir.path().join("bus")).await;
    let damaged = dir.path().join("damaged");
    for at in 0..written(&before) {
        for zeroed in [false, true] {
            let mut bytes = after.clone();
            if zeroed {
                let to = (at + 64).min(written(&before));
                if bytes[at..to].iter().all(|byte| *byte == 0) {
                    continue;
                }
                bytes[at..to].fill(0);
            } else {
                bytes[at] ^= 1 << (at % 8);
            }
            fs::create_dir_all(&damaged).unwrap();
            fs::write(damaged.join("00000000000000000001.log"), &bytes).unwrap();
            let error = EmbeddedBus::open(&damaged, Config::default()).map(drop).expect_err("damaged");
            let BusError::Damaged { path, offset, .. } = &error else { panic!("{at}: {error}") };
            assert!(path.ends_with("00000000000000000001.log"));
            assert!(*offset <= at as u64 + 64, "{error}");
            assert_eq!(error.class(), Class::Permanent);
            // Refusing changes nothing: the operator still has the file as it was.
            assert_eq!(fs::read(damaged.join("00000000000000000001.log")).unwrap(), bytes);
        }
    }
    assert!(written(&before) > HEADER);
}

#[tokio::test]
async fn without_syncs_everything_behind_a_broken_group_is_cut_and_nothing_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("bus");
    let unsynced = Config { durability: Durability::Os, ..Config::default() };
    let bus = EmbeddedBus::open(&home, unsynced.clone()).unwrap();
    let mut ends = Vec::new();
    for group in 0..5 {
        bus.publish(Stream::Orders, vec![record("key", &format!("{group}"))]).await.unwrap();
        ends.push(written(&fs::read(&segments(&home)[0]).unwrap()));
    }
    let bytes = fs::read(&segments(&home)[0]).unwrap();
    let torn = dir.path().join("torn");
    // A power failure may keep later groups and lose one before them: none of them was promised.
    for at in ends[1]..ends[2] {
        let mut broken = bytes.clone();
        broken[at] ^= 0xFF;
        fs::create_dir_all(&torn).unwrap();
        fs::write(torn.join("00000000000000000001.log"), broken).unwrap();
        let survivor = EmbeddedBus::open(&torn, unsynced.clone()).unwrap_or_else(|e| panic!("{at}: {e}"));
        assert_eq!(all(&survivor, Stream::Orders).await, ["0", "1"], "{at}");
        // What was cut does not come back behind what is written now.
        survivor.publish(Stream::Orders, vec![record("key", "new")]).await.unwrap();
        drop(survivor);
        let survivor = EmbeddedBus::open(&torn, unsynced.clone()).unwrap();
        assert_eq!(all(&survivor, Stream::Orders).await, ["0", "1", "new"], "{at}");
        drop(survivor);
        fs::remove_dir_all(&torn).unwrap();
    }
}

#[tokio::test]
async fn a_sealed_segment_that_lost_its_end_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let small = Config { segment_bytes: ByteSize::kib(4), ..Config::default() };
    let home = dir.path().join("bus");
    let bus = EmbeddedBus::open(&home, small.clone()).unwrap();
    for n in 0..40 {
        bus.publish(Stream::Outcomes, vec![record("key", &format!("{n:0200}"))]).await.unwrap();
    }
    drop(bus);
    let logs = segments(&home);
    assert!(logs.len() >= 3);
    let whole = fs::read(&logs[0]).unwrap();
    let name = logs[0].file_name().unwrap();
    for length in (0..whole.len()).step_by(7).chain([HEADER, whole.len() - 1]) {
        let copy = dir.path().join("copy");
        crashed(&home, &copy);
        fs::write(copy.join(name), &whole[..length]).unwrap();
        let error = EmbeddedBus::open(&copy, small.clone()).map(drop).expect_err("cut");
        assert!(matches!(error, BusError::Damaged { .. }), "{length}: {error}");
        fs::remove_dir_all(&copy).unwrap();
    }
    assert_eq!(all(&EmbeddedBus::open(&home, small).unwrap(), Stream::Outcomes).await.len(), 40);
}

#[tokio::test]
async fn what_was_acknowledged_is_in_the_files_at_that_moment() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("bus");
    let small = Config { segment_bytes: ByteSize::kib(4), ..Config::default() };
    let bus = EmbeddedBus::open(&home, small.clone()).unwrap();
    for n in 0..60_u64 {
        bus.publish(Stream::Orders, vec![record("key", &format!("{n:0150}"))]).await.unwrap();
        let copy = dir.path().join("copy");
        crashed(&home, &copy);
        let survivor = EmbeddedBus::open(&copy, small.clone()).unwrap();
        assert_eq!(survivor.newest(Stream::Orders).await.unwrap().0, n + 1);
        drop(survivor);
        fs::remove_dir_all(&copy).unwrap();
    }
}

#[tokio::test]
async fn a_second_opener_is_told_which_directory_is_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(dir.path(), Config::default()).unwrap();
    let refused = EmbeddedBus::open(dir.path(), Config::default()).map(drop).expect_err("in use");
    assert!(matches!(&refused, BusError::InUse { dir: told } if Path::new(told) == dir.path()), "{refused}");
    assert!(matches!(refused.class(), Class::Transient(_)));
    bus.close().await;
    // The handle that was closed may live on; the directory is free.
    let second = EmbeddedBus::open(dir.path(), Config::default()).unwrap();
    let late = bus.publish(Stream::Orders, vec![record("key", "late")]).await.expect_err("closed");
    assert!(matches!(late, BusError::Closed));
    second.publish(Stream::Orders, vec![record("key", "on time")]).await.unwrap();
}

#[tokio::test]
async fn waiting_readers_and_later_calls_learn_that_the_bus_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(dir.path(), Config::default()).unwrap();
    let mut waiting = bus.consume(Stream::Orders, "waiting", Start::Oldest).await.unwrap();
    let reader = tokio::spawn(async move {
        let first = waiting.next(10).await.unwrap();
        (first.len(), waiting.next(10).await.map(drop))
    });
    bus.publish(Stream::Orders, vec![record("key", "x")]).await.unwrap();
    bus.close().await;
    let (read, then) = reader.await.unwrap();
    assert_eq!(read, 1, "what was published before comes first");
    assert!(matches!(then, Err(BusError::Closed)));
    assert!(matches!(
        bus.consume(Stream::Orders, "late", Start::Oldest).await.map(drop),
        Err(BusError::Closed)
    ));
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error_with_its_name() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = EmbeddedBus::open(file.path().join("bus"), Config::default()).map(drop).expect_err("a file");
    assert!(error.to_string().contains("bus"), "{error}");
}

#[tokio::test]
async fn what_is_recorded_is_read_beside_an_open_bus_and_ends_where_the_log_does() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Recorded::open(folder.path(), &[Stream::Orders]).is_err());
    let small = Config { segment_bytes: ByteSize::kib(64), ..Config::default() };
    let bus = EmbeddedBus::open(folder.path(), small).unwrap();
    for _ in 0..4 {
        let filler = "x".repeat(30 << 10);
        bus.publish(Stream::Orders, vec![Record { id: None, ..record("key", &filler) }]).await.unwrap();
        bus.publish(Stream::Outcomes, vec![Record { id: None, ..record("key", "other") }]).await.unwrap();
    }
    let read = || {
        let recorded = Recorded::open(folder.path(), &[Stream::Orders]).unwrap();
        recorded.map(|found| found.unwrap().1.sequence.0).collect::<Vec<_>>()
    };
    assert!(segments(folder.path()).len() > 1);
    assert_eq!(read(), [1, 2, 3, 4]);
    bus.close().await;
    assert_eq!(read(), [1, 2, 3, 4]);
}
