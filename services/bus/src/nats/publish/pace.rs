//! Whether flights or a batch are faster, as measured.

use std::time::Duration;

use tokio::time::Instant;

/// Weight of a new measurement.
const NEW: f64 = 0.2;
/// An estimate that nothing confirms counts for half after each of these: a stall that was measured once is not
/// believed for ever.
const HALVED_AFTER: f64 = 10.0;
/// What a message adds to a batch, in seconds.
const EACH_OF_BATCH: f64 = 20e-6;
/// With fewer messages in flight the server's pace is not what is measured.
const TELLING: usize = 8;
/// So many answers make one measurement. They come in bursts, which are not divided.
const SAMPLE: u32 = 32;
/// No more is in flight than is answered within so many seconds: what comes then may go faster as a batch.
const AHEAD: f64 = 20e-3;

/// What the server was seen to need, in seconds: for a message that goes alone, for each of many, for a batch.
///
/// With syncs every now and then a batch costs a sync that single messages do not. With a sync for every message it
/// saves all but one of them.
#[derive(Debug)]
pub(super) struct Pace {
    alone: Estimate,
    each: Estimate,
    batch: Estimate,
    /// Since when answers are counted, and how many there were.
    sample: (Instant, u32),
}

#[derive(Debug, Clone, Copy)]
struct Estimate {
    seconds: f64,
    at: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        let guess = |seconds| Estimate { seconds, at: now };
        Self { alone: guess(0.3e-3), each: guess(30e-6), batch: guess(3e-3), sample: (now, 0) }
    }

    /// How many messages may be in flight.
    pub(super) fn window(&self) -> usize {
        ((AHEAD / self.each.seconds) as usize).clamp(2 * TELLING, 4_096)
    }

    /// Whether messages are to go as a batch rather than one by one: where that is clearly faster. So many of them
    /// (`depth`) have the same key.
    pub(super) fn prefers_batch(&self, messages: usize, depth: usize, now: Instant) -> bool {
        let by_batch = self.batch.at(now) + real(messages) * EACH_OF_BATCH;
        let one_by_one = real(depth) * self.alone.at(now) + real(messages) * self.each.at(now);
        2.0 * by_batch < one_by_one
    }

    /// The first message after a rest is about to be sent.
    pub(super) const fn begin(&mut self, now: Instant) {
        self.sample = (now, 0);
    }

    /// So many messages were stored, all told at once, while so many others are still in flight; `alone`: when the
    /// first of them was sent, if nothing else was in flight then.
    pub(super) fn landed(&mut self, stored: u32, flying: usize, alone: Option<Instant>, now: Instant) {
        if let Some(sent) = alone.filter(|_| stored == 1 && flying == 0) {
            self.alone.learn(now - sent, 1, now);
        }
        self.sample.1 += stored;
        let (begun, count) = self.sample;
        if flying < TELLING {
            self.begin(now);
        } else if count >= SAMPLE {
            self.each.learn(now - begun, count, now);
            self.begin(now);
        }
    }

    /// A batch of so many messages was stored.
    pub(super) fn took_batch(&mut self, messages: usize, begun: Instant, now: Instant) {
        let each = Duration::from_secs_f64(real(messages) * EACH_OF_BATCH);
        self.batch.learn((now - begun).saturating_sub(each), 1, now);
    }
}

impl Estimate {
    fn at(&self, now: Instant) -> f64 {
        let age = (now - self.at).as_secs_f64();
        self.seconds * 0.5_f64.powf(age / HALVED_AFTER)
    }

    /// One measurement moves an estimate, but a stall does not throw it over.
    fn learn(&mut self, measured: Duration, count: u32, now: Instant) {
        let least = 1e-6;
        let measured = (measured / count).as_secs_f64().min(self.seconds * 8.0);
        self.seconds = (self.seconds + NEW * (measured - self.seconds)).max(least);
        self.at = now;
    }
}

fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    /// What a server that needs `each` seconds a message and `batch` a batch is given for so many messages, again and
    /// again: how many of a hundred rounds are batches.
    fn batches(each: f64, batch: f64, messages: usize, depth: usize) -> usize {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        let mut round = |pace: &mut Pace| {
            let as_batch = pace.prefers_batch(messages, depth, now);
            let begun = now;
            if as_batch {
                now += seconds(batch + real(messages) * EACH_OF_BATCH);
                pace.took_batch(messages, begun, now);
                return true;
            }
            pace.begin(now);
            for left in (0..messages).rev() {
                now += seconds(each);
                pace.landed(1, left, None, now);
            }
            false
        };
        (0..100).filter(|_| round(&mut pace)).count()
    }

    #[test]
    fn a_server_that_syncs_each_message_gets_batches() {
        assert!(batches(0.2e-3, 2.5e-3, 100, 1) > 90);
        assert_eq!(batches(0.2e-3, 2.5e-3, 4, 1), 0, "not for a handful");
    }

    #[test]
    fn a_server_that_syncs_now_and_then_gets_flights() {
        assert_eq!(batches(20e-6, 3.4e-3, 500, 1), 0);
        assert_eq!(batches(20e-6, 3.4e-3, 500, 500), 100, "unless a key comes again and again");
    }

    #[test]
    fn the_window_follows_the_server() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        assert!((500..1_000).contains(&pace.window()));
        for _ in 0..1_000 {
            now += seconds(1e-3);
            pace.landed(1, 100, None, now);
        }
        assert_eq!(pace.window(), 20);
    }

    #[test]
    fn answers_in_bursts_are_counted_as_a_whole() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..100 {
            now += seconds(25.6e-3);
            pace.landed(256, 256, None, now);
        }
        assert_eq!(pace.window(), 200);
    }

    #[test]
    fn a_stall_is_forgotten() {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        for _ in 0..20 {
            now += seconds(60.0);
            pace.took_batch(100, now - seconds(60.0), now);
        }
        assert!(!pace.prefers_batch(500, 500, now));
        let asked = (0..300).position(|_| {
            let sent = now;
            now += seconds(1.0);
            pace.landed(1, 0, Some(sent), sent + seconds(0.3e-3));
            pace.prefers_batch(500, 500, now)
        });
        assert!(asked.is_some());
    }
}
