//! Where each UE was, as far as it counts.

use std::time::Duration;

use crate::events::{Events, Instant};

/// The time of one UE from its first event on a known cell to its last one.
///
/// A cell that is not known counts as the one before. While the UE is gone nothing counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timeline {
    /// Index into the UEs of [`Events`].
    pub(crate) ue: u32,
    /// In the order of time, never empty; the first and the last are on a cell.
    pub(crate) stretches: Vec<Stretch>,
    /// When the time of the UE ends.
    pub(crate) end: Instant,
}

/// From here to the next stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stretch {
    pub(crate) from: Instant,
    /// The location that counts; `None` while the UE is gone.
    pub(crate) location: Option<u32>,
    /// Whether the UE had been gone for so long that its instance was let go: it is placed anew, at no cost.
    pub(crate) fresh: bool,
}

impl Timeline {
    pub(crate) fn start(&self) -> Instant {
        self.stretches.first().map_or(self.end, |stretch| stretch.from)
    }

    /// The end, or just after the beginning where that is the same: whoever was seen only once counts for one sample.
    pub(crate) fn closes(&self) -> Instant {
        self.end.max(self.start().plus_micros(1))
    }

    /// Each stretch with its end.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (Stretch, Instant)> {
        let ends = self.stretches.iter().skip(1).map(|next| next.from).chain([self.closes()]);
        self.stretches.iter().copied().zip(ends)
    }

    /// How long the UE was there, in microseconds.
    pub(crate) fn micros(&self) -> u64 {
        let ends = self.stretches.iter().skip(1).map(|next| next.from).chain([self.end]);
        let there = self.stretches.iter().zip(ends).filter(|(stretch, _)| stretch.location.is_some());
        there.map(|(stretch, end)| end.micros_since(stretch.from)).sum()
    }
}

/// The timelines of all UEs that were ever on a known cell, by UE. `known` says of a location whether its cell is.
pub(crate) fn timelines(
    events: &Events,
    known: impl Fn(u32) -> bool,
    linger: Duration,
) -> Vec<Option<Timeline>> {
    let mut drafts: Vec<Draft> = (0..events.ues.len()).map(|_| Draft::default()).collect();
    for row in &events.rows {
        let draft = &mut drafts[row.ue as usize];
        match row.location() {
            None => draft.gone(row.at),
            Some(location) => draft.seen(row.at, location, known(location), linger),
        }
    }
    (0..).zip(drafts).map(|(ue, draft)| draft.finish(ue)).collect()
}

#[derive(Default)]
struct Draft {
    stretches: Vec<Stretch>,
    end: Option<Instant>,
    gone_since: Option<Instant>,
    let_go: bool,
}

impl Draft {
    fn gone(&mut self, at: Instant) {
        if self.gone_since.is_none() {
            self.gone_since = Some(at);
            if self.is_there() {
                self.stretches.push(Stretch { from: at, location: None, fresh: false });
            }
        }
    }

    fn seen(&mut self, at: Instant, location: u32, known: bool, linger: Duration) {
        let gone = self.gone_since.take();
        self.let_go |= gone.is_some_and(|since| at.since(since) > linger);
        if known {
            let here = self.stretches.last().and_then(|stretch| stretch.location);
            if here != Some(location) {
                let fresh = std::mem::take(&mut self.let_go) && !self.stretches.is_empty();
                self.stretches.push(Stretch { from: at, location: Some(location), fresh });
            }
        }
        if self.is_there() {
            self.end = Some(at);
        }
    }

    fn is_there(&self) -> bool {
        self.stretches.last().is_some_and(|stretch| stretch.location.is_some())
    }

    fn finish(mut self, ue: u32) -> Option<Timeline> {
        let mut end = self.end?;
        if let Some(stretch) = self.stretches.pop_if(|stretch| stretch.location.is_none()) {
            end = stretch.from;
        }
        Some(Timeline { ue, stretches: self.stretches, end })
    }
}

#[cfg(test)]
mod tests {
    use model::UeLocation;

    use super::*;
    use crate::events::EventsBuilder;
    use crate::fixture::cell;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    /// The timeline of a UE that is seen on these cells; cells from 10 on are not known, `None` is gone.
    fn timeline(rows: &[(i64, Option<u64>)]) -> Option<Timeline> {
        let mut builder = EventsBuilder::default();
        for (seconds, number) in rows {
            let location =
                number.map(|number| UeLocation { cell: Some(cell(number)), tai: None, position: None });
            builder.seen("ue", at(*seconds), location).expect("few");
        }
        let events = builder.finish().expect("some");
        let known = |location: u32| {
            let cell_of = events.locations[location as usize].cell;
            (0..10).any(|number| cell_of == Some(cell(number)))
        };
        timelines(&events, known, Duration::from_secs(60)).remove(0)
    }

    fn told(rows: &[(i64, Option<u64>)]) -> String {
        let Some(timeline) = timeline(rows) else { return "none".into() };
        let stretches = timeline.stretches.iter().map(|stretch| {
            let what = if stretch.location.is_none() { "gone" } else { "cell" };
            format!("{}{what}@{}", if stretch.fresh { "new " } else { "" }, stretch.from)
        });
        format!("{} end@{}", stretches.collect::<Vec<_>>().join(" "), timeline.end)
    }

    #[test]
    fn a_cell_that_is_not_known_counts_as_the_one_before() {
        assert_eq!(told(&[(0, Some(1)), (4, Some(99)), (6, Some(1)), (9, Some(2))]), "cell@0 cell@9 end@9");
        assert_eq!(told(&[(0, Some(99)), (4, Some(1)), (9, Some(99))]), "cell@4 end@9");
        assert_eq!(told(&[(0, Some(99)), (4, None)]), "none");
    }

    #[test]
    fn the_time_ends_with_the_last_row_or_where_the_ue_is_gone_for_good() {
        assert_eq!(told(&[(3, Some(1))]), "cell@3 end@3");
        assert_eq!(told(&[(3, Some(1)), (8, Some(1))]), "cell@3 end@8");
        assert_eq!(told(&[(3, Some(1)), (8, None), (20, None)]), "cell@3 end@8");
        assert_eq!(told(&[(3, Some(1)), (8, None), (20, Some(99))]), "cell@3 end@8");
        assert_eq!(timeline(&[(3, Some(1))]).expect("there").closes(), Instant::from_micros(3_000_001));
    }

    #[test]
    fn who_was_gone_for_longer_than_its_instance_lingers_is_placed_anew() {
        assert_eq!(
            told(&[(0, Some(1)), (5, None), (65, Some(1)), (70, None)]),
            "cell@0 gone@5 cell@65 end@70"
        );
        assert_eq!(
            told(&[(0, Some(1)), (5, None), (66, Some(1)), (70, None)]),
            "cell@0 gone@5 new cell@66 end@70"
        );
        // It comes back where nobody knows, is gone again, and comes back soon.
        assert_eq!(
            told(&[(0, Some(1)), (5, None), (70, Some(99)), (80, None), (90, Some(2)), (95, None)]),
            "cell@0 gone@5 new cell@90 end@95"
        );
        let there = timeline(&[(0, Some(1)), (5, None), (64, Some(1)), (70, None)]).expect("there");
        assert_eq!(there.micros(), 11_000_000);
    }
}
