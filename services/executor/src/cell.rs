//! A cell: everything that works on one part of the instances.
//!
//! It has an intake, a registry, sagas and an outbox of its own, and a token that stops all of them. What cells of a
//! process share is in [`Process`]: the way to EMCO with its budgets, DNS, and metrics.

use std::collections::BTreeMap;
use std::sync::Arc;

use bus::Bus;
use catalogue::AppSpec;
use model::{InstanceKey, InstanceState, Site, SiteId, Step, Stream};
use relocation::Saga;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::charts::Charts;
use crate::complaints::Complaints;
use crate::context::Context;
use crate::driver::{Driver, absorb, placement};
use crate::elsewhere::Elsewhere;
use crate::journal::{self, Claim, End, Found, InStore, InstanceFact, Journal, OpenLog};
use crate::leftovers::{self, Leftovers};
use crate::metrics::Metrics;
use crate::modes::new_group::Job;
use crate::occupancy::Occupancy;
use crate::outbox::Outbox;
use crate::parcel::Parcel;
use crate::probe::Prober;
use crate::registry::Registry;
use crate::start_check::StartCheck;
use crate::{Config, Keep, StartError, Steering, adoption, intake};

/// What the cells of a process share.
pub(crate) struct Process {
    pub config: Config,
    pub apps: Vec<(AppSpec, Arc<StartCheck>)>,
    pub sites: Arc<BTreeMap<SiteId, Site>>,
    pub key: InstanceKey,
    pub emco: emco::Client,
    pub steering: Option<Arc<dyn Steering>>,
    pub bus: Arc<dyn Bus>,
    pub keep: Keep,
    pub prober: Prober,
    pub complaints: Arc<Complaints>,
    pub metrics: Metrics,
}

/// A cell at work.
pub(crate) struct Cell {
    ctx: Arc<Context>,
}

impl Cell {
    /// Takes up every saga that is open in the part, then takes orders for it.
    ///
    /// # Errors
    /// [`StartError`] where what is kept cannot be read, or another replica has claimed the part; then nothing runs.
    pub(crate) async fn start(
        process: &Process,
        parcel: Parcel,
        stop: &CancellationToken,
    ) -> Result<Self, StartError> {
        let (stop, tasks) = (stop.child_token(), TaskTracker::new());
        let started = tokio::select! {
            () = stop.cancelled() => Err(StartError::Part {
                part: parcel.part,
                reason: "it was lost before it was taken over".to_owned(),
            }),
            started = Box::pin(Self::begin(process, parcel, stop.clone(), &tasks)) => started,
        };
        tasks.close();
        if started.is_err() {
            stop.cancel();
            tasks.wait().await;
        }
        started
    }

    /// Waits until everything has stopped, and says so if that was because the part was lost.
    pub(crate) async fn join(self) -> Option<End> {
        self.ctx.tasks.wait().await;
        leftovers::let_go(&self.ctx);
        self.ctx.outbox.let_go();
        match &self.ctx.journal {
            Journal::Store(_) => None,
            Journal::Bus(bus) => bus.end(),
        }
    }

