//! `freeze`: while it holds, no order is given, for one app or for all of them.

use model::Timestamp;
use serde::{Deserialize, Serialize};

/// A freeze that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Freeze {
    /// Until then; until it is ended where there is none.
    pub(crate) until: Option<Timestamp>,
}

impl Freeze {
    fn holds(self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// What is frozen. A freeze of all apps and those of single apps are apart: each is ended by itself.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Freezes {
    all: Option<Freeze>,
    /// By app.
    apps: Vec<Option<Freeze>>,
}

impl Freezes {
    /// Whether nothing may be ordered for an app.
    pub(crate) fn hold(&self, app: u16, now: Timestamp) -> bool {
        [self.all, self.of(Some(app))].into_iter().flatten().any(|freeze| freeze.holds(now))
    }

    /// The freeze of one app, or of all of them.
    pub(crate) fn of(&self, app: Option<u16>) -> Option<Freeze> {
        match app {
            None => self.all,
            Some(app) => self.apps.get(usize::from(app)).copied().flatten(),
        }
    }

    /// Sets or ends the freeze of one app, or of all of them.
    pub(crate) fn set(&mut self, app: Option<u16>, to: Option<Freeze>) {
        match app {
            None => self.all = to,
            Some(app) => {
                let slot = usize::from(app);
                if to.is_some() && self.apps.len() <= slot {
                    self.apps.resize(slot + 1, None);
                }
                if let Some(place) = self.apps.get_mut(slot) {
                    *place = to;
                }
                // Equal engines give equal bytes, whatever has been frozen before.
                while self.apps.last() == Some(&None) {
                    self.apps.pop();
                }
            }
        }
    }

    /// When the next one ends by itself.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.each().filter_map(|freeze| freeze.until).min()
    }

    /// Ends those whose time has come; whether there were any.
    pub(crate) fn expire(&mut self, now: Timestamp) -> bool {
        let over = |freeze: &Option<Freeze>| freeze.is_some_and(|freeze| !freeze.holds(now));
        let mut any = false;
        for app in (0..self.apps.len()).rev().map(|slot| Some(slot as u16)).chain([None]) {
            if over(&self.of(app)) {
                self.set(app, None);
                any = true;
            }
        }
        any
    }

    fn each(&self) -> impl Iterator<Item = Freeze> {
        self.all.into_iter().chain(self.apps.iter().copied().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_freeze_is_ended_by_itself_and_by_its_time() {
        let at = Timestamp::from_micros;
        let mut freezes = Freezes::default();
        assert!(!freezes.hold(3, at(0)) && freezes.next().is_none());
        freezes.set(Some(3), Some(Freeze { until: None }));
        freezes.set(None, Some(Freeze { until: Some(at(10)) }));
        assert!(freezes.hold(3, at(9)) && freezes.hold(0, at(9)) && !freezes.hold(0, at(10)));
        assert_eq!(freezes.next(), Some(at(10)));
        assert!(!freezes.expire(at(9)) && freezes.expire(at(10)) && freezes.next().is_none());
        assert!(freezes.hold(3, at(10)));
        freezes.set(Some(3), None);
        assert_eq!(freezes, Freezes::default());
    }
}
