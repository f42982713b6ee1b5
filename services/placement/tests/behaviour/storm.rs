//! A border moves thousands of UEs at once.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use model::{App, Budget, Limits, Order, Policy, Rate};
use placement::{Fleet, Input};

use crate::scene::*;

const UES: u64 = 5_000;

/// Fifty at once, then twenty a second; at most two hundred under way.
fn fleet() -> Fleet {
    let rate = Some(Rate { per_minute: 1_200, burst: 50 });
    let total = Budget { concurrent: Some(200), rate };
    let apps = vec![App { max_concurrent_relocations: 10_000, ..app("ar", Policy::Nearest) }];
    Fleet { apps, limits: Limits { total, ..Limits::default() } }
}

/// Everybody serves at s0: as the executor says of what runs already.
fn settled() -> Stage {
    let mut stage = Stage::of(fleet());
    for ue in 0..UES {
        let id = key().per_ue(&model::AppId::new("ar").unwrap(), &supi(ue));
        let state = instance_state("ar", &id, 1, Some(0), at(0.0));
        let (mut out, now) = (Vec::new(), at(0.0));
        stage.ledger.input(&Input::Instance(&state));
        stage.engine.handle(now, Input::Instance(&state), &mut out);
        stage.engine.handle(now, Input::Ue(&event(ue, now, in_cell(0))), &mut out);
        assert_eq!(out, []);
    }
    stage
}

#[test]
fn five_thousand_cross_a_border_and_arrive_at_the_pace_that_was_set() {
    let mut stage = settled();
    let (mut waits, mut given): (Vec<u64>, Vec<Order>) = (Vec::new(), Vec::new());
    let mut live: Vec<(f64, Order)> = Vec::new();
    let mut trace = String::new();
    let mut told = |second: f64, stage: &Stage, given: usize| {
        let counts = stage.engine.counts();
        let (under_way, waiting) = (counts.under_way, counts.waiting);
        writeln!(trace, "{second:>5} s: {given} ordered, {under_way} under way, {waiting} wait").unwrap();
    };
    for ue in 0..UES {
        let (mut out, now) = (Vec::new(), at(10.0));
        stage.engine.handle(now, Input::Ue(&event(ue, now, in_cell(10))), &mut out);
        out.iter().for_each(|command| stage.ledger.command(command).unwrap());
        waits.extend((orders(&out).is_empty()).then_some(ue));
        given.extend(orders(&out));
    }
    live.extend(given.iter().map(|order| (13.0, order.clone())));
    told(10.0, &stage, given.len());
    // A hundred turn round after a minute: their reason is gone, and they drop out.
    let turned: BTreeSet<u64> = (UES - 100..UES).collect();
    let mut rest = vec![10.5, 11.0, 20.0, 60.0, 70.0, 120.0, 200.0, 260.0, 300.0];
    rest.reverse();
    let mut turns = Some(70.0);
    loop {
        let due = stage.due().unwrap_or(f64::MAX);
        let ends = live.first().map_or(f64::MAX, |(at, _)| *at);
        let next = due.min(ends);
        while let Some(shown) = rest.pop_if(|shown| *shown < next.min(1e9)) {
            told(shown, &stage, given.len());
        }
        if turns.is_some_and(|at| at < next) {
            let now = turns.take().unwrap();
            for ue in &turned {
                let mut out = Vec::new();
                stage.engine.handle(at(now), Input::Ue(&event(*ue, at(now), in_cell(1))), &mut out);
                assert_eq!(out, []);
            }
            continue;
        }
        if next == f64::MAX {
            break;
        }
        let mut out = Vec::new();
        if ends <= due {
            let (_, order) = live.remove(0);
            let ended = outcome(&order, at(next), completed(&order));
            stage.ledger.input(&Input::Outcome(&ended));
            stage.engine.handle(at(next), Input::Outcome(&ended), &mut out);
        } else {
            stage.engine.handle_timeout(at(next), &mut out);
        }
        out.iter().for_each(|command| stage.ledger.command(command).unwrap());
        let new = orders(&out);
        live.extend(new.iter().map(|order| (next + 3.0, order.clone())));
        given.extend(new);
    }
    stage.engine.check().unwrap();
    assert_eq!(stage.engine.counts().waiting, 0);
    assert_eq!(given.len() as u64, UES - 100);
    let went: Vec<_> = given.iter().map(|order| order.instance.clone()).collect();
    let id = |ue| key().per_ue(&model::AppId::new("ar").unwrap(), &supi(ue));
    let expected: Vec<_> = (0..UES - 100).map(id).collect();
    assert!(went == expected, "not in the order of coming");
    let golden = include_str!("golden/storm.txt");
    assert!(trace == golden, "the trace differs; if that is right, this is the new one:\n{trace}");
}