    async fn begin(
        process: &Process,
        parcel: Parcel,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<Self, StartError> {
        let mut apps = BTreeMap::new();
        for (spec, check) in &process.apps {
            let app = App::new(spec.clone(), Arc::clone(check), &process.key, process.sites.keys());
            apps.insert(spec.app.id.clone(), Arc::new(app));
        }
        let (occupancy, charts) = (Arc::<Occupancy>::default(), Arc::<Charts>::default());
        let (journal, found, consumer, elsewhere) = match &process.keep {
            Keep::Store(store) => {
                let store = InStore::new(store.clone());
                let found = store.read().await?;
                (Journal::Store(store), found, "executor".to_owned(), None)
            }
            Keep::Bus => {
                let (occupancy, charts) = (Arc::clone(&occupancy), Arc::clone(&charts));
                let onlooker = Elsewhere::new(apps.clone(), Arc::clone(&process.sites), occupancy, charts);
                let onlooker = Arc::new(onlooker);
                let bus = Arc::clone(&process.bus);
                let hears = Arc::<Elsewhere>::clone(&onlooker);
                let claim = journal::claim(bus, parcel, hears, stop.clone(), tasks).await?;
                let Claim { journal, found } = claim;
                // Positions of other cuts say nothing about this one.
                let name = format!("executor-{}-of-{}", parcel.part, parcel.parts);
                (Journal::Bus(journal), found, name, Some(onlooker))
            }
        };
        let published = published(process.bus.as_ref(), parcel).await?;
        charts.load(found.names.clone());
        let (outbox, delivery) = Outbox::new(Arc::clone(&process.bus), &process.metrics, stop.clone());
        tasks.spawn(delivery);
        let ctx = Arc::new(Context {
            config: process.config.clone(),
            apps,
            sites: Arc::clone(&process.sites),
            parcel,
            consumer,
            emco: process.emco.clone(),
            steering: process.steering.clone(),
            journal,
            registry: Registry::default(),
            elsewhere,
            charts,
            complaints: Arc::clone(&process.complaints),
            leftovers: Leftovers::default(),
            occupancy,
            outbox,
            prober: process.prober.clone(),
            metrics: process.metrics.clone(),
            stop,
            tasks: tasks.clone(),
        });
        let Found { logs, facts, leftovers, .. } = found;
        facts.into_iter().chain(published).for_each(|fact| ctx.registry.load(fact));
        let drivers = recover(&ctx, logs)?;
        occupy(&ctx);
        leftovers::take_up(&ctx, leftovers);
        for app in ctx.apps.values() {
            let (ctx, app, key) = (Arc::clone(&ctx), Arc::clone(app), process.key.clone());
            tasks.spawn(async move { adoption::open_gate(&ctx, &app, &key).await });
        }
        for driver in drivers {
            tasks.spawn(driver.run());
        }
        let (stop, intake) = (ctx.stop.clone(), intake::run(Arc::clone(&ctx), Arc::clone(&process.bus)));
        tasks.spawn(async move { stop.run_until_cancelled(Box::pin(intake)).await });
        Ok(Self { ctx })
    }
}

/// What the stream `instances` says of the part's instances. It stands in for what is kept nowhere else.
async fn published(bus: &dyn Bus, parcel: Parcel) -> Result<Vec<InstanceFact>, StartError> {
    let (latest, _) = bus.latest(Stream::Instances).await?;
    let ours = latest.iter().filter(|delivery| parcel.holds(&delivery.key));
    let states = ours.filter_map(|delivery| {
        serde_json::from_slice::<InstanceState>(&delivery.data)
            .inspect_err(
                |error| tracing::warn!(key = %delivery.key, %error, "an instance cannot be understood"),
            )
            .ok()
    });
    let facts = states.map(|state| InstanceFact {
        app: state.app.clone(),
        instance: state.instance.clone(),
        newest: state.generation,
        last: None,
        state: Some(state),
    });
    Ok(facts.collect())
}

/// Takes up every open saga. Nothing runs before all of them are known.
fn recover(ctx: &Arc<Context>, logs: Vec<OpenLog>) -> Result<Vec<Driver>, StartError> {
    let mut drivers = Vec::new();
    for OpenLog { opening, entries } in logs {
        let (order, plan) = (opening.order, opening.plan);
        let refuse = |reason: String| StartError::Log { saga: order.relocation.to_string(), reason };
        let job = plan.steps.first().map(|step| serde_json::from_value::<Job>(step.params.clone()));
        let job = job.ok_or_else(|| refuse("the plan has no steps".to_owned()))?;
        let job = job.map_err(|e| refuse(e.to_string()))?;
        let Some(app) = ctx.apps.get(&order.app) else {
            tracing::warn!(
                relocation = %order.relocation, app = %order.app, instance = %order.instance,
                stage = Saga::recover(plan, entries).map_or_else(|e| e.to_string(), |saga| saga.stage().to_string()),
                "an open relocation waits: its app has left the configuration; put the app back, in mode act, until \
                 the relocation has ended, or else remove what it made from EMCO by hand"
            );
            ctx.registry.spend(&order, None);
            continue;
        };
        let mut saga = Saga::recover(plan, entries).map_err(|e| refuse(e.to_string()))?;
        saga.resume(crate::clock::now());
        tracing::info!(relocation = %order.relocation, stage = %saga.stage(), "a relocation is taken up again");
        absorb(&ctx.registry, &saga);
        stake(ctx, app, &job, &saga);
        let (driver, live) = Driver::new(ctx, app, order, job, saga);
        ctx.registry.begin(live);
        drivers.push(driver);
    }
    Ok(drivers)
}

/// What an open saga may have on clusters.
fn stake(ctx: &Context, app: &App, job: &Job, saga: &Saga) {
    if job.host.is_some() {
        return;
    }
    // Before that it may have waited for its place, and asks for it again.
    let prepared = saga.succeeded_at(Step::Prepare).is_some();
    if let Some(target) = job.target.as_ref().filter(|_| prepared) {
        for cluster in target.clusters_once(placement(saga).as_ref()) {
            ctx.occupancy.come(&app.composite, &cluster, target.release.as_str());
        }
    }
    let retired = saga.succeeded_at(Step::Retire).is_some();
    if let Some(source) = job.source.as_ref().filter(|_| !retired)
        && let Some(site) = ctx.sites.get(&source.site)
    {
        ctx.occupancy.enter(&app.composite, &site.cluster, &source.deployment_intent_group);
    }
}

/// What serves is on its cluster.
fn occupy(ctx: &Context) {
    for ((id, instance), placement) in ctx.registry.placements() {
        let app = ctx.apps.get(&id).filter(|app| !app.is_seat(&instance));
        if let (Some(app), Some(site)) = (app, ctx.sites.get(&placement.site)) {
            ctx.occupancy.enter(&app.composite, &site.cluster, &placement.deployment_intent_group);
        }
    }
}
