//! What is known of each composite app's chart. Apps of the configuration may share a composite app, and then they
//! share its names.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use emco::CompositeApp;

use crate::names::Names;

/// What is known of each chart.
#[derive(Debug, Default)]
pub(crate) struct Charts(Mutex<BTreeMap<CompositeApp, Names>>);

impl Charts {
    pub(crate) fn new(kept: BTreeMap<CompositeApp, Names>) -> Self {
        Self(Mutex::new(kept))
    }

    pub(crate) fn names(&self, app: &CompositeApp) -> Names {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(app).copied().unwrap_or(Names::Unknown)
    }

    /// Takes in what releases showed; `true` if that is news.
    pub(crate) fn learn(&self, app: &CompositeApp, seen: Names) -> bool {
        if seen == Names::Unknown {
            return false;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(app.clone(), seen) != Some(seen)
    }
}
