//! How many orders may be given: a token bucket, kept as the one instant at which it is full again (the generic cell
//! rate algorithm of ITU-T I.371 in its virtual scheduling form).

use std::time::Duration;

use model::{Rate, Timestamp};

/// A bucket of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bucket {
    rate: Rate,
    /// Until a token comes, in microseconds: rounded up, so that there are never more than the rate says.
    every: u64,
    full_at: Timestamp,
}

impl Bucket {
    /// A full one.
    pub(crate) fn new(rate: Rate) -> Self {
        let rate = Rate { per_minute: rate.per_minute.max(1), burst: rate.burst.max(1) };
        let every = 60_000_000_u64.div_ceil(u64::from(rate.per_minute));
        Self { rate, every, full_at: Timestamp::default() }
    }

    pub(crate) const fn rate(&self) -> Rate {
        self.rate
    }

    /// How many tokens are out; none is left where it is the burst.
    pub(crate) fn taken(&self, now: Timestamp) -> u32 {
        let micros = self.full_at.as_micros().saturating_sub(now.as_micros());
        u32::try_from(micros.div_ceil(self.every)).map_or(self.rate.burst, |taken| taken.min(self.rate.burst))
    }

    /// Takes a token at `at`. Where none is left (orders that were given under other limits) the bucket stays empty, and
    /// owes nothing.
    pub(crate) fn take(&mut self, at: Timestamp) {
        let one = self.full_at.max(at).plus(Duration::from_micros(self.every));
        let all = at.plus(Duration::from_micros(self.every.saturating_mul(u64::from(self.rate.burst))));
        self.full_at = self.full_at.max(one.min(all));
    }

    /// From when on there is one.
    pub(crate) fn next(&self) -> Timestamp {
        let others = self.every.saturating_mul(u64::from(self.rate.burst.saturating_sub(1)));
        Timestamp::from_micros(self.full_at.as_micros().saturating_sub(others))
    }

    /// When it is full again, for a snapshot.
    pub(crate) const fn full_at(&self) -> Timestamp {
        self.full_at
    }

    /// Puts back what a snapshot holds.
    pub(crate) fn set_full_at(&mut self, at: Timestamp) {
        self.full_at = at;
    }

    /// As many tokens out as of another one, as far as this one has them.
    pub(crate) fn carry(&mut self, other: &Self, now: Timestamp) {
        let taken = u64::from(other.taken(now).min(self.rate.burst));
        self.full_at = if taken == 0 {
            Timestamp::default()
        } else {
            now.plus(Duration::from_micros(taken.saturating_mul(self.every)))
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    /// Three at once, then one each half second.
    fn bucket() -> Bucket {
        Bucket::new(Rate { per_minute: 120, burst: 3 })
    }

    #[test]
    fn a_burst_and_then_the_pace() {
        let mut bucket = bucket();
        for taken in 0..3 {
            assert_eq!(bucket.taken(at(1_000)), taken);
            bucket.take(at(1_000));
        }
        assert_eq!((bucket.taken(at(1_499)), bucket.next()), (3, at(1_500)));
        assert_eq!(bucket.taken(at(1_500)), 2);
        bucket.take(at(1_500));
        assert_eq!((bucket.taken(at(1_500)), bucket.next()), (3, at(2_000)));
        assert_eq!(bucket.taken(at(3_500)), 0);
    }

    #[test]
    fn what_was_taken_beyond_it_is_not_owed_and_what_is_old_changes_nothing() {
        let mut bucket = bucket();
        (0..50).for_each(|_| bucket.take(at(1_000)));
        assert_eq!(bucket.next(), at(1_500));
        (0..50).for_each(|_| bucket.take(at(10)));
        assert_eq!(bucket.next(), at(1_500));
    }

    #[test]
    fn tokens_that_are_out_are_carried_to_another_rate() {
        let (mut old, mut slow) = (bucket(), Bucket::new(Rate { per_minute: 6, burst: 1 }));
        slow.carry(&old, at(0));
        assert_eq!(slow, Bucket::new(slow.rate()));
        (0..2).for_each(|_| old.take(at(1_000)));
        slow.carry(&old, at(1_000));
        assert_eq!((slow.taken(at(1_000)), slow.next()), (1, at(11_000)));
    }

    #[test]
    fn no_minute_has_more_than_rate_and_burst() {
        let mut bucket = Bucket::new(Rate { per_minute: 7, burst: 2 });
        let given: Vec<u64> = (0..400_000_u64)
            .step_by(100)
            .filter(|millis| {
                let free = bucket.taken(at(*millis)) < 2;
                if free {
                    bucket.take(at(*millis));
                }
                free
            })
            .collect();
        for first in &given {
            let minute = given.iter().filter(|at| (*first..*first + 60_000).contains(at)).count();
            assert!(minute <= 9, "{minute}");
        }
        assert!(given.len() > 46, "{}", given.len());
    }
}
