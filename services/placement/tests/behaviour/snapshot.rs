use model::{App, InstanceKey, Policy, UeChange};
use placement::{Engine, RestoreError, Topology};

use crate::scene::*;

fn apps() -> Vec<App> {
    vec![App { max_concurrent_relocations: 2, ..app("ar", threshold()) }, app("vr", Policy::Nearest)]
}

/// An engine with something in every table.
fn busy() -> Stage {
    let mut stage = Stage::new(apps());
    for ue in 0..6 {
        let out = stage.cell(ue as f64, ue, 5 * ue as u32);
        if ue < 2 {
            for order in orders(&out) {
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
    stage
}

fn restore(bytes: &[u8]) -> Result<Engine, RestoreError> {
    Engine::restore(bytes, topology(), apps(), key())
}

#[test]
fn a_restored_engine_is_the_same_engine() {
    let mut before = busy();
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
fn another_schema_and_another_catalogue_are_told() {
    let bytes = busy().engine.snapshot();
    let mut newer = bytes.clone();
    newer[0] = 5;
    assert_eq!(restore(&newer).unwrap_err(), RestoreError::UnknownSchema { found: 5 });
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
    let bytes = busy().engine.snapshot();
    assert!(restore(&[]).is_err());
    for cut in 0..bytes.len() {
        assert!(restore(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    for place in 2..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[place] ^= flip;
            // A flipped bit of a number may well be a valid number; what counts is that nothing breaks.
            if let Ok(mut engine) = restore(&damaged) {
                engine.check().unwrap();
                engine.handle_timeout(at(1e6), &mut Vec::new());
            }
        }
    }
}
