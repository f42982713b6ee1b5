//! SIGKILL at seeded moments: every acknowledged record is there afterwards, at its position, once.
//!
//! This file's test program starts itself again as the process that is killed.
#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bus::embedded::{Config, EmbeddedBus};
use bus::{Bus, BusError, Record, Start};
use bus::{ByteSize, Retention};
use model::Stream;

const DIR: &str = "EDGEROAM_TEST_KILLED_BUS";
const ROUND: &str = "EDGEROAM_TEST_ROUND";
const KILLS: u64 = 30;
const PUBLISHERS: u64 = 8;
/// How many records the process that is killed reads and acknowledges at once.
const BATCH: usize = 16;

fn config() -> Config {
    let mut config =
        Config { segment_bytes: ByteSize::kib(32), memory_bytes: ByteSize::kib(64), ..Config::default() };
    // Enough leaves all the time that segments are merged and removed while the process is killed.
    let little = Retention { max_bytes: ByteSize::kib(16), max_age: Duration::from_secs(3_600) };
    config.retention.commands = little;
    config.retention.instances = little;
    config
}

/// Does nothing by itself: it is what the other test kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_process() {
    let (Ok(dir), Ok(round)) = (std::env::var(DIR), std::env::var(ROUND)) else { return };
    let bus = EmbeddedBus::open(PathBuf::from(dir), config()).unwrap();
    let mut publishers = tokio::task::JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let (bus, round) = (bus.clone(), round.clone());
        publishers.spawn(async move {
            for n in 0.. {
                let id = format!("{round}.{publisher}.{n}");
                let data = format!("{id}:{}", "x".repeat((n * 37 % 500) as usize));
                let key = format!("key-{publisher}");
                let event = Record { key: key.as_str().into(), id: Some(id.into()), data: data.into() };
                let filler = Record { id: None, ..event.clone() };
                let sequence = bus.publish(Stream::UeEvents, vec![event.clone()]).await.unwrap()[0];
                tell(&format!("ue-events {} {}", sequence.0, String::from_utf8_lossy(&event.data)));
                bus.publish(Stream::Commands, vec![filler.clone()]).await.unwrap();
                let sequence = bus.publish(Stream::Instances, vec![filler]).await.unwrap()[0];
                tell(&format!("instances {} {}", sequence.0, key));
            }
        });
    }
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.unwrap();
    loop {
        let last = reader.next(BATCH).await.unwrap().last().unwrap().sequence;
        reader.ack(last).await.unwrap();
        tell(&format!("read {}", last.0));
    }
}

/// One whole line past the test harness's capture.
fn tell(line: &str) {
    std::io::stdout().lock().write_all(format!("\ntold {line}\n").as_bytes()).unwrap();
}

#[derive(Default)]
struct Truth {
    events: HashMap<u64, String>,
    /// Key → newest acknowledged position.
    instances: HashMap<String, u64>,
    read: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_acknowledged_is_there_after_a_kill_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let mut truth = Truth::default();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for round in 0..KILLS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lines = 1 + (random >> 33) % 600;
        let dir = dir.path().to_owned();
        truth = tokio::task::spawn_blocking({
            let dir = dir.clone();
            move || run_and_kill(&dir, round, lines, truth)
        })
        .await
        .unwrap();
        check(&dir, &truth).await;
    }
    assert!(truth.events.len() > 1_000, "{} records are a poor test", truth.events.len());
}

fn run_and_kill(dir: &Path, round: u64, lines: u64, mut truth: Truth) -> Truth {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed_process", "--exact", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut told = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some(line) = line.strip_prefix("told ") else { continue };
        note(line, &mut truth);
        told += 1;
        if told == lines {
            // What it tells until it is dead counts as well.
            child.kill().unwrap();
        }
    }
    assert!(told >= lines, "round {round}: the process ended by itself");
    child.wait().unwrap();
    truth
}

fn note(line: &str, truth: &mut Truth) {
    let mut words = line.splitn(3, ' ');
    let (what, sequence) = (words.next().unwrap(), words.next().unwrap().parse().unwrap_or(0));
    let rest = words.next().unwrap_or_default();
    match what {
        // A line that the kill cut short tells nothing.
        "ue-events" if rest.contains(':') => {
            let id = rest.split(':').next().unwrap().to_owned();
            truth.events.insert(sequence, id);
        }
        "instances" if rest.len() == "key-0".len() => {
            let newest = truth.instances.entry(rest.to_owned()).or_default();
            *newest = (*newest).max(sequence);
        }
        _ => {}
    }
    if what == "read" {
        truth.read = truth.read.max(sequence);
    }
}

async fn check(dir: &Path, truth: &Truth) {
    let bus: Arc<EmbeddedBus> = EmbeddedBus::open(dir, config()).unwrap();
    let newest = bus.newest(Stream::UeEvents).await.unwrap();
    let mut reader = bus.consume(Stream::UeEvents, "check", Start::Oldest).await.unwrap();
    let mut found = HashMap::new();
    while (found.len() as u64) < newest.0 {
        for delivery in reader.next(1_000).await.unwrap() {
            assert_eq!(delivery.sequence.0, found.len() as u64 + 1, "no gaps");
            found.insert(delivery.sequence.0, delivery);
        }
    }
    // Only what this check itself published after earlier kills has no id.
    let (with_id, without): (Vec<_>, Vec<_>) = found.values().partition(|delivery| delivery.id.is_some());
    assert!(without.iter().all(|delivery| &*delivery.key == "end"));
    let ids: HashSet<_> = with_id.iter().map(|delivery| &delivery.id).collect();
    assert_eq!(ids.len(), with_id.len(), "no record twice");
    for (sequence, id) in &truth.events {
        let delivery = found.get(sequence).unwrap_or_else(|| panic!("{sequence} ({id}) was acknowledged"));
        assert_eq!(delivery.id.as_deref(), Some(id.as_str()));
        assert!(delivery.data.starts_with(format!("{id}:").as_bytes()));
    }
    let (latest, _) = bus.latest(Stream::Instances).await.unwrap();
    for (key, sequence) in &truth.instances {
        let kept = latest.iter().find(|delivery| *delivery.key == **key);
        assert!(kept.is_some_and(|kept| kept.sequence.0 >= *sequence), "{key} at {sequence}");
    }
    // The position may lag behind and never runs ahead: one batch at most was acknowledged and not told any more.
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Newest).await.unwrap();
    bus.publish(Stream::UeEvents, vec![Record { key: "end".into(), id: None, data: "".into() }])
        .await
        .unwrap();
    let first = reader.next(1).await.unwrap().remove(0);
    let most = truth.read + BATCH as u64;
    assert!(first.sequence.0 <= most + 1, "goes on at {:?}, {most} was read at most", first.sequence);
    match bus.consume(Stream::Commands, "check", Start::Oldest).await {
        Ok(_) | Err(BusError::FellBehind { .. }) => {}
        Err(error) => panic!("{error}"),
    }
    bus.close().await;
}
