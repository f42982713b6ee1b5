//! Who holds which work. A lease moves at random, and whoever loses it is told late.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;

use crate::clockwork::Owner;
use crate::scene::Scene;

/// What can be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    Decide,
    Part(u16),
}

/// Whether a replica believes that it holds something.
#[derive(Default)]
pub(crate) struct Belief {
    holds: Cell<bool>,
    changed: Notify,
}

impl Belief {
    pub(crate) fn holds(&self) -> bool {
        self.holds.get()
    }

    /// Waits until it believes so, or no longer.
    pub(crate) async fn turns(&self, holds: bool) {
        loop {
            let changed = self.changed.notified();
            if self.holds.get() == holds {
                return;
            }
            changed.await;
        }
    }

    fn set(&self, holds: bool) {
        self.holds.set(holds);
        self.changed.notify_waiters();
    }
}

/// Who holds what, and who believes to.
pub(crate) struct Leases {
    duties: Vec<Duty>,
    /// By duty; none where nobody was found alive.
    holders: RefCell<Vec<Option<usize>>>,
    beliefs: Vec<Vec<Rc<Belief>>>,
    /// By kind and replica: whether it is alive.
    alive: RefCell<Vec<[bool; 2]>>,
}

impl Leases {
    pub(crate) fn new(replicas: usize, parts: u16) -> Self {
        let duties: Vec<_> = std::iter::once(Duty::Decide).chain((0..parts).map(Duty::Part)).collect();
        let beliefs = duties.iter().map(|_| (0..replicas).map(|_| Rc::default()).collect()).collect();
        Self {
            holders: RefCell::new(vec![None; duties.len()]),
            duties,
            beliefs,
            alive: RefCell::new(vec![[true; 2]; replicas]),
        }
    }

    pub(crate) fn belief(&self, duty: Duty, replica: usize) -> Rc<Belief> {
        Rc::clone(&self.beliefs[self.place(duty)][replica])
    }

    fn place(&self, duty: Duty) -> usize {
        self.duties.iter().position(|other| *other == duty).expect("every duty is listed")
    }

    pub(crate) fn is_alive(&self, duty: Duty, replica: usize) -> bool {
        self.alive.borrow()[replica][usize::from(duty != Duty::Decide)]
    }

    /// A replica is up, or was killed. Dead ones believe nothing.
    pub(crate) fn lives(&self, owner: Owner, alive: bool) {
        let (kind, replica) = match owner {
            Owner::Decider(replica) => (0, replica),
            Owner::Executor(replica) => (1, replica),
            Owner::Nobody | Owner::Term(_) | Owner::Part(..) => return,
        };
        self.alive.borrow_mut()[replica][kind] = alive;
        for (duty, beliefs) in self.duties.iter().zip(&self.beliefs) {
            if usize::from(*duty != Duty::Decide) == kind && !alive {
                beliefs[replica].set(false);
            }
        }
    }

    /// Moves leases about until nothing goes wrong any more; then everything is held by somebody who is alive.
    pub(crate) async fn run(scene: Rc<Scene>) {
        let leases = &scene.leases;
        loop {
            for place in 0..leases.duties.len() {
                let (duty, holder) = (leases.duties[place], leases.holders.borrow()[place]);
                let idle = holder.is_none_or(|holder| !leases.is_alive(duty, holder));
                let back = holder.is_some_and(|holder| {
                    leases.is_alive(duty, holder) && !leases.beliefs[place][holder].holds()
                });
                if back {
                    // It has started again before its lease was over.
                    leases.beliefs[place][holder.unwrap_or(0)].set(true);
                } else if idle || scene.fails(2) {
                    Self::moves(&scene, place);
                }
            }
            scene.sleep(scene.chance.millis(500, 3_000)).await;
        }
    }

    fn moves(scene: &Rc<Scene>, place: usize) {
        let leases = &scene.leases;
        let duty = leases.duties[place];
        let alive: Vec<_> =
            (0..scene.setting.replicas).filter(|replica| leases.is_alive(duty, *replica)).collect();
        let Some(next) = alive.get(scene.chance.below(alive.len())).copied() else { return };
        let before = leases.holders.borrow_mut()[place].replace(next);
        if before == Some(next) {
            return;
        }
        scene.note(|| format!("lease: {duty:?} goes from {before:?} to {next}"));
        leases.beliefs[place][next].set(true);
        if let Some(before) = before {
            let (late, held) = (scene.chance.latency(10_000), Rc::clone(scene));
            scene.spawn(Owner::Nobody, async move {
                held.sleep(late).await;
                if held.leases.holders.borrow()[place] != Some(before) {
                    held.leases.beliefs[place][before].set(false);
                }
            });
        }
    }
}
