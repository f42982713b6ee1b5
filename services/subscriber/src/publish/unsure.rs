//! What holds until a publication has ended well.

use model::UeEvent;

use super::Publisher;
use crate::track::Seen;

/// Events on their way to the bus. Dropped before [`Unsure::settle`], by an error or because whoever waited went away,
/// it puts their UEs in doubt.
pub(super) struct Unsure<'a> {
    publisher: &'a Publisher,
    events: &'a [UeEvent],
    seen: Seen,
}

impl<'a> Unsure<'a> {
    pub(super) fn new(publisher: &'a Publisher, events: &'a [UeEvent], seen: Seen) -> Self {
        Self { publisher, events, seen }
    }

    /// The bus has them.
    pub(super) fn settle(mut self) {
        self.events = &[];
    }
}

impl Drop for Unsure<'_> {
    fn drop(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let mut track = self.publisher.track();
        for event in self.events {
            track.doubt(&event.supi, self.seen);
        }
    }
}
