//! One app at run time.

use catalogue::AppSpec;
use emco::CompositeApp;

use crate::gate::Gate;

/// One app at run time.
#[derive(Debug)]
pub(crate) struct App {
    pub spec: AppSpec,
    pub composite: CompositeApp,
    pub gate: Gate,
}

impl App {
    pub(crate) fn new(spec: AppSpec) -> Self {
        let composite = CompositeApp {
            project: spec.emco.project.clone(),
            name: spec.emco.composite_app.clone(),
            version: spec.emco.composite_app_version.clone(),
        };
        Self { spec, composite, gate: Gate::default() }
    }
}
