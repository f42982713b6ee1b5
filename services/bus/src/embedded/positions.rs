//! How far each consumer has acknowledged.

use std::collections::HashMap;

use model::Stream;

/// How far each consumer has acknowledged, and which of that is not in the log yet.
#[derive(Debug, Default)]
pub(super) struct Positions {
    known: HashMap<Box<str>, Position>,
    unwritten: Vec<Box<str>>,
}

#[derive(Debug, Clone, Copy)]
struct Position {
    sequence: u64,
    unwritten: bool,
}

impl Positions {
    /// The position of a consumer.
    pub(super) fn get(&self, key: &str) -> Option<u64> {
        self.known.get(key).map(|position| position.sequence)
    }

    /// Takes a position in that the log has.
    pub(super) fn recovered(&mut self, key: &str, sequence: u64) {
        self.known.insert(key.into(), Position { sequence, unwritten: false });
    }

    /// Changes a position; the log gets it later.
    pub(super) fn set(&mut self, key: &str, sequence: u64) {
        let unwritten = match self.known.get_mut(key) {
            Some(position) if position.sequence == sequence => return,
            Some(position) => {
                position.sequence = sequence;
                std::mem::replace(&mut position.unwritten, true)
            }
            None => {
                self.known.insert(key.into(), Position { sequence, unwritten: true });
                false
            }
        };
        if !unwritten {
            self.unwritten.push(key.into());
        }
    }

    /// Whether the log lacks something.
    pub(super) fn are_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// What the log lacks; it is taken as written from now on.
    pub(super) fn take(&mut self) -> Vec<(Box<str>, u64)> {
        let keys = std::mem::take(&mut self.unwritten);
        let mut taken = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(position) = self.known.get_mut(&key) {
                position.unwritten = false;
                taken.push((key, position.sequence));
            }
        }
        taken
    }
}

/// The key of a consumer's position.
pub(super) fn key(stream: Stream, consumer: &str) -> Box<str> {
    format!("{}/{consumer}", stream.name()).into()
}
