//! What a step that is still at work last said it waits for.

use std::sync::{Arc, Mutex, PoisonError};

/// What a step last said it waits for; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said(Arc<Mutex<String>>);

impl Said {
    /// The step waits for, or because of, this.
    pub(crate) fn say(&self, what: impl Into<String>) {
        let what = what.into();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != what {
            tracing::debug!(what, "a step waits");
            *last = what;
        }
    }

    /// The last word; empty where nothing was said.
    pub(crate) fn last(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
