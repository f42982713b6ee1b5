//! Cell → site and position → site.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use model::{Cell, CellId, ClusterRef, Pin, PlmnId, Position, Site, SiteId};
use placement::{SiteIndex, Topology};
use rstar::RTree;
use rstar::primitives::GeomWithData;

use crate::figure;

const CELLS: u64 = 100_000;
const SITES: u64 = 10_000;

/// Nanoseconds a look-up, and the time to load a large catalogue.
pub(crate) fn figures(look_ups: u32) -> anyhow::Result<()> {
    let sites = (0..SITES).map(site).collect::<anyhow::Result<Vec<_>>>()?;
    let cells = (0..CELLS).map(cell).collect::<anyhow::Result<Vec<_>>>()?;
    let ids: Vec<CellId> = cells.iter().map(|cell| cell.id).collect();
    let index = SiteIndex::new(&sites)?;
    let bare = RTree::bulk_load(
        sites
            .iter()
            .zip(0_u32..)
            .filter_map(|(s, n)| s.position.map(|p| GeomWithData::new(ecef(p), n)))
            .collect(),
    );
    let loading = Instant::now();
    let topology = Topology::new(sites, cells, Vec::new())?;
    figure::print("catalogue_100000_cells_10000_sites", loading.elapsed().as_secs_f64() * 1e3, "ms", None);

    let pick = |n: u32| (u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize;
    // The cell of an event was read a moment ago: what is asked lies side by side, what answers does not.
    let asked: Vec<CellId> = (0..1 << 16).map(|n| ids[pick(n) % ids.len()]).collect();
    let asked = |n: u32| &asked[n as usize % (1 << 16)];
    let of_cell = nanos(look_ups, |n| topology.best(asked(n)).map(|ranked| ranked.meters));
    let table: HashMap<CellId, u32> = ids.iter().copied().zip(0..).collect();
    let bare_table = nanos(look_ups, |n| table.get(asked(n)).map(|found| f64::from(*found)));
    figure::print("cell_to_site", of_cell, "ns", Some(bare_table));

    let places: Vec<Position> = (0..4096).map(|n| place(n * 7 + 3)).collect::<anyhow::Result<_>>()?;
    let few = look_ups / 20;
    let chord = nanos(few, |n| {
        bare.nearest_neighbor(ecef(places[pick(n) % places.len()])).map(|found| f64::from(found.data))
    });
    let exact = nanos(few, |n| index.nearest(places[pick(n) % places.len()]).map(|ranked| ranked.meters));
    figure::print("position_to_site", exact, "ns", Some(chord));
    Ok(())
}

fn nanos(times: u32, look_up: impl Fn(u32) -> Option<f64>) -> f64 {
    let started = Instant::now();
    for n in 0..times {
        black_box(look_up(black_box(n)));
    }
    started.elapsed().as_secs_f64() * 1e9 / f64::from(times)
}

/// A spread of places over a country of 5° × 5°.
fn place(n: u64) -> anyhow::Result<Position> {
    let spread = |salt: u64| (n.wrapping_mul(salt) >> 33) as f64 / (1_u64 << 31) as f64;
    Ok(Position::new(3.0 + 5.0 * spread(0x9e37_79b9_7f4a_7c15), 44.0 + 5.0 * spread(0xd6e8_feb8_6659_fd93))?)
}

fn site(n: u64) -> anyhow::Result<Site> {
    let id = SiteId::new(format!("s{n}"))?;
    let cluster = ClusterRef { provider: "edge".into(), cluster: id.to_string() };
    Ok(Site {
        name: id.to_string(),
        position: Some(place(n)?),
        cluster,
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

fn cell(n: u64) -> anyhow::Result<Cell> {
    let plmn = PlmnId::new("208", "93")?;
    let id = CellId::Nr { plmn, nci: n, nid: None };
    Ok(Cell { id, tai: None, pin: Pin::Position(place(n + 1_000_003)?) })
}

/// WGS 84 to ECEF at height 0, in metres.
fn ecef(position: Position) -> [f64; 3] {
    let (a, e2) = (6_378_137.0, 6.694_379_990_141_317e-3);
    let (lon, lat) = (position.lon().to_radians(), position.lat().to_radians());
    let n = a / (1.0 - e2 * lat.sin().powi(2)).sqrt();
    [n * lat.cos() * lon.cos(), n * lat.cos() * lon.sin(), n * (1.0 - e2) * lat.sin()]
}
