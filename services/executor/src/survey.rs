//! What the names of releases that already serve tell of a chart nobody knows yet.
//!
//! Without it, groups that were taken over on every cluster would wait for each other for ever: none may be joined by
//! another release before a release of ours was seen, and none of ours is made before one may be joined.

use emco::{Output, StatusKind};
use model::AppId;

use crate::app::App;
use crate::context::Context;
use crate::error::StepError;
use crate::names::Sample;

/// How many releases are looked at; two tell more than one, and a hundred no more than a few.
const MOST_SAMPLES: usize = 8;

/// Looks at what serves of the app's composite app, of whose chart nothing is known.
///
/// # Errors
/// Where EMCO does not say.
pub(crate) async fn look(ctx: &Context, app: &App) -> Result<(), StepError> {
    let shares = |id: &AppId| ctx.apps.get(id).is_some_and(|other| other.composite == app.composite);
    let placements = ctx.registry.placements().into_iter().filter(|((id, _), _)| shares(id));
    let mut samples = Vec::new();
    for (_, placement) in placements.take(MOST_SAMPLES) {
        let group = app.composite.group(&placement.deployment_intent_group);
        if let Some(status) = ctx.emco.status(&group, StatusKind::Deployed, Output::All).await? {
            samples.push(Sample::of(&status, &app.composite, placement.release.as_str()));
        }
    }
    ctx.learn(app, &samples).await;
    Ok(())
}
