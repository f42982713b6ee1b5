//! Tuned knobs: what comes out, and that it depends on nothing but traffic, settings and seed.
#![allow(clippy::unwrap_used)]

mod town;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use evaluation::{
    Advice, Family, Input, Network, Objective, Phase, Settings, Task, TuneError, Tuning, tune, tuning_html,
    tuning_json,
};
use proptest::prelude::*;
use town::{events, street};

const CELLS: [f64; 5] = [0.0, 0.011, 0.025, 0.038, 0.05];
const SITES: [(&str, f64); 3] = [("a", 0.001), ("b", 0.02), ("c", 0.049)];

fn input(name: &str, table: &str) -> Input {
    Input { name: name.into(), events: events(table) }
}

/// Walks up and down the street, each cell for so long.
fn walk(ues: u32, seconds: u32) -> String {
    let row = |ue: u32, step: u32| {
        let place = [0, 1, 2, 3, 4, 3, 2, 1][(step + ue) as usize % 8];
        format!("ue{ue} {} {place}\n", step * seconds + 7 * ue)
    };
    (0..ues).flat_map(|ue| (0..30).map(move |step| row(ue, step))).collect()
}

struct Case {
    network: Network,
    settings: Settings,
    training: Vec<Input>,
    test: Vec<Input>,
}

impl Case {
    fn new(training: &str, test: &str) -> Self {
        Self {
            network: street(&CELLS, &SITES),
            settings: Settings::default(),
            training: vec![input("training.csv", training)],
            test: vec![input("test.csv", test)],
        }
    }

    fn task(&self, family: Family, runs: usize) -> Task<'_> {
        Task {
            network: &self.network,
            training: &self.training,
            test: &self.test,
            family,
            settings: &self.settings,
            objective: Objective::Cost,
            runs: NonZeroUsize::new(runs).unwrap(),
            seed: 1,
            threads: NonZeroUsize::MIN,
        }
    }
}

fn tuned(task: &Task<'_>) -> Result<Tuning, TuneError> {
    tune(task, &|| false, &mut |_| ())
}

/// Moves are nearly free, so that it is right to go at once, in training and test alike.
fn cheap_moves() -> Case {
    let settings = Settings { relocation_cost_meters: 1.0, ..Settings::default() };
    Case { settings, ..Case::new(&walk(4, 90), &walk(5, 75)) }
}

#[test]
fn where_moves_are_nearly_free_the_tuned_knobs_move_sooner_and_are_better_on_both_sides() {
    let case = cheap_moves();
    for family in [Family::Regret, Family::Threshold] {
        let tuning = tuned(&case.task(family, 60)).unwrap();
        for sides in [&tuning.training, &tuning.test] {
            assert!(sides.tuned.score.beats(&sides.defaults.score), "{tuning:?}");
            assert!(sides.tuned.figures.cost_over_optimum < sides.defaults.figures.cost_over_optimum);
        }
        assert_eq!(tuning.advice(), Advice::TakeTuned);
        assert!(tuning.sentence().starts_with("The tuned knobs are better"), "{}", tuning.sentence());
        assert_eq!(tuning.runs[0].phase, Phase::Defaults);
        assert_eq!(tuning.runs[0].score, tuning.training.defaults.score);
        assert!(tuning.runs.len() <= 60 && !tuning.stopped);
        // What is written is what was found.
        assert_eq!(catalogue::policy(&tuning.yaml()).unwrap(), tuning.best, "{}", tuning.yaml());
    }
}

#[test]
fn knobs_that_are_no_better_on_the_test_traffic_are_not_recommended() {
    let case = cheap_moves();
    let mut tuning = tuned(&case.task(Family::Threshold, 30)).unwrap();
    tuning.test.tuned.score.cost = tuning.test.defaults.score.cost - 0.0005;
    assert_eq!(tuning.advice(), Advice::KeepDefaults);
    assert!(tuning.sentence().starts_with("Keep the defaults: on the test traffic"), "{}", tuning.sentence());
    tuning.test.defaults.score.beyond = 2.0;
    assert_eq!(tuning.advice(), Advice::TakeTuned);
    tuning.test.tuned.score.beyond = 3.0;
    assert_eq!(tuning.advice(), Advice::KeepDefaults);
    tuning.best = Family::Threshold.defaults();
    assert_eq!(tuning.advice(), Advice::NothingBetter);
}

