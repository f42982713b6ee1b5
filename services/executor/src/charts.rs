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
    /// Takes in what was kept; what is known already stays.
    pub(crate) fn load(&self, kept: BTreeMap<CompositeApp, Names>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (app, names) in kept {
            known.entry(app).or_insert(names);
        }
    }

    /// Takes in what another replica saw; `true` if that is news. What was seen here to be fixed stays so.
    pub(crate) fn hear(&self, app: &CompositeApp, seen: Names) -> bool {
        self.names(app) != Names::Fixed && self.learn(app, seen)
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
