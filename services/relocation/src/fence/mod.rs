//! Who may act on a part of the instances, decided by the log that everybody reads.
//!
//! Whoever takes a part over publishes a *claim*; its position is the new owner's *epoch*. What an owner appends is
//! effective only if nobody else's claim of the part stands between its epoch and the append. It learns that by
//! reading the stream up to its own append, so a lease is a reason to act and never a proof.
//!
//! Buses keep the last record of a key and may drop replaced ones at any time, claims too. A reader that finds
//! positions missing has perhaps missed a claim. The claim's successor then stands further on, so the reader is
//! sure again once it has read, without another gap, what was the end of the stream after the gap was found.
//!
//! - [`Fence`] is that rule: positions in, a [`Verdict`] out. No clock, no bus.
//! - [`Heritage`] says which of an instance's records counts for whoever takes over.

mod heritage;
#[cfg(test)]
mod model;

pub use heritage::Heritage;

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds; the owner may act on it.
    Effective,
    /// It does not, and the owner acts no more.
    Fenced,
    /// Not known before more is read.
    Open,
}

/// What one owner of a part knows of its claim, from reading the stream in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The last position that was read.
    read: u64,
    /// Nobody else has claimed the part between our epoch and here. Never beyond `read`.
    sure: u64,
    doubt: Doubt,
    lost: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    None,
    /// Positions were missing; where the stream ends has to be asked.
    Asking,
    /// Certainty comes back here, unless more is missing on the way.
    Until(u64),
}

impl Fence {
    /// Of an owner whose claim was the newest one up to this position.
    pub const fn new(at: u64) -> Self {
        Self { read: at, sure: at, doubt: Doubt::None, lost: false }
    }

    /// The next record was read; `claimed`: it is somebody else's claim of the part. A position that was passed
    /// already means that the stream lost records, perhaps our claim, and counts as lost.
    pub fn read(&mut self, at: u64, claimed: bool) {
        if self.lost {
            return;
        }
        if at <= self.read {
            self.lost = true;
            return;
        }
        if at != self.read + 1 {
            self.doubt = Doubt::Asking;
        }
        if claimed {
            self.lost = true;
            return;
        }
        self.read = at;
        match self.doubt {
            Doubt::None => self.sure = at,
            Doubt::Until(end) if at >= end => self.settle(),
            Doubt::Until(_) | Doubt::Asking => {}
        }
    }

    /// Whether the end of the stream has to be asked, and told by [`ends`](Self::ends).
    pub fn asks(&self) -> bool {
        !self.lost && self.doubt == Doubt::Asking
    }

    /// The stream's end, asked after everything that was read so far.
    pub fn ends(&mut self, newest: u64) {
        if !self.asks() {
            return;
        }
        if newest <= self.read {
            self.settle();
        } else {
            self.doubt = Doubt::Until(newest);
        }
    }

    /// What became of an append that stands at this position.
    pub fn verdict(&self, at: u64) -> Verdict {
        if at <= self.sure {
            Verdict::Effective
        } else if self.lost {
            Verdict::Fenced
        } else {
            Verdict::Open
        }
    }

    /// Whether the part is somebody else's.
    pub const fn is_lost(&self) -> bool {
        self.lost
    }

    fn settle(&mut self) {
        self.doubt = Doubt::None;
        self.sure = self.read;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_append_holds_once_it_was_read_back_and_not_before() {
        let mut fence = Fence::new(10);
        assert_eq!(fence.verdict(12), Verdict::Open);
        fence.read(11, false);
        assert_eq!((fence.verdict(11), fence.verdict(12)), (Verdict::Effective, Verdict::Open));
        fence.read(12, true);
        fence.read(13, false);
        assert_eq!((fence.verdict(11), fence.verdict(13)), (Verdict::Effective, Verdict::Fenced));
    }

    #[test]
    fn where_records_are_missing_the_end_of_the_stream_is_read_first() {
        let mut fence = Fence::new(10);
        fence.read(13, false);
        assert_eq!((fence.verdict(13), fence.asks()), (Verdict::Open, true));
        fence.ends(15);
        fence.read(14, false);
        assert_eq!((fence.verdict(13), fence.asks()), (Verdict::Open, false));
        let mut claimed = fence.clone();
        claimed.read(15, true);
        assert_eq!(claimed.verdict(13), Verdict::Fenced, "its claim was replaced by a later one");
        let mut gap = fence.clone();
        gap.read(17, false);
        assert!(gap.asks(), "what was to settle it is missing too");
        fence.read(15, false);
        assert_eq!(fence.verdict(13), Verdict::Effective);
    }

    #[test]
    fn nothing_is_waited_for_where_the_end_was_read_already() {
        let mut fence = Fence::new(10);
        fence.read(13, false);
        fence.ends(13);
        assert_eq!(fence.verdict(13), Verdict::Effective);
    }

    #[test]
    fn a_stream_that_goes_back_has_lost_the_claim() {
        let mut fence = Fence::new(10);
        fence.read(11, false);
        fence.read(11, false);
        assert!(fence.is_lost());
    }
}
