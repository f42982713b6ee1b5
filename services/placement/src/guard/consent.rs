//! `mobility_not_allowed` and `awaiting_confirmation`: whether an instance may be moved, and whether somebody has agreed
//! (ETSI GS MEC 021). Both are of moves of what serves; what serves at a site that has failed serves nobody, and is
//! restored elsewhere without a word.

use model::{App, Consent, Guard, MobilityLevel, Mode, Timestamp, Trigger};

use crate::approvals::{Approval, Stands};
use crate::index::SiteIx;

/// What an app's mobility level says of one move of what serves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leave<'a> {
    level: MobilityLevel,
    approval: Approval<'a>,
    target: SiteIx,
    /// Whether somebody has to agree: not while it is only observed, and not where an operator asks for the move.
    asks: bool,
}

impl<'a> Leave<'a> {
    /// `None` where the level says nothing: nothing serves, the site where it does has failed, or every move is free.
    pub(crate) fn of(
        app: &App,
        approval: Approval<'a>,
        (serves, left): (bool, Option<Guard>),
        target: Option<SiteIx>,
        trigger: Trigger,
    ) -> Option<Self> {
        let level = app.limits.mobility.level;
        if level.is_free() || !serves || left == Some(Guard::Failed) {
            return None;
        }
        let asks =
            level == MobilityLevel::WithConfirmation && app.mode == Mode::Act && trigger != Trigger::Operator;
        Some(Self { level, approval, target: target?, asks })
    }

    /// Whether such a move may never be.
    pub(crate) fn is_denied(&self) -> bool {
        self.level == MobilityLevel::NotAllowed
    }

    /// How it stands with the word that the move needs, where it needs one.
    pub(crate) fn word(&self, now: Timestamp) -> Option<Stands> {
        self.asks.then(|| self.approval.stands(self.target, now))
    }

    /// The same in numbers.
    pub(crate) fn seen(&self, now: Timestamp) -> Option<model::ConsentSeen> {
        self.asks.then(|| self.approval.seen(self.target, now))
    }
}

/// Whether somebody has agreed.
pub(crate) const fn is_yes(stands: &Stands) -> bool {
    matches!(stands.state, Consent::Confirmed)
}
