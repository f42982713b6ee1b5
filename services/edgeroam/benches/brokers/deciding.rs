//! From an event to its order, and how fast a decider reads again what it has lost.

use std::sync::Arc;
use std::time::Instant;

use bus::{Bus, Record, Start};
use decider::{Decider, Inputs};
use hdrhistogram::Histogram;
use model::{
    App, AppId, Cell, CellId, ClusterRef, InstanceKey, Mode, Pin, PlmnId, Policy, Position, Scope, Site,
    SiteId, Stream, Supi, Timestamp, UeChange, UeEvent, UeLocation, UeSource, Users,
};
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;

use crate::{Extent, Peer, figure};

pub(crate) async fn figures(
    name: &str,
    config: &bus::Config,
    bare: &impl Peer,
    extent: Extent,
) -> anyhow::Result<()> {
    let bus = config.open(std::path::Path::new("")).await?;
    let folder = tempfile::tempdir()?;
    let stop = CancellationToken::new();
    let decider = start(&bus, folder.path(), &stop).await?;
    let ours = event_to_order(bus.as_ref(), extent.orders).await?;
    stop.cancel();
    decider.join().await;
    let trips = bare.round_trips(extent.orders).await?;
    for (quantile, label) in [(0.5, "p50"), (0.99, "p99")] {
        let millis = |micros: &Histogram<u64>| micros.value_at_quantile(quantile) as f64 / 1_000.0;
        // There and back once for the event and once for the order.
        figure::print(
            &format!("event_to_order_{label}/{name}"),
            millis(&ours),
            "ms",
            Some(2.0 * millis(&trips)),
        );
    }
    replay(name, &bus, extent).await?;
    bus.close().await;
    Ok(())
}

/// Each event is of a UE that nobody knew, so that each gives an order.
async fn event_to_order(bus: &dyn Bus, orders: usize) -> anyhow::Result<Histogram<u64>> {
    let mut reader = bus.consume(Stream::Orders, "bench", Start::Newest).await?;
    let mut micros = Histogram::new(3)?;
    for ue in 0..orders {
        let record = event(1_000_000 + ue as u64, 0)?;
        let began = Instant::now();
        bus.publish(Stream::UeEvents, vec![record]).await?;
        reader.next(1).await?;
        micros.record(u64::try_from(began.elapsed().as_micros())?)?;
    }
    Ok(micros)
}

/// A decider without a snapshot reads the stream from its oldest event, beside a reader that only reads.
async fn replay(name: &str, bus: &Arc<dyn Bus>, extent: Extent) -> anyhow::Result<()> {
    for first in (0..extent.replayed).step_by(500) {
        let batch = (first..first + 500).map(|n| event(n as u64 % 5_000, n as u64 / 5_000 % 2));
        bus.publish(Stream::UeEvents, batch.collect::<anyhow::Result<_>>()?).await?;
    }
    let newest = bus.newest(Stream::UeEvents).await?;
    let began = Instant::now();
    let mut reader = bus.consume(Stream::UeEvents, "bench-replay", Start::Oldest).await?;
    let mut read = 0;
    while reader.next(4_096).await?.last().is_some_and(|last| {
        read += 1;
        last.sequence < newest
    }) {}
    let bare = newest.0 as f64 / began.elapsed().as_secs_f64();
    let (folder, stop) = (tempfile::tempdir()?, CancellationToken::new());
    let began = Instant::now();
    let decider = start(bus, folder.path(), &stop).await?;
    let ours = newest.0 as f64 / began.elapsed().as_secs_f64();
    stop.cancel();
    decider.join().await;
    anyhow::ensure!(read > 0, "nothing was read");
    figure::print(&format!("replay/{name}"), ours, "events/s", Some(bare));
    Ok(())
}

/// A decider of one app and two sites.
pub(crate) async fn start(
    bus: &Arc<dyn Bus>,
    folder: &std::path::Path,
    stop: &CancellationToken,
) -> anyhow::Result<Decider> {
    let inputs = Inputs {
        config: decider::Config::default(),
        sites: (0..2).map(site).collect::<anyhow::Result<_>>()?,
        cells: (0..2).map(cell).collect::<anyhow::Result<_>>()?,
        tai_pins: Vec::new(),
        apps: vec![app()?],
        limits: model::Limits::default(),
        key: InstanceKey::new(&[7; 32])?,
        bus: Arc::clone(bus),
        store: store::Store::open(folder.join("store.redb"))?,
    };
    Ok(Decider::start(inputs, &mut Registry::default(), stop.clone()).await?)
}

/// A UE reports a cell.
pub(crate) fn event(ue: u64, cell: u64) -> anyhow::Result<Record> {
    let supi = Supi::from_imsi(1_010_000_000_000 + ue, 15).ok_or_else(|| anyhow::anyhow!("no IMSI"))?;
    let key = supi.to_string().into();
    let event = UeEvent {
        supi,
        observed_at: Timestamp::from_micros(1_000_000_000_000_000),
        reported_at: None,
        source: UeSource::Poll,
        amf: None,
        change: UeChange::Location(UeLocation { cell: Some(cell_id(cell)?), tai: None, position: None }),
    };
    Ok(Record { key, id: None, data: serde_json::to_vec(&event)?.into() })
}

fn site(number: u64) -> anyhow::Result<Site> {
    let id = SiteId::new(format!("site-{number}"))?;
    Ok(Site {
        name: id.to_string(),
        position: Some(Position::new(number as f64, 45.0)?),
        cluster: ClusterRef { provider: "edge".into(), cluster: id.to_string() },
        ingress: None,
        tier: model::Tier::Edge,
        water_marks: None,
        labels: std::collections::BTreeSet::new(),
        max_instances: None,
        service_area: None,
        tenants: std::collections::BTreeSet::new(),
        cost: None,
        id,
    })
}

fn cell(number: u64) -> anyhow::Result<Cell> {
    let pin = Pin::Position(Position::new(number as f64, 45.001)?);
    Ok(Cell { id: cell_id(number)?, tai: None, pin })
}

fn cell_id(number: u64) -> anyhow::Result<CellId> {
    Ok(CellId::nr(PlmnId::new("208", "93")?, &format!("{number:09x}"), None)?)
}

fn app() -> anyhow::Result<App> {
    Ok(App {
        id: AppId::new("bench")?,
        users: Users::All,
        mode: Mode::Act,
        scope: Scope::PerUe,
        policy: Policy::Nearest,
        max_concurrent_relocations: u32::MAX,
        linger: std::time::Duration::from_secs(300),
        requires: std::collections::BTreeSet::new(),
        qos: None,
        tenant: None,
        residency: std::collections::BTreeMap::new(),
        limits: model::AppLimits::default(),
        groups: std::collections::BTreeMap::new(),
    })
}
