//! A shared app, whole: UEs move through a town, their names follow them from host to host, and no client notices. Now and
//! then EdgeRoam is killed.
#![allow(clippy::unwrap_used)]

#[path = "crash/processes.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod processes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bus::embedded::Tail;
use model::{InstanceId, Order, Outcome, RelocationId, SiteId, Stream};
use processes::{All, Testbed};
use serde::Deserialize;
use tokio::time::timeout;

const RUNS: u32 = 4;
const RUN: Duration = Duration::from_secs(15);
/// So long without a record, and everything has been read.
const QUIET: Duration = Duration::from_secs(2);

#[derive(Debug, Deserialize)]
struct Happened {
    event: String,
    #[serde(default)]
    release: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn ues_of_a_shared_app_are_led_from_host_to_host_and_no_client_notices() {
    let folder = tempfile::tempdir().unwrap();
    let testbed = Testbed::start(folder.path(), &["--pod-port", "18391"]).await;
    let settings = std::fs::read_to_string(&testbed.config).unwrap();
    let shared = settings.replace("scope: per-ue", "scope: shared");
    assert_ne!(settings, shared);
    std::fs::write(&testbed.config, shared).unwrap();

    for run in 1..=RUNS {
        let all = All::start(&testbed.config);
        tokio::time::sleep(RUN).await;
        if run < RUNS {
            all.kill().await;
        } else {
            all.stop().await;
        }
    }
    let (orders, ended) = read(&testbed).await;
    let history: Vec<Happened> = testbed.view("/_testbed/history").await;
    let clients = testbed.stop().await;

    let seats: BTreeSet<&InstanceId> =
        orders.values().filter(|o| o.host.is_some()).map(|o| &o.instance).collect();
    let moves = orders.values().filter(|order| order.host.is_some() && order.is_relocation());
    let moved = moves.filter(|order| ended.contains(&order.relocation)).count();
    let hosts: BTreeMap<&InstanceId, &SiteId> = orders
        .values()
        .filter(|order| order.host.is_none())
        .filter_map(|order| Some((&order.instance, order.target.as_ref()?)))
        .collect();
    eprintln!("{} seats, {moved} moves of seats, {} hosts, {clients:?}", seats.len(), hosts.len());
    assert!(seats.len() > 1 && moved > 0 && hosts.len() > 1);
    // What was deployed was deployed for hosts, once each time.
    let of_hosts: BTreeSet<String> = orders
        .values()
        .filter(|order| order.host.is_none() && order.target.is_some())
        .map(|order| order.relocation.release().to_string())
        .collect();
    let mut created = BTreeSet::new();
    for happened in history.iter().filter(|happened| happened.event == "group_created") {
        assert!(of_hosts.contains(&happened.release), "{} is no host's", happened.release);
        assert!(created.insert(&happened.release), "{} was created twice", happened.release);
    }
    let joins = orders.values().filter(|order| order.host.is_some() && order.target.is_some()).count();
    assert!(
        created.len() < joins,
        "{joins} seats were led somewhere, and {} hosts started for them",
        created.len()
    );
    // Each seat joined the host of the site that it went to.
    for order in orders.values() {
        if let (Some(host), Some(target)) = (&order.host, &order.target) {
            assert_eq!(hosts.get(host), Some(&target), "{order:?}");
        }
    }
    assert!(clients.requests > 1_000, "the clients hardly ran: {clients:?}");
    assert_eq!(clients.failed, 0, "clients noticed: {clients:?}");
}

/// All orders, and which of them have ended.
async fn read(testbed: &Testbed) -> (BTreeMap<RelocationId, Order>, BTreeSet<RelocationId>) {
    let (mut orders, mut ended) = (BTreeMap::new(), BTreeSet::new());
    let mut tail = Tail::open(testbed.bus(), &[Stream::Orders, Stream::Outcomes], false).unwrap();
    while let Ok(next) = timeout(QUIET, tail.next()).await {
        let (stream, delivery) = next.unwrap();
        if stream == Stream::Orders {
            let order: Order = serde_json::from_slice(&delivery.data).unwrap();
            orders.insert(order.relocation, order);
        } else {
            let outcome: Outcome = serde_json::from_slice(&delivery.data).unwrap();
            if outcome.kind.ends_order() {
                ended.insert(outcome.relocation);
            }
        }
    }
    (orders, ended)
}
