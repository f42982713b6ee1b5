//! Tests of [`super`] over a bus that can be made to fail or to wait.

use std::time::Duration;

use async_trait::async_trait;
use bus::{Consumer, Delivery, Sequence, Start};
use model::{CmState, ReportedAt, UeLocation};
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use super::*;
use crate::track::{Limits, Track};

const AMF: AmfSlot = AmfSlot(0);
const NOW: Timestamp = Timestamp::from_micros(77);

/// Keeps what is published; each publication needs a permit.
struct Recorder {
    permits: Semaphore,
    records: Mutex<Vec<Record>>,
    broken: std::sync::atomic::AtomicBool,
}

impl Recorder {
    fn new(permits: usize) -> Arc<Self> {
        let broken = std::sync::atomic::AtomicBool::new(false);
        Arc::new(Self { permits: Semaphore::new(permits), records: Mutex::default(), broken })
    }

    fn break_down(&self, broken: bool) {
        self.broken.store(broken, std::sync::atomic::Ordering::SeqCst);
    }

    fn events(&self) -> Vec<UeEvent> {
        let records = self.records.lock().expect("no panic");
        records.iter().map(|r| serde_json::from_slice(&r.data).expect("an event")).collect()
    }
}

#[async_trait]
impl Bus for Recorder {
    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<Vec<Sequence>, BusError> {
        assert_eq!(stream, Stream::UeEvents);
        self.permits.acquire().await.expect("open").forget();
        if self.broken.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(BusError::Closed);
        }
        let mut all = self.records.lock().expect("no panic");
        let positions = (all.len()..all.len() + records.len()).map(|n| Sequence(n as u64 + 1)).collect();
        all.extend(records);
        Ok(positions)
    }

    async fn consume(&self, _: Stream, _: &str, _: Start) -> Result<Box<dyn Consumer>, BusError> {
        Err(BusError::Closed)
    }

    async fn latest(&self, _: Stream) -> Result<(Vec<Delivery>, Sequence), BusError> {
        Err(BusError::Closed)
    }

    async fn newest(&self, _: Stream) -> Result<Sequence, BusError> {
        Err(BusError::Closed)
    }
}

fn publisher(bus: &Arc<Recorder>) -> Arc<Publisher> {
    let parts = Parts::new(1);
    parts.set(0, true);
    with_parts(bus, parts)
}

fn with_parts(bus: &Arc<Recorder>, parts: Parts) -> Arc<Publisher> {
    let limits = Limits { gone_after: 1, idle_gone_after: Duration::from_secs(3600) };
    let metrics = Metrics::register(&mut Registry::default());
    Arc::new(Publisher::new(bus.clone(), Track::new(limits), Arc::new(parts), metrics))
}

fn at(n: u64, cell: u32, micros: u64) -> Sightings {
    let cell = format!("208-93-{cell:09x}").parse().expect("a cell");
    let sighting = Sighting {
        supi: Supi::from_imsi(208_930_000_000_000 + n, 15).expect("an IMSI"),
        location: Some(UeLocation { cell: Some(cell), tai: None, position: None }),
        cm: Some(CmState::Connected),
        reported_at: Some(ReportedAt::from_micros(micros)),
        unheard_for: None,
        deregistered: false,
    };
    Sightings { seen: vec![sighting], ..Sightings::default() }
}

async fn poll(publisher: &Publisher, answer: &Sightings) -> Result<usize, BusError> {
    let epoch = publisher.begin_poll();
    publisher.poll(AMF, epoch, answer, Some(Epoch(0)), NOW).await
}

#[tokio::test]
async fn an_event_carries_key_times_and_source() {
    let bus = Recorder::new(9);
    let publisher = publisher(&bus);
    publisher.push(AMF, &at(1, 8, 10), NOW).await.expect("published");
    assert_eq!(&*bus.records.lock().expect("no panic")[0].key, "imsi-208930000000001");
    let event = &bus.events()[0];
    assert_eq!((event.observed_at, event.reported_at), (NOW, Some(ReportedAt::from_micros(10))));
    assert_eq!(event.source, UeSource::Push);
    assert!(matches!(event.change, UeChange::Location(_)));
}

