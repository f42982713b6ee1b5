//! Who has been asked whether an instance may go to a site, and what was answered. A word is of one order (its
//! generation) and one site, so that it is never taken for the answer to another question.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Consent, ConsentSeen, Generation, Mobility, Timestamp};
use serde::{Deserialize, Serialize};

use crate::asks::Whose;
use crate::index::SiteIx;
use crate::policy::{told, whole};

/// The most questions and answers that are kept.
const MOST: usize = 1 << 16;
/// While there are so many, those that count no longer are looked for so often.
const SWEEP: Duration = Duration::from_secs(1);

/// An instance and the site to which it would go.
pub(crate) type About = (Whose, SiteIx);

/// What was said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Said {
    /// A question, and no answer.
    Asked,
    /// Yes.
    Confirmed,
    /// No.
    Refused,
}

/// A question, or its answer; an answer may be there before its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Of the order that would follow.
    pub(crate) generation: Generation,
    pub(crate) said: Said,
    /// When it was asked or answered.
    pub(crate) at: Timestamp,
}

/// How it stands, and until when if nothing else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stands {
    pub(crate) state: Consent,
    pub(crate) at: Timestamp,
    pub(crate) until: Timestamp,
}

/// All that was asked and answered of late.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Approvals {
    of: BTreeMap<About, Entry>,
    /// When those that count no longer were looked for last.
    swept: Timestamp,
}

/// What one instance has been told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Approval<'a> {
    pub(crate) approvals: &'a Approvals,
    pub(crate) whose: Option<Whose>,
    /// Of the order that would follow.
    pub(crate) generation: Generation,
    pub(crate) mobility: &'a Mobility,
}

impl Approval<'_> {
    /// How it stands with a move to this site.
    pub(crate) fn stands(&self, site: SiteIx, now: Timestamp) -> Stands {
        let entry = self.whose.and_then(|whose| self.approvals.at((whose, site)));
        let own = entry.filter(|entry| entry.generation == self.generation);
        own.and_then(|entry| entry.stands(self.mobility, now)).unwrap_or_else(|| Stands {
            state: Consent::Needed,
            at: now,
            until: now.plus(timeout(self.mobility)),
        })
    }

    /// The same in numbers.
    pub(crate) fn seen(&self, site: SiteIx, now: Timestamp) -> ConsentSeen {
        let Stands { state, at, until } = self.stands(site, now);
        let (age_ms, left_ms) = (told(now.since(at)), told(until.since(now)));
        ConsentSeen { state, generation: self.generation, age_ms, left_ms }
    }
}

/// How long a question stays open, and a yes counts.
fn timeout(mobility: &Mobility) -> Duration {
    whole(mobility.confirmation_timeout)
}

impl Entry {
    /// How it stands; `None` where it counts no longer.
    pub(crate) fn stands(&self, mobility: &Mobility, now: Timestamp) -> Option<Stands> {
        let timeout = timeout(mobility);
        let (answered, remembered) = (self.at.plus(timeout), timeout * Mobility::REMEMBERED);
        let (state, until) = match self.said {
            Said::Asked if now < answered => (Consent::Open, answered),
            Said::Asked => (Consent::Expired, answered.plus(remembered)),
            Said::Confirmed => (Consent::Confirmed, answered),
            Said::Refused => (Consent::Refused, self.at.plus(remembered)),
        };
        (now < until).then_some(Stands { state, at: self.at, until })
    }

    /// Whether an answer of that time came too late for this question, which is still remembered.
    fn is_missed_by(&self, at: Timestamp, mobility: &Mobility, now: Timestamp) -> bool {
        let open = self.said == Said::Asked && self.stands(mobility, now).is_some();
        open && at >= self.at.plus(timeout(mobility))
    }
}

impl Approvals {
    pub(crate) fn at(&self, about: About) -> Option<Entry> {
        self.of.get(&about).copied()
    }

    /// Takes note of a question or an answer in the place of what was there; false where there are too many of which
    /// `counts` holds.
    pub(crate) fn put(
        &mut self,
        about: About,
        entry: Entry,
        now: Timestamp,
        counts: impl Fn(&About, &Entry) -> bool,
    ) -> bool {
        if self.of.len() >= MOST && !self.of.contains_key(&about) {
            if now.since(self.swept) < SWEEP {
                return false;
            }
            self.swept = now;
            self.of.retain(|about, entry| counts(about, entry));
            if self.of.len() >= MOST {
                return false;
            }
        }
        self.of.insert(about, entry);
        true
    }

    /// Takes note of an answer; false where it is too old, is of an earlier order than what was said last, or finds no room,
    /// and where it is `prompt` and comes too late for the question.
    pub(crate) fn answer(
        &mut self,
        about: About,
        answer: Entry,
        (mobility, now, prompt): (&Mobility, Timestamp, bool),
        counts: impl Fn(&About, &Entry) -> bool,
    ) -> bool {
        let last = self.at(about);
        let older = last.is_some_and(|last| answer.generation < last.generation);
        let own = last.filter(|last| last.generation == answer.generation);
        let late = prompt && own.is_some_and(|own| own.is_missed_by(answer.at, mobility, now));
        let counted = answer.stands(mobility, now).is_some();
        counted && !older && !late && self.put(about, answer, now, counts)
    }

