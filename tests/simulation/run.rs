//! One run, from a seed to a verdict.

use std::rc::Rc;
use std::time::Duration;

use crate::chance::Chance;
use crate::clockwork::Owner;
use crate::judge::Counts;
use crate::leases::Leases;
use crate::scene::Scene;
use crate::setting::Setting;
use crate::{faults, users};

/// By when everything must have come to rest after the storm: pauses between orders grow to five minutes.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// What is said where it has not.
pub(crate) const NEVER_AT_REST: &str = "never at rest";
/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// What must not be, and how it came to be.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) why: String,
    pub(crate) trace: Vec<String>,
}

/// Runs a seed.
pub(crate) fn run(
    seed: u64,
    traced: bool,
    change: impl FnOnce(&mut Setting),
) -> Result<(Counts, Vec<String>), Failure> {
    let chance = Chance::new(seed);
    let mut setting = Setting::of(&chance);
    change(&mut setting);
    let scene = Scene::new(setting, chance, traced);
    scene.note(|| format!("{:?}", scene.setting));
    let verdict = play(&scene);
    let trace = scene.trace();
    // Tasks hold the scene, and the scene holds tasks.
    scene.clock.clear();
    match verdict {
        Ok(()) => Ok((scene.judge.counts(), trace)),
        Err(why) => Err(Failure { why, trace }),
    }
}

fn play(scene: &Rc<Scene>) -> Result<(), String> {
    scene.spawn(Owner::Nobody, Leases::run(Rc::clone(scene)));
    faults::begin(scene);
    users::begin(scene);
    scene.spawn(Owner::Nobody, users::interfere(Rc::clone(scene)));
    let held = Rc::clone(scene);
    scene.spawn(Owner::Nobody, async move {
        held.sleep(held.setting.storm).await;
        held.note(|| "the storm is over");
        held.calm.set(true);
    });
    let storm = scene.setting.storm;
    let mut next = storm + Duration::from_secs(30);
    loop {
        if !scene.clock.turn() {
            return Err("nothing happens any more".to_owned());
        }
        if let Some(violation) = scene.judge.violation() {
            return Err(violation);
        }
        if scene.clock.elapsed() >= next {
            let Some(missing) = scene.judge.missing(scene) else { return Ok(()) };
            if next > storm + PATIENCE {
                return Err(format!("{NEVER_AT_REST}: {missing}"));
            }
            next += LOOK;
        }
    }
}
