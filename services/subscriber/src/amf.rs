//! One AMF, as its poll, its subscription and the discovery know it together.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::Timestamp;
use tokio::sync::watch;
use url::Url;

use crate::callback::IssuedCallback;
use crate::clock;
use crate::track::{AmfLife, AmfSlot, Epoch};

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
    life: AmfLife,
    away: bool,
    /// Whether it has ever answered a poll with reports.
    reports: bool,
    memory: Memory,
}

/// Whether an AMF still knows the UEs that it knew. UEs and their user plane outlive an AMF that restarts (TS 23.527
/// clause 5.2), and an idle UE lets it know no sooner than its periodic registration update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// It does.
    Kept,
    /// It was away, or we were: what it was told before this poll it may have forgotten.
    Doubtful { since: Epoch, at: Timestamp, number: Option<u64> },
    /// It restarted before this poll.
    Lost { since: Epoch, at: Timestamp },
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
    /// An AMF with what is known of its life; its memory is doubtful where it `held` UEs when we were last here.
    pub(crate) fn new(root: Url, slot: AmfSlot, callback: IssuedCallback, life: AmfLife, held: bool) -> Self {
        let since = Epoch(1);
        let memory = match life.lost_at {
            Some(at) => Memory::Lost { since, at },
            None if held => Memory::Doubtful { since, at: clock::now(), number: life.number },
            None => Memory::Kept,
        };
        let state = State { answered: Instant::now(), life, away: false, reports: held, memory };
        let (doubts, _) = watch::channel(Doubts::default());
        Self { root, slot, callback, state: Mutex::new(state), doubts }
    }

    /// It answered poll `epoch`.
    pub(crate) fn answered(&self, epoch: Epoch) {
        let mut state = self.state();
        state.answered = Instant::now();
        if std::mem::take(&mut state.away) {
            if state.memory == Memory::Kept {
                let number = state.life.number;
                state.memory = Memory::Doubtful { since: epoch, at: clock::now(), number };
            }
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

    /// It gave poll `epoch` this subscription id; returns whether that tells of a restart. Numbers only grow: one that
    /// does not tells of it, a larger one than before an absence tells that there was none. Only polls are compared:
    /// one follows the other, while a subscription may overtake a poll.
    pub(crate) fn gave(&self, epoch: Epoch, subscription_id: &str) -> bool {
        let number = subscription_id.parse::<u64>().ok();
        let mut state = self.state();
        let before = std::mem::replace(&mut state.life.number, number);
        let restarted = matches!((before, number), (Some(before), Some(now)) if now <= before);
        if restarted {
            state.memory = Memory::Lost { since: epoch, at: clock::now() };
            drop(state);
            self.doubts.send_modify(|doubts| doubts.restarts += 1);
        } else if let Memory::Doubtful { number: Some(before), .. } = state.memory
            && number.is_some_and(|now| now > before)
        {
            state.memory = Memory::Kept;
        }
        restarted
    }

    /// It was discovered under these NF instance ids while `epoch` was the newest poll. A new one beside or in place of
    /// an old one tells of a restart (an AMF draws its id at random when it starts), unless that is known.
    pub(crate) fn discovered_as(&self, epoch: Epoch, ids: BTreeSet<String>) {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.life.ids, ids);
        if before.is_empty() {
            return;
        }
        let same = state.life.ids.is_subset(&before);
        let since = match state.memory {
            Memory::Doubtful { .. } if same => {
                state.memory = Memory::Kept;
                return;
            }
            _ if same => return,
            Memory::Lost { .. } => return,
            Memory::Doubtful { since, .. } => since,
            Memory::Kept => epoch,
        };
        state.memory = Memory::Lost { since, at: clock::now() };
        drop(state);
        self.doubts.send_modify(|doubts| doubts.restarts += 1);
    }

    /// Of UEs that were seen since this poll a complete answer tells whether they are there. Of others too, once the
    /// AMF has had `patience` to hear from them again.
    pub(crate) fn remembers_since(&self, patience: Duration) -> Epoch {
        let mut state = self.state();
        match state.memory {
            Memory::Kept => Epoch(0),
            Memory::Doubtful { since, at, .. } | Memory::Lost { since, at }
                if clock::now().since(at) < patience =>
            {
                since
            }
            Memory::Doubtful { .. } | Memory::Lost { .. } => {
                state.memory = Memory::Kept;
                Epoch(0)
            }
        }
    }

    /// What the next life of this process is to know of it.
    pub(crate) fn life(&self) -> AmfLife {
        let state = self.state();
        let lost_at = match state.memory {
            Memory::Lost { at, .. } => Some(at),
            Memory::Kept | Memory::Doubtful { .. } => None,
        };
        AmfLife { lost_at, ..state.life.clone() }
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

    const HOUR: Duration = Duration::from_secs(3600);

    fn amf() -> Amf {
        after(AmfLife::default(), false)
    }

    /// An AMF that is met again after this life.
    fn after(life: AmfLife, held: bool) -> Amf {
        let uri: Url = "http://127.0.0.1:1/".parse().expect("URL");
        let callback = IssuedCallback { uri: uri.clone(), correlation: "c".into() };
        Amf::new(uri, AmfSlot(0), callback, life, held)
    }

    #[test]
    fn numbers_that_begin_anew_tell_of_a_restart() {
        let amf = amf();
        for id in ["7", "8", "http://x/9", "1"] {
            amf.gave(Epoch(1), id);
        }
        assert_eq!(amf.doubts().borrow().restarts, 0);
        assert_eq!(amf.remembers_since(HOUR), Epoch(0));
        amf.gave(Epoch(2), "2");
        amf.gave(Epoch(3), "1");
        assert_eq!(amf.doubts().borrow().restarts, 1);
        amf.gave(Epoch(4), "2");
        assert_eq!(amf.remembers_since(HOUR), Epoch(3), "what it knew before is lost for good");
        assert_eq!(amf.remembers_since(Duration::ZERO), Epoch(0), "it has been waited for");
    }

    #[test]
    fn a_new_instance_id_at_the_same_endpoint_tells_of_a_restart() {
        let amf = amf();
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        amf.discovered_as(Epoch(5), ids(&["a"]));
        amf.discovered_as(Epoch(5), ids(&["a"]));
        assert_eq!(amf.doubts().borrow().restarts, 0);
        amf.discovered_as(Epoch(5), ids(&["a", "b"]));
        assert_eq!(amf.doubts().borrow().restarts, 1);
        amf.discovered_as(Epoch(5), ids(&["b"]));
        assert_eq!(amf.doubts().borrow().restarts, 1);
        assert_eq!(amf.remembers_since(HOUR), Epoch(5));
    }

    #[test]
    fn coming_back_is_a_reason_for_doubt_and_answering_is_not() {
        let amf = amf();
        amf.answered(Epoch(1));
        assert_eq!(amf.doubts().borrow().returns, 0);
        amf.away();
        amf.answered(Epoch(2));
        amf.answered(Epoch(3));
        assert_eq!(amf.doubts().borrow().returns, 1);
    }

    #[test]
    fn the_memory_of_an_amf_that_was_away_is_doubtful_until_its_id_or_its_numbers_say_more() {
        let ids = BTreeSet::from(["a".to_owned()]);
        let back = || {
            let amf = amf();
            amf.gave(Epoch(1), "7");
            amf.discovered_as(Epoch(1), ids.clone());
            amf.away();
            amf.answered(Epoch(9));
            assert_eq!(amf.remembers_since(HOUR), Epoch(9));
            amf
        };
        let by_number = back();
        by_number.gave(Epoch(9), "8");
        assert_eq!(by_number.remembers_since(HOUR), Epoch(0));
        let by_id = back();
        by_id.discovered_as(Epoch(10), ids.clone());
        assert_eq!(by_id.remembers_since(HOUR), Epoch(0));
        let other = back();
        other.discovered_as(Epoch(10), BTreeSet::from(["b".to_owned()]));
        assert_eq!(other.remembers_since(HOUR), Epoch(9));
        other.gave(Epoch(11), "8");
        assert_eq!(other.remembers_since(HOUR), Epoch(9), "proven is proven");
    }

    #[test]
    fn after_a_restart_of_ours_only_what_was_known_before_tells_of_its_memory() {
        let ids = || BTreeSet::from(["a".to_owned()]);
        let known = || AmfLife { ids: ids(), number: Some(500), lost_at: None };
        let kept = after(known(), true);
        assert_eq!(kept.remembers_since(HOUR), Epoch(1));
        kept.gave(Epoch(1), "501");
        assert_eq!(kept.remembers_since(HOUR), Epoch(0));
        // It restarted while we were away, and its numbers begin anew.
        let lost = after(known(), true);
        assert!(lost.gave(Epoch(1), "1"));
        lost.gave(Epoch(2), "2");
        assert_eq!(lost.remembers_since(HOUR), Epoch(1));
        // Numbers alone prove nothing where none was known.
        let unknown = after(AmfLife { number: None, ..known() }, true);
        unknown.gave(Epoch(1), "1");
        unknown.gave(Epoch(2), "2");
        assert_eq!(unknown.remembers_since(HOUR), Epoch(1));
        unknown.discovered_as(Epoch(2), ids());
        assert_eq!(unknown.remembers_since(HOUR), Epoch(0));
    }

    #[test]
    fn what_it_lost_stays_lost_over_a_restart_of_ours() {
        let before = amf();
        before.gave(Epoch(1), "7");
        before.discovered_as(Epoch(1), BTreeSet::from(["a".to_owned()]));
        before.gave(Epoch(2), "1");
        before.discovered_as(Epoch(2), BTreeSet::from(["b".to_owned()]));
        let again = after(before.life(), true);
        again.gave(Epoch(1), "2");
        again.discovered_as(Epoch(1), BTreeSet::from(["b".to_owned()]));
        assert_eq!(again.remembers_since(HOUR), Epoch(1));
        assert_eq!(again.remembers_since(Duration::ZERO), Epoch(0), "it has been waited for");
        assert_eq!(again.life().lost_at, None);
    }
}
