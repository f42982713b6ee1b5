//! One app at run time, in one cell.

use std::sync::Arc;

use catalogue::AppSpec;
use emco::CompositeApp;

use crate::gate::Gate;
use crate::start_check::StartCheck;

/// One app at run time, in one cell.
#[derive(Debug)]
pub(crate) struct App {
    pub spec: AppSpec,
    pub composite: CompositeApp,
    pub gate: Gate,
    pub check: Arc<StartCheck>,
}

impl App {
    pub(crate) fn new(spec: AppSpec, check: Arc<StartCheck>) -> Self {
        let composite = CompositeApp {
            project: spec.emco.project.clone(),
            name: spec.emco.composite_app.clone(),
            version: spec.emco.composite_app_version.clone(),
        };
        Self { spec, composite, gate: Gate::default(), check }
    }
}