#[tokio::test]
async fn what_the_bus_did_not_take_is_found_again() {
    let bus = Recorder::new(99);
    let publisher = publisher(&bus);
    bus.break_down(true);
    assert!(poll(&publisher, &at(1, 8, 10)).await.is_err());
    assert!(publisher.push(AMF, &at(1, 8, 10), NOW).await.is_err());
    bus.break_down(false);
    // Nobody knows what became of the first two tries: location and CM state are told.
    assert_eq!(poll(&publisher, &at(1, 8, 10)).await.expect("published"), 2);
    assert_eq!(poll(&publisher, &at(1, 8, 10)).await.expect("published"), 0);
    bus.break_down(true);
    assert!(poll(&publisher, &Sightings::default()).await.is_err());
    bus.break_down(false);
    assert_eq!(poll(&publisher, &Sightings::default()).await.expect("published"), 1);
    assert!(matches!(bus.events().last().expect("an event").change, UeChange::Gone));
}

#[tokio::test]
async fn a_repeated_push_waits_until_the_first_is_on_the_bus_and_tells_nothing() {
    let bus = Recorder::new(0);
    let publisher = publisher(&bus);
    let push = |publisher: Arc<Publisher>| async move { publisher.push(AMF, &at(1, 8, 10), NOW).await };
    let first = tokio::spawn(push(publisher.clone()));
    let second = tokio::spawn(push(publisher.clone()));
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert!(!first.is_finished() && !second.is_finished());
    bus.permits.add_permits(1);
    first.await.expect("no panic").expect("published");
    second.await.expect("no panic").expect("published");
    assert_eq!(bus.events().len(), 1);
}

#[tokio::test]
async fn events_of_one_ue_keep_their_order_while_others_pass() {
    let bus = Recorder::new(0);
    let publisher = publisher(&bus);
    let mut tasks = Vec::new();
    for step in 0..20_u32 {
        let publisher = publisher.clone();
        tasks.push(tokio::spawn(async move {
            publisher.push(AMF, &at(1, 100 + step, 10 + u64::from(step)), NOW).await
        }));
        tokio::task::yield_now().await;
    }
    bus.permits.add_permits(100);
    for task in tasks {
        task.await.expect("no panic").expect("published");
    }
    let times: Vec<_> = bus.events().iter().map(|e| e.reported_at).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(times.last().copied().flatten(), Some(ReportedAt::from_micros(29)));
}

#[tokio::test]
async fn many_changes_go_in_batches_and_none_is_lost() {
    let bus = Recorder::new(99);
    let publisher = publisher(&bus);
    let mut answer = Sightings::default();
    for n in 0..5_000 {
        answer.seen.extend(at(n, (n % 7) as u32, 10).seen);
    }
    assert_eq!(poll(&publisher, &answer).await.expect("published"), 5_000);
    assert_eq!(poll(&publisher, &answer).await.expect("published"), 0);
    assert_eq!(poll(&publisher, &Sightings::default()).await.expect("published"), 5_000);
}

#[tokio::test]
async fn a_ue_whose_event_may_or_may_not_be_on_the_bus_is_told_again_even_where_it_went_back() {
    for given_up in [true, false] {
        let bus = Recorder::new(1);
        let publisher = publisher(&bus);
        publisher.push(AMF, &at(1, 8, 10), NOW).await.expect("published");
        if given_up {
            // The peer resets its request while the bus is at work.
            let (moved, push) = (at(1, 9, 20), publisher.clone());
            let waiting = tokio::spawn(async move { push.push(AMF, &moved, NOW).await });
            tokio::task::yield_now().await;
            waiting.abort();
            assert!(waiting.await.expect_err("aborted").is_cancelled());
        } else {
            bus.permits.add_permits(1);
            bus.break_down(true);
            assert!(publisher.push(AMF, &at(1, 9, 20), NOW).await.is_err());
            bus.break_down(false);
        }
        bus.permits.add_permits(9);
        assert_eq!(poll(&publisher, &at(1, 8, 30)).await.expect("published"), 2, "cell and CM state");
        assert_eq!(poll(&publisher, &at(1, 8, 30)).await.expect("published"), 0);
    }
}

