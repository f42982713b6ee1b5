//! An executor's replica: the saga and the fence as they are, and around them what their shell does.

mod driver;
mod intake;
mod journal;
mod leftovers;
mod on_bus;
mod outbox;
mod part;
mod registry;
mod steps;
mod value;
mod watched;

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::clockwork::Owner;
use crate::leases::Duty;
use crate::scene::Scene;

pub(crate) use on_bus::kept;
pub(crate) use value::{Last, OpenLog, Value};

/// The wait before what could not be had is tried again.
const WAIT: Duration = Duration::from_secs(2);
/// How long a part is left to whoever has claimed it.
const CLAIMED_WAIT: Duration = Duration::from_secs(15);

/// Why work on a part is over before it was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Fenced,
    Unsure,
    NotTakenOver,
}

/// Keeps somebody at work on a part until this replica is killed.
pub(crate) async fn tend(scene: Rc<Scene>, replica: usize, part: u16) {
    let belief = scene.leases.belief(Duty::Part(part), replica);
    let owner = Owner::Part(replica, part);
    loop {
        belief.turns(true).await;
        let (end, ended) = oneshot::channel();
        let held = Rc::clone(&scene);
        scene.spawn(owner, async move {
            let why = part::work(&held, replica, part).await;
            let _ = end.send(why);
        });
        let why = tokio::select! {
            biased;
            () = belief.turns(false) => None,
            why = ended => why.ok(),
        };
        scene.clock.kill(owner);
        scene.note(|| format!("executor {replica} stops on part {part}: {why:?}"));
        let wait = match why {
            None => continue,
            Some(End::Fenced) => CLAIMED_WAIT,
            Some(End::Unsure | End::NotTakenOver) => WAIT,
        };
        tokio::select! {
            biased;
            () = belief.turns(false) => {}
            () = scene.sleep(wait) => {}
        }
    }
}
