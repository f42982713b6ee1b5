//! One app at run time.

use std::sync::{Mutex, PoisonError};

use catalogue::AppSpec;
use emco::CompositeApp;

use crate::gate::Gate;
use crate::names::Names;

/// One app at run time.
#[derive(Debug)]
pub(crate) struct App {
    pub spec: AppSpec,
    pub composite: CompositeApp,
    pub gate: Gate,
    names: Mutex<Names>,
}

impl App {
    pub(crate) fn new(spec: AppSpec, names: Names) -> Self {
        let composite = CompositeApp {
            project: spec.emco.project.clone(),
            name: spec.emco.composite_app.clone(),
            version: spec.emco.composite_app_version.clone(),
        };
        Self { spec, composite, gate: Gate::default(), names: Mutex::new(names) }
    }

    pub(crate) fn names(&self) -> Names {
        *self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what a release showed; `true` if that is news.
    pub(crate) fn learn(&self, seen: Names) -> bool {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let news = seen != Names::Unknown && seen != *names;
        if news {
            *names = seen;
        }
        news
    }
}
