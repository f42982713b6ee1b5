//! What happened, in order, on one clock: for assertions and for whoever watches from another process.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;

/// How many entries are kept.
const KEPT: usize = 200_000;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum HistoryEvent {
    /// A deployment intent group was created.
    GroupCreated {
        /// Its name.
        group: String,
        /// Its Helm release.
        release: String,
    },
    /// An action on a group was accepted.
    Action {
        /// The group's name.
        group: String,
        /// `approve`, `instantiate`, …
        action: &'static str,
    },
    /// Every object of a group's release was applied.
    Instantiated {
        /// The group's name.
        group: String,
    },
    /// EMCO reports a group as terminated; its Pods may still answer.
    Terminated {
        /// The group's name.
        group: String,
    },
    /// A group was deleted.
    GroupDeleted {
        /// Its name.
        group: String,
    },
    /// A Pod was scheduled.
    PodScheduled {
        /// The release.
        release: String,
        /// The cluster.
        cluster: String,
        /// The Pod's name.
        pod: String,
    },
    /// A Pod turned Ready: from now on it answers.
    PodReady {
        /// The release.
        release: String,
        /// The cluster.
        cluster: String,
        /// The Pod's name.
        pod: String,
        /// Where it answers.
        address: SocketAddr,
    },
    /// A Pod is being deleted; it still answers.
    PodTerminating {
        /// The release.
        release: String,
        /// The cluster.
        cluster: String,
        /// The Pod's name.
        pod: String,
    },
    /// A Pod no longer exists and answers no more.
    PodGone {
        /// The release.
        release: String,
        /// The cluster.
        cluster: String,
        /// The Pod's name.
        pod: String,
    },
    /// A request was answered or dropped as a test had asked for.
    Fault {
        /// The request's method.
        method: String,
        /// Its path.
        path: String,
    },
}

/// One entry of the history, as `/_testbed/history` shows it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    /// Milliseconds since the start.
    pub(crate) millis: u64,
    /// When, on the wall clock.
    pub(crate) at: Timestamp,
    #[serde(flatten)]
    pub(crate) event: HistoryEvent,
}

/// The latest entries.
#[derive(Debug)]
pub(crate) struct History {
    started: Instant,
    entries: Mutex<VecDeque<Entry>>,
    requests: Mutex<VecDeque<(String, String)>>,
}

impl History {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), entries: Mutex::default(), requests: Mutex::default() }
    }

    pub(crate) fn record(&self, event: HistoryEvent) {
        tracing::debug!(?event, "emco-sim");
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == KEPT {
            entries.pop_front();
        }
        // Read under the lock: entries never run backwards.
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        entries.push_back(Entry { millis, at: Timestamp::now(), event });
    }

    /// Notes a request that came in: its method, and its path with query.
    pub(crate) fn note_request(&self, method: &str, path: &str) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == KEPT {
            requests.pop_front();
        }
        requests.push_back((method.to_owned(), path.to_owned()));
    }

    pub(crate) fn requests(&self) -> Vec<(String, String)> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
