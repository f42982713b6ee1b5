//! The one source of everything that is left to chance.

use std::cell::RefCell;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// Seeded random numbers.
pub(crate) struct Chance(RefCell<ChaCha8Rng>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(RefCell::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    /// One of `0..count`; `count` is small, so that the bias of a remainder does not matter.
    pub(crate) fn below(&self, count: usize) -> usize {
        let number = self.0.borrow_mut().next_u64() >> 11;
        (number % count.max(1) as u64) as usize
    }

    /// True once in `count` times.
    pub(crate) fn one_in(&self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// A span from a range of milliseconds.
    pub(crate) fn millis(&self, from: usize, to: usize) -> Duration {
        let span = (to - from) * 1_000 + 1;
        Duration::from_micros((from * 1_000 + self.below(span)) as u64)
    }

    /// Mostly short, sometimes long, now and then as long as it may get.
    pub(crate) fn latency(&self, most_millis: usize) -> Duration {
        match self.below(20) {
            0 => self.millis(0, most_millis),
            1 => self.millis(0, most_millis.min(400)),
            _ => self.millis(0, most_millis.min(20)),
        }
    }
}
