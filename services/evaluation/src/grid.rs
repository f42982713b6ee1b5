//! The samples of a UE: one at its beginning, then one each interval.

use crate::events::Instant;

/// Where samples are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    start: Instant,
    step_micros: u64,
}

impl Grid {
    /// Samples from `start` on, a positive count of microseconds apart.
    pub(crate) const fn new(start: Instant, step_micros: u64) -> Self {
        Self { start, step_micros }
    }

    /// How many samples are at `from` or later and before `to`.
    pub(crate) fn count(&self, from: Instant, to: Instant) -> u64 {
        self.before(to).saturating_sub(self.before(from))
    }

    /// The first sample at `from` or later.
    pub(crate) fn first(&self, from: Instant) -> Instant {
        self.start.plus_micros(self.before(from).saturating_mul(self.step_micros))
    }

    /// How many samples are before an instant.
    fn before(&self, at: Instant) -> u64 {
        at.micros_since(self.start).div_ceil(self.step_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_belongs_to_what_begins_with_it() {
        let at = |seconds: i64| Instant::from_micros(seconds * 1_000_000);
        let grid = Grid::new(at(10), 2_000_000);
        assert_eq!(grid.count(at(10), at(14)), 2);
        assert_eq!(grid.count(at(11), at(12)), 0);
        assert_eq!(grid.count(at(11), at(13)), 1);
        assert_eq!(grid.count(at(14), at(14)), 0);
        assert_eq!((grid.first(at(10)), grid.first(at(11)), grid.first(at(12))), (at(10), at(12), at(12)));
    }
}
