//! A simulated core, a bus in memory and a subscriber between them.
#![allow(dead_code, unreachable_pub)] // Each test binary uses its part.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bus::{Bus, BusError, Consumer, Delivery, Record, Sequence, Start};
use core_sim::{CoreSim, Location};
use model::{QosReport, Stream, UeChange, UeEvent};
use prometheus_client::registry::Registry;
use store::Store;
use subscriber::{Config, Subscriber};
use tokio_util::sync::CancellationToken;

/// Keeps every event and every report that is published.
#[derive(Default)]
pub struct MemoryBus {
    events: Mutex<Vec<UeEvent>>,
    reports: Mutex<Vec<(String, QosReport)>>,
    /// How many reports it refuses before it takes them.
    pub refusals: AtomicUsize,
    /// How many times it takes reports and fails to say so.
    pub losses: AtomicUsize,
}

impl MemoryBus {
    pub fn events(&self) -> Vec<UeEvent> {
        self.events.lock().expect("no panic").clone()
    }

    /// What was measured, each with the id of its record.
    pub fn reports(&self) -> Vec<(String, QosReport)> {
        self.reports.lock().expect("no panic").clone()
    }

    fn take_reports(&self, records: Vec<Record>) -> Result<Vec<Sequence>, BusError> {
        let once_less = |left: &AtomicUsize| left.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).is_ok();
        if once_less(&self.refusals) {
            return Err(BusError::Closed);
        }
        let mut all = self.reports.lock().expect("no panic");
        let read = |record: Record| {
            let report: QosReport = serde_json::from_slice(&record.data).expect("a report");
            assert_eq!(&*record.key, report.key());
            all.push((record.id.expect("an id").into(), report));
            Sequence(all.len() as u64)
        };
        let taken = records.into_iter().map(read).collect();
        if once_less(&self.losses) { Err(BusError::Closed) } else { Ok(taken) }
    }

    /// The events of one UE in words: a cell, a CM state or `gone`.
    pub fn story(&self, supi: &str) -> Vec<String> {
        let events = self.events();
        events.iter().filter(|e| e.supi.to_string() == supi).map(|e| word(&e.change)).collect()
    }
}

