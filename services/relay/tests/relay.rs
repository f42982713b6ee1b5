//! The relay between an internal bus and an outlet that can be made to fail.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bus::embedded::EmbeddedBus;
use bus::public::{Outlet, PublicEvent};
use bus::{Bus, BusError, Class, Record, Start};
use contract::PseudonymKey;
use model::{
    CellId, ClusterRef, Measured, PlmnId, QosReport, QosSource, Site, SiteCondition, SiteRecord, SiteReport,
    SiteSource, SiteStatus, Stream, Supi, Timestamp, UeChange, UeEvent, UeLocation, UeSource,
};
use prometheus_client::registry::Registry;
use relay::{Config, Inputs, Relay};
use tokio_util::sync::CancellationToken;

/// A guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Takes events, or refuses that many calls first.
#[derive(Default)]
struct Broker {
    taken: Mutex<Vec<PublicEvent>>,
    refusals: AtomicU32,
    /// Takes events and then says that nobody knows.
    doubts: AtomicU32,
}

impl Broker {
    fn ids(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|event| event.attribute("id").unwrap().to_owned()).collect()
    }

    async fn has(&self, events: usize) {
        let waiting = async {
            while self.taken.lock().unwrap().len() < events {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the events arrive");
    }
}

fn less_one(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
}

#[async_trait]
impl Outlet for Broker {
    async fn put(&self, events: Vec<PublicEvent>) -> Result<(), BusError> {
        let broken = |class| BusError::Broker {
            server: "test".into(),
            what: "publishing".into(),
            reason: "as told".into(),
            class,
        };
        if less_one(&self.refusals) {
            return Err(broken(Class::Transient(Duration::from_millis(1))));
        }
        self.taken.lock().unwrap().extend(events);
        if less_one(&self.doubts) { Err(broken(Class::Transient(Duration::from_millis(1)))) } else { Ok(()) }
    }
}

fn start(bus: &Arc<EmbeddedBus>, broker: &Arc<Broker>) -> (Relay, CancellationToken) {
    let stop = CancellationToken::new();
    let inputs = Inputs {
        config: Config::default(),
        key: PseudonymKey::new(&[7; 32]).unwrap(),
        sites: vec![site()],
        bus: bus.clone(),
        outlet: broker.clone(),
    };
    (Relay::start(inputs, &mut Registry::default(), stop.clone()), stop)
}

async fn end((relay, stop): (Relay, CancellationToken)) {
    stop.cancel();
    tokio::time::timeout(PATIENCE, relay.join()).await.expect("the relay stops");
}

fn seen(ue: u64, cell: u32) -> Record {
    let cell = CellId::nr(PlmnId::new("208", "93").unwrap(), &format!("{cell:09x}"), None).unwrap();
    let event = UeEvent {
        supi: Supi::from_imsi(208_930_000_000_000 + ue, 15).unwrap(),
        observed_at: Timestamp::from_micros(1_000_000),
        reported_at: None,
        source: UeSource::Poll,
        amf: None,
        change: UeChange::Location(UeLocation { cell: Some(cell), tai: None, position: None }),
    };
    Record { key: event.supi.to_string().into(), id: None, data: serde_json::to_vec(&event).unwrap().into() }
}

fn site() -> Site {
    Site {
        id: "north".parse().unwrap(),
        name: "North Pier".into(),
        position: None,
        cluster: ClusterRef { provider: "edge".into(), cluster: "north".into() },
        ingress: None,
        tier: model::Tier::Edge,
        water_marks: None,
        labels: std::collections::BTreeSet::new(),
        max_instances: None,
        service_area: None,
        tenants: std::collections::BTreeSet::new(),
        cost: None,
    }
}

fn of_site(record: &SiteRecord) -> Record {
    Record { key: record.key().into(), id: None, data: serde_json::to_vec(record).unwrap().into() }
}

fn open(dir: &tempfile::TempDir) -> Arc<EmbeddedBus> {
    EmbeddedBus::open(dir.path().join("bus"), bus::embedded::Config::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_comes_out_with_a_pseudonym_and_goes_on_after_a_restart() {
    let (dir, broker) = (tempfile::tempdir().unwrap(), Arc::new(Broker::default()));
    let bus = open(&dir);
    bus.publish(Stream::UeEvents, vec![seen(1, 1), seen(2, 1)]).await.unwrap();
    let relay = start(&bus, &broker);
    broker.has(2).await;
    end(relay).await;
    bus.close().await;
    drop(bus);
    let bus = open(&dir);
    let relay = start(&bus, &broker);
    bus.publish(Stream::UeEvents, vec![seen(1, 2)]).await.unwrap();
    broker.has(3).await;
    end(relay).await;
    let ids = broker.ids();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 3, "{ids:?}");
    let taken = broker.taken.lock().unwrap();
    assert_eq!(taken[0].key, taken[2].key, "events of a UE have one key");
    assert_ne!(taken[0].key, taken[1].key);
    for event in taken.iter() {
        let told = format!("{event:?} {}", String::from_utf8_lossy(&event.data));
        assert!(!told.contains("20893000000000"), "no SUPI goes out: {told}");
        assert_eq!(event.attribute("type"), Some("io.edgeroam.ue.location.v1"));
        assert_eq!(event.attribute("partitionkey"), Some(&*event.key));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_refuses_or_doubts_is_put_again_in_order_and_told_by_its_id() {
    let (dir, broker) = (tempfile::tempdir().unwrap(), Arc::new(Broker::default()));
    broker.refusals.store(3, Ordering::SeqCst);
    broker.doubts.store(1, Ordering::SeqCst);
    let bus = open(&dir);
    bus.publish(Stream::UeEvents, (0..10).map(|cell| seen(1, cell)).collect()).await.unwrap();
    let relay = start(&bus, &broker);
    broker.has(20).await;
    end(relay).await;
    let ids = broker.ids();
    assert_eq!(ids[..10], ids[10..], "the same events, in the same order");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 10);
    bus.close().await;
    // All of it was acknowledged: a later life has nothing to tell.
    drop(bus);
    let bus = open(&dir);
    let mut rest = bus.consume(Stream::UeEvents, "relay", Start::Oldest).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(200), rest.next(1)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_goes_to_dead_letter_and_the_rest_goes_on() {
    let (dir, broker) = (tempfile::tempdir().unwrap(), Arc::new(Broker::default()));
    let bus = open(&dir);
    let poison = Record { key: "imsi-1".into(), id: None, data: "{\"supi\":7".into() };
    bus.publish(Stream::UeEvents, vec![seen(1, 1), poison, seen(1, 2)]).await.unwrap();
    let relay = start(&bus, &broker);
    broker.has(2).await;
    let mut dead = bus.consume(Stream::DeadLetter, "test", Start::Oldest).await.unwrap();
    let letters = tokio::time::timeout(PATIENCE, dead.next(9)).await.expect("a letter").unwrap();
    let letter: serde_json::Value = serde_json::from_slice(&letters[0].data).unwrap();
    assert_eq!((letters.len(), &letter["stream"], &letter["sequence"]), (1, &"ue-events".into(), &2.into()));
    assert_eq!(letter["consumer"], "relay");
    assert!(letter["reason"].as_str().unwrap().contains("expected a string"), "{letter}");
    end(relay).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_for_a_site_is_told_and_what_a_source_reports_is_not() {
    let (dir, broker) = (tempfile::tempdir().unwrap(), Arc::new(Broker::default()));
    let bus = open(&dir);
    let (site, at) = (site().id, Timestamp::from_micros(1_000_000));
    let report = SiteRecord::Reported(SiteReport {
        site: site.clone(),
        source: SiteSource::Emco,
        at,
        condition: SiteCondition::Cordoned,
        reason: None,
    });
    let status = SiteRecord::Status(SiteStatus {
        site,
        at,
        condition: SiteCondition::Cordoned,
        since: at,
        source: Some(SiteSource::Emco),
        reason: None,
        instances: 3,
        instances_limit: None,
        evacuation: None,
        relief: None,
    });
    bus.publish(Stream::Sites, vec![of_site(&report), of_site(&status)]).await.unwrap();
    let relay = start(&bus, &broker);
    broker.has(1).await;
    end(relay).await;
    let taken = broker.taken.lock().unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].attribute("type"), &*taken[0].key), (Some("io.edgeroam.site.status.v1"), "north"));
    let told: serde_json::Value = serde_json::from_slice(&taken[0].data).unwrap();
    assert_eq!((&told["name"], &told["state"]), (&"North Pier".into(), &"cordoned".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_measured_of_a_ue_is_told_in_the_units_of_3gpp() {
    let (dir, broker) = (tempfile::tempdir().unwrap(), Arc::new(Broker::default()));
    let bus = open(&dir);
    let report = QosReport {
        supi: Supi::from_imsi(208_930_000_000_001, 15).unwrap(),
        app: None,
        site: Some(site().id),
        observed_at: Timestamp::from_micros(1_000_000),
        reported_at: None,
        source: QosSource::App,
        measured: Measured { rtt_us: Some(31_400), loss: Some(0.02), ..Measured::default() },
    };
    let data = serde_json::to_vec(&report).unwrap().into();
    bus.publish(Stream::Qos, vec![Record { key: report.key().into(), id: None, data }]).await.unwrap();
    let relay = start(&bus, &broker);
    broker.has(1).await;
    end(relay).await;
    let taken = broker.taken.lock().unwrap();
    assert_eq!(taken[0].attribute("type"), Some("io.edgeroam.ue.qos.v1"));
    let told: serde_json::Value = serde_json::from_slice(&taken[0].data).unwrap();
    assert_eq!((&told["rtDelays"], &told["plr"]), (&serde_json::json!([31]), &20.into()));
    assert_eq!((&told["measuredBy"], &told["site"]), (&"app".into(), &"north".into()));
    assert!(told.get("supi").is_none() && told.get("app").is_none(), "{told}");
}