#[tokio::test]
async fn a_ue_in_doubt_that_leaves_is_gone() {
    let bus = Recorder::new(9);
    let publisher = publisher(&bus);
    bus.break_down(true);
    assert!(publisher.push(AMF, &at(1, 8, 10), NOW).await.is_err());
    bus.break_down(false);
    // A poll that was asked before the notification came proves nothing.
    let epoch = publisher.begin_poll();
    publisher.poll(AMF, epoch, &Sightings::default(), Some(Epoch(0)), NOW).await.expect("published");
    assert_eq!(poll(&publisher, &Sightings::default()).await.expect("published"), 1);
    assert_eq!(bus.events().last().expect("an event").change, UeChange::Gone);
}

fn both(cell: u32, micros: u64) -> Sightings {
    let seen = [1, 2].map(|ue| at(ue, cell, micros).seen).concat();
    Sightings { seen, ..Sightings::default() }
}

fn told(bus: &Recorder) -> Vec<(String, bool)> {
    let event = |e: UeEvent| (e.supi.to_string(), matches!(e.change, UeChange::Gone));
    bus.events().into_iter().map(event).collect()
}

#[tokio::test]
async fn two_replicas_tell_of_every_ue_once_and_the_one_that_takes_over_tells_what_is_now() {
    let bus = Recorder::new(1_000);
    let [one, two] = [0, 1].map(|part| {
        let parts = Parts::new(2);
        parts.set(part, true);
        with_parts(&bus, parts)
    });
    for (cell, micros) in [(8, 10), (9, 20)] {
        for replica in [&one, &two] {
            poll(replica, &both(cell, micros)).await.expect("published");
        }
    }
    let (even, odd) = ("imsi-208930000000002".to_owned(), "imsi-208930000000001".to_owned());
    let expected = [&even, &odd, &even, &odd].map(|supi| (supi.clone(), false));
    assert_eq!(told(&bus), expected);
    // The first one dies. The second has seen where its UE went, and tells it when it holds the part.
    poll(&two, &both(10, 30)).await.expect("published");
    assert_eq!(told(&bus).len(), 5);
    two.gain(0).await.expect("nobody left");
    assert_eq!(poll(&two, &both(10, 30)).await.expect("published"), 2, "location and CM state");
    assert_eq!(told(&bus)[5..], [(even.clone(), false), (even, false)]);
    assert_eq!(poll(&two, &both(10, 30)).await.expect("published"), 0);
}

#[tokio::test]
async fn a_ue_that_left_while_nobody_told_of_its_part_is_gone() {
    let bus = Recorder::new(1_000);
    let parts = Parts::new(2);
    parts.set(1, true);
    let replica = with_parts(&bus, parts);
    poll(&replica, &both(8, 10)).await.expect("published");
    poll(&replica, &at(1, 8, 10)).await.expect("published");
    assert_eq!(told(&bus).len(), 1, "the UE that left is another replica's");
    replica.gain(0).await.expect("published");
    assert_eq!(told(&bus)[1..], [("imsi-208930000000002".to_owned(), true)]);
}

#[tokio::test]
async fn nothing_is_under_way_once_a_part_is_given_up() {
    let bus = Recorder::new(0);
    let publisher = publisher(&bus);
    let push = |publisher: Arc<Publisher>| async move { publisher.push(AMF, &at(1, 8, 10), NOW).await };
    let pushing = tokio::spawn(push(publisher.clone()));
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    let losing = publisher.clone();
    let losing = tokio::spawn(async move { losing.lose(0).await });
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert!(!losing.is_finished(), "an event is on its way");
    bus.permits.add_permits(1);
    pushing.await.expect("no panic").expect("published");
    losing.await.expect("no panic");
    publisher.push(AMF, &at(1, 9, 20), NOW).await.expect("another replica's");
    assert_eq!(bus.events().len(), 1);
}
