//! The log of what was asked of a deployment intent group or a logical cloud. It records intent, not reality.

use jiff::Timestamp;
use serde::Serialize;

/// The states that actions lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum State {
    Created,
    Approved,
    Instantiated,
    InstantiateStopped,
    Terminated,
    TerminateStopped,
    Updated,
}

impl State {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Approved => "Approved",
            Self::Instantiated => "Instantiated",
            Self::InstantiateStopped => "InstantiateStopped",
            Self::Terminated => "Terminated",
            Self::TerminateStopped => "TerminateStopped",
            Self::Updated => "Updated",
        }
    }
}

/// One action.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Action {
    pub(crate) state: State,
    /// The application context that it made or concerned; empty where there is none.
    pub(crate) instance: String,
    time: String,
    pub(crate) revision: i64,
}

/// The whole log. Actions read it, take their time, and write it back as a whole: the last writer wins.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct StateInfo {
    #[serde(rename = "statusctxid")]
    pub(crate) status_context: String,
    pub(crate) actions: Vec<Action>,
}

impl StateInfo {
    /// The log of something just created.
    pub(crate) fn created() -> Self {
        let mut info = Self::default();
        info.push(State::Created, "", 0);
        info
    }

    pub(crate) fn push(&mut self, state: State, instance: &str, revision: i64) {
        self.actions.push(Action { state, instance: instance.into(), time: now(), revision });
    }

    pub(crate) fn current(&self) -> State {
        self.actions.last().map_or(State::Created, |action| action.state)
    }

    /// The context of the last action; empty where it had none.
    pub(crate) fn last_context(&self) -> &str {
        self.actions.last().map_or("", |action| &action.instance)
    }

    pub(crate) fn last_revision(&self) -> i64 {
        self.actions.last().map_or(0, |action| action.revision)
    }

    /// The context of the first action with this revision.
    pub(crate) fn context_of_revision(&self, revision: i64) -> Option<&str> {
        self.actions.iter().find(|action| action.revision == revision).map(|action| action.instance.as_str())
    }

    /// Every context once, in order.
    pub(crate) fn contexts(&self) -> Vec<String> {
        let mut contexts: Vec<String> = Vec::new();
        for action in &self.actions {
            if !action.instance.is_empty() && !contexts.contains(&action.instance) {
                contexts.push(action.instance.clone());
            }
        }
        contexts
    }

    /// The context under which status is kept for `instance`: that of the instantiation it follows.
    pub(crate) fn status_context_of(&self, instance: &str) -> Result<&str, String> {
        let position = self
            .actions
            .iter()
            .position(|action| action.instance == instance)
            .ok_or_else(|| format!("No state information for {instance}"))?;
        self.actions[..=position]
            .iter()
            .rev()
            .find(|action| action.state == State::Instantiated)
            .map(|action| action.instance.as_str())
            .ok_or_else(|| format!("Status context ID not found for {instance}"))
    }
}

/// Now, to the millisecond, without trailing zeros: what is left of a Go time stamp that went through MongoDB.
fn now() -> String {
    let millis = Timestamp::now().as_millisecond();
    Timestamp::from_millisecond(millis).map(|time| time.to_string()).unwrap_or_default()
}
