//! Deployment intent groups that a relocation could not remove: kept in the journal, shown, and tried again, ever more
//! seldom, until they are gone. A cluster that was away for a day comes back, and nobody remembers what was on it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use emco::CompositeApp;
use model::{ClusterRef, Mode, Order, OutcomeKind, Step, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::context::Context;
use crate::error::StepError;
use crate::modes::new_group::Job;
use crate::registry::Key;
use crate::steps::{Said, Work};

/// How long one try may take. What is gone later is seen by the next one.
const TRY: Duration = Duration::from_secs(30);
/// How long to leave a store alone that could not be written.
const STORE_WAIT: Duration = Duration::from_secs(1);

/// What a left-over group was to the relocation that left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Part {
    /// It was left after the switch.
    Source,
    /// It could not be undone.
    Target,
}

/// A group that is left over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Leftover {
    pub order: Order,
    pub job: Job,
    pub part: Part,
    pub composite_app: CompositeApp,
    pub group: String,
    pub cluster: ClusterRef,
    pub since: Timestamp,
    pub reason: String,
}

impl Leftover {
    /// The key under which it is kept.
    pub(crate) fn key(&self) -> String {
        self.composite_app.group(&self.group).to_string()
    }

    /// What an operator is told.
    pub(crate) fn text(&self) -> String {
        format!(
            "{}; deployment intent group {} stays on cluster {}/{} and is tried again until it is gone; to be rid of \
             it sooner, terminate and delete it in EMCO",
            self.reason,
            self.key(),
            self.cluster.provider,
            self.cluster.cluster
        )
    }
}

/// The keys of what is being tried again.
#[derive(Debug, Default)]
pub(crate) struct Leftovers(Mutex<BTreeSet<String>>);

impl Leftovers {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeSet<String>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Takes up what earlier runs left.
pub(crate) fn take_up(ctx: &Arc<Context>, kept: Vec<Leftover>) {
    for leftover in kept {
        tracing::info!(
            group = leftover.key(), cluster = %leftover.cluster.cluster, since = %leftover.since,
            reason = leftover.reason, "left over in EMCO; it is tried again until it is gone"
        );
        watch(ctx, leftover);
    }
}

/// No longer counts what is tried again by a cell that has stopped.
pub(crate) fn let_go(ctx: &Context) {
    let watched = ctx.leftovers.with(std::mem::take).len();
    ctx.metrics.leftovers.dec_by(i64::try_from(watched).unwrap_or(i64::MAX));
}

/// Keeps a group that was left just now, and tries it again later.
pub(crate) async fn keep(ctx: &Arc<Context>, leftover: Leftover) {
    while let Err(error) = ctx.journal.keep_leftover(&leftover).await {
        ctx.complain(&error, "cannot keep that a group is left over");
        tokio::select! {
            () = ctx.stop.cancelled() => return,
            () = tokio::time::sleep(STORE_WAIT) => {}
        }
    }
    watch(ctx, leftover);
}

fn watch(ctx: &Arc<Context>, leftover: Leftover) {
    // A saga that is told again after a crash leaves again what the store has kept already.
    if !ctx.leftovers.with(|watched| watched.insert(leftover.key())) {
        return;
    }
    ctx.occupancy.enter(&leftover.composite_app, &leftover.cluster, &leftover.group);
    ctx.metrics.leftovers.inc();
    ctx.tasks.spawn(try_again(Arc::clone(ctx), leftover));
}

async fn try_again(ctx: Arc<Context>, leftover: Leftover) {
    let mut wait = ctx.config.leftover_min;
    loop {
        let tried = tokio::select! {
            () = ctx.stop.cancelled() => return,
            tried = async { tokio::time::sleep(wait).await; remove(&ctx, &leftover).await } => tried,
        };
        match tried {
            Ok(()) => break,
            Err(why) => tracing::info!(group = leftover.key(), why, "still left over in EMCO"),
        }
        wait = ctx.config.leftover_max.max(wait).min(wait * 2);
    }
    if leftover.part == Part::Source {
        let told = ctx.tell(&leftover.order, clock::now(), "retired-later", OutcomeKind::Retired);
        tokio::select! {
            () = ctx.stop.cancelled() => return,
            _ = told => {}
        }
    }
    if let Err(error) = ctx.journal.drop_leftover(&leftover).await {
        // It is looked for again after the next start, and found to be gone.
        tracing::warn!(group = leftover.key(), %error, "cannot keep that a group is gone");
    }
    ctx.occupancy.leave(&leftover.composite_app, &leftover.cluster, &leftover.group);
    ctx.leftovers.with(|watched| watched.remove(&leftover.key()));
    ctx.metrics.leftovers.dec();
    tracing::info!(group = leftover.key(), "what was left over in EMCO is gone");
}

/// One try: the steps that the relocation did not get done, each of which reads before it acts.
async fn remove(ctx: &Arc<Context>, leftover: &Leftover) -> Result<(), String> {
    let app = ctx.apps.get(&leftover.order.app);
    let app = app.filter(|app| app.composite == leftover.composite_app);
    let app = app.ok_or("no app of the configuration has its composite app")?;
    if app.spec.app.mode == Mode::Observe {
        return Err("its app is in mode observe".to_owned());
    }
    spare(ctx, leftover)?;
    let said = Said::default();
    let work = || Work {
        ctx: Arc::clone(ctx),
        app: Arc::clone(app),
        order: leftover.order.clone(),
        job: leftover.job.clone(),
        // Requests of the relocation itself, or of a try that was cut short, may still be under way.
        doubtful: true,
        ready: None,
        said: said.clone(),
    };
    let steps = async {
        match leftover.part {
            Part::Source => {
                work().run(Step::Retire).await?;
                work().run(Step::Forget).await.map(drop)
            }
            Part::Target => {
                work().undo(Step::Start).await?;
                work().undo(Step::Prepare).await
            }
        }
    };
    match tokio::time::timeout(TRY, steps).await {
        Ok(done) => done.map_err(|StepError { reason, .. }| reason),
        Err(_) => Err(format!("EMCO has not removed it yet: {}", said.last())),
    }
}

/// Refuses to touch what serves, and what may share its objects with something that does.
fn spare(ctx: &Context, leftover: &Leftover) -> Result<(), String> {
    let serves = |((id, _), placement): &(Key, model::Placement)| {
        placement.deployment_intent_group == leftover.group
            && ctx.apps.get(id).is_some_and(|app| app.composite == leftover.composite_app)
    };
    if let Some(((app, _), _)) = ctx.registry.placements().iter().find(|one| serves(one)) {
        return Err(format!("an instance of app {app} serves from it"));
    }
    if ctx.charts.names(&leftover.composite_app).allow_neighbours() {
        return Ok(());
    }
    match ctx.occupancy.neighbour(&leftover.composite_app, &leftover.cluster, &leftover.group) {
        Some(other) => Err(format!("group {other} is on the same cluster and may share its objects")),
        None => Ok(()),
    }
}
