//! What is known of every UE, and what a sighting changes about it; pure.
//!
//! One row of 24 bytes a UE: the network's time of its location, an index of the location, the AMF that holds it,
//! CM state, and when it was last seen. Polls are numbered; a row says which poll saw it last, so that "missing
//! from a complete answer" and "a notification came after this poll was asked" are comparisons of numbers.
//!
//! A UE that has a position has an entry of its own beside that.
//!
//! Rules: a location that is older by the network's clock changes nothing; a UE that two AMFs report belongs to
//! the one with the newer time; a UE is gone when its AMF's complete answers no longer hold it, never because an
//! AMF failed to answer; a row that is gone stays as a mark while some AMF still reports the old context.

mod judge;
mod names;
mod places;
mod positions;
mod row;
mod saved;
mod table;

use std::collections::BTreeMap;

use model::{Supi, UeChange};

use crate::translate::Sighting;
use names::Names;
use places::PlaceId;
use positions::Positions;
use row::{Life, Row};
use table::Table;

pub(crate) use judge::{Seen, Verdict};
pub(crate) use names::{AmfLife, Named};
pub(crate) use saved::Saved;
pub use table::Footprint;

/// Number of an AMF in the table, of 12 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AmfSlot(pub(crate) u16);

/// Number of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch(pub(crate) u32);

/// How many polls a mark of a gone UE outlives the last report of its old context.
const MARK_LIFE: u32 = 10_000;

/// Limits for what counts as gone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Complete answers in a row that must lack a UE.
    pub(crate) gone_after: u8,
    /// For how long an idle UE may be unheard of.
    pub(crate) idle_gone_after: std::time::Duration,
}

/// What is known of every UE.
#[derive(Debug)]
pub(crate) struct Track {
    table: Table,
    positions: Positions,
    names: Names,
    limits: Limits,
    epoch: u32,
    /// Rows that are alive, by AMF.
    alive: Vec<u32>,
    /// The last poll that an AMF answered, while it answers.
    answered: BTreeMap<u16, Epoch>,
    /// Rows that are marks.
    marks: u32,
    swept: u32,
}

