//! How replicas share work by leases on a real nats-server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brokers::nats::{Options, Server, available};
use bus::nats::{Config, NatsBus};
use bus::{Bus, Change, Share};
use tokio::sync::watch;
use tokio::time::timeout;

const HANG: Duration = Duration::from_secs(120);
/// Nobody waits for it: whoever comes and goes in an orderly way moves parts at once.
const LONG: Duration = Duration::from_secs(600);
/// Somebody waits until it has run out.
const SHORT: Duration = Duration::from_secs(1);
const PARTS: u16 = 12;

/// Who works on which part.
type Holders = Arc<watch::Sender<BTreeMap<u16, &'static str>>>;
/// Parts that one gained while another worked on them.
type Doubled = Arc<Mutex<Vec<(u16, &'static str, &'static str)>>>;

fn config(server: &Server, lease: Duration) -> Config {
    Config { lease, ..Config::at(&server.url()) }
}

async fn connect(server: &Server, lease: Duration) -> Arc<dyn Bus> {
    NatsBus::connect(config(server, lease)).await.expect("connects")
}

/// A replica that stops when it is told to, and says so.
async fn replica(
    bus: Arc<dyn Bus>,
    name: &'static str,
    holders: Holders,
    doubled: Doubled,
    mut leave: watch::Receiver<bool>,
) {
    let mut share = bus.share("work", PARTS).await.expect("joins");
    loop {
        let change = tokio::select! {
            change = share.change() => change.expect("a change"),
            _ = leave.wait_for(|leave| *leave) => break,
        };
        match change {
            Change::Gained(part) => holders.send_modify(|holders| {
                if let Some(other) = holders.insert(part, name) {
                    doubled.lock().expect("no panic").push((part, other, name));
                }
            }),
            Change::Lost(part) => {
                holders.send_modify(|holders| {
                    if holders.get(&part) == Some(&name) {
                        holders.remove(&part);
                    }
                });
                share.release(part).await.expect("released");
            }
        }
    }
    holders.send_modify(|holders| holders.retain(|_, holder| *holder != name));
}

async fn until(holders: &Holders, what: &str, reached: impl Fn(&BTreeMap<&str, usize>) -> bool) {
    let mut seen = holders.subscribe();
    let counts = |holders: &BTreeMap<u16, &'static str>| {
        let mut counts = BTreeMap::new();
        for holder in holders.values() {
            *counts.entry(*holder).or_insert(0) += 1;
        }
        counts
    };
    let waiting = seen.wait_for(|holders| reached(&counts(holders)));
    let reached = timeout(HANG, waiting).await.map(|holders| holders.is_ok());
    assert_eq!(reached, Ok(true), "{what}: {:?}", counts(&holders.borrow()));
}

fn evenly(members: usize) -> impl Fn(&BTreeMap<&str, usize>) -> bool {
    move |counts| {
        counts.len() == members && counts.values().all(|count| *count == usize::from(PARTS) / members)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_are_split_evenly_and_move_when_replicas_come_and_go() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let holders: Holders = Arc::new(watch::Sender::default());
    let doubled = Doubled::default();
    let mut leaving = Vec::new();
    let mut replicas = Vec::new();
    for (count, name) in ["one", "two", "three"].into_iter().enumerate() {
        let (leave, left) = watch::channel(false);
        let bus = connect(&server, LONG).await;
        replicas.push(tokio::spawn(replica(bus, name, holders.clone(), doubled.clone(), left)));
        leaving.push(leave);
        until(&holders, name, evenly(count + 1)).await;
    }
    for (left, leave) in leaving.iter().enumerate().take(2) {
        leave.send_replace(true);
        until(&holders, "after one has left", evenly(2 - left)).await;
    }
    leaving[2].send_replace(true);
    for replica in replicas {
        timeout(HANG, replica).await.expect("ends").expect("no panic");
    }
    assert_eq!(*doubled.lock().expect("no panic"), [], "every part was released before it was gained");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_replica_held_is_taken_once_its_leases_have_run_out() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let holders: Holders = Arc::new(watch::Sender::default());
    let (_leave, left) = watch::channel(false);
    // Its runtime goes away with all of its tasks and sockets, as a process would.
    let doomed = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let doomed = Mutex::new(Some(doomed.expect("a runtime")));
    if let Some(doomed) = &*doomed.lock().expect("no panic") {
        let (config, holders, left) = (config(&server, SHORT), holders.clone(), left.clone());
        doomed.spawn(async move {
            let bus = NatsBus::connect(config).await.expect("connects");
            replica(bus, "doomed", holders, Doubled::default(), left).await;
        });
    }
    until(&holders, "alone", evenly(1)).await;
    let surviving: Vec<_> = ["one", "two"]
        .map(|name| {
            let (config, holders, left) = (config(&server, SHORT), holders.clone(), left.clone());
            tokio::spawn(async move {
                let bus = NatsBus::connect(config).await.expect("connects");
                replica(bus, name, holders, Doubled::default(), left).await;
            })
        })
        .into();
    until(&holders, "three", evenly(3)).await;
    let runtime = doomed.lock().expect("no panic").take();
    if let Some(runtime) = runtime {
        runtime.shutdown_background();
    }
    holders.send_modify(|holders| holders.retain(|_, holder| *holder != "doomed"));
    until(&holders, "two are left", evenly(2)).await;
    assert!(surviving.iter().all(|replica| !replica.is_finished()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_cannot_renew_loses_everything_and_gets_it_back() {
    let Some(program) = available() else { return };
    let mut server = Server::start(&program, &Options::default()).expect("starts");
    let bus = connect(&server, SHORT).await;
    let mut share = bus.share("work", 2).await.expect("joins");
    let next = async |share: &mut Box<dyn Share>| {
        timeout(HANG, share.change()).await.expect("in time").expect("a change")
    };
    assert_eq!([next(&mut share).await, next(&mut share).await], [Change::Gained(0), Change::Gained(1)]);
    server.stop().expect("stops");
    assert_eq!([next(&mut share).await, next(&mut share).await], [Change::Lost(0), Change::Lost(1)]);
    server.restart().expect("starts again");
    for part in [0, 1] {
        share.release(part).await.expect("nothing to give back");
    }
    let mut again = [next(&mut share).await, next(&mut share).await];
    again.sort_unstable();
    assert_eq!(again, [Change::Gained(0), Change::Gained(1)]);
    bus.close().await;
    share.change().await.expect_err("closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_of_different_names_is_shared_apart_and_what_is_dropped_is_free_at_once() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let (one, two) = (
        NatsBus::connect(config(&server, LONG)).await.expect("connects"),
        NatsBus::connect(Config { create: bus::Create::No, ..config(&server, LONG) }).await,
    );
    let two = two.expect("connects");
    let mut relay = one.share("relay", 1).await.expect("joins");
    let mut other = two.share("relay.2", 1).await.expect("joins");
    for share in [&mut relay, &mut other] {
        assert_eq!(
            timeout(HANG, share.change()).await.expect("in time").expect("a change"),
            Change::Gained(0)
        );
    }
    let mut waiting = two.share("relay", 1).await.expect("joins");
    drop(relay);
    // Leases here last longer than anybody waits.
    let gained = timeout(HANG, waiting.change()).await.expect("at once").expect("a change");
    assert_eq!(gained, Change::Gained(0));
}
