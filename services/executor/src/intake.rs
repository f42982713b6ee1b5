//! Takes orders from the bus: fences, plans, keeps, and only then acknowledges.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Consumer, Delivery, Sequence, Start};
use model::{Mode, Order, OutcomeKind, RelocationId, SiteId, Stream};
use relocation::Saga;

use crate::clock;
use crate::context::Context;
use crate::driver::Driver;
use crate::journal::{Answer, Last};
use crate::metrics::{Taken, TakenLabel};
use crate::modes::new_group::{self, Choice, Job};
use crate::outbox::Out;
use crate::parcel::Parcel;
use crate::registry::Intake;

const BATCH: usize = 64;
/// As many sites as are ranked for a place.
const MOST_CHOICES: usize = 4;
const WAIT: Duration = Duration::from_secs(1);

/// Takes orders until the executor stops.
pub(crate) async fn run(ctx: Arc<Context>, bus: Arc<dyn Bus>) {
    let mut start = Start::Oldest;
    while !ctx.stop.is_cancelled() {
        let error = match bus.consume(Stream::Orders, &ctx.consumer, start).await {
            Ok(mut consumer) => read(&ctx, bus.as_ref(), consumer.as_mut()).await,
            Err(error) => Err(error),
        };
        match error {
            Ok(()) => return,
            Err(BusError::FellBehind { oldest, wanted, .. }) => {
                tracing::error!(
                    from = wanted,
                    to = oldest,
                    "orders were dropped from the bus before they were read; going on with the oldest one kept"
                );
                start = Start::After(Sequence(oldest.saturating_sub(1)));
            }
            Err(error) => {
                tracing::error!(%error, "cannot read orders; trying again");
                tokio::select! {
                    () = ctx.stop.cancelled() => return,
                    () = tokio::time::sleep(WAIT) => {}
                }
            }
        }
    }
}

async fn read(ctx: &Arc<Context>, bus: &dyn Bus, consumer: &mut dyn Consumer) -> Result<(), BusError> {
    loop {
        let deliveries = tokio::select! {
            () = ctx.stop.cancelled() => return Ok(()),
            deliveries = consumer.next(BATCH) => deliveries?,
        };
        for delivery in deliveries {
            if !ctx.parcel.holds(&delivery.key) {
                consumer.ack(delivery.sequence).await?;
                continue;
            }
            let taken = match serde_json::from_slice::<Order>(&delivery.data) {
                Ok(order) => match check(&order, ctx.parcel) {
                    Ok(()) => take(ctx, order).await?,
                    Err(reason) => bury(ctx, bus, &delivery, reason).await?,
                },
                Err(error) => bury(ctx, bus, &delivery, error.to_string()).await?,
            };
            ctx.metrics.orders.get_or_create(&TakenLabel { result: taken }).inc();
            consumer.ack(delivery.sequence).await?;
        }
    }
}

/// What no decider of ours would send.
fn check(order: &Order, parcel: Parcel) -> Result<(), String> {
    if order.relocation != RelocationId::new(&order.app, &order.instance, order.generation) {
        return Err("the relocation id is not that of (app, instance, generation)".to_owned());
    }
    if !parcel.holds(&format!("{}/{}", order.app, order.instance)) {
        return Err("its key is not that of its instance".to_owned());
    }
    if order.source == order.target {
        return Err("source and target are the same".to_owned());
    }
    if order.choices.len() > MOST_CHOICES {
        return Err(format!(
            "{} choices are more than the {MOST_CHOICES} that are supported",
            order.choices.len()
        ));
    }
    let chosen_from =
        order.choices.is_empty() || order.target.as_ref().is_some_and(|t| order.choices.contains(t));
    if !chosen_from || order.choices.iter().any(|choice| Some(choice) == order.source.as_ref()) {
        return Err("its choices lack its target, or hold its source".to_owned());
    }
    Ok(())
}

/// What cannot be digested goes where an operator sees it.
async fn bury(ctx: &Context, bus: &dyn Bus, delivery: &Delivery, reason: String) -> Result<Taken, BusError> {
    tracing::error!(sequence = delivery.sequence.0, key = %delivery.key, reason, "an order cannot be understood");
    let letter = bus::dead_letter(Stream::Orders, delivery, &ctx.consumer, &reason);
    bus.publish(Stream::DeadLetter, vec![letter]).await?;
    Ok(Taken::Refused)
}

