use super::*;
use crate::trace::{End, Fix};

fn cell(index: u32, lon: f64) -> Cell {
    let nci = format!("{index:06x}001");
    Cell { mcc: "208".into(), mnc: "93".into(), nci, tac: "000001".into(), lon, lat: 43.73 }
}

fn site(lon: f64, lat: f64) -> Site {
    Site { id: "a".into(), name: "A".into(), lon, lat }
}

/// From the first mast to the last in 100 s, then gone at 110 s.
fn across() -> Trace {
    let fix = |secs, lon| Fix { at: Duration::from_secs(secs), lon, lat: 43.73 };
    let fixes = vec![fix(0, 7.40), fix(100, 7.44)];
    let track = Track { id: "0".into(), fixes, end: End::Leaves(Duration::from_secs(110)) };
    Trace { tracks: vec![track], duration: Duration::from_secs(200) }
}

fn row_of_cells() -> Vec<Cell> {
    (0..5).map(|i| cell(i, 7.40 + 0.01 * f64::from(i))).collect()
}

#[test]
fn a_ue_registers_is_handed_over_and_leaves() {
    let made =
        from_trace(row_of_cells(), vec![site(7.4, 43.73)], &across(), 1, ("208", "93")).expect("valid");
    assert_eq!(made.ues, [Ue { supi: "imsi-208930000000001".into() }]);
    let first = made.changes.first().expect("registered");
    assert_eq!((first.at, first.to), (Duration::ZERO, Some(0)));
    let last = made.changes.last().expect("left");
    assert_eq!(last.to, None);
    // The first measurement at or after 110 s.
    assert!(last.at >= Duration::from_secs(110) && last.at < Duration::from_secs(110) + radio::STEP);
    let served = made.serving_at(Duration::from_secs(105));
    assert_eq!(served, [Some(4)], "it stands at the last mast");
    assert!(made.changes.is_sorted_by_key(|c| c.at));
}

#[test]
fn a_three_digit_mnc_leaves_nine_digits() {
    let made =
        from_trace(row_of_cells(), vec![site(7.4, 43.73)], &across(), 1, ("001", "001")).expect("valid");
    assert_eq!(made.ues[0].supi, "imsi-001001000000001");
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let made =
        |cells, sites, plmn| from_trace(cells, sites, &across(), 1, plmn).expect_err("refused").to_string();
    let sites = vec![site(7.4, 43.73)];
    assert!(made(vec![], sites.clone(), ("208", "93")).contains("no cells"));
    assert!(made(row_of_cells(), vec![], ("208", "93")).contains("no sites"));
    assert!(made(row_of_cells(), sites.clone(), ("20", "93")).contains("MCC"));
    let mut cells = row_of_cells();
    cells[2].lat = f64::NAN;
    assert!(made(cells, sites, ("208", "93")).contains("208-93-000002001"));
}

#[test]
fn files_of_different_places_are_noticed() {
    let swapped = vec![site(43.73, 7.4)];
    let error = from_trace(row_of_cells(), swapped, &across(), 1, ("208", "93")).expect_err("far away");
    assert!(matches!(error, ScenarioError::FarAway { what: "sites", .. }), "{error}");
    assert!(error.to_string().contains("longitude"), "{error}");
}

#[test]
fn cells_of_another_town_are_left_out() {
    let mut cells = row_of_cells();
    cells.insert(0, cell(99, 12.0));
    let made = from_trace(cells, vec![site(7.4, 43.73)], &across(), 1, ("208", "93")).expect("valid");
    assert_eq!(made.cells, row_of_cells());
}
