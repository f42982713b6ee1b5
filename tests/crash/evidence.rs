//! What can be seen from outside: EMCO's history, and the bus once its owner has ended or while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bus::embedded::Tail;
use bytes::Bytes;
use model::{InstanceId, Order, Outcome, OutcomeKind, RelocationId, Stream};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::processes::Testbed;

/// So long nothing may change before all is taken to be done.
const QUIET: Duration = Duration::from_secs(8);

/// Orders and outcomes by the bus, releases by the simulated EMCO.
#[derive(Default)]
pub(crate) struct Evidence {
    orders: BTreeMap<RelocationId, Order>,
    ended: BTreeSet<RelocationId>,
    let_go: BTreeSet<RelocationId>,
    retired: BTreeSet<RelocationId>,
    history: Vec<Happened>,
}

/// An entry of the simulated EMCO's history, as far as it is looked at.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Happened {
    millis: u64,
    event: String,
    #[serde(default)]
    release: String,
}

impl Evidence {
    fn enter(&mut self, stream: Stream, data: &[u8]) {
        match stream {
            Stream::Orders => {
                let order: Order = serde_json::from_slice(data).unwrap();
                let known = self.orders.insert(order.relocation, order.clone());
                assert!(known.is_none_or(|known| known == order), "one id, two orders: {order:?}");
            }
            Stream::Outcomes => {
                let outcome: Outcome = serde_json::from_slice(data).unwrap();
                match outcome.kind {
                    OutcomeKind::Completed { serving: None, .. } => {
                        self.let_go.insert(outcome.relocation);
                    }
                    OutcomeKind::Retired | OutcomeKind::Leftover { .. } => {
                        self.retired.insert(outcome.relocation);
                    }
                    OutcomeKind::Progress { .. }
                    | OutcomeKind::Completed { .. }
                    | OutcomeKind::Undone { .. }
                    | OutcomeKind::Failed { .. }
                    | OutcomeKind::Fenced { .. } => {}
                }
                if outcome.kind.ends_order() {
                    self.ended.insert(outcome.relocation);
                }
            }
            Stream::UeEvents
            | Stream::Qos
            | Stream::Sites
            | Stream::Commands
            | Stream::Decisions
            | Stream::Instances
            | Stream::DeadLetter
            | Stream::Sagas => unreachable!("only the two others are followed"),
        }
    }

    fn open(&self) -> usize {
        let unended = self.orders.keys().filter(|id| !self.ended.contains(id)).count();
        let to_retire = self.orders.values().filter(|order| order.source.is_some());
        unended + to_retire.filter(|order| !self.retired.contains(&order.relocation)).count()
    }

    /// Every release was created once, and only for an order.
    pub(crate) fn one_group_for_each_relocation(&self) {
        let ordered: BTreeSet<String> = self.orders.keys().map(|id| id.release().to_string()).collect();
        let mut created = BTreeMap::<&str, u32>::new();
        for happened in self.history.iter().filter(|h| h.event == "group_created") {
            *created.entry(&happened.release).or_default() += 1;
        }
        assert!(!created.is_empty(), "nothing was created");
        for (release, times) in created {
            assert_eq!(times, 1, "{release} was created {times} times");
            assert!(ordered.contains(release), "{release} belongs to no order");
        }
    }

    /// From its first Ready Pod on, each instance always had one, until it was let go.
    pub(crate) fn a_ready_release_of_each_instance_at_every_instant(&self) {
        let instance_of: BTreeMap<String, &InstanceId> =
            self.orders.values().map(|o| (o.relocation.release().to_string(), &o.instance)).collect();
        let may_end: BTreeSet<&InstanceId> =
            self.let_go.iter().filter_map(|id| self.orders.get(id)).map(|order| &order.instance).collect();
        let mut ready = BTreeMap::<&InstanceId, BTreeSet<&str>>::new();
        for happened in &self.history {
            let Some(&instance) = instance_of.get(&happened.release) else { continue };
            match happened.event.as_str() {
                "pod_ready" => {
                    ready.entry(instance).or_default().insert(&happened.release);
                }
                "pod_terminating" | "pod_gone" => {
                    let Some(left) = ready.get_mut(instance) else { continue };
                    left.remove(happened.release.as_str());
                    let none = left.is_empty() && !may_end.contains(instance);
                    assert!(!none, "{instance} had no ready release at {} ms", happened.millis);
                }
                _ => {}
            }
        }
        assert!(!ready.is_empty(), "no instance was ever ready");
    }

    /// No order was lost: each has an outcome that ends it.
    pub(crate) fn every_order_has_ended(&self) {
        assert!(self.orders.values().any(Order::is_relocation), "nothing was relocated");
        let lost: Vec<_> = self.orders.keys().filter(|id| !self.ended.contains(id)).collect();
        assert!(lost.is_empty(), "orders without an end: {lost:?}");
    }
}

/// Orders and outcomes from the oldest on, as they come.
pub(crate) type Records = mpsc::Receiver<(Stream, Bytes)>;

/// The records of a running embedded bus.
pub(crate) fn of_embedded(testbed: &Testbed) -> Records {
    let mut tail = Tail::open(testbed.bus(), &[Stream::Orders, Stream::Outcomes], false).unwrap();
    let (sender, records) = mpsc::channel(256);
    tokio::spawn(async move {
        loop {
            let (stream, delivery) = tail.next().await.unwrap();
            if sender.send((stream, delivery.data)).await.is_err() {
                return;
            }
        }
    });
    records
}

/// Follows the bus until every order has ended and its source has gone, for a while.
pub(crate) async fn when_settled(testbed: &Testbed, mut records: Records, limit: Duration) -> Evidence {
    let mut evidence = Evidence::default();
    let started = Instant::now();
    let mut quiet_since = Instant::now();
    while quiet_since.elapsed() < QUIET {
        assert!(started.elapsed() < limit, "{} orders are still open", evidence.open());
        match timeout(Duration::from_millis(500), records.recv()).await {
            Ok(next) => {
                let (stream, data) = next.unwrap();
                evidence.enter(stream, &data);
                quiet_since = Instant::now();
            }
            Err(_) if evidence.open() > 0 => quiet_since = Instant::now(),
            Err(_) => {}
        }
    }
    evidence.history = testbed.view("/_testbed/history").await;
    evidence
}

/// The checks fail where they should.
pub(crate) fn would_tell() {
    let happened = |millis, event: &str, release: &str| Happened {
        millis,
        event: event.into(),
        release: release.into(),
    };
    let order: Order = serde_json::from_value(serde_json::json!({
        "relocation": "7d6ff3a0-7a53-5d38-9c1e-1b1f0f1e2d3c", "app": "echo", "instance": "00ff00ff00ff00ff",
        "generation": 1, "trigger": "mobility", "source": "a", "target": "b",
        "observed_at": 1, "due_at": 1, "decided_at": 1,
    }))
    .unwrap();
    let release = order.relocation.release().to_string();
    let mut lost = Evidence { orders: BTreeMap::from([(order.relocation, order)]), ..Evidence::default() };
    assert!(std::panic::catch_unwind(|| lost.every_order_has_ended()).is_err());
    lost.history = vec![happened(1, "pod_ready", &release), happened(2, "pod_gone", &release)];
    assert!(std::panic::catch_unwind(|| lost.a_ready_release_of_each_instance_at_every_instant()).is_err());
    lost.history = vec![happened(1, "group_created", &release), happened(2, "group_created", &release)];
    assert!(std::panic::catch_unwind(|| lost.one_group_for_each_relocation()).is_err());
}
