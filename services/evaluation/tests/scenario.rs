//! Scenarios that were computed by hand.
#![allow(clippy::unwrap_used)]

mod town;

use evaluation::{Contender, Figures, Report, Settings};
use model::{Policy, Threshold, Trigger, Verdict};
use town::{DEGREE, evaluated, events, standard, street};

/// Two sites 0.04 degrees apart, a cell at each and one at three quarters of the way from a to b.
const CELLS: [f64; 3] = [0.0, 0.03, 0.04];
const SITES: [(&str, f64); 2] = [("a", 0.0), ("b", 0.04)];

/// | samples at        | cell | to a     | to b     |
/// |-------------------|------|----------|----------|
/// | 0 … 8 s: 5        | 0    | 0        | 0.04 deg |
/// | 10, 12 s: 2       | 1    | 0.03 deg | 0.01 deg |
/// | 14 … 18 s: 3      | 0    | 0        | 0.04 deg |
/// | 20 … 58 s: 20     | 2    | 0.04 deg | 0        |
const WALK: &str = "
    u  0 0
    u 10 1
    u 14 0
    u 20 2
    u 60 -";

fn of<'a>(report: &'a Report, name: &str) -> &'a Figures {
    report.policies.iter().find(|figures| figures.name == name).unwrap()
}

fn close(found: impl Into<Option<f64>>, wanted: f64) {
    let found = found.into().unwrap();
    assert!((found - wanted).abs() <= 1e-6 * wanted.abs().max(1.0), "{found} is not {wanted}");
}

#[test]
fn a_walk_from_one_site_to_another_costs_what_a_person_computes() {
    let network = street(&CELLS, &SITES);
    let (report, ..) = evaluated(&network, &events(WALK), &standard(), &Settings::default());
    assert_eq!((report.samples, report.ues, report.events), (30, 1, 5));
    close(report.ue_hours, 1.0 / 60.0);

    // To b once it stays there: two samples at 0.03 degrees, one relocation.
    let optimum = of(&report, "optimum");
    let best = 2.0 * 0.03 * DEGREE + 3_000.0;
    close(optimum.cost_meters, best);
    assert_eq!((optimum.relocations, optimum.wrong_targets), (1, None));

    // To b at 10 s, back at 14 s, to b at 20 s: both of the latter within a minute of leaving.
    let nearest = of(&report, "nearest");
    close(nearest.cost_meters, 2.0 * 0.01 * DEGREE + 3.0 * 3_000.0);
    close(nearest.cost_over_optimum, (0.02 * DEGREE + 9_000.0) / best);
    close(nearest.mean_distance_meters, 0.02 * DEGREE / 30.0);
    close(nearest.relocations_per_ue_hour, 180.0);
    close(nearest.ping_pong_percent, 200.0 / 3.0);
    close(nearest.outside_budget_percent, 0.0);
    assert_eq!((nearest.relocations, nearest.wrong_targets), (3, Some(0)));
    assert_eq!(nearest.decisions[&Trigger::Mobility][&Verdict::Move], 3);

    // From 20 s on b is nearer; at 30 s it has been so for 10 s and the instance has stayed for 30 s.
    let threshold = of(&report, "threshold");
    close(threshold.cost_meters, (2.0 * 0.03 + 5.0 * 0.04) * DEGREE + 3_000.0);
    close(threshold.fewer_than_nearest_percent, 200.0 / 3.0);
    assert_eq!((threshold.relocations, threshold.ping_pong_percent), (1, 0.0));

    let never = of(&report, "never");
    close(never.cost_meters, (2.0 * 0.03 + 20.0 * 0.04) * DEGREE);
    close(never.outside_budget_percent, 2_200.0 / 30.0);
    assert_eq!((never.relocations, never.wrong_targets), (0, Some(0)));
}

/// The files that are written for this policy.
fn dumped(policy: Policy, table: &str) -> (String, String) {
    let network = street(&CELLS, &SITES);
    let policies = [Contender { name: "it".into(), policy }];
    let (_, rows, decisions) = evaluated(&network, &events(table), &policies, &Settings::default());
    (rows, decisions)
}

#[test]
fn a_timeout_fires_at_its_own_time_and_the_files_tell_it() {
    let (rows, decisions) = dumped(Policy::Threshold(Threshold::default()), &WALK.replace("20 2", "20.25 2"));
    assert_eq!(
        rows,
        "ue,time,cell,lon,lat\n\
         u,0,001-01-000000000,0,0\n\
         u,10,001-01-000000001,0.03,0\n\
         u,14,001-01-000000000,0,0\n\
         u,20.25,001-01-000000002,0.04,0\n\
         u,60,001-01-000000002,0.04,0\n"
    );
    assert_eq!(decisions, "ue,time,from,to,trigger\nu,0,,a,first-placement\nu,30.25,a,b,mobility\n");
}

