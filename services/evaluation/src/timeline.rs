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
        self.let_go |= gone.is_some_and(|since| at.since(since) >= linger);
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