impl Track {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            table: Table::default(),
            positions: Positions::default(),
            names: Names::default(),
            limits,
            epoch: 0,
            answered: BTreeMap::new(),
            alive: Vec::new(),
            marks: 0,
            swept: 0,
        }
    }

    /// Numbers a poll that is about to be asked.
    pub(crate) fn begin_poll(&mut self) -> Epoch {
        self.epoch += 1;
        if self.marks > 0 && self.epoch - self.swept > MARK_LIFE / 10 {
            self.sweep();
        }
        Epoch(self.epoch)
    }

    /// The number that a notification gets: later than every poll that has been asked.
    pub(crate) fn after_polls(&self) -> Epoch {
        Epoch(self.epoch + 1)
    }

    /// What this sighting changes; nothing is kept yet.
    pub(crate) fn judge(&self, sighting: &Sighting, seen: Seen) -> Verdict {
        judge::judge(self.table.get(&sighting.supi), sighting, seen, self.limits, self.known())
    }

    fn known(&self) -> judge::Known<'_> {
        judge::Known { places: self.table.places(), positions: &self.positions }
    }

    /// Keeps what this sighting says.
    pub(crate) fn keep(&mut self, sighting: &Sighting, seen: Seen) {
        let before = self.table.get(&sighting.supi);
        let judged = judge::judge(before, sighting, seen, self.limits, self.known());
        let Some(mut next) = judged.next else { return };
        if let Some(location) = judged.place {
            next.place = self.table.place(location);
        }
        if let Some(position) = judged.position {
            self.positions.put(&sighting.supi, position);
        }
        self.put(&sighting.supi, before, next);
    }

    /// Nobody knows whether what was to be told of this UE has been told: whatever is seen of it next is told again.
    pub(crate) fn doubt(&mut self, supi: &Supi, seen: Seen) {
        let before = self.table.get(supi);
        let row = before.unwrap_or(Row::blank(seen));
        self.put(supi, before, Row { place: PlaceId::IN_DOUBT, life: Life::Alive, ..row });
    }

    /// Counts the UEs of `amf` that its complete answer to poll `epoch` lacked, and returns those that have been
    /// missing often enough. `present` is how many UEs of this AMF the answer had: where it had all of them,
    /// nothing is searched. UEs that were last seen before `since` are not missed: the AMF may have forgotten them. Nobody
    /// is gone before every other AMF that answers has answered a poll that was asked after the one before this: a UE
    /// that went there is missed here first.
    pub(crate) fn missing(&mut self, amf: AmfSlot, epoch: Epoch, since: Epoch, present: u32) -> Vec<Supi> {
        if self.alive(amf) <= present {
            return Vec::new();
        }
        let mut gone = Vec::new();
        let limit = self.limits.gone_after;
        let before = self.answered.get(&amf.0).copied().unwrap_or(Epoch(0));
        let elsewhere = self.answered.iter().any(|(other, last)| *other != amf.0 && *last <= before);
        self.table.for_each(|supi, row| {
            if row.amf == amf && row.life == Life::Alive && (since.0..epoch.0).contains(&row.seen) {
                row.misses = (row.misses + 1).min(limit);
                if row.misses >= limit && !elsewhere {
                    gone.push(supi());
                }
            }
        });
        gone
    }

    /// The AMF answered this poll, and what it said is kept.
    pub(crate) fn answered(&mut self, amf: AmfSlot, epoch: Epoch) {
        self.answered.insert(amf.0, epoch);
    }

    /// The AMF does not answer; nobody waits for what it would say.
    pub(crate) fn does_not_answer(&mut self, amf: AmfSlot) {
        self.answered.remove(&amf.0);
    }

    /// Whether a UE that was missing is still so: neither seen nor taken over since poll `epoch`.
    pub(crate) fn still_missing(&self, supi: &Supi, amf: AmfSlot, epoch: Epoch) -> bool {
        let row = self.table.get(supi);
        row.is_some_and(|row| row.amf == amf && row.life == Life::Alive && row.seen < epoch.0)
    }

    /// Marks a UE as gone.
    pub(crate) fn gone(&mut self, supi: &Supi) {
        if let Some(row) = self.table.get(supi) {
            self.put(supi, Some(row), Row { life: Life::Gone, seen: self.epoch, misses: 0, ..row });
        }
    }

    /// Nobody knows what was told of these UEs: whoever is there is told again when it is next seen. Returns those that
    /// left while they are still remembered.
    pub(crate) fn take_over(&mut self, ours: impl Fn(&Supi) -> bool) -> Vec<Supi> {
        let mut gone = Vec::new();
        self.table.for_each(|supi, row| {
            let supi = supi();
            match row.life {
                _ if !ours(&supi) => {}
                Life::Alive => row.place = PlaceId::IN_DOUBT,
                Life::Gone => gone.push(supi),
                Life::Stale => {}
            }
        });
        gone
    }

    /// Whether a UE was there and is gone.
    pub(crate) fn is_gone(&self, supi: &Supi) -> bool {
        self.table.get(supi).is_some_and(|row| row.life == Life::Gone)
    }

    /// How many UEs are known and not gone.
    pub(crate) fn len(&self) -> usize {
        self.table.len() - self.marks as usize
    }

    /// How many UEs of this AMF are known and not gone.
    pub(crate) fn alive(&self, amf: AmfSlot) -> u32 {
        self.alive.get(usize::from(amf.0)).copied().unwrap_or_default()
    }

    /// Whether this AMF holds this UE, as far as is known.
    pub(crate) fn holds(&self, amf: AmfSlot, supi: &Supi) -> bool {
        self.table.get(supi).is_some_and(|row| row.amf == amf && row.life == Life::Alive)
    }

    /// The memory that all this takes.
    pub(crate) fn footprint(&self) -> Footprint {
        self.table.footprint()
    }

    fn put(&mut self, supi: &Supi, before: Option<Row>, next: Row) {
        match before {
            Some(row) if row.life == Life::Alive => *self.alive_mut(row.amf) -= 1,
            Some(_) => self.marks -= 1,
            None => {}
        }
        match next.life {
            Life::Alive => *self.alive_mut(next.amf) += 1,
            Life::Gone | Life::Stale => {
                self.marks += 1;
                self.positions.put(supi, None);
            }
        }
        self.table.put(supi, next);
    }

    fn alive_mut(&mut self, amf: AmfSlot) -> &mut u32 {
        let place = usize::from(amf.0);
        if self.alive.len() <= place {
            self.alive.resize(place + 1, 0);
        }
        &mut self.alive[place]
    }

    fn sweep(&mut self) {
        let oldest = self.epoch.saturating_sub(MARK_LIFE);
        self.table.retain(|row| row.life == Life::Alive || row.seen >= oldest);
        self.swept = self.epoch;
        let alive: u32 = self.alive.iter().sum();
        self.marks = u32::try_from(self.table.len()).unwrap_or(u32::MAX).saturating_sub(alive);
    }
}

/// The changes of a verdict, at most two.
pub(crate) type Changes = [Option<UeChange>; 2];

#[cfg(test)]
mod tests;
