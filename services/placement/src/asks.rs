//! What operators ask of single instances: to go to a site once, or to be there. One ask an instance, the last one.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU64;

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::index::SiteIx;

/// The most asks that are kept. Of instances that exist there are never more than of these; while history is read,
/// asks may name instances that are not known yet.
const MOST: usize = 1 << 16;
/// How many commands are remembered by their ids: a bus delivers again what it delivered last.
const REMEMBERED: usize = 1024;

/// An app and the number of an instance: what an ask is about, whether it is in the table yet or not.
pub(crate) type Whose = (u16, NonZeroU64);

/// What is asked of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) site: SiteIx,
    /// Whether it shall stay there; else it goes there once.
    pub(crate) pinned: bool,
    /// When it was asked.
    pub(crate) at: Timestamp,
}

/// What is asked of which instance, and which commands have been heard.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Asks {
    of: BTreeMap<Whose, Asked>,
    heard: VecDeque<u128>,
}

impl Asks {
    /// Takes note of a command; false where it was heard before.
    pub(crate) fn hear(&mut self, id: u128) -> bool {
        if self.heard.contains(&id) {
            return false;
        }
        if self.heard.len() == REMEMBERED {
            self.heard.pop_front();
        }
        self.heard.push_back(id);
        true
    }

    /// Whether nothing is asked of any instance.
    pub(crate) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    pub(crate) fn of(&self, whose: Whose) -> Option<Asked> {
        self.of.get(&whose).copied()
    }

    /// Takes the place of what was asked before; false where there are too many.
    pub(crate) fn ask(&mut self, whose: Whose, asked: Asked) -> bool {
        let room = self.of.len() < MOST || self.of.contains_key(&whose);
        if room {
            self.of.insert(whose, asked);
        }
        room
    }

    pub(crate) fn forget(&mut self, whose: Whose) -> Option<Asked> {
        self.of.remove(&whose)
    }

    /// Each ask, in the order of apps and numbers.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Whose, Asked)> {
        self.of.iter().map(|(whose, asked)| (*whose, *asked))
    }

    /// The same commands heard, and nothing asked.
    pub(crate) fn heard_only(&self) -> Self {
        Self { of: BTreeMap::new(), heard: self.heard.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_heard_once_and_forgotten_after_a_thousand_others() {
        let mut asks = Asks::default();
        assert!(asks.hear(0) && !asks.hear(0));
        for id in 1..=REMEMBERED as u128 {
            assert!(asks.hear(id));
        }
        assert!(asks.hear(0) && !asks.hear(2));
    }

    #[test]
    fn asks_are_bounded_and_the_last_one_holds() {
        let mut asks = Asks::default();
        let asked = |site| Asked { site: SiteIx::new(site), pinned: true, at: Timestamp::default() };
        let whose = |number: usize| (0, NonZeroU64::MIN.saturating_add(number as u64));
        for number in 0..MOST {
            assert!(asks.ask(whose(number), asked(0)));
        }
        assert!(!asks.ask(whose(MOST), asked(0)) && asks.ask(whose(7), asked(1)));
        assert_eq!(asks.of(whose(7)), Some(asked(1)));
    }
}