#[test]
fn the_same_seed_gives_the_same_whatever_the_number_of_threads() {
    let mut case = cheap_moves();
    case.training.push(input("more.csv", &walk(3, 40)));
    let of = |threads: usize, seed: u64| {
        let threads = NonZeroUsize::new(threads).unwrap();
        tuned(&Task { threads, seed, ..case.task(Family::Regret, 50) }).unwrap()
    };
    let first = of(1, 1);
    for threads in [2, 7] {
        assert_eq!(of(threads, 1), first, "{threads} threads");
    }
    assert_ne!(of(1, 2).runs, first.runs);
}

#[test]
fn who_stops_gets_the_best_so_far() {
    let case = cheap_moves();
    let tried = AtomicUsize::new(0);
    let stopped = || tried.load(Ordering::Relaxed) >= 5;
    let tuning = tune(&case.task(Family::Regret, 500), &stopped, &mut |trying| {
        tried.store(trying.done, Ordering::Relaxed);
    });
    let tuning = tuning.unwrap();
    assert!(tuning.stopped && (5..500).contains(&tuning.runs.len()), "{} runs", tuning.runs.len());
    assert!(tuning.runs.iter().all(|run| !run.score.beats(&tuning.training.tuned.score)));
    let nothing = tune(&case.task(Family::Regret, 500), &|| true, &mut |_| ());
    assert_eq!(nothing, Err(TuneError::Stopped));
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_name_of_the_file() {
    let refused = |case: &Case| tuned(&case.task(Family::Regret, 3)).unwrap_err().to_string();
    let mut case = cheap_moves();
    case.test[0].events = case.training[0].events.clone();
    assert!(refused(&case).contains("training.csv and test.csv hold the same events"), "{}", refused(&case));
    case.test.clear();
    assert_eq!(refused(&case), "there is no test traffic");
    case.test.push(input("strangers.csv", "u 0 77\n u 9 78"));
    assert!(refused(&case).starts_with("strangers.csv: none of the 2 events"), "{}", refused(&case));
    let still = Case::new("u 0 9\n u 0 0", "w 0 0");
    assert!(refused(&Case { network: street(&[0.001], &SITES), ..still }).contains("optimum costs nothing"));
}

#[test]
fn page_and_json_hold_what_was_tried_and_load_nothing() {
    let case = cheap_moves();
    let tuning = tuned(&case.task(Family::Regret, 40)).unwrap();
    let page = tuning_html(&tuning);
    for part in ["relocation_cost", "training.csv", "test, tuned", "best so far", "</html>"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for part in ["http", "<script", "src=", "NaN", "inf"] {
        assert!(!page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches("<svg").count(), 6);
    let json = tuning_json(&tuning);
    assert_eq!(json["runs"].as_array().unwrap().len(), tuning.runs.len());
    assert_eq!(json["advice"], "take_tuned");
    assert_eq!(json["test"]["files"][0]["name"], "test.csv");
    assert!(json["test"]["tuned"]["cost_over_optimum"].is_number(), "{json}");
}

/// Rows of a few UEs: who, how many seconds after the row before, where.
fn traffic() -> impl Strategy<Value = String> {
    prop::collection::vec((0..4u8, 1..50u32, 0..5u8), 4..40).prop_map(|rows| {
        let mut now = 0;
        let rows = rows.into_iter().map(|(ue, seconds, place)| {
            now += seconds;
            format!("ue{ue} {now} {place}\n")
        });
        rows.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn tuned_knobs_are_never_worse_than_the_defaults_on_the_training_traffic(
        training in traffic(),
        test in traffic(),
        runs in 1..25usize,
        seed in any::<u64>(),
        regret in any::<bool>(),
        objective in 0..3usize,
    ) {
        let case = Case::new(&training, &test);
        let family = if regret { Family::Regret } else { Family::Threshold };
        let objective = Objective::ALL[objective];
        let task = Task { seed, objective, ..case.task(family, runs) };
        match tuned(&task) {
            Ok(tuning) => {
                let sides = &tuning.training;
                prop_assert!(!sides.defaults.score.beats(&sides.tuned.score), "{tuning:?}");
                prop_assert!(tuning.runs.len() <= runs);
                let threads = NonZeroUsize::new(3).unwrap();
                prop_assert_eq!(tuned(&Task { threads, ..task }), Ok(tuning));
            }
            Err(error) => {
                let same = matches!(error, TuneError::Same(..)) && training == test;
                prop_assert!(same || error == TuneError::Free, "{error}");
            }
        }
    }
}