#[test]
fn who_is_gone_costs_nothing_and_is_placed_anew_after_its_instance_was_let_go() {
    let back_at = |seconds: u32| format!("w -4 0\n w 0 -\n w {seconds} 2\n w {} -", seconds + 6);
    let network = street(&CELLS, &SITES);
    let run = |table: &str| evaluated(&network, &events(table), &standard(), &Settings::default()).0;

    // Kept for 300 s, and no longer. Two samples here, three there, none of them away from a site.
    let anew = run(&back_at(302));
    assert_eq!(anew.samples, 5);
    for figures in &anew.policies {
        assert_eq!((figures.cost_meters, figures.relocations, figures.cost_over_optimum), (0.0, 0, None));
    }
    let (rows, decisions) = dumped(Policy::Nearest, &back_at(302));
    assert_eq!(
        decisions,
        "ue,time,from,to,trigger\nw,-4,,a,first-placement\nw,300,a,,ue-gone\nw,302,,b,first-placement\n"
    );
    assert!(
        rows.contains("w,0,,,\nw,302,001-01-000000002,0.04,0\nw,308,001-01-000000002,0.04,0\n"),
        "{rows}"
    );

    let kept = run(&back_at(300));
    assert_eq!(kept.samples, 5);
    close(of(&kept, "nearest").cost_meters, 3_000.0);
    close(of(&kept, "optimum").cost_meters, 3_000.0);
    // The samples are at 300, 302 and 304 s.
    close(of(&kept, "never").cost_meters, 3.0 * 0.04 * DEGREE);
}

#[test]
fn a_cell_that_is_not_known_is_told_and_counts_as_the_one_before() {
    let network = street(&CELLS, &SITES);
    let table = "u 0 0\n u 10 99\n u 20 2\n u 30 -\n x 0 98\n x 5 99";
    let (report, rows, _) = evaluated(&network, &events(table), &standard(), &Settings::default());
    assert_eq!((report.unknown_cell_events, report.unknown_cells), (3, 2));
    assert_eq!((report.ues, report.ues_left_out, report.samples), (1, 1, 15));
    close(of(&report, "optimum").cost_meters, 3_000.0);
    assert_eq!(rows.lines().count(), 4, "{rows}");
}

#[test]
fn who_is_seen_once_counts_for_one_sample_and_no_time() {
    let network = street(&CELLS, &SITES);
    let (report, ..) = evaluated(&network, &events("u 7 1"), &standard(), &Settings::default());
    assert_eq!((report.samples, report.ue_hours), (1, 0.0));
    let nearest = of(&report, "nearest");
    close(nearest.cost_meters, 0.01 * DEGREE);
    assert_eq!(nearest.relocations_per_ue_hour, None);
}

#[test]
fn with_very_many_sites_the_optimum_is_sought_near_the_cells() {
    let cells: Vec<f64> = (0..40).map(|cell| f64::from(cell) * 0.02).collect();
    let ids: Vec<String> = (0..700).map(|site| format!("site-{site:03}")).collect();
    let sites: Vec<(&str, f64)> =
        ids.iter().zip(0..).map(|(id, n)| (id.as_str(), f64::from(n) * 0.001)).collect();
    let network = street(&cells, &sites);
    let walk: String = (0..40).map(|step| format!("u {} {}\n", step * 10, step * 7 % 40)).collect();
    let settings = Settings { relocation_cost_meters: 50.0, ..Settings::default() };
    let (report, ..) = evaluated(&network, &events(&walk), &standard(), &settings);
    // A relocation costs next to nothing, and every cell up to the last site has a site of its own.
    let (optimum, nearest) = (of(&report, "optimum"), of(&report, "nearest"));
    assert_eq!(nearest.wrong_targets, Some(0));
    assert!(nearest.relocations > 30);
    close(optimum.cost_meters, nearest.cost_meters);
}

#[test]
fn events_without_any_known_cell_are_refused() {
    let network = street(&CELLS, &SITES);
    let settings = Settings::default();
    let unknown = events("u 7 9");
    let error = evaluation::evaluate(&network, &unknown, &standard(), &settings, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("do the files belong together"), "{error}");
}
