//! A town for the engine alone: a grid of sites, cells around each, UEs that walk among the cells of a site and now and
//! then go to the next one.

use model::{
    App, Cell, CellId, ClusterRef, Pin, PlmnId, Policy, Position, Site, SiteId, Supi, Timestamp, UeChange,
    UeEvent, UeLocation, UeSource,
};
use placement::Topology;

use crate::whole_loop::{self, ORDER_EVERY};

/// Sites along a side of the town, some 2 km apart.
const SIDE: u64 = 10;
/// Cells of a site.
const CELLS: u64 = 25;
/// What goes by between two events of one UE, in microseconds.
const PAUSE: u64 = 10_000_000;

/// The town's sites and cells.
pub(crate) fn topology() -> anyhow::Result<Topology> {
    let sites = (0..SIDE * SIDE).map(site).collect::<anyhow::Result<Vec<_>>>()?;
    let cells = (0..SIDE * SIDE).flat_map(|s| (0..CELLS).map(move |c| cell(s, c)));
    Ok(Topology::new(sites, cells.collect::<anyhow::Result<Vec<_>>>()?, Vec::new())?)
}

/// The bench's app under a policy.
pub(crate) fn app(policy: Policy) -> anyhow::Result<App> {
    Ok(App { policy, ..whole_loop::app()? })
}

/// The n-th event of a town with so many UEs. They come in turn; every fiftieth event of a UE takes it to another site,
/// where it stays. Which UE does so in which turn is spread evenly.
pub(crate) fn event(n: u64, ues: u64) -> anyhow::Result<UeEvent> {
    let (ue, turn) = (n % ues, n / ues);
    let crossed = (turn + ue % ORDER_EVERY) / ORDER_EVERY;
    let site = (spread(ue) + crossed) % (SIDE * SIDE);
    let nci = nci(site, spread(n) % CELLS);
    let plmn = PlmnId::new("208", "93")?;
    let change = UeChange::Location(UeLocation {
        cell: Some(CellId::Nr { plmn, nci, nid: None }),
        tai: None,
        position: None,
    });
    Ok(UeEvent {
        supi: Supi::from_imsi(208_930_000_000_000 + ue, 15).ok_or_else(|| anyhow::anyhow!("an IMSI"))?,
        observed_at: Timestamp::from_micros(PAUSE + turn * PAUSE + ue * PAUSE / ues),
        reported_at: None,
        source: UeSource::Push,
        amf: None,
        change,
    })
}

const fn spread(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33
}

const fn nci(site: u64, cell: u64) -> u64 {
    0x1000 + site * CELLS + cell
}

/// Degrees of a site of the grid at 45° north: 0.025° are 2.0 km there, 0.018° are 2.0 km.
fn corner(site: u64) -> (f64, f64) {
    (1.0 + 0.025 * (site % SIDE) as f64, 45.0 + 0.018 * (site / SIDE) as f64)
}

fn site(n: u64) -> anyhow::Result<Site> {
    let id = SiteId::new(format!("town-{n}"))?;
    let (lon, lat) = corner(n);
    Ok(Site {
        name: id.to_string(),
        position: Some(Position::new(lon, lat)?),
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

/// Within 400 m of its site.
fn cell(s: u64, c: u64) -> anyhow::Result<Cell> {
    let (lon, lat) = corner(s);
    let step = |n: u64| n as f64 - 2.0;
    let at = Position::new(lon + 0.0025 * step(c % 5), lat + 0.0018 * step(c / 5))?;
    let id = CellId::Nr { plmn: PlmnId::new("208", "93")?, nci: nci(s, c), nid: None };
    Ok(Cell { id, tai: None, pin: Pin::Position(at) })
}
