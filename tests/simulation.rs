//! Exactly-once effect in a seeded simulation: the cores as they are (`placement::Engine`, `relocation::Saga`, the
//! fence), and around them models of the shells, of the bus, of EMCO and DNS, and of users that move.
//!
//! One thread, virtual time, one source of chance. Replicas are killed at any await, the broker is restarted,
//! publications and requests are lost, answered late or not at all, have their effect after their sender is dead, come
//! twice; leases move while their holders do not know. Then everything heals, and must come to rest.
//!
//! `SEEDS=10000 cargo test --test simulation` runs more; `SEED=7` replays one and prints what happened.

#![allow(clippy::print_stdout, reason = "traces and counts are what it is run for")]

#[path = "simulation/broker/mod.rs"]
mod broker;
#[path = "simulation/chance.rs"]
mod chance;
#[path = "simulation/clockwork.rs"]
mod clockwork;
#[path = "simulation/decider/mod.rs"]
mod decider;
#[path = "simulation/disks.rs"]
mod disks;
#[path = "simulation/edge.rs"]
mod edge;
#[path = "simulation/executor/mod.rs"]
mod executor;
#[path = "simulation/faults.rs"]
mod faults;
#[path = "simulation/judge/mod.rs"]
mod judge;
#[path = "simulation/leases.rs"]
mod leases;
#[path = "simulation/run.rs"]
mod run;
#[path = "simulation/scene.rs"]
mod scene;
#[path = "simulation/setting.rs"]
mod setting;
#[path = "simulation/users.rs"]
mod users;

use judge::Counts;
use setting::{Breach, Setting};

/// How many seeds are run where nobody asks for more.
const SEEDS: u64 = 300;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn every_order_is_carried_out_once_whatever_dies() {
    let seeds = match number("SEED") {
        Some(seed) => seed..=seed,
        None => 1..=number("SEEDS").unwrap_or(SEEDS),
    };
    let traced = number("SEED").is_some();
    let (mut all, mut failures, count) = (Counts::default(), Vec::new(), seeds.clone().count());
    for seed in seeds {
        match run::run(seed, traced, |_| {}) {
            Ok((counts, trace)) => {
                trace.iter().for_each(|line| println!("{line}"));
                all.add(&counts);
            }
            Err(failure) => {
                failure.trace.iter().for_each(|line| println!("{line}"));
                failures.push(format!("seed {seed}: {}", failure.why));
            }
        }
    }
    println!("{count} seeds: {all:?}");
    assert!(
        failures.is_empty(),
        "{} of {count}; replay with SEED=:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// How soon each breach is found at the latest.
const FOUND_WITHIN: u64 = 150;

/// The first seed on which a checker says that something is wrong.
fn found(breach: Breach) -> bool {
    let first = (1..=FOUND_WITHIN).find_map(|seed| {
        let broken = |setting: &mut Setting| setting.breach = Some(breach);
        let run = std::panic::catch_unwind(|| run::run(seed, false, broken).map(drop));
        match run {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some((seed, failure.why)),
            Err(_) => Some((seed, "one of the cores' own rules is broken".to_owned())),
        }
    });
    if let Some((seed, why)) = &first {
        println!("{breach:?} is found by seed {seed}: {why}");
    }
    first.is_some()
}

#[test]
fn an_executor_that_does_not_look_at_the_fence_is_found() {
    assert!(found(Breach::NoFence));
}

#[test]
fn a_decider_that_keeps_its_position_before_its_orders_are_out_is_found() {
    assert!(found(Breach::AckBeforePublish));
}

#[test]
fn an_executor_that_acknowledges_before_its_journal_has_the_order_is_found() {
    assert!(found(Breach::AckBeforeJournal));
}

#[test]
fn an_executor_that_forgets_which_orders_it_has_had_is_found() {
    assert!(found(Breach::ForgetIds));
}

#[test]
fn an_executor_that_acts_before_it_appends_is_found() {
    assert!(found(Breach::ActBeforeAppend));
}

#[test]
fn an_executor_that_repeats_without_reading_first_is_found() {
    assert!(found(Breach::NoReadBack));
}

/// A broker that acknowledges before it syncs, and loses its power.
fn after_power_failures(seeds: u64, journal_is_synced: bool) -> (Vec<String>, Vec<String>) {
    let loses = |setting: &mut Setting| {
        setting.unsynced_millis = 20_000;
        setting.journal_is_synced = journal_is_synced;
        setting.suppresses = true;
    };
    let (mut restless, mut harmed) = (Vec::new(), Vec::new());
    let only = number("SEED");
    for seed in only.map_or(1..=seeds, |seed| seed..=seed) {
        let Err(failure) = run::run(seed, only.is_some(), loses) else { continue };
        failure.trace.iter().for_each(|line| println!("{line}"));
        let found = if failure.why.starts_with(run::NEVER_AT_REST) { &mut restless } else { &mut harmed };
        found.push(format!("seed {seed}: {}", failure.why));
    }
    println!("{seeds} power failures: {} do harm, {} leave something undone", harmed.len(), restless.len());
    (harmed, restless)
}

/// What was acknowledged is gone, so not every order need be answered. What is done to the world stays right.
#[test]
fn a_bus_that_loses_what_it_acknowledged_does_no_harm_where_the_journal_is_whole() {
    let (harmed, restless) = after_power_failures(number("SEEDS").unwrap_or(60), true);
    println!("{}", restless.join("\n"));
    assert!(harmed.is_empty(), "{}", harmed.join("\n"));
}

/// The limit, so that nobody takes the test above for more than it is.
#[test]
fn a_journal_that_has_lost_what_was_acknowledged_can_do_harm() {
    let (harmed, _) = after_power_failures(120, false);
    println!("{}", harmed.join("\n"));
    assert!(!harmed.is_empty() || number("SEED").is_some());
}
