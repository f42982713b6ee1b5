//! Small networks for tests.

use model::{Cell, CellId, ClusterRef, Pin, PlmnId, Position, Site, SiteId};

use crate::Network;

pub(crate) fn cell(number: u64) -> CellId {
    let plmn = PlmnId::new("001", "01").expect("valid");
    CellId::nr(plmn, &format!("{number:09x}"), None).expect("valid")
}

/// Cells 0, 1, … and sites `s0`, `s1`, … at these longitudes and latitudes.
pub(crate) fn network(cells: &[(f64, f64)], sites: &[(f64, f64)]) -> Network {
    let position = |(lon, lat): (f64, f64)| Position::new(lon, lat).expect("valid");
    let cells = (0..).zip(cells).map(|(number, at)| Cell {
        id: cell(number),
        tai: None,
        pin: Pin::Position(position(*at)),
    });
    let sites = sites.iter().enumerate().map(|(number, at)| Site {
        id: SiteId::new(format!("s{number}")).expect("valid"),
        name: String::new(),
        position: Some(position(*at)),
        cluster: ClusterRef { provider: "p".into(), cluster: "c".into() },
        ingress: None,
        tier: model::Tier::Edge,
        water_marks: None,
        labels: std::collections::BTreeSet::new(),
        max_instances: None,
        service_area: None,
        tenants: std::collections::BTreeSet::new(),
        cost: None,
    });
    Network::new(cells.collect(), sites.collect()).expect("each once")
}
