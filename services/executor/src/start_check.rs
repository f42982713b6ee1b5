//! Holds what an app names against EMCO, and says everything that is missing in one message.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use emco::EmcoError;
use model::Policy;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::app::App;
use crate::context::Context;

/// How long an app that was complete counts as that.
const FRESH: Duration = Duration::from_secs(60);

/// The check of one app, which the cells of a process share: EMCO is asked once for all of them.
#[derive(Debug, Default)]
pub(crate) struct StartCheck {
    last: Mutex<Option<(Instant, Vec<String>)>>,
    /// In how many cells the app is shut.
    shut: AtomicUsize,
}

impl StartCheck {
    /// What is missing, in words; empty where the app is complete.
    ///
    /// # Errors
    /// Where EMCO does not say.
    pub(crate) async fn missing(&self, ctx: &Context, app: &App) -> Result<Vec<String>, EmcoError> {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = &*last {
            let fresh = if found.is_empty() { FRESH } else { ctx.config.recheck / 2 };
            if at.elapsed() < fresh {
                return Ok(found.clone());
            }
        }
        let found = missing(ctx, app).await?;
        *last = Some((Instant::now(), found.clone()));
        Ok(found)
    }

    /// The app is shut, or no longer, in one more cell; counted once in the gauge.
    pub(crate) fn shut(&self, shut: bool, gauge: &Gauge) {
        if shut {
            if self.shut.fetch_add(1, Ordering::Relaxed) == 0 {
                gauge.inc();
            }
        } else if self.shut.fetch_sub(1, Ordering::Relaxed) == 1 {
            gauge.dec();
        }
    }
}

async fn missing(ctx: &Context, app: &App) -> Result<Vec<String>, EmcoError> {
    let (emco, wants, composite) = (&ctx.emco, &app.spec.emco, &app.composite);
    let mut missing = Vec::new();
    if !emco.has_project(&wants.project).await? {
        missing.push(format!("project `{}`", wants.project));
        return Ok(missing);
    }
    if !emco.has_composite_app(composite).await? {
        missing.push(format!("composite app `{}` in version `{}`", composite.name, composite.version));
    } else {
        let apps = emco.apps(composite).await?;
        if apps.is_empty() {
            missing.push(format!("an app in composite app `{}`", composite.name));
        }
        if apps.len() > 1 && matches!(app.spec.app.policy, Policy::OrchestratorChooses(_)) {
            missing.push(format!(
                "a policy other than `orchestrator-chooses` (EMCO would choose a cluster for each of the {} apps of \
                 composite app `{}` by itself)",
                apps.len(),
                composite.name
            ));
        }
        let profile = &wants.composite_profile;
        if !emco.has_composite_profile(composite, profile).await? {
            missing.push(format!("composite profile `{profile}`"));
        } else {
            // EMCO tells this only at instantiation, and then as an error that looks as if it might pass.
            let profiled = emco.profiled_apps(composite, profile).await?;
            let without = apps.iter().filter(|app| !profiled.contains(app));
            missing.extend(
                without.map(|app| format!("profile for app `{app}` in composite profile `{profile}`")),
            );
        }
    }
    let spanned = if emco.has_logical_cloud(&wants.project, &wants.logical_cloud).await? {
        let status = emco.cloud_status(&wants.project, &wants.logical_cloud).await?;
        if let Some(state) = status.as_ref().and_then(emco::CloudStatus::unusable) {
            let cloud = &wants.logical_cloud;
            missing.push(format!("instantiated logical cloud `{cloud}` (it is {state}; instantiate it)"));
        }
        Some(emco.cluster_references(&wants.project, &wants.logical_cloud).await?)
    } else {
        missing.push(format!("logical cloud `{}`", wants.logical_cloud));
        None
    };
    for site in ctx.sites.values() {
        let cluster = &site.cluster;
        if !emco.has_cluster(&cluster.provider, &cluster.cluster).await? {
            missing.push(format!("cluster `{}/{}` of site {}", cluster.provider, cluster.cluster, site.id));
        } else if spanned.as_ref().is_some_and(|references| {
            !references.iter().any(|reference| {
                reference.spec.cluster_provider == cluster.provider
                    && reference.spec.cluster == cluster.cluster
            })
        }) {
            missing.push(format!(
                "reference to cluster `{}/{}` (site {}) in logical cloud `{}`",
                cluster.provider, cluster.cluster, site.id, wants.logical_cloud
            ));
        }
    }
    Ok(missing)
}