    /// An order was given, or another one is known of: what was said of those before has had its time.
    pub(crate) fn outdate(&mut self, whose: Whose, next: Generation) {
        if self.of.is_empty() {
            return;
        }
        let (first, last) = (SiteIx::new(0), SiteIx::new(u32::MAX));
        let own = self.of.range((whose, first)..=(whose, last));
        let outdated: Vec<About> =
            own.filter(|(_, entry)| entry.generation < next).map(|(about, _)| *about).collect();
        for about in &outdated {
            self.of.remove(about);
        }
    }

    pub(crate) fn forget(&mut self, about: About) {
        self.of.remove(&about);
    }

    /// Each of them, in the order of apps, numbers and sites.
    pub(crate) fn each(&self) -> impl Iterator<Item = (About, Entry)> {
        self.of.iter().map(|(about, entry)| (*about, *entry))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use model::MobilityLevel;

    use super::*;

    const LEVEL: MobilityLevel = MobilityLevel::WithConfirmation;
    const MOBILITY: Mobility = Mobility { level: LEVEL, confirmation_timeout: Duration::from_secs(60) };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn here(number: u64) -> About {
        ((0, NonZeroU64::MIN.saturating_add(number)), SiteIx::new(3))
    }

    fn entry(said: Said, seconds: u64) -> Entry {
        Entry { generation: Generation(2), said, at: at(seconds) }
    }

    fn answered(table: &mut Approvals, answer: Entry, seconds: u64) -> bool {
        table.answer(here(1), answer, (&MOBILITY, at(seconds), true), |_, _| true)
    }

    fn state(table: &Approvals, generation: u64, seconds: u64) -> Consent {
        let (whose, site) = here(1);
        let generation = Generation(generation);
        let own = Approval { approvals: table, whose: Some(whose), generation, mobility: &MOBILITY };
        own.stands(site, at(seconds)).state
    }

    #[test]
    fn a_question_is_open_then_expired_and_after_ten_timeouts_forgotten() {
        let mut table = Approvals::default();
        assert!(table.put(here(1), entry(Said::Asked, 100), at(100), |_, _| true));
        assert_eq!(
            [100, 159, 160, 759, 760].map(|now| state(&table, 2, now)),
            [Consent::Open, Consent::Open, Consent::Expired, Consent::Expired, Consent::Needed]
        );
        assert_eq!(state(&table, 3, 100), Consent::Needed, "it is of another order");
    }

    #[test]
    fn an_answer_counts_from_when_it_was_given_and_one_that_is_late_does_not() {
        let mut table = Approvals::default();
        assert!(table.put(here(1), entry(Said::Asked, 100), at(100), |_, _| true));
        assert!(!answered(&mut table, entry(Said::Confirmed, 160), 160), "late");
        assert!(answered(&mut table, entry(Said::Confirmed, 159), 170), "in time, and late to be heard");
        assert_eq!(
            [170, 218, 219].map(|now| state(&table, 2, now)),
            [Consent::Confirmed, Consent::Confirmed, Consent::Needed]
        );
        assert!(answered(&mut table, entry(Said::Refused, 300), 300));
        assert_eq!([899, 900].map(|now| state(&table, 2, now)), [Consent::Refused, Consent::Needed]);
        assert!(!answered(&mut table, entry(Said::Confirmed, 900), 960), "of no worth any more");
    }

    #[test]
    fn an_answer_without_a_question_waits_for_it_until_its_order_is_history() {
        let mut table = Approvals::default();
        assert!(answered(&mut table, entry(Said::Confirmed, 100), 100));
        assert_eq!((state(&table, 2, 101), state(&table, 3, 101)), (Consent::Confirmed, Consent::Needed));
        let older = Entry { generation: Generation(1), ..entry(Said::Refused, 102) };
        assert!(!answered(&mut table, older, 102));
        table.outdate(here(1).0, Generation(2));
        assert_eq!(state(&table, 2, 101), Consent::Confirmed);
        table.outdate(here(2).0, Generation(9));
        table.outdate(here(1).0, Generation(3));
        assert_eq!((state(&table, 2, 101), table.each().count()), (Consent::Needed, 0));
    }

    #[test]
    fn the_table_is_bounded_and_swept_when_it_is_full() {
        let mut table = Approvals::default();
        let asked = entry(Said::Asked, 100);
        for number in 0..MOST as u64 {
            assert!(table.put(here(number), asked, at(100), |_, _| true));
        }
        let beyond = here(MOST as u64);
        assert!(!table.put(beyond, asked, at(101), |_, _| true));
        assert!(table.put(here(7), entry(Said::Refused, 101), at(101), |_, _| false));
        assert!(!table.put(beyond, asked, at(101), |_, _| false), "it was swept just now");
        assert!(table.put(beyond, asked, at(103), |(whose, _), _| *whose != here(9).0));
        assert_eq!(table.each().count(), MOST);
    }
}
