//! A street along the equator: cells and sites a tenth of a degree apart or less, so that distances are easy.

// Each test takes what it needs.
#![allow(dead_code)]

use evaluation::{Contender, Events, EventsBuilder, Network, Report, Settings};
use model::{Cell, CellId, ClusterRef, Pin, PlmnId, Position, Site, SiteId, UeLocation};

/// Metres in a degree of the equator: π/180 × 6,378,137 m.
pub(crate) const DEGREE: f64 = 111_319.490_793_273_57;

pub(crate) fn cell(number: u64) -> CellId {
    let plmn = PlmnId::new("001", "01").unwrap();
    CellId::nr(plmn, &format!("{number:09x}"), None).unwrap()
}

/// Cell 0, 1, … at these degrees of longitude on the equator; sites by id.
pub(crate) fn street(cells: &[f64], sites: &[(&str, f64)]) -> Network {
    let sites: Vec<_> = sites.iter().map(|(id, lon)| (*id, *lon, None)).collect();
    limited(cells, &sites)
}

/// The same with the most instances that each site may have.
pub(crate) fn limited(cells: &[f64], sites: &[(&str, f64, Option<u32>)]) -> Network {
    let at = |lon: f64| Position::new(lon, 0.0).unwrap();
    let cells =
        (0..).zip(cells).map(|(n, lon)| Cell { id: cell(n), tai: None, pin: Pin::Position(at(*lon)) });
    let sites = sites.iter().map(|(id, lon, most)| Site {
        id: SiteId::new(id).unwrap(),
        name: (*id).to_owned(),
        position: Some(at(*lon)),
        cluster: ClusterRef { provider: "p".into(), cluster: "c".into() },
        ingress: None,
        tier: model::Tier::Edge,
        water_marks: None,
        labels: std::collections::BTreeSet::new(),
        max_instances: *most,
        service_area: None,
        tenants: std::collections::BTreeSet::new(),
        cost: None,
    });
    Network::new(cells.collect(), sites.collect()).unwrap()
}

/// Events of a table: `ue seconds cell`, where the cell is a number, or `-` for gone.
pub(crate) fn events(table: &str) -> Events {
    let mut builder = EventsBuilder::default();
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let (ue, at, place) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let location = place.parse().ok().map(|number| UeLocation {
            cell: Some(cell(number)),
            tai: None,
            position: None,
        });
        builder.seen(ue, at.parse().unwrap(), location).unwrap();
    }
    builder.finish().unwrap()
}

/// The report, and what the default policy did as `events.csv` and `decisions.csv`.
pub(crate) fn evaluated(
    network: &Network,
    events: &Events,
    policies: &[Contender],
    settings: &Settings,
) -> (Report, String, String) {
    let (report, dump) = evaluation::evaluate(network, events, policies, settings, &mut |_| ()).unwrap();
    let (mut rows, mut decisions) = (Vec::new(), Vec::new());
    dump.write_events(&mut rows).unwrap();
    dump.write_decisions(&mut decisions).unwrap();
    (report, String::from_utf8(rows).unwrap(), String::from_utf8(decisions).unwrap())
}

pub(crate) fn standard() -> Vec<Contender> {
    evaluation::contenders(&[]).unwrap()
}
