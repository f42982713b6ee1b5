//! Work that replicas share through a consumer group.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod kafka;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::kafka::Config;
use bus::{Bus, Change, Share};
use kafka::{address, connect, within};
use tokio::task::JoinHandle;

const PARTS: u16 = 6;

fn config(address: &str, prefix: &str) -> Config {
    Config { prefix: prefix.into(), ..Config::at(address) }
}

/// A replica that does what it should: works on what it gains, releases what it loses.
struct Replica {
    held: Arc<Mutex<BTreeSet<u16>>>,
    running: JoinHandle<()>,
}

impl Replica {
    async fn join(bus: &Arc<dyn Bus>, everyone: &Arc<Mutex<Vec<u16>>>) -> Self {
        let mut share = bus.share("executor", PARTS).await.unwrap();
        let (held, everyone) = (Arc::<Mutex<BTreeSet<u16>>>::default(), everyone.clone());
        let own = held.clone();
        let running = tokio::spawn(async move {
            while let Ok(change) = share.change().await {
                match change {
                    Change::Gained(part) => {
                        own.lock().unwrap().insert(part);
                        let mut all = everyone.lock().unwrap();
                        assert!(!all.contains(&part), "part {part} is held twice");
                        all.push(part);
                    }
                    Change::Lost(part) => {
                        // Work takes a while to stop.
                        tokio::time::sleep(Duration::from_millis(300)).await;
                        own.lock().unwrap().remove(&part);
                        everyone.lock().unwrap().retain(|held| *held != part);
                        share.release(part).await.unwrap();
                    }
                }
            }
        });
        Self { held, running }
    }

    fn holds(&self) -> usize {
        self.held.lock().unwrap().len()
    }
}

async fn until(what: &str, reached: impl Fn() -> bool) {
    within(what, async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_are_split_and_move_only_once_they_are_released() {
    let Some(address) = address() else { return };
    let bus = connect(config(&address, "split")).await;
    let everyone = Arc::default();
    let one = Replica::join(&bus, &everyone).await;
    until("the first has everything", || one.holds() == usize::from(PARTS)).await;
    let two = Replica::join(&bus, &everyone).await;
    let three = Replica::join(&bus, &everyone).await;
    until("three have two each", || [&one, &two, &three].iter().all(|replica| replica.holds() == 2)).await;
    // One leaves in order: its share is dropped with its task.
    for part in std::mem::take(&mut *two.held.lock().unwrap()) {
        everyone.lock().unwrap().retain(|held| *held != part);
    }
    two.running.abort();
    until("two have three each", || one.holds() == 3 && three.holds() == 3).await;
    assert!(!one.running.is_finished() && !three.running.is_finished(), "no part was held twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_is_not_released_moves_when_the_lease_is_over() {
    let Some(address) = address() else { return };
    let bus = connect(config(&address, "slow")).await;
    let mut slow = bus.share("executor", 2).await.unwrap();
    gain(&mut slow, 2).await;
    let mut quick = bus.share("executor", 2).await.unwrap();
    let lost = within("losing", slow.change()).await.unwrap();
    assert!(matches!(lost, Change::Lost(_)), "{lost:?}");
    let begun = std::time::Instant::now();
    let gained = within("gaining", quick.change()).await.unwrap();
    assert!(matches!((lost, gained), (Change::Lost(a), Change::Gained(b)) if a == b), "{lost:?} {gained:?}");
    assert!(begun.elapsed() > Duration::from_secs(3), "it was waited for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_are_given_back_can_be_had_again() {
    let Some(address) = address() else { return };
    let bus = connect(config(&address, "back")).await;
    let mut share = bus.share("executor", 2).await.unwrap();
    gain(&mut share, 2).await;
    share.release(0).await.unwrap();
    let mut held: BTreeSet<u16> = [0, 1].into();
    let mut again = 0;
    while again < 2 {
        match within("changing", share.change()).await.unwrap() {
            Change::Lost(part) => {
                held.remove(&part);
                share.release(part).await.unwrap();
            }
            Change::Gained(part) => {
                again += 1;
                assert!(held.insert(part), "it was lost before");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_the_broker_refuses_is_told() {
    let Some(address) = address() else { return };
    let bus = connect(Config { lease: Duration::from_secs(1), ..config(&address, "hasty") }).await;
    let mut share = bus.share("executor", 2).await.unwrap();
    let error = within("joining", share.change()).await.expect_err("too short");
    assert!(error.to_string().contains("`lease`"), "{error}");
}

/// Environment of the replica that is killed: where the broker is.
const VICTIM: &str = "EDGEROAM_TEST_SHARE_OF";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_a_replica_that_was_killed_move_when_its_lease_is_over() {
    if let Ok(address) = std::env::var(VICTIM) {
        let bus = connect(config(&address, "killed")).await;
        let mut share = bus.share("executor", 2).await.unwrap();
        gain(&mut share, 2).await;
        eprintln!("holds everything");
        return std::future::pending().await;
    }
    let Some(address) = address() else { return };
    let name = "parts_of_a_replica_that_was_killed_move_when_its_lease_is_over";
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(VICTIM, &address)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let told = victim.stderr.take().unwrap();
    let held = kafka::beside(move || {
        use std::io::BufRead;
        std::io::BufReader::new(told).lines().map_while(Result::ok).any(|line| line == "holds everything")
    });
    assert!(within("the victim", held).await);
    victim.kill().unwrap();
    victim.wait().unwrap();
    let bus = connect(config(&address, "killed")).await;
    let mut share = bus.share("executor", 2).await.unwrap();
    gain(&mut share, 2).await;
}

async fn gain(share: &mut Box<dyn Share>, parts: usize) {
    let mut gained = BTreeSet::new();
    while gained.len() < parts {
        let change = within("gaining", share.change()).await.unwrap();
        let Change::Gained(part) = change else { panic!("{change:?}") };
        gained.insert(part);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_together_find_the_topics_that_others_are_making() {
    let Some(address) = address() else { return };
    for round in 0..6 {
        let mut replicas = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let config = config(&address, &format!("together-{round}"));
            replicas.spawn(async move {
                let bus = bus::kafka::KafkaBus::connect(config).await?;
                let share = bus.share("executor", PARTS).await;
                bus.close().await;
                share.map(drop)
            });
        }
        within("starting together", async {
            while let Some(started) = replicas.join_next().await {
                started.unwrap().unwrap();
            }
        })
        .await;
    }
}
