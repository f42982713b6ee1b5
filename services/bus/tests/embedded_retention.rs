//! What retention takes away, what it leaves, and what a crash in the middle of it leaves.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::embedded::{Config, EmbeddedBus, Tail};
use bus::{Bus, BusError, Record, Sequence, Start};
use bus::{ByteSize, Retention};
use model::Stream;

const HANG: Duration = Duration::from_secs(120);
const KEPT: u64 = 64 << 10;

fn config() -> Config {
    let mut config =
        Config { segment_bytes: ByteSize::kib(16), memory_bytes: ByteSize::kib(16), ..Config::default() };
    let little = Retention { max_bytes: ByteSize(KEPT), max_age: Duration::from_secs(3_600) };
    config.retention.ue_events = little;
    config.retention.instances = little;
    config
}

fn record(key: &str, id: Option<String>, bytes: usize) -> Record {
    Record { key: key.into(), id: id.map(Into::into), data: vec![b'x'; bytes].into() }
}

fn logs(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut logs: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "log"))
        .filter_map(|path| Some((path.clone(), fs::metadata(path).ok()?.len())))
        .collect();
    logs.sort();
    logs
}

async fn fill(bus: &Arc<EmbeddedBus>, stream: Stream, records: u64) {
    for n in 0..records {
        bus.publish(stream, vec![record(&format!("key-{}", n % 10), None, 1_000)]).await.unwrap();
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < HANG, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_stream_leaves_the_disk_and_a_quiet_one_stays_whole() {
    let dir = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    for round in 0..50 {
        bus.publish(Stream::Orders, vec![record("quiet", Some(format!("order-{round}")), 100)])
            .await
            .unwrap();
        fill(&bus, Stream::UeEvents, 40).await;
    }
    // Two megabytes went through; what stays is what is kept, some merged segments, and the one being written.
    until("the disk is not freed", async || {
        let total: u64 = logs(dir.path()).iter().map(|(_, length)| length).sum();
        total < 4 * KEPT + (64 << 10)
    })
    .await;
    for _ in 0..2 {
        let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.unwrap();
        let mut next = 1;
        while next <= 50 {
            for delivery in reader.next(7).await.unwrap() {
                assert_eq!(delivery.sequence, Sequence(next));
                assert_eq!(delivery.id.unwrap(), format!("order-{}", next - 1).into());
                next += 1;
            }
        }
    }
    drop(bus);
    let bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.unwrap();
    let mut read = 0;
    while read < 50 {
        read += reader.next(50).await.unwrap().len();
    }
    let behind = bus.consume(Stream::UeEvents, "reader", Start::After(Sequence(1))).await.map(drop);
    assert!(matches!(behind, Err(BusError::FellBehind { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_outlive_their_records_and_a_reopen() {
    let dir = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    for n in 0..20 {
        bus.publish(Stream::UeEvents, vec![record("key", Some(format!("id-{n}")), 10)]).await.unwrap();
    }
    fill(&bus, Stream::UeEvents, 600).await;
    let gone = async |bus: &Arc<EmbeddedBus>| {
        let opened = bus.consume(Stream::UeEvents, "probe", Start::After(Sequence(20))).await;
        matches!(opened.map(drop), Err(BusError::FellBehind { .. }))
    };
    until("retention lets nothing go", async || gone(&bus).await).await;
    fill(&bus, Stream::UeEvents, 100).await;
    drop(bus);
    let bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    assert!(gone(&bus).await);
    let newest = bus.newest(Stream::UeEvents).await.unwrap();
    for n in 0..20 {
        let again =
            bus.publish(Stream::UeEvents, vec![record("key", Some(format!("id-{n}")), 10)]).await.unwrap();
        assert_eq!(again, [Sequence(n + 1)]);
    }
    assert_eq!(bus.newest(Stream::UeEvents).await.unwrap(), newest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_outlive_the_segments_that_they_were_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    fill(&bus, Stream::Orders, 10).await;
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.unwrap();
    assert_eq!(reader.next(6).await.unwrap().len(), 6);
    reader.ack(Sequence(6)).await.unwrap();
    for _ in 0..4 {
        fill(&bus, Stream::UeEvents, 200).await;
    }
    until("nothing is merged", async || logs(dir.path()).len() < 20).await;
    drop((reader, bus));
    let bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Newest).await.unwrap();
    assert_eq!(reader.next(1).await.unwrap()[0].sequence, Sequence(7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_records_leave_by_their_age() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config();
    config.retention.ue_events =
        Retention { max_bytes: ByteSize::mib(64), max_age: Duration::from_millis(50) };
    let bus = EmbeddedBus::open(dir.path(), config).unwrap();
    fill(&bus, Stream::UeEvents, 50).await;
    until("nothing leaves", async || {
        let opened = bus.consume(Stream::UeEvents, "probe", Start::After(Sequence(0))).await;
        matches!(opened.map(drop), Err(BusError::FellBehind { .. }))
    })
    .await;
    assert_eq!(bus.newest(Stream::UeEvents).await.unwrap(), Sequence(50), "sequences never start over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_between_merging_and_removing_leaves_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let (home, copy) = (dir.path().join("bus"), dir.path().join("copy"));
    fs::create_dir_all(&copy).unwrap();
    let bus = EmbeddedBus::open(&home, config()).unwrap();
    let mut published = 0;
    for round in 0..40 {
        bus.publish(Stream::Orders, vec![record("quiet", Some(format!("order-{round}")), 100)])
            .await
            .unwrap();
        published += 1;
        fill(&bus, Stream::UeEvents, 20).await;
        // Every segment that ever was, as it was first seen; the names of merged ones are overwritten below.
        for (path, _) in logs(&home) {
            let kept = copy.join(path.file_name().unwrap());
            if !kept.exists() {
                // It may be merged away at this very moment.
                let _ = fs::copy(path, kept);
            }
        }
    }
    until("nothing is merged", async || logs(&home).len() < 20).await;
    bus.close().await;
    for (path, _) in logs(&home) {
        fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    fs::write(copy.join("00000000000000000099.unfinished"), "half a merged segment").unwrap();
    assert!(logs(&copy).len() > logs(&home).len(), "the crash is one");
    // Segments that were removed and not merged into another would come back whole; they are left out here.
    for (path, _) in logs(&copy) {
        let covered = covers(&home, number(&path));
        if !covered {
            fs::remove_file(path).unwrap();
        }
    }
    let bus = EmbeddedBus::open(&copy, config()).unwrap();
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.unwrap();
    for expected in 1..=published {
        assert_eq!(reader.next(1).await.unwrap()[0].sequence, Sequence(expected));
    }
    assert_eq!(bus.newest(Stream::Orders).await.unwrap(), Sequence(published));
    assert!(!copy.join("00000000000000000099.unfinished").exists());
}

fn number(path: &Path) -> u64 {
    path.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

/// Whether a segment of the directory stands for this number.
fn covers(dir: &Path, id: u64) -> bool {
    logs(dir).iter().any(|(path, _)| {
        let bytes = fs::read(path).unwrap();
        let through = u64::from_le_bytes(bytes[24..32].try_into().unwrap());
        (number(path)..=through).contains(&id)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_follows_across_segments_merging_and_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    bus.publish(Stream::Orders, vec![record("quiet", None, 10)]).await.unwrap();
    let mut oldest = Tail::open(dir.path(), &[Stream::Orders], false).unwrap();
    let mut newest = Tail::open(dir.path(), &[Stream::Orders, Stream::Decisions], true).unwrap();
    assert_eq!(oldest.next().await.unwrap().1.sequence, Sequence(1));
    for round in 2..=60_u64 {
        let order =
            bus.publish(Stream::Orders, vec![record("quiet", Some(round.to_string()), 10)]).await.unwrap();
        assert_eq!(order, [Sequence(round)]);
        fill(&bus, Stream::UeEvents, 20).await;
        for tail in [&mut oldest, &mut newest] {
            let (stream, delivery) = tokio::time::timeout(HANG, tail.next()).await.unwrap().unwrap();
            assert_eq!((stream, delivery.sequence), (Stream::Orders, Sequence(round)));
            assert_eq!(delivery.id.unwrap(), round.to_string().into());
        }
        if round == 30 {
            bus.close().await;
            bus = EmbeddedBus::open(dir.path(), config()).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_that_fell_behind_says_so_once_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    fill(&bus, Stream::UeEvents, 5).await;
    let mut tail = Tail::open(dir.path(), &[Stream::UeEvents], false).unwrap();
    let mut read = tail.next().await.unwrap().1.sequence;
    // Far more than lies ready for a tail that does not read.
    fill(&bus, Stream::UeEvents, 1_500).await;
    let mut told = 0;
    while read < Sequence(1_505) {
        match tokio::time::timeout(HANG, tail.next()).await.unwrap() {
            Ok((_, delivery)) => {
                assert!(delivery.sequence > read);
                read = delivery.sequence;
            }
            Err(BusError::FellBehind { wanted, oldest, .. }) => {
                assert_eq!(wanted, read.0 + 1);
                assert!(oldest > wanted);
                read = Sequence(oldest - 1);
                told += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(told >= 1);
}

#[test]
fn a_tail_of_no_bus_is_an_error_with_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let error = Tail::open(dir.path(), &Stream::ALL, true).map(drop).expect_err("no bus");
    assert!(error.to_string().contains(dir.path().to_str().unwrap()), "{error}");
}
