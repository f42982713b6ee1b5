//! Whether waves or a batch are faster, as measured.

use std::time::Duration;

/// Weight of a new measurement.
const NEW: f64 = 0.2;
/// An estimate that was not used loses this much: a stall that was measured once is not believed for ever.
const FADE: f64 = 0.995;
/// What a message adds to a batch.
const EACH_OF_BATCH: f64 = 20e-6;
/// Waves of fewer messages say little about what a message costs.
const TELLING: usize = 8;

/// What the server was seen to need, in seconds: for a wave, for each message in one, for a batch.
///
/// With syncs every now and then a batch costs a sync that single messages do not. With a sync for every message it
/// saves all but one of them.
#[derive(Debug)]
pub(super) struct Pace {
    wave: f64,
    each: f64,
    batch: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { wave: 0.3e-3, each: 30e-6, batch: 3e-3 }
    }
}

impl Pace {
    /// Whether these messages are to go as a batch rather than in so many waves.
    pub(super) fn prefers_batch(&mut self, messages: usize, waves: usize) -> bool {
        let count = real(messages);
        let by_batch = self.batch + count * EACH_OF_BATCH;
        let by_waves = real(waves) * self.wave + count * self.each;
        let batch = by_batch < by_waves;
        if batch {
            self.wave *= FADE;
            self.each *= FADE;
        } else {
            self.batch *= FADE;
        }
        batch
    }

    /// A wave of so many messages took this long.
    pub(super) fn took_wave(&mut self, messages: usize, time: Duration) {
        if messages == 1 {
            learn(&mut self.wave, time.as_secs_f64());
        } else if messages >= TELLING {
            learn(&mut self.each, (time.as_secs_f64() - self.wave).max(0.0) / real(messages));
        }
    }

    /// A batch of so many messages took this long.
    pub(super) fn took_batch(&mut self, messages: usize, time: Duration) {
        learn(&mut self.batch, (time.as_secs_f64() - real(messages) * EACH_OF_BATCH).max(0.0));
    }
}

/// One measurement moves an estimate, but a stall does not throw it over.
fn learn(estimate: &mut f64, measured: f64) {
    let least = 1e-6;
    *estimate += NEW * (measured.min(estimate.max(least) * 8.0) - *estimate);
    *estimate = estimate.max(least);
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the pace with a server that needs these seconds, and asks it again and again.
    fn prefers(wave: f64, each: f64, batch: f64, messages: usize, waves: usize) -> bool {
        let mut pace = Pace::default();
        let mut last = false;
        for _ in 0..200 {
            pace.took_wave(1, Duration::from_secs_f64(wave + each));
            last = pace.prefers_batch(messages, waves);
            if last {
                pace.took_batch(messages, Duration::from_secs_f64(batch + real(messages) * EACH_OF_BATCH));
            } else if waves == 1 {
                pace.took_wave(messages, Duration::from_secs_f64(wave + real(messages) * each));
            }
        }
        last
    }

    #[test]
    fn a_server_that_syncs_each_message_gets_batches() {
        assert!(prefers(0.2e-3, 0.2e-3, 2.5e-3, 100, 1));
        assert!(!prefers(0.2e-3, 0.2e-3, 2.5e-3, 4, 1), "not for a handful");
    }

    #[test]
    fn a_server_that_syncs_now_and_then_gets_waves() {
        assert!(!prefers(0.2e-3, 20e-6, 3.4e-3, 500, 1));
        assert!(prefers(0.2e-3, 20e-6, 3.4e-3, 500, 500), "unless a key comes again and again");
    }

    #[test]
    fn a_stall_is_forgotten() {
        let mut pace = Pace::default();
        pace.took_batch(100, Duration::from_secs(60));
        let asked = (0..2_000).position(|_| pace.prefers_batch(500, 500));
        assert!(asked.is_some());
    }
}
