//! One AMF, as its poll, its subscription and the discovery know it together.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use url::Url;

use crate::callback::IssuedCallback;
use crate::track::AmfSlot;

/// An AMF.
pub(crate) struct Amf {
    /// Root of its APIs.
    pub(crate) root: Url,
    /// Its number.
    pub(crate) slot: AmfSlot,
    /// Where it notifies us.
    pub(crate) callback: IssuedCallback,
    state: Mutex<State>,
    doubts: watch::Sender<Doubts>,
}

struct State {
    answered: Instant,
    /// NF instance ids under which it was discovered.
    ids: BTreeSet<String>,
    /// The last subscription id that was a number.
    number: Option<u64>,
    away: bool,
    /// Whether it has ever answered a poll with reports.
    reports: bool,
}

/// Reasons to doubt that the AMF still has our subscription.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Doubts {
    /// How often it came back after it could not be reached.
    pub(crate) returns: u32,
    /// How often it provably restarted.
    pub(crate) restarts: u32,
}

impl Amf {
    pub(crate) fn new(root: Url, slot: AmfSlot, callback: IssuedCallback) -> Self {
        let state = State {
            answered: Instant::now(),
            ids: BTreeSet::new(),
            number: None,
            away: false,
            reports: false,
        };
        let (doubts, _) = watch::channel(Doubts::default());
        Self { root, slot, callback, state: Mutex::new(state), doubts }
    }

    /// It answered something.
    pub(crate) fn answered(&self) {
        let mut state = self.state();
        state.answered = Instant::now();
        if std::mem::take(&mut state.away) {
            drop(state);
            self.doubts.send_modify(|doubts| doubts.returns += 1);
        }
    }

    /// It could not be reached.
    pub(crate) fn away(&self) {
        self.state().away = true;
    }

    /// For how long it has not answered.
    pub(crate) fn silent_for(&self) -> Duration {
        self.state().answered.elapsed()
    }

    /// It gave a poll this subscription id. Numbers only grow, so a smaller one tells of a restart. Only polls are
    /// compared: one follows the other, while a subscription may overtake a poll.
    pub(crate) fn gave(&self, subscription_id: &str) {
        let number = subscription_id.parse::<u64>().ok();
        let before = std::mem::replace(&mut self.state().number, number);
        if matches!((before, number), (Some(before), Some(now)) if now < before) {
            self.doubts.send_modify(|doubts| doubts.restarts += 1);
        }
    }

    /// It was discovered under these NF instance ids. A new one beside or in place of an old one tells of a
    /// restart: an AMF draws its id at random when it starts.
    pub(crate) fn discovered_as(&self, ids: BTreeSet<String>) {
        let mut state = self.state();
        let restarted = !state.ids.is_empty() && !ids.is_subset(&state.ids);
        state.ids = ids;
        drop(state);
        if restarted {
            self.doubts.send_modify(|doubts| doubts.restarts += 1);
        }
    }

    /// It answered a poll with reports, or without; returns whether an answer without says that there is no UE.
    /// An AMF that never gave an immediate report may not support them.
    pub(crate) fn gave_reports(&self, any: bool) -> bool {
        let mut state = self.state();
        state.reports |= any;
        state.reports
    }

    /// Follows the reasons for doubt.
    pub(crate) fn doubts(&self) -> watch::Receiver<Doubts> {
        self.doubts.subscribe()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amf() -> Amf {
        let uri: Url = "http://127.0.0.1:1/".parse().expect("URL");
        let callback = IssuedCallback { uri: uri.clone(), correlation: "c".into() };
        Amf::new(uri, AmfSlot(0), callback)
    }

    #[test]
    fn numbers_that_begin_anew_tell_of_a_restart() {
        let amf = amf();
        for id in ["7", "8", "http://x/9", "1"] {
            amf.gave(id);
        }
        assert_eq!(amf.doubts().borrow().restarts, 0);
        amf.gave("2");
        amf.gave("1");
        assert_eq!(amf.doubts().borrow().restarts, 1);
    }

    #[test]
    fn a_new_instance_id_at_the_same_endpoint_tells_of_a_restart() {
        let amf = amf();
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        amf.discovered_as(ids(&["a"]));
        amf.discovered_as(ids(&["a"]));
        assert_eq!(amf.doubts().borrow().restarts, 0);
        amf.discovered_as(ids(&["a", "b"]));
        assert_eq!(amf.doubts().borrow().restarts, 1);
        amf.discovered_as(ids(&["b"]));
        assert_eq!(amf.doubts().borrow().restarts, 1);
    }

    #[test]
    fn coming_back_is_a_reason_for_doubt_and_answering_is_not() {
        let amf = amf();
        amf.answered();
        assert_eq!(amf.doubts().borrow().returns, 0);
        amf.away();
        amf.answered();
        amf.answered();
        assert_eq!(amf.doubts().borrow().returns, 1);
    }
}
