use model::{Basis, Cell, CellId, Pin, Position, Site, SiteId, Tai, TaiPin, UeLocation};
use placement::{Problem, RANKED_SITES, Topology};

use crate::scene::*;

fn tai(text: &str) -> Option<Tai> {
    Some(text.parse().unwrap())
}

fn ids(topology: &Topology, location: UeLocation, k: usize) -> (Basis, Vec<(String, i64)>) {
    let (basis, ranked) = topology.ranked(&location, k);
    (basis, ranked.iter().map(|r| (r.site.to_string(), r.meters.round() as i64)).collect())
}

fn known(cell: u32) -> UeLocation {
    UeLocation { cell: Some(cell_id(cell)), tai: None, position: None }
}

fn nowhere(id: u32) -> Site {
    Site { position: None, ..site(id) }
}

fn pinned(cell: u32, to: u32, area: &str) -> Cell {
    Cell { id: cell_id(cell), tai: tai(area), pin: Pin::Site(site_id(to)) }
}

#[test]
fn a_pinned_cell_goes_to_its_site_first_and_then_by_distance() {
    let topology =
        Topology::new((0..3).map(site).collect(), vec![pinned(1, 2, "001-01-000001")], vec![]).unwrap();
    let (basis, ranked) = ids(&topology, known(1), 9);
    assert_eq!(basis, Basis::Cell(cell_id(1)));
    assert_eq!(ranked, [("s2".into(), 0), ("s1".into(), 111_319), ("s0".into(), 222_639)]);
    assert_eq!(topology.best(&cell_id(1)).unwrap().meters, 0.0);
}

#[test]
fn a_pin_to_a_site_without_position_is_all_there_is() {
    let sites = vec![site(0), nowhere(1)];
    let topology = Topology::new(sites, vec![pinned(1, 1, "001-01-000001")], vec![]).unwrap();
    assert_eq!(ids(&topology, known(1), 9).1, [("s1".into(), 0)]);
}

#[test]
fn an_unknown_cell_falls_back_to_its_pinned_area_then_to_the_centroid_then_to_the_common_pin() {
    let in_area = |cell: Cell, area| Cell { tai: tai(area), ..cell };
    let cells = vec![
        in_area(cell(16), "001-01-000002"),
        in_area(cell(18), "001-01-000002"),
        pinned(50, 9, "001-01-000003"),
        pinned(51, 8, "001-01-000003"),
        pinned(52, 8, "001-01-000003"),
    ];
    let sites: Vec<_> = (0..3).map(site).chain([nowhere(8), nowhere(9)]).collect();
    let pins = vec![TaiPin { tai: tai("001-01-000001").unwrap(), site: site_id(0) }];
    let topology = Topology::new(sites, cells, pins).unwrap();
    let unknown = |area| UeLocation { cell: Some(cell_id(999)), tai: tai(area), position: None };
    let (basis, ranked) = ids(&topology, unknown("001-01-000001"), 1);
    assert_eq!((basis, ranked[0].clone()), (Basis::Tai(tai("001-01-000001").unwrap()), ("s0".into(), 0)));
    let (_, ranked) = ids(&topology, unknown("001-01-000002"), 2);
    assert_eq!(ranked, [("s2".into(), 33_396), ("s1".into(), 77_924)]);
    assert_eq!(ids(&topology, unknown("001-01-000003"), 2).1, [("s8".into(), 0)]);
    // Four and six digits are different areas; nothing is known of this one.
    assert_eq!(ids(&topology, unknown("001-01-0001"), 2), (Basis::Unknown, vec![]));
    let no_cell = UeLocation { cell: None, tai: tai("001-01-000002"), position: None };
    assert_eq!(ids(&topology, no_cell, 1).1[0].0, "s2");
}

#[test]
fn more_sites_than_are_kept_are_ranked_when_asked_for() {
    let topology = Topology::new((0..9).map(site).collect(), vec![cell(42)], vec![]).unwrap();
    assert_eq!(ids(&topology, known(42), RANKED_SITES).1.len(), RANKED_SITES);
    let all: Vec<_> = ids(&topology, known(42), 20).1.into_iter().map(|(id, _)| id).collect();
    assert_eq!(all, ["s4", "s5", "s3", "s6", "s2", "s7", "s1", "s8", "s0"]);
}

#[test]
fn cells_of_other_networks_and_radio_technologies_are_not_mixed_up() {
    let topology = topology();
    for other in ["001-001-000000001", "001-01-0000001", "001-01-000000001-00000abcdef"] {
        assert_eq!(topology.best(&other.parse::<CellId>().unwrap()), None, "{other}");
    }
    assert!(topology.best(&cell_id(1)).is_some());
}

#[test]
fn everything_that_is_wrong_is_named() {
    let pin = |area: &str, to| TaiPin { tai: tai(area).unwrap(), site: site_id(to) };
    let error = Topology::new(
        vec![site(0), site(1), site(0)],
        vec![cell(1), cell(1), pinned(2, 66, "001-01-000001")],
        vec![pin("001-01-000001", 77), pin("001-01-000002", 0), pin("001-01-000002", 1)],
    )
    .expect_err("five mistakes");
    assert_eq!(
        error.problems,
        [
            Problem::DuplicateSite(site_id(0)),
            Problem::DuplicateCell(cell_id(1)),
            Problem::DuplicateArea(tai("001-01-000002").unwrap()),
            Problem::CellPinnedToUnknownSite { cell: cell_id(2), site: site_id(66) },
            Problem::AreaPinnedToUnknownSite { tai: tai("001-01-000001").unwrap(), site: site_id(77) },
        ]
    );
    assert!(error.to_string().contains("cell 001-01-000000002 is pinned to site `s66`, which is not among"));
}

#[test]
fn the_version_follows_the_content_not_the_order() {
    let version = |sites: Vec<Site>, cells: Vec<Cell>| Topology::new(sites, cells, vec![]).unwrap().version();
    let one = version(vec![site(0), site(1)], vec![cell(1), cell(2)]);
    assert_eq!(one, version(vec![site(1), site(0)], vec![cell(2), cell(1)]));
    assert_ne!(one, version(vec![site(0), site(1)], vec![cell(1)]));
    let moved = Site { position: Some(Position::new(1.0, 1e-9).unwrap()), ..site(1) };
    assert_ne!(one, version(vec![site(0), moved], vec![cell(1), cell(2)]));
    assert!(one < 1 << 53);
}

#[test]
fn an_empty_catalogue_places_nothing() {
    let topology = Topology::new(vec![], vec![cell(1)], vec![]).unwrap();
    assert_eq!(ids(&topology, known(1), 3), (Basis::Cell(cell_id(1)), vec![]));
    assert_eq!(topology.best(&cell_id(1)), None);
    let _: Option<&SiteId> = topology.sites().first().map(|site| &site.id);
}