fn word(change: &UeChange) -> String {
    match change {
        UeChange::Location(l) => l.cell.map(|c| c.to_string()).unwrap_or_default(),
        UeChange::Connectivity { cm } => format!("{cm:?}"),
        UeChange::Gone => "gone".into(),
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<Vec<Sequence>, BusError> {
        if stream == Stream::Qos {
            return self.take_reports(records);
        }
        assert_eq!(stream, Stream::UeEvents);
        let mut all = self.events.lock().expect("no panic");
        let first = all.len() as u64 + 1;
        for record in &records {
            let event: UeEvent = serde_json::from_slice(&record.data).expect("an event");
            assert_eq!(&*record.key, event.supi.to_string());
            all.push(event);
        }
        Ok((first..first + records.len() as u64).map(Sequence).collect())
    }

    async fn consume(&self, _: Stream, _: &str, start: Start) -> Result<Box<dyn Consumer>, BusError> {
        let behind = match start {
            Start::After(position) => position.0 as usize,
            Start::Oldest => 0,
            Start::Newest => self.events().len(),
        };
        Ok(Box::new(Tail(self.events().split_off(behind), behind)))
    }

    async fn latest(&self, _: Stream) -> Result<(Vec<Delivery>, Sequence), BusError> {
        Err(BusError::Closed)
    }

    async fn newest(&self, _: Stream) -> Result<Sequence, BusError> {
        Ok(Sequence(self.events().len() as u64))
    }
}

/// What was there when the consumer was opened, and behind which position it begins.
struct Tail(Vec<UeEvent>, usize);

#[async_trait]
impl Consumer for Tail {
    async fn next(&mut self, _: usize) -> Result<Vec<Delivery>, BusError> {
        if self.0.is_empty() {
            return Err(BusError::Closed);
        }
        let numbered = std::mem::take(&mut self.0).into_iter().zip(self.1 as u64 + 1..);
        let delivery = |(event, sequence): (UeEvent, u64)| Delivery {
            sequence: Sequence(sequence),
            key: event.supi.to_string().into(),
            id: None,
            data: serde_json::to_vec(&event).expect("an encoding").into(),
        };
        Ok(numbered.map(delivery).collect())
    }

    async fn ack(&mut self, _: Sequence) -> Result<(), BusError> {
        Ok(())
    }
}

/// A running subscriber and what it writes to.
pub struct Rig {
    pub bus: Arc<MemoryBus>,
    pub subscriber: Subscriber,
    pub stop: CancellationToken,
    pub folder: tempfile::TempDir,
    pub store: Store,
}

/// Installs the crypto provider once.
pub fn provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// A configuration for this core, quicker than the default one.
pub fn config(core: &CoreSim) -> Config {
    let mut config = Config { nrf: Some(core.nrf_url().parse().expect("URL")), ..Config::default() };
    config.callback.listen = ([127, 0, 0, 1], 0).into();
    config.poll.min_interval = Duration::from_millis(20);
    config.poll.requests_per_second = 1000;
    config.discovery.interval = Duration::from_millis(100);
    config.nf.heartbeat = Duration::from_secs(1);
    config.qos.period = Duration::from_secs(1);
    config
}

/// Starts a subscriber with a store of its own.
pub async fn start(config: Config) -> Rig {
    let folder = tempfile::tempdir().expect("a folder");
    start_in(config, folder).await
}

/// Starts a subscriber with the store in `folder`.
pub async fn start_in(config: Config, folder: tempfile::TempDir) -> Rig {
    start_on(config, folder, Arc::default()).await
}

/// Starts a subscriber with the store in `folder` and what a former life put on `bus`.
pub async fn start_on(config: Config, folder: tempfile::TempDir, bus: Arc<MemoryBus>) -> Rig {
    provider();
    let store = Store::open(folder.path().join("store.redb")).expect("a store");
    let stop = CancellationToken::new();
    let subscriber =
        Subscriber::start(config, bus.clone(), store.clone(), &mut Registry::default(), stop.clone()).await;
    let subscriber = subscriber.expect("nothing local is wrong");
    Rig { bus, subscriber, stop, folder, store }
}

impl Rig {
    /// Waits until the events of this UE are these, in order.
    pub async fn tells(&self, supi: &str, story: &[&str]) {
        let mut seen = Vec::new();
        let told = within(|| {
            seen = self.bus.story(supi);
            seen == story
        });
        assert!(told.await, "{supi}: expected {story:?}, came {:?}", self.bus.story(supi));
    }

    /// Stops in good order.
    pub async fn end(self) -> tempfile::TempDir {
        self.stop.cancel();
        self.subscriber.join().await;
        self.folder
    }
}

/// Whether `holds` comes true; gives up only after a minute, as a guard against hanging.
pub async fn within(mut holds: impl FnMut() -> bool) -> bool {
    for _ in 0..6_000 {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// A location in the simulated core's network.
pub fn at(cell: u64) -> Location {
    Location { mcc: "208".into(), mnc: "93".into(), nr_cell_id: cell, tac: "000001".into() }
}

/// As it is told of in [`MemoryBus::story`].
pub fn cell(cell: u64) -> String {
    format!("208-93-{cell:09x}")
}

/// A SUPI of the simulated core's network.
pub fn supi(n: u64) -> String {
    format!("imsi-20893{n:010}")
}

/// How many requests the core saw with this method and beginning of a path.
pub fn count(core: &CoreSim, method: &str, path: &str) -> usize {
    core.requests().iter().filter(|seen| seen.method == method && seen.path.starts_with(path)).count()
}
