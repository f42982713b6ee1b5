//! Whether an app may be moved: everything it names is there, and what already runs has been taken over.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Whether an app may be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// EMCO has not answered yet.
    Checking,
    /// It may.
    Open,
    /// It may not, because of this.
    Shut(String),
}

/// The gate of one app.
#[derive(Debug)]
pub(crate) struct Gate(watch::Sender<State>);

impl Default for Gate {
    fn default() -> Self {
        Self(watch::Sender::new(State::Checking))
    }
}

impl Gate {
    pub(crate) fn set(&self, state: State) {
        self.0.send_replace(state);
    }

    /// Waits until it is known whether the app may be moved; `None` if we stop before.
    pub(crate) async fn known(&self, stop: &CancellationToken) -> Option<Result<(), String>> {
        let mut state = self.0.subscribe();
        let known = tokio::select! {
            () = stop.cancelled() => return None,
            known = state.wait_for(|state| *state != State::Checking) => known.ok()?.clone(),
        };
        match known {
            State::Open => Some(Ok(())),
            State::Shut(why) => Some(Err(why)),
            State::Checking => None,
        }
    }
}
