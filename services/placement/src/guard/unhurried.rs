//! What only the policy, and moves for quality's sake, have to heed: `cooldown`, `ping_pong` and `freeze_window`. Each ends
//! at an instant that is known.
//! Leaving a site, operators, first placements and letting go are not held back by them.

use std::time::Duration;

use model::{App, FreezeWindow, Guard, Timestamp, frozen_until};

use crate::index::SiteIx;
use crate::policy::whole;

/// What holds the policy of one instance back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unhurried<'a> {
    pub(crate) app: &'a App,
    /// The freeze windows of all apps.
    pub(crate) windows: &'a [FreezeWindow],
    /// Where the instance came from, if it may not go back yet, and until when.
    pub(crate) came_from: Option<(SiteIx, Timestamp)>,
    /// Since when it has served where it does.
    pub(crate) since: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

impl<'a> Unhurried<'a> {
    /// What forbids a move to a site now, and until when.
    pub(crate) fn holds(&self, target: Option<SiteIx>) -> Option<(Guard, Timestamp)> {
        let cool = self.cooldown().filter(|until| self.now < *until);
        let back = self.came_from.filter(|(site, _)| target == Some(*site));
        let cool = cool.map(|until| (Guard::Cooldown, until));
        let back = || back.map(|(_, until)| (Guard::PingPong, until));
        cool.or_else(back).or_else(|| self.window().map(|(_, until)| (Guard::FreezeWindow, until)))
    }

    /// Until when the app's cooldown lasts, if it has one.
    fn cooldown(&self) -> Option<Timestamp> {
        let cooldown = self.app.limits.cooldown;
        self.since.filter(|_| cooldown > Duration::ZERO).map(|since| since.plus(whole(cooldown)))
    }

    /// The freeze window that holds, and until when.
    pub(crate) fn window(&self) -> Option<(&'a FreezeWindow, Timestamp)> {
        let (own, all) = (&self.app.limits.freeze_windows, self.windows);
        if own.is_empty() && all.is_empty() { None } else { frozen_until(own.iter().chain(all), self.now) }
    }
}
