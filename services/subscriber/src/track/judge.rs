//! What a sighting changes about a UE; every rule is here.

use model::{CmState, UeChange, UeLocation, UePosition, UeSource};

use super::places::{PlaceId, Places};
use super::positions::{Positions, is_news};
use super::row::{Life, Row};
use super::{AmfSlot, Changes, Epoch, Limits};
use crate::metrics::Ignored;
use crate::translate::Sighting;

/// Who saw it, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The AMF that reported it.
    pub(crate) amf: AmfSlot,
    /// The poll that it answers, or the number of a notification.
    pub(crate) epoch: Epoch,
    /// How it came.
    pub(crate) source: UeSource,
}

/// What a sighting changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    /// To be told.
    pub(crate) changes: Changes,
    /// Whether the UE is new at the AMF that reports it.
    pub(crate) new_here: bool,
    /// Whether the location is a change of one that was known and told.
    pub(crate) moved: bool,
    /// Why some of it changes nothing.
    pub(crate) ignored: Option<Ignored>,
    /// To be kept; `None` where nothing is.
    pub(super) next: Option<Row>,
    /// The cell and tracking area of `next`, where they are new.
    pub(super) place: Option<UeLocation>,
    /// The position that holds from now on, if any, where that is news.
    pub(super) position: Option<Option<UePosition>>,
}

/// What was told of where UEs are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) places: &'a Places,
    pub(super) positions: &'a Positions,
}

impl Verdict {
    fn ignored(reason: Ignored, next: Option<Row>) -> Self {
        Self {
            changes: [None, None],
            new_here: false,
            moved: false,
            ignored: Some(reason),
            next,
            place: None,
            position: None,
        }
    }

    /// Whether there is anything to be told.
    pub(crate) fn tells(&self) -> bool {
        self.changes.iter().any(Option::is_some)
    }
}

pub(super) fn judge(
    before: Option<Row>,
    sighting: &Sighting,
    seen: Seen,
    limits: Limits,
    told: Known<'_>,
) -> Verdict {
    let blank = Row::blank(seen);
    let row = match before {
        None => blank,
        Some(row) if row.life == Life::Alive => {
            if row.amf != seen.amf && row.amf != AmfSlot::UNKNOWN && !is_newer(sighting, row, seen) {
                return Verdict::ignored(Ignored::OtherAmf, None);
            }
            row
        }
        Some(mark) => {
            let returned = mark.life == Life::Gone && mark.amf == seen.amf;
            if !returned && !is_newer(sighting, mark, seen) {
                let noted = Row { seen: seen.epoch.0.max(mark.seen), ..mark };
                return Verdict::ignored(Ignored::Stale, Some(noted));
            }
            blank
        }
    };
    let known = before.is_some_and(|row| row.life == Life::Alive);
    let new_here = !known || row.amf != seen.amf;
    let next = Row { amf: seen.amf, seen: seen.epoch.0.max(row.seen), misses: 0, ..row };
    if sighting.deregistered {
        let change = known.then_some(UeChange::Gone);
        let verdict = leaves(change, Row { life: Life::Gone, ..next }, sighting);
        return Verdict { new_here, ..verdict };
    }
    if is_stale(sighting, row, limits) {
        let change = known.then_some(UeChange::Gone);
        let verdict = leaves(change, Row { life: Life::Stale, ..next }, sighting);
        return Verdict { new_here, ignored: Some(Ignored::Stale), ..verdict };
    }
    Verdict { new_here, ..compare(row, next, sighting, seen, told) }
}

/// Compares location and CM state with what is known.
fn compare(row: Row, next: Row, sighting: &Sighting, seen: Seen, told: Known<'_>) -> Verdict {
    let mut verdict = Verdict {
        changes: [None, None],
        new_here: false,
        moved: false,
        ignored: None,
        next: None,
        place: None,
        position: None,
    };
    let mut next = next;
    // The poll was asked before a notification came: what it says may be what was so before.
    let overtaken = seen.source == UeSource::Poll && row.seen > seen.epoch.0;
    if let Some(location) = sighting.location {
        let older = match (sighting.reported_at, row.reported_at) {
            (Some(now), Some(then)) => now < then,
            _ => overtaken,
        };
        if older {
            verdict.ignored = Some(Ignored::Older);
        } else {
            next.reported_at = sighting.reported_at.or(next.reported_at);
            let place = UeLocation { position: None, ..location };
            let position = location.position.filter(|_| told.positions.takes(&sighting.supi));
            let last = told.places.get(row.place);
            // A report without a position says nothing against the one that was told, as long as the cell is the same.
            let finer = || position.is_some_and(|now| is_news(told.positions.get(&sighting.supi), now));
            if last != Some(place) || finer() {
                verdict.place = Some(place).filter(|place| last != Some(*place));
                verdict.position = Some(position);
                verdict.moved = last.is_some();
                verdict.changes[0] = Some(UeChange::Location(UeLocation { position, ..place }));
            }
        }
    }
    if let Some(cm) = sighting.cm
        && (cm != row.cm || row.place == PlaceId::IN_DOUBT)
        && !overtaken
    {
        next.cm = cm;
        verdict.changes[1] = Some(UeChange::Connectivity { cm });
    }
    verdict.next = Some(next);
    verdict
}

fn leaves(change: Option<UeChange>, next: Row, sighting: &Sighting) -> Verdict {
    let reported_at = sighting.reported_at.max(next.reported_at);
    Verdict {
        changes: [change, None],
        new_here: false,
        moved: false,
        ignored: None,
        next: Some(Row { reported_at, ..next }),
        place: None,
        position: None,
    }
}

/// Whether the sighting is newer than the row by the network's clock. A notification without a time is about now;
/// a poll's answer without one proves nothing.
fn is_newer(sighting: &Sighting, row: Row, seen: Seen) -> bool {
    match (sighting.reported_at, row.reported_at) {
        (Some(now), Some(then)) => now > then,
        (Some(_), None) => true,
        (None, _) => seen.source == UeSource::Push,
    }
}

/// Whether this is the context of a UE that left without a word: idle, and not heard of for longer than the
/// network lets a UE be silent.
fn is_stale(sighting: &Sighting, row: Row, limits: Limits) -> bool {
    let idle = sighting.cm.unwrap_or(row.cm) == CmState::Idle;
    idle && sighting.unheard_for.is_some_and(|silence| silence >= limits.idle_gone_after)
}