/// Takes one order; returns once it may be acknowledged.
async fn take(ctx: &Arc<Context>, order: Order) -> Result<Taken, BusError> {
    let (source, predecessors) = match ctx.registry.look(&order) {
        Intake::Take { source, predecessors } => (source, predecessors),
        Intake::UnderWay { same } => return Ok(known(&order, same)),
        Intake::Over { last } => return over(ctx, &order, last).await,
        Intake::Fenced { newest, serving } => {
            return answer(ctx, &order, "fenced", OutcomeKind::Fenced { newest, serving }, Taken::Fenced)
                .await;
        }
    };
    let refuse = async |reason: String| {
        tracing::warn!(relocation = %order.relocation, app = %order.app, reason, "an order is refused");
        answer(ctx, &order, "refused", OutcomeKind::Undone { reason }, Taken::Refused).await
    };
    let Some(app) = ctx.apps.get(&order.app) else {
        return refuse(format!("app {} is not in the configuration", order.app)).await;
    };
    if app.spec.app.mode == Mode::Observe {
        return refuse(format!("app {} is in mode observe", order.app)).await;
    }
    if let Some(reason) = app.misfit(&order) {
        return refuse(reason).await;
    }
    let target = match &order.target {
        None => None,
        Some(id) => match ctx.sites.get(id) {
            Some(site) => Some(Choice { site: id.clone(), cluster: site.cluster.clone() }),
            None => return refuse(format!("site {id} is not in the catalogue")).await,
        },
    };
    // What has left the catalogue meanwhile is no choice any longer.
    let choice = |id: &SiteId| Some(Choice { site: id.clone(), cluster: ctx.sites.get(id)?.cluster.clone() });
    let choices = order.choices.iter().filter_map(choice).collect();
    let plan = new_group::plan(&ctx.config, app, &order, source, target, choices, clock::now());
    let saga = match Saga::new(plan.clone()) {
        Ok(saga) => saga,
        Err(error) => return refuse(error.to_string()).await,
    };
    while let Err(error) = ctx.journal.open(&order, &plan).await {
        ctx.complain(&error, "cannot open a saga log");
        tokio::select! {
            () = ctx.stop.cancelled() => return Err(BusError::Closed),
            () = tokio::time::sleep(WAIT) => {}
        }
    }
    for older in predecessors {
        // Its driver looks when it next waits; one that is gone needs no telling.
        let _ = older.supersede.try_send(order.generation);
    }
    let job: Job = plan
        .steps
        .first()
        .map(|step| serde_json::from_value(step.params.clone()))
        .and_then(Result::ok)
        .expect("a plan that was just made carries its job");
    let (driver, live) = Driver::new(ctx, app, order, job, saga);
    ctx.registry.begin(live);
    ctx.tasks.spawn(driver.run());
    Ok(Taken::New)
}

/// An order that came before: a different one under the same id is not believed.
fn known(order: &Order, same: bool) -> Taken {
    if same {
        return Taken::Duplicate;
    }
    tracing::error!(
        relocation = %order.relocation, app = %order.app, instance = %order.instance,
        "an order has the id of an earlier one but says something else; it is refused"
    );
    Taken::Conflicting
}

/// An order that was over before it came again. What came last of its instance is told once more: whoever knew may have
/// died before that was told, and a decider to which the bus has lost it waits for it.
async fn over(ctx: &Context, order: &Order, last: Option<Last>) -> Result<Taken, BusError> {
    let same = match ctx.journal.order(order).await {
        Ok(kept) => kept.is_none_or(|kept| kept == *order),
        Err(error) => {
            tracing::error!(relocation = %order.relocation, %error, "cannot read an older saga log");
            true
        }
    };
    if let Some(Last { order: last, answer: Some(answer) }) = last {
        remind(ctx, order).await?;
        out(ctx, &last, answer).await?;
    }
    Ok(known(order, same))
}

/// Answers an order that is not carried out, and uses up its generation. The answer is kept before anybody is told:
/// whoever takes the order again after a crash may find otherwise. Who has lost the instance does not get past this.
async fn answer(
    ctx: &Context,
    order: &Order,
    id: &str,
    kind: OutcomeKind,
    taken: Taken,
) -> Result<Taken, BusError> {
    let answer = Answer { id: id.to_owned(), at: clock::now(), kind };
    let is_news = ctx.registry.spend(order, Some(answer.clone()));
    let keep = async || match is_news {
        true => ctx.journal.keep_instance(ctx.registry.fact(&order.app, &order.instance)).await,
        false => ctx.journal.is_ours().await,
    };
    while let Err(error) = keep().await {
        ctx.complain(&error, "cannot keep that an order is not carried out");
        tokio::select! {
            () = ctx.stop.cancelled() => return Err(BusError::Closed),
            () = tokio::time::sleep(WAIT) => {}
        }
    }
    if !is_news {
        remind(ctx, order).await?;
    }
    out(ctx, order, answer).await?;
    Ok(taken)
}

/// Publishes again where an instance serves: whoever does not know what came last may lack that too.
async fn remind(ctx: &Context, order: &Order) -> Result<(), BusError> {
    let Some(state) = ctx.registry.fact(&order.app, &order.instance).state else { return Ok(()) };
    let relocation = RelocationId::new(&state.app, &state.instance, state.generation);
    until_told(ctx, ctx.announce(&state, &relocation.to_string())).await
}

/// Tells how an order ended, before it is acknowledged.
async fn out(ctx: &Context, order: &Order, answer: Answer) -> Result<(), BusError> {
    until_told(ctx, ctx.tell(order, answer.at, &answer.id, answer.kind)).await
}

async fn until_told(ctx: &Context, told: Out) -> Result<(), BusError> {
    tokio::select! {
        told = told => told.map_err(|_| BusError::Closed),
        () = ctx.stop.cancelled() => Err(BusError::Closed),
    }
}
