//! Time and chance: scaled, jittered delays and identifiers, all from one seed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// By how much a delay varies, either way.
const JITTER: f64 = 0.15;
/// What Kubernetes draws generated names from: no vowels, so that no words arise.
const NAME_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The source of every delay and every drawn identifier.
#[derive(Debug)]
pub(crate) struct Pace {
    speed: f64,
    rng: Mutex<ChaCha8Rng>,
}

impl Pace {
    pub(crate) fn new(speed: f64, seed: u64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 { speed } else { 1.0 };
        Self { speed, rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    /// `delay` at this speed, varied.
    pub(crate) fn vary(&self, delay: Duration) -> Duration {
        delay.mul_f64((1.0 + JITTER * (2.0 * self.fraction() - 1.0)) / self.speed)
    }

    /// `delay` at this speed, exactly.
    pub(crate) fn exact(&self, delay: Duration) -> Duration {
        delay.div_f64(self.speed)
    }

    /// Any duration in `range` at this speed.
    pub(crate) fn between(&self, range: (Duration, Duration)) -> Duration {
        (range.0 + range.1.saturating_sub(range.0).mul_f64(self.fraction())).div_f64(self.speed)
    }

    /// An application context's identifier: a positive 63-bit number in decimal, as etcd keys carry it.
    pub(crate) fn context_id(&self) -> String {
        (self.draw() >> 1).max(1).to_string()
    }

    /// The random end of a Pod's name.
    pub(crate) fn pod_suffix(&self) -> String {
        letters(self.draw(), 5)
    }

    fn draw(&self) -> u64 {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    /// Uniform in [0, 1).
    fn fraction(&self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The hash of a Pod template, as it stands in the names of its Pods: equal for equal labels.
pub(crate) fn template_hash(parts: &[&str]) -> String {
    // FNV-1a: stable over runs and platforms.
    let hash = parts
        .iter()
        .flat_map(|part| part.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
    letters(hash, 10)
}

fn letters(mut number: u64, count: usize) -> String {
    let base = NAME_ALPHABET.len() as u64;
    (0..count)
        .map(|_| {
            let letter = NAME_ALPHABET[(number % base) as usize];
            number /= base;
            char::from(letter)
        })
        .collect()
}
