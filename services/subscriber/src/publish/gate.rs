//! One at a time for each UE.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use model::Supi;
use tokio::sync::{Mutex, MutexGuard};

/// How many turnstiles there are; UEs that share one wait for each other without need, but seldom.
const TURNSTILES: usize = 4096;

/// Lets one task at a time pass for each UE.
pub(super) struct Gate {
    turnstiles: Vec<Mutex<()>>,
}

/// The right to tell of some UEs, until it is dropped.
pub(super) struct Turn<'a> {
    _one: Option<MutexGuard<'a, ()>>,
    _more: Vec<MutexGuard<'a, ()>>,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { turnstiles: (0..TURNSTILES).map(|_| Mutex::new(())).collect() }
    }

    /// Waits for the turn of one UE.
    pub(super) async fn pass(&self, supi: &Supi) -> Turn<'_> {
        Turn { _one: Some(self.turnstiles[number(supi)].lock().await), _more: Vec::new() }
    }

    /// Waits for the turn of all these UEs, always in the same order, so that two waiters never wait for each
    /// other.
    pub(super) async fn pass_all<'s>(&self, supis: impl Iterator<Item = &'s Supi>) -> Turn<'_> {
        let mut numbers: Vec<usize> = supis.map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut more = Vec::with_capacity(numbers.len());
        for number in numbers {
            more.push(self.turnstiles[number].lock().await);
        }
        Turn { _one: None, _more: more }
    }

    /// Waits until nobody has a turn, and lets nobody in until it is dropped.
    pub(super) async fn pass_everybody(&self) -> Turn<'_> {
        let mut more = Vec::with_capacity(TURNSTILES);
        for turnstile in &self.turnstiles {
            more.push(turnstile.lock().await);
        }
        Turn { _one: None, _more: more }
    }
}

fn number(supi: &Supi) -> usize {
    let hash = match supi.imsi() {
        // Neighbouring IMSIs are spread evenly as they are.
        Some((value, _)) => value,
        None => {
            let mut hasher = DefaultHasher::new();
            supi.hash(&mut hasher);
            hasher.finish()
        }
    };
    (hash % TURNSTILES as u64) as usize
}
