//! What goes out together.

use std::collections::HashMap;

use super::verdict::Failure;
use super::{Call, Message};

/// A group that has reached one of these takes no more calls.
const MESSAGES: usize = 4_096;
const BYTES: usize = 8 << 20;

/// The calls that go out together. A message whose id is in the group already is not sent a second time.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) messages: Vec<Message>,
    bytes: usize,
    by_id: HashMap<Box<str>, usize>,
    callers: Vec<Caller>,
}

#[derive(Debug)]
struct Caller {
    call: Call,
    /// Where each of its messages is in the group.
    places: Vec<usize>,
}

impl Group {
    pub(super) fn is_full(&self) -> bool {
        self.messages.len() >= MESSAGES || self.bytes >= BYTES
    }

    pub(super) fn add(&mut self, mut call: Call) {
        let mut places = Vec::with_capacity(call.messages.len());
        for message in std::mem::take(&mut call.messages) {
            let next = self.messages.len();
            let place = *self.by_id.entry(message.id.clone()).or_insert(next);
            if place == next {
                self.bytes += message.payload.len();
                self.messages.push(message);
            }
            places.push(place);
        }
        self.callers.push(Caller { call, places });
    }

    /// Tells every caller its positions, or the first failure of any of its messages.
    pub(super) fn answer(self, answers: &[Result<u64, Failure>]) {
        for Caller { call, places } in self.callers {
            let own = places.into_iter().map(|place| answers[place].clone()).collect();
            // A caller that has gone does not want to know.
            let _ = call.answer.send(own);
        }
    }
}
