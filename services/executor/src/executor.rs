//! Starting and stopping.

use std::collections::BTreeMap;
use std::sync::Arc;

use bus::Bus;
use catalogue::AppSpec;
use model::{InstanceKey, InstanceState, Site, Step, Stream};
use prometheus_client::registry::Registry as MetricsRegistry;
use relocation::Saga;
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::charts::Charts;
use crate::complaints::Complaints;
use crate::context::Context;
use crate::driver::{Driver, absorb};
use crate::journal::{InstanceFact, Journal, OpenLog};
use crate::leftovers::{self, Leftovers};
use crate::metrics::Metrics;
use crate::modes::new_group::Job;
use crate::outbox::Outbox;
use crate::probe::Prober;
use crate::registry::Registry;
use crate::{Config, StartError, Steering, adoption, intake};

/// A running executor. It stops when the token that it was started with is cancelled.
#[derive(Debug)]
pub struct Executor {
    tasks: TaskTracker,
}

impl Executor {
    /// Starts the executor: takes up every saga that is open, then takes orders. EMCO and the DNS server may be
    /// away; an app that lacks something in EMCO stays out, loudly, until it is there.
    ///
    /// # Errors
    /// [`StartError`] for local faults: the store or the bus cannot be read.
    #[allow(clippy::too_many_arguments, reason = "one argument for each thing that the binary owns")]
    pub async fn start(
        config: Config,
        apps: Vec<AppSpec>,
        sites: Vec<Site>,
        key: InstanceKey,
        emco: emco::Client,
        dns: Option<steering::dns::Dns>,
        bus: Arc<dyn Bus>,
        store: Store,
        registry: &mut MetricsRegistry,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let steering = dns.map(|dns| Arc::new(dns) as Arc<dyn Steering>);
        Self::start_with(config, apps, sites, key, emco, steering, bus, store, registry, stop).await
    }

    /// As [`start`](Self::start), with any way to steer.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    #[allow(clippy::too_many_arguments, reason = "one argument for each thing that the binary owns")]
    pub async fn start_with(
        config: Config,
        apps: Vec<AppSpec>,
        sites: Vec<Site>,
        key: InstanceKey,
        emco: emco::Client,
        steering: Option<Arc<dyn Steering>>,
        bus: Arc<dyn Bus>,
        store: Store,
        registry: &mut MetricsRegistry,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let journal = Journal::new(store);
        let logs = journal.open_logs().await?;
        let facts = facts(&journal, bus.as_ref()).await?;
        let mut known = BTreeMap::new();
        for spec in apps {
            known.insert(spec.app.id.clone(), Arc::new(App::new(spec)));
        }
        let left = journal.leftovers().await?;
        let charts = Charts::new(journal.names().await?);
        let metrics = Metrics::register(registry);
        let tasks = TaskTracker::new();
        let (outbox, delivery) = Outbox::new(Arc::clone(&bus), metrics.clone(), stop.clone());
        tasks.spawn(delivery);
        let ctx = Arc::new(Context {
            config,
            apps: known,
            sites: sites.into_iter().map(|site| (site.id.clone(), site)).collect(),
            emco,
            steering,
            journal,
            registry: Registry::default(),
            charts,
            complaints: Complaints::default(),
            leftovers: Leftovers::default(),
            occupancy: crate::occupancy::Occupancy::default(),
            outbox,
            prober: Prober::new().map_err(|e| StartError::Http(e.to_string()))?,
            metrics,
            stop,
            tasks: tasks.clone(),
        });
        facts.into_iter().for_each(|fact| ctx.registry.load(fact));
        let drivers = recover(&ctx, logs)?;
        occupy(&ctx);
        leftovers::take_up(&ctx, left);
        for app in ctx.apps.values() {
            let (ctx, app, key) = (Arc::clone(&ctx), Arc::clone(app), key.clone());
            tasks.spawn(async move { adoption::open_gate(&ctx, &app, &key).await });
        }
        for driver in drivers {
            tasks.spawn(driver.run());
        }
        tasks.spawn(intake::run(ctx, bus));
        tasks.close();
        Ok(Self { tasks })
    }

    /// Waits until everything has stopped. Sagas under way go on after the next start.
    pub async fn join(self) {
        self.tasks.wait().await;
    }
}

/// What the store keeps of instances; the stream `instances` stands in for what it does not.
async fn facts(journal: &Journal, bus: &dyn Bus) -> Result<Vec<InstanceFact>, StartError> {
    let (latest, _) = bus.latest(Stream::Instances).await?;
    let states = latest.iter().filter_map(|delivery| {
        serde_json::from_slice::<InstanceState>(&delivery.data)
            .inspect_err(
                |error| tracing::warn!(key = %delivery.key, %error, "an instance cannot be understood"),
            )
            .ok()
    });
    let published = states.map(|state| InstanceFact {
        app: state.app.clone(),
        instance: state.instance.clone(),
        newest: state.generation,
        state: Some(state),
    });
    let mut facts = journal.instances().await?;
    facts.extend(published);
    Ok(facts)
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
            ctx.registry.spend(&order);
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
    if let Some(target) = job.target.as_ref().filter(|_| saga.may_exist(Step::Prepare)) {
        ctx.occupancy.come(&app.composite, &target.cluster, target.release.as_str());
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
    for (id, placement) in ctx.registry.placements() {
        if let (Some(app), Some(site)) = (ctx.apps.get(&id), ctx.sites.get(&placement.site)) {
            ctx.occupancy.enter(&app.composite, &site.cluster, &placement.deployment_intent_group);
        }
    }
}
