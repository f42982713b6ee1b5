use model::{App, InstanceKey, Order, Policy, SiteCondition, SiteSource, UeChange};
use placement::{Engine, RestoreError, Topology};

use crate::desk::*;
use crate::scene::*;

fn apps() -> Vec<App> {
    vec![App { max_concurrent_relocations: 2, ..app("ar", threshold()) }, app("vr", Policy::Nearest)]
}

/// An engine with something in most tables, and the orders that are live.
fn busy() -> (Stage, Vec<Order>) {
    let (mut stage, mut live) = (Stage::new(apps()), Vec::new());
    for ue in 0..6 {
        let out = stage.cell(ue as f64, ue, 5 * ue as u32);
        live.extend(orders(&out));
        if ue < 2 {
            for order in live.drain(..) {
                let kind = completed(&order);
                stage.end(ue as f64 + 0.5, &order, kind);
            }
        }
    }
    stage.ue(7.0, 1, UeChange::Gone);
    stage.ue(8.0, 3, UeChange::Gone);
    stage.cell(9.0, 0, 28);
    stage.cell(9.0, 9, 999);
    let runs = instance_state("ar", &key().per_ue(&apps()[0].id, &supi(70)), 4, Some(55), at(9.0));
    stage.handle(at(9.0), placement::Input::Instance(&runs));
    (stage, live)
}

/// The same with sites that are left, asks of operators and a freeze; some of what follows is still to be done.
fn operated() -> (Stage, Vec<Order>) {
    let (mut stage, live) = busy();
    stage.said(10.0, 55, SiteSource::Probe, SiteCondition::Failed);
    stage.said(10.0, 1, SiteSource::Metrics, SiteCondition::Degraded);
    stage.asked(11.0, pin(1, 2));
    stage.asked(11.0, pin(5, 0));
    stage.asked(12.0, go(2, 2));
    stage.asked(12.0, cordon(2));
    stage.asked(13.0, freeze(Some("vr"), Some(40.0)));
    stage.asked(13.0, freeze(None, Some(20.0)));
    stage.ask(14.0, drain_by(0, 90.0));
    let counts = stage.engine.counts();
    assert_eq!((counts.closed_sites, stage.due()), (4, Some(14.0)));
    assert!(counts.held > 0 && counts.waiting > 0 && counts.under_way > 0, "{counts:?}");
    (stage, live)
}

fn restore(bytes: &[u8]) -> Result<Engine, RestoreError> {
    Engine::restore(bytes, topology(), apps(), key())
}

#[test]
fn a_restored_engine_is_the_same_engine() {
    let (mut before, _) = busy();
    let bytes = before.engine.snapshot();
    let mut after = Stage { engine: restore(&bytes).unwrap(), ledger: before.ledger };
    assert_eq!(after.engine.snapshot(), bytes);
    before.ledger = placement::invariants::Ledger::new(&topology());
    let rest = |engine: &mut Engine| {
        let mut out = Vec::new();
        for step in 10..400_u32 {
            engine.handle_timeout(at(f64::from(step)), &mut out);
            let moved = event(u64::from(step) % 11, at(f64::from(step)), in_cell(step * 7 % 31));
            engine.handle(at(f64::from(step)), placement::Input::Ue(&moved), &mut out);
        }
        (out, engine.snapshot())
    };
    assert_eq!(rest(&mut after.engine), rest(&mut before.engine));
}

#[test]
fn a_restored_engine_goes_on_with_evacuations_pins_and_freezes() {
    let (before, under_way) = operated();
    let bytes = before.engine.snapshot();
    let mut after = restore(&bytes).unwrap();
    assert_eq!(after.snapshot(), bytes);
    let rest = |engine: &mut Engine| {
        let (mut all, mut live) = (Vec::new(), under_way.clone());
        for step in 14..300_u32 {
            let (now, mut out) = (at(f64::from(step)), Vec::new());
            engine.handle_timeout(now, &mut out);
            let moved = event(u64::from(step) % 11, now, in_cell(step * 7 % 31));
            engine.handle(now, placement::Input::Ue(&moved), &mut out);
            let ask = match step {
                100 => Some(resume(2)),
                150 => Some(unpin(5)),
                200 => Some(resume(0)),
                _ => None,
            };
            if let Some(ask) = ask.map(|ask| command(now, ask)) {
                engine.handle(now, placement::Input::Operator(&ask), &mut out);
            }
            if let Some(order) = (step % 3 == 0 && !live.is_empty()).then(|| live.remove(0)) {
                let ended = outcome(&order, now, completed(&order));
                engine.handle(now, placement::Input::Outcome(&ended), &mut out);
            }
            engine.check().unwrap();
            live.extend(orders(&out));
            all.extend(out);
        }
        (all, engine.snapshot())
    };
    let mut before = before.engine;
    let (told_before, told_after) = (rest(&mut before), rest(&mut after));
    assert!(evacuations(&told_before.0).len() > 2 && orders(&told_before.0).len() > 10);
    assert_eq!(told_before, told_after);
}

#[test]
fn another_schema_and_another_catalogue_are_told() {
    let bytes = busy().0.engine.snapshot();
    let mut newer = bytes.clone();
    newer[0] = 7;
    assert_eq!(restore(&newer).unwrap_err(), RestoreError::UnknownSchema { found: 7 });
    let fewer = Topology::new(vec![site(0)], vec![], vec![]).unwrap();
    let other = Engine::restore(&bytes, fewer, apps(), key()).unwrap_err();
    assert_eq!(other, RestoreError::OtherCatalogue);
    let knobs = vec![app("ar", Policy::Nearest), app("vr", Policy::Nearest)];
    assert_eq!(Engine::restore(&bytes, topology(), knobs, key()).unwrap_err(), RestoreError::OtherCatalogue);
    let rekeyed = InstanceKey::new(&[9; 16]).unwrap();
    assert_eq!(
        Engine::restore(&bytes, topology(), apps(), rekeyed).unwrap_err(),
        RestoreError::OtherCatalogue
    );
}

#[test]
fn damage_is_told_and_never_panics() {
    damaged(&busy().0.engine.snapshot());
    damaged(&operated().0.engine.snapshot());
}

fn damaged(bytes: &[u8]) {
    assert!(restore(&[]).is_err());
    for cut in 0..bytes.len() {
        assert!(restore(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    for place in 2..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.to_vec();
            damaged[place] ^= flip;
            // A flipped bit of a number may well be a valid number; what counts is that nothing breaks.
            if let Ok(mut engine) = restore(&damaged) {
                engine.check().unwrap();
                engine.handle_timeout(at(1e6), &mut Vec::new());
            }
        }
    }
}
