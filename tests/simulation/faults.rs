//! What goes wrong: replicas are killed, the broker is restarted.

use std::rc::Rc;

use crate::broker::Broker;
use crate::clockwork::Owner;
use crate::leases::Duty;
use crate::scene::Scene;
use crate::{decider, executor};

/// Starts every replica, and kills it again and again.
pub(crate) fn begin(scene: &Rc<Scene>) {
    for replica in 0..scene.setting.replicas {
        for owner in [Owner::Decider(replica), Owner::Executor(replica)] {
            scene.spawn(Owner::Nobody, live(Rc::clone(scene), owner));
        }
    }
    scene.spawn(Owner::Nobody, outages(Rc::clone(scene)));
}

async fn live(scene: Rc<Scene>, owner: Owner) {
    loop {
        scene.leases.lives(owner, true);
        match owner {
            Owner::Decider(replica) => scene.spawn(owner, decider::process(Rc::clone(&scene), replica)),
            Owner::Executor(replica) => {
                for part in 0..scene.setting.parts {
                    scene.spawn(owner, executor::tend(Rc::clone(&scene), replica, part));
                }
            }
            Owner::Nobody | Owner::Term(_) | Owner::Part(..) => {}
        }
        let most = 4_000 + 1_500 * scene.setting.odds;
        scene.sleep(scene.chance.millis(100, most)).await;
        if scene.calm.get() {
            return;
        }
        scene.note(|| format!("kill -9: {owner:?}"));
        scene.judge.count(|counts| counts.kills += 1);
        scene.leases.lives(owner, false);
        scene.clock.kill(owner);
        match owner {
            Owner::Decider(replica) => scene.clock.kill(Owner::Term(replica)),
            Owner::Executor(replica) => {
                (0..scene.setting.parts).for_each(|part| scene.clock.kill(Owner::Part(replica, part)));
            }
            Owner::Nobody | Owner::Term(_) | Owner::Part(..) => {}
        }
        scene.sleep(scene.chance.millis(50, 6_000)).await;
        scene.note(|| format!("up again: {owner:?}"));
    }
}

async fn outages(scene: Rc<Scene>) {
    if scene.setting.unsynced_millis > 0 {
        scene.sleep(scene.setting.storm / 2).await;
        Broker::restart(&scene, scene.chance.millis(100, 5_000)).await;
        while !scene.calm.get() {
            scene.sleep(scene.chance.millis(500, 1_000)).await;
        }
        forget(&scene);
        return;
    }
    loop {
        scene.sleep(scene.chance.millis(3_000, 10_000 + 3_000 * scene.setting.odds)).await;
        if scene.calm.get() {
            return;
        }
        scene.judge.count(|counts| counts.restarts += 1);
        Broker::restart(&scene, scene.chance.millis(50, 4_000)).await;
    }
}

/// What an operator does after a loss: deciders begin anew from what the bus still has, and executors read every order
/// again, to answer it as it ended.
fn forget(scene: &Rc<Scene>) {
    scene.note(|| "an operator removes snapshots and positions");
    scene.bus.forget_positions();
    for replica in 0..scene.setting.replicas {
        scene.disks.snapshots[replica].replace(None);
        // Those that are down come up by themselves.
        if scene.leases.is_alive(Duty::Decide, replica) {
            scene.clock.kill(Owner::Term(replica));
            scene.clock.kill(Owner::Decider(replica));
            scene.spawn(Owner::Decider(replica), decider::process(Rc::clone(scene), replica));
        }
        (0..scene.setting.parts).for_each(|part| scene.clock.kill(Owner::Part(replica, part)));
    }
}
