//! Takes orders from the bus: fences, plans, keeps, and only then acknowledges.

use std::rc::Rc;
use std::time::Duration;

use model::{Order, OutcomeKind, RelocationId, Stream};
use relocation::{Admission, Plan, PlannedStep, Saga};

use super::driver::Driver;
use super::part::{Part, holds};
use super::{Last, OpenLog};
use crate::broker::{Body, Consumer, Start, Trouble};
use crate::setting::{Breach, DEADLINES, DRAIN, SETTLE};

pub(super) async fn run(part: Rc<Part>) {
    let scene = Rc::clone(&part.scene);
    loop {
        let name = format!("executor-{}", part.part);
        let mut consumer = Consumer::open(&scene, Stream::Orders, &name, Start::Named);
        if read(&part, &mut consumer).await.is_ok() {
            return;
        }
        scene.sleep(Duration::from_secs(1)).await;
    }
}

async fn read(part: &Rc<Part>, consumer: &mut Consumer) -> Result<(), Trouble> {
    let setting = &part.scene.setting;
    loop {
        for entry in consumer.next(16).await? {
            if setting.is(Breach::AckBeforeJournal) {
                consumer.ack(entry.at).await?;
            }
            if let Body::Order(order) = &entry.record.body
                && holds(&order.instance, part.part, setting.parts)
            {
                take(part, order).await;
            }
            consumer.ack(entry.at).await?;
        }
    }
}

/// Takes one order; returns once it may be acknowledged.
async fn take(part: &Rc<Part>, order: &Rc<Order>) {
    let scene = &part.scene;
    let mut admission = part.registry.look(order);
    if scene.setting.is(Breach::ForgetIds)
        && matches!(admission, Admission::Over | Admission::UnderWay { .. })
    {
        admission = Admission::Take;
    }
    scene.note(|| format!("order {} #{}: {admission:?}", order.instance, order.generation));
    match admission {
        Admission::Take => {}
        Admission::UnderWay { .. } => return,
        Admission::Over => {
            // Whoever knew may have died before it was told.
            if let Some(Last { order: last, answer: Some((id, answer)) }) =
                part.registry.last(&order.instance)
            {
                remind(part, order).await;
                let _ = part.tell(&last, scene.now(), &id, answer).await;
            }
            return;
        }
        Admission::Fenced { newest } => {
            let serving = part.registry.serving(&order.instance).map(|placement| placement.site);
            let kind = OutcomeKind::Fenced { newest, serving };
            spend(part, order, kind.clone()).await;
            let _ = part.tell(order, scene.now(), "fenced", kind).await;
            return;
        }
    }
    let predecessors = part.registry.predecessors(order);
    let source = part.registry.serving(&order.instance);
    let plan = plan(order, scene.now());
    let saga = Saga::new(plan.clone()).expect("a plan that was just made");
    let log =
        OpenLog { order: Rc::clone(order), plan: Rc::new(plan), source: source.clone(), entries: Vec::new() };
    while part.journal.change(&order.instance, |value| value.open(log.clone())).await.is_err() {
        part.rest().await;
    }
    for older in predecessors {
        older.signals.supersede(order.generation);
    }
    let driver = Driver::new(part, Rc::clone(order), source, saga);
    scene.spawn(part.owner, driver.run());
}

/// Uses up the generation of an order that is not carried out, and keeps what it is answered: whoever finds it again
/// after a crash may find otherwise.
async fn spend(part: &Part, order: &Order, answer: OutcomeKind) {
    if part.registry.spend(order, "fenced", answer) {
        part.keep(&order.instance).await;
    } else {
        remind(part, order).await;
    }
    while part.journal.is_ours().await.is_err() {
        part.rest().await;
    }
}

/// Publishes again where an instance serves.
async fn remind(part: &Part, order: &Order) {
    if let (_, _, Some(state)) = part.registry.fact(&order.instance) {
        let relocation = RelocationId::new(&state.app, &state.instance, state.generation);
        let _ = part.announce(&state, &relocation.to_string()).await;
    }
}

fn plan(order: &Order, now: model::Timestamp) -> Plan {
    let mut plan = Plan {
        relocation: order.relocation,
        app: order.app.clone(),
        instance: order.instance.clone(),
        generation: order.generation,
        trigger: order.trigger,
        source: order.source.clone(),
        target: order.target.clone(),
        planned_at: now,
        steps: Vec::new(),
        deadlines: DEADLINES,
        drain: DRAIN,
        settle: SETTLE,
        deploys: true,
    };
    let steps = plan.kind().map(relocation::Kind::steps).unwrap_or_default();
    plan.steps = steps.iter().map(|&step| PlannedStep { step, params: serde_json::Value::Null }).collect();
    plan
}
